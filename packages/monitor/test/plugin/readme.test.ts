// The program in the README is run as it stands there, from the built package.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

/** Starts the first program of the README; it ends with the test.
 * @returns its URL */
async function run(): Promise<string> {
  const text = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const program = /^```js\n(.*?)^```$/ms.exec(text)![1]!;
  // Inside the package, where its imports resolve.
  const cache = new URL('../../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(fileURLToPath(new URL('readme-', cache)));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(`${folder}/app.mjs`, program);
  const child = spawn(process.execPath, [`${folder}/app.mjs`], {
    env: { ...process.env, PORT: '0', NODE_ENV: 'development' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'close');
  });
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += String(chunk);
    const url = /http:\/\/\S+(?=\n)/.exec(output);
    if (url !== null) return url[0];
  }
  throw new Error(`it ended without an address: ${output}`);
}

it('README: the example is ready, counted, timed and shown', async () => {
  const url = await run();
  await expect
    .poll(async () => (await fetch(`${url}/readyz`)).json())
    .toStrictEqual({ status: 'ready' });
  const item = await fetch(`${url}/items/1`);
  expect(await item.json()).toStrictEqual({ item: 'an answer to item 1' });
  expect(item.headers.get('server-timing')).toMatch(
    /^total;dur=[\d.]+, handler;dur=[\d.]+, db;dur=[\d.]+$/,
  );
  await expect
    .poll(async () => (await fetch(`${url}/metrics`)).text())
    .toContain('catzilla_http_requests_total{method="GET",route="/items/:id",status="2xx"} 1');
  const page = await fetch(`${url}/_catzilla/`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
});
