// The built shop, as `catzilla start` runs it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const app = fileURLToPath(new URL('../dist/app.js', import.meta.url));
const cli = fileURLToPath(new URL('../../../node_modules/catzilla/dist/cli/main.js', import.meta.url)); // prettier-ignore

async function start(...options: string[]) {
  const data = await mkdtemp(join(tmpdir(), 'catzilla-shop-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const env = { PATH: process.env['PATH'], PORT: '0', SHOP_DATA: data };
  const child = spawn(process.execPath, [cli, 'start', ...options, app], { env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  let output = '';
  const more = (text: string) => (output += text);
  child.stdout.setEncoding('utf8').on('data', more);
  child.stderr.setEncoding('utf8').on('data', more);
  const url = async (): Promise<string> => {
    for (;;) {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (found !== undefined) return found;
      const ended = closed.then(() => Promise.reject(new Error(`ended before: ${output}`)));
      await Promise.race([once(child.stdout, 'data'), ended]);
    }
  };
  return { child, closed, url, data, output: () => output };
}

it('sells two thousand products, and ends in order on SIGTERM', async () => {
  const { child, closed, url, data, output } = await start();
  const answer = await fetch(`${await url()}/api/products`);
  expect(await answer.json()).toMatchObject({ total: 2000 });
  child.kill('SIGTERM');
  child.kill('SIGTERM'); // skips the delay
  expect(await closed, output()).toEqual([0, null]);
  expect(await readdir(data)).toEqual(['postgres']);
});

it('does not start on two threads, and says why', async () => {
  const { closed, output } = await start('--threads', '2');
  expect(await closed).toEqual([1, null]);
  expect(output()).toContain('a shop runs in one process, on one thread');
});
