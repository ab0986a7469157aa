// Short forms of `npm run soak`, each as a program of its own: their memory is not mixed with that of this process.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

// As scripts/soak.mjs does.
const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: String(128 * 1024) };
const program = fileURLToPath(new URL('./soak/main.mjs', import.meta.url));

// The last line says ok, or the lines before it what was wrong.
async function soak(...args: string[]): Promise<string> {
  const command = ['--expose-gc', program, ...args];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { env }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return stderr + stdout;
}

it('four threads see no corrupt and no stale value', async () => {
  expect(await soak('threads', '--seconds', '3')).toMatch(/\nthreads: ok\n$/);
});

it('processes that are killed leave no corrupt and no stale value', async (context) => {
  if (process.platform !== 'linux') context.skip("scope 'machine' is for Linux");
  expect(await soak('processes', '--seconds', '3')).toMatch(/\nprocesses: ok\n$/);
});

it('workers that are ended anywhere leave nothing behind', async () => {
  expect(await soak('workers', '--workers', '64')).toMatch(/\nworkers: ok\n$/);
});
