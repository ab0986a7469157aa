// npm run soak: installs and builds what is missing, then the long runs of packages/cache-core/test/soak/main.mjs,
// which says what they are: `npm run soak -- --seconds 30 threads` for one of them, short.
import { ensure } from './ensure.mjs';
import { run } from './lib/run.mjs';
import { main } from './lib/steps.mjs';

await main(async () => {
  await ensure();
  const program = 'packages/cache-core/test/soak/main.mjs';
  const args = ['--expose-gc', program, ...process.argv.slice(2)];
  const { code } = await run(process.execPath, args, { check: false });
  process.exitCode = code;
});
