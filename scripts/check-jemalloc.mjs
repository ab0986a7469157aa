// The build option CATZ_JEMALLOC=1, from its source to a loaded addon: cache-core built with jemalloc into a folder of
// its own, beside which everything stays as it is. It must export nothing but the two functions of N-API, load in the
// main thread and in workers, and say that it uses jemalloc while strings of megabytes go through its memory. The native
// units run with it too.
// Linux only: elsewhere the option is an error, and this says so.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readSymbols } from './check-symbols.mjs';
import { ensureJemalloc, jemallocStamp } from './jemalloc.mjs';
import { Failure, onPath, run } from './lib/run.mjs';
import { main, step } from './lib/steps.mjs';
import { filesBelow, root } from './lib/workspace.mjs';
import { isBuilt, nativeBuild } from './native-build.mjs';

const PACKAGE = join(root, 'packages', 'cache-core');
/** A package like cache-core, below the root so that its dependencies are found. */
const COPY = join(root, '.cache', 'cache-core-jemalloc');

await main(async () => {
  if (process.platform !== 'linux')
    return console.log('left out: CATZ_JEMALLOC works on Linux only');
  if (!onPath('objdump')) throw new Failure('objdump not found: apt install binutils');
  const env = { ...process.env, CATZ_JEMALLOC: process.env.CATZ_JEMALLOC || '1' };
  if (jemallocStamp(env) === undefined) throw new Failure('CATZ_JEMALLOC=0: nothing to check');
  mkdirSync(COPY, { recursive: true });
  rmSync(join(COPY, 'dist'), { recursive: true, force: true });
  for (const part of ['package.json', 'dist']) {
    cpSync(join(PACKAGE, part), join(COPY, part), { recursive: true });
  }
  const options = { env, out: COPY };
  if (!isBuilt(PACKAGE, options)) {
    await step('jemalloc', 'building it, and the addon with it', () =>
      nativeBuild(PACKAGE, options),
    );
  }
  const files = filesBelow(join(COPY, 'prebuilds')).filter((file) => file.endsWith('.node'));
  if (files.length !== 1) throw new Failure(`expected one addon in ${COPY}, got ${files.length}`);
  const { output } = await run('objdump', ['-T', files[0]], { capture: true });
  const { extra } = readSymbols(output);
  if (extra.length > 0) throw new Failure(`the addon exports ${extra.join(', ')}`);
  const smoke = join(root, 'scripts', 'smoke', 'jemalloc.mjs');
  await step('jemalloc', 'in the main thread and in workers', () =>
    run(process.execPath, [smoke, COPY, files[0]], { capture: true }),
  );
  const folder = await ensureJemalloc(env);
  const make = ['-s', `-j${availableParallelism()}`, '-C', 'native', 'unit', `JEMALLOC=${folder}`];
  await step('jemalloc', 'native units', () => run('make', make, { capture: true }));
});
