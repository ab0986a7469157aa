// Short forms of `npm run soak -- http`, each as a program of its own: their memory is not mixed with that of this process.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

// As scripts/soak.mjs does.
const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: String(128 * 1024) };
const program = fileURLToPath(new URL('./soak/main.mjs', import.meta.url));

// The last line says ok, or the lines before it what was wrong.
async function soak(shape: string, mode: string): Promise<string> {
  const command = ['--expose-gc', program, shape, '--mode', mode, '--seconds', '3'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { env }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return stderr + stdout;
}

it('what was purged is not seen again under load', async () => {
  expect(await soak('http', 'auto')).toMatch(/\nhttp auto: ok, seed \d+\n$/);
});

it('nor by another thread, and nothing is left behind', async () => {
  expect(await soak('http-threads', 'send')).toMatch(/\nhttp-threads send: ok, seed \d+\n$/);
});
