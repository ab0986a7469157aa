// The programs in the guide to dynamic routes are run as they stand there, from the built package.
import { once } from 'node:events';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { runProgram } from '../support/run-program.ts';

async function portOf(program: number): Promise<number> {
  return Number(new URL(await runProgram('dynamic-routes.md', program)).port);
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

// fetch does not send a Host of one's own.
async function ask(
  port: number,
  { body, ...rest }: Asked,
): Promise<{ status: number; text: string }> {
  const asked = request({ port, host: '127.0.0.1', agent: false, ...rest }).end(body);
  const [response] = (await once(asked, 'response')) as [
    AsyncIterable<Buffer> & { statusCode: number },
  ];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, text: Buffer.concat(chunks).toString() };
}

test('the guide to dynamic routes: pages come, are validated, and go', async () => {
  const port = await portOf(0);
  const page = {
    method: 'PUT',
    path: '/admin/pages/hello',
    headers: { 'content-type': 'application/json' },
  };
  expect((await ask(port, { path: '/pages/hello/en' })).status).toBe(404);
  expect((await ask(port, { ...page, body: '{"text":"Hello"}' })).status).toBe(204);
  expect((await ask(port, { path: '/pages/hello/en' })).text).toBe(
    '{"text":"Hello","language":"en"}',
  );
  const wrong = await ask(port, { path: '/pages/hello/xx' });
  expect(wrong.status).toBe(400);
  expect(wrong.text).toContain('params/language must be equal to one of the allowed values');
  expect((await ask(port, { ...page, body: '{"text":"Hallo"}' })).status).toBe(204);
  expect((await ask(port, { path: '/pages/hello/de' })).text).toBe(
    '{"text":"Hallo","language":"de"}',
  );
  const gone = { method: 'DELETE', path: '/admin/pages/hello' };
  expect((await ask(port, gone)).status).toBe(204);
  expect((await ask(port, gone)).status).toBe(404);
  expect((await ask(port, { path: '/pages/hello/en' })).status).toBe(404);
});

test('the guide to host tables: hosts are told apart as it says', async () => {
  const port = await portOf(1);
  const at = async (host: string, more = {}) =>
    (await ask(port, { headers: { host, ...more } })).text;
  expect(await at('shop.example')).toBe('the shop');
  expect(await at('WWW.shop.example:80')).toBe('the shop');
  expect(await at('ada.shop.example')).toBe('the shop of ada.shop.example');
  expect(await at('new.example')).toBe('just moved in');
  expect(await at('a.b.shop.example')).toBe('nobody lives here');
  expect(await at('any', { 'x-forwarded-host': 'shop.example' })).toBe('the shop');
});
