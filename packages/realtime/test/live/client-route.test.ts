// The client as a file of the application.
import { readFile } from 'node:fs/promises';
import { programUrl } from '@catzilla/common';
import Fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { addClientScript } from '../../src/live/client-route.ts';

it('is served as it is, and not again to who has it', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  await addClientScript(app, '/live');
  const first = await app.inject('/live/client.js');
  expect(first.statusCode).toBe(200);
  expect(first.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const file = programUrl('../../src/client/connect', import.meta.url);
  expect(first.body).toBe(await readFile(file, 'utf8'));
  const etag = String(first.headers.etag);
  for (const [field, status] of [
    [etag, 304],
    [`"x", W/${etag}`, 304],
    ['"x"', 200],
    ['*', 304],
  ] as const) {
    const again = await app.inject({ url: '/live/client.js', headers: { 'if-none-match': field } });
    expect(again.statusCode, field).toBe(status);
    expect(again.body === '', field).toBe(status === 304);
  }
});
