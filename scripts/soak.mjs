// npm run soak: installs and builds what is missing, then the long runs of packages/cache-core/test/soak/main.mjs,
// which says what they are: `npm run soak -- --seconds 30 threads` for one of them, short.
import { ensure } from './ensure.mjs';
import { run } from './lib/run.mjs';
import { main } from './lib/steps.mjs';

await main(async () => {
  await ensure();
  const program = 'packages/cache-core/test/soak/main.mjs';
  const args = ['--expose-gc', program, ...process.argv.slice(2)];
  // glibc would otherwise keep freed blocks of up to 32 MiB in its heaps, and their gaps would look like growth.
  const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: String(128 * 1024) };
  const { code } = await run(process.execPath, args, { env, check: false });
  process.exitCode = code;
});
