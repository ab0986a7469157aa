// The starter, as somebody has it who copies the folder: outside of this repository it builds, passes its tests, starts, answers
// and ends.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const starter = fileURLToPath(new URL('../../starter/', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
const run = promisify(execFile);

it('works when its folder is copied', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'catzilla-starter-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const isOwn = (path: string) => !/(dist|node_modules)$/.test(path);
  await cp(starter, folder, { recursive: true, filter: isOwn });
  await symlink(modules, join(folder, 'node_modules'), 'dir');
  // What npm sets for its scripts, and vitest for its tests, is not the copy's.
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0' };
  for (const script of ['check', 'build', 'test']) {
    await run('npm', ['run', script], { cwd: folder, env });
  }

  const cli = join(folder, 'node_modules/.bin/catzilla');
  const child = spawn(cli, ['start', 'dist/app.js'], { cwd: folder, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const url = () => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
  while (url() === undefined) {
    const ended = closed.then(() => Promise.reject(new Error(`ended before: ${output}`)));
    await Promise.race([once(child.stdout, 'data'), ended]);
  }
  const answer = await fetch(`${url()}/notes`);
  expect([answer.status, await answer.json()]).toEqual([200, [{ id: 1, text: 'Read the guide' }]]);
  child.kill('SIGTERM');
  child.kill('SIGTERM'); // skips the delay
  expect(await closed).toEqual([0, null]);
});
