// No server outlives the process that started it.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { until } from '../../src/testing/index.ts';
import { it } from '../support/redis.ts';

const TESTING = new URL('../../dist/testing/index.js', import.meta.url).href;

/** A process that starts a server, tells its pid and folder, and then ends or waits. */
async function starter(then: string): Promise<readonly [ChildProcess, number, string]> {
  const script = `
    import { startRedis } from '${TESTING}';
    const { pid, dir } = await startRedis();
    process.stdout.write(pid + ' ' + dir, () => { ${then} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const [pid = '', dir = ''] = chunk.toString().split(' ');
  return [child, Number(pid), dir];
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // no such process
  }
}

it('ends a server, and removes its folder, when its process ends', async () => {
  const [, pid, dir] = await starter('process.exit(0)');
  await until('the server to be gone', () => !isAlive(pid));
  await until('its folder to be gone', () => !existsSync(dir));
});

it('ends a server when its process is killed', async (context) => {
  if (!existsSync('/usr/bin/setpriv')) context.skip('this system has no setpriv');
  const [child, pid] = await starter('setInterval(() => undefined, 1000)');
  expect(isAlive(pid)).toBe(true);
  child.kill('SIGKILL');
  await until('the server to be gone', () => !isAlive(pid));
});
