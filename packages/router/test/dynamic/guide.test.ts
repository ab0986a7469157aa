// The programs in the guide to dynamic routes are run as they stand there, from the built package.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

/** Starts one of the programs; it ends with the test.
 * @returns its port */
async function runProgram(number: number): Promise<number> {
  const page = new URL('../../../../docs/guide/dynamic-routes.md', import.meta.url);
  const programs = [...(await readFile(page, 'utf8')).matchAll(/^```js\n(.*?)^```$/gms)];
  const cache = new URL('../../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(fileURLToPath(new URL('guide-', cache)));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(`${folder}/app.mjs`, programs[number]![1]!);
  const child = spawn(process.execPath, [`${folder}/app.mjs`], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'close');
  });
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += String(chunk);
    const port = /http:\/\/\S+:(\d+)\s/.exec(output)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`program ${number} ended without an address: ${output}`);
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
  const port = await runProgram(0);
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
  const port = await runProgram(1);
  const at = async (host: string, more = {}) =>
    (await ask(port, { headers: { host, ...more } })).text;
  expect(await at('shop.example')).toBe('the shop');
  expect(await at('WWW.shop.example:80')).toBe('the shop');
  expect(await at('ada.shop.example')).toBe('the shop of ada.shop.example');
  expect(await at('new.example')).toBe('just moved in');
  expect(await at('a.b.shop.example')).toBe('nobody lives here');
  expect(await at('any', { 'x-forwarded-host': 'shop.example' })).toBe('the shop');
});
