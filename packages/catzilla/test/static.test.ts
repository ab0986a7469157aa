// Static files as a part of an application: beside its routes, behind its guards, and left alone by cache and compression.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createApp, defineMiddleware } from '../src/index.ts';
import type { AppOptions } from '../src/index.ts';
import { folder } from './cli/support/run.ts';

const text = 'served by an application that does more than that. '.repeat(100);

async function open(options: Omit<AppOptions, 'static'> = {}, prefix = '/files') {
  const root = join(await folder(), 'public');
  mkdirSync(root);
  writeFileSync(join(root, 'a.txt'), text);
  const app = await createApp({ env: false, ...options, static: { root, prefix } });
  onTestFinished(() => app.close());
  app.get('/hello', async () => 'hello');
  // A file that was written this moment is not kept.
  await vi.waitFor(
    async () => {
      await app.inject('/files/a.txt');
      await app.inject('/a.txt');
      expect(app.static.stats().files).toBe(1);
    },
    { interval: 20 },
  );
  return app;
}

it('is off by default, and imports nothing', async () => {
  const app = await createApp({ env: false });
  onTestFinished(() => app.close());
  expect(app.config.static).toBe(false);
  expect(app.hasDecorator('static')).toBe(false);
});

it('serves a folder, beside routes that come first', async () => {
  const app = await open({}, '/');
  expect((await app.inject('/a.txt')).body).toBe(text);
  expect((await app.inject('/hello')).body).toBe('hello');
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  expect((await app.inject('/absent.txt')).statusCode).toBe(404);
});

it('sends what it has encoded itself, once, whatever compresses the rest', async () => {
  const app = await open({ builtins: { compress: true }, cache: { ttl: 60_000 } });
  const answer = await app.inject({ url: '/files/a.txt', headers: { 'accept-encoding': 'br' } });
  expect(answer.headers['content-encoding']).toBe('br');
  expect(answer.headers['cache-status']).toBeUndefined();
  expect(brotliDecompressSync(answer.rawPayload).toString()).toBe(text);
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
});

it('leaves alone what is not to be compressed, whatever compresses the rest', async () => {
  const root = join(await folder(), 'public');
  mkdirSync(root);
  writeFileSync(join(root, 'a.txt'), text);
  const app = await createApp({
    env: false,
    builtins: { compress: true },
    static: { root, prefix: '/files', noCompress: () => true },
  });
  onTestFinished(() => app.close());
  const answer = await app.inject({ url: '/files/a.txt', headers: { 'accept-encoding': 'gzip' } });
  expect(answer.headers['content-encoding']).toBeUndefined();
  expect(answer.headers.etag).toMatch(/^"/);
  expect(answer.body).toBe(text);
});

it('stands behind a guard of the whole application', async () => {
  const guard = defineMiddleware()({
    name: 'guard',
    pre: (request, reply) => {
      if (request.headers['authorization'] === undefined) return reply.code(401).send();
    },
  });
  const root = join(await folder(), 'x');
  mkdirSync(root);
  writeFileSync(join(root, 'a.txt'), text);
  const guarded = await createApp({
    env: false,
    middleware: { use: [guard] },
    static: { root, prefix: '/files' },
  });
  onTestFinished(() => guarded.close());
  expect((await guarded.inject('/files/a.txt')).statusCode).toBe(401);
  const headers = { authorization: 'x' };
  expect((await guarded.inject({ url: '/files/a.txt', headers })).body).toBe(text);
});

it('answers hostile paths with a problem', async () => {
  const app = await open();
  const answer = await app.inject('/files/a.txt%00');
  expect(answer.statusCode).toBe(403);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toMatchObject({ status: 403, code: 'CATZ_STATIC_FORBIDDEN_PATH' });
});
