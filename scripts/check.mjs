// npm run check: everything that must hold beside the tests, as named steps with their seconds. All steps run even
// when one fails. `npm run check -- lint types` runs some; `--quick` shortens the fuzzing; `--list` names them.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { Failure, run, runTool } from './lib/run.mjs';
import { main, seconds } from './lib/steps.mjs';
import { root, workspaces } from './lib/workspace.mjs';

const isQuick = process.argv.includes('--quick');
const script = (name, ...args) => run(process.execPath, [join(root, 'scripts', name), ...args]);
const native = (...args) =>
  run('make', ['-s', `-j${availableParallelism()}`, '-C', 'native', ...args]);

const STEPS = {
  format: () => script('format.mjs', '--check'),
  lint: () => runTool('oxlint', ['--type-aware', '--deny-warnings']),
  types,
  lock: () => script('check-lock.mjs'),
  imports: () => script('check-imports.mjs'),
  generated,
  arm64: () => script('check-arm64.mjs'),
  packaging: () => script('check-packaging.mjs'),
  symbols,
  jemalloc: () => script('check-jemalloc.mjs'),
  consumption: () => script('consumption.mjs'),
  nx: () => nx(),
  start: () => script('check-start.mjs'),
  sanitizers,
  fuzz: () => native('fuzz', `FUZZ_SECONDS=${isQuick ? 15 : 60}`),
  'node-matrix': () => script('node-matrix.mjs'),
};

async function types() {
  await runTool('tsc', ['-b']);
  for (const { path, dir } of workspaces()) {
    if (!existsSync(join(dir, 'tsconfig.test.json')))
      throw new Failure(`${path} has no tsconfig.test.json`);
    await runTool('tsc', ['-p', join(path, 'tsconfig.test.json')]);
  }
}

async function generated() {
  await script('generate-errors.mjs', '--check');
  await script('generate-conformance.mjs', '--check');
  await run(process.execPath, [join(root, 'benchmarks', 'render.mjs'), '--check']);
}

async function symbols() {
  await script('check-symbols.mjs');
  await script('check-floor.mjs');
}

// One after the other: each uses all cores to compile, and their reports must not mix.
async function sanitizers() {
  for (const target of ['thread-safety', 'asan', 'tsan', 'canary']) await native(target);
}

// The inner loop of contributors goes through nx: its targets must work from a cold cache.
function nx() {
  const env = { ...process.env, NX_DAEMON: 'false' };
  return runTool('nx', ['run-many', '-t', 'native,build', '--skip-nx-cache'], {
    env,
    capture: true,
  });
}

await main(async () => {
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const names = Object.keys(STEPS);
  if (process.argv.includes('--list')) return console.log(names.join('\n'));
  for (const name of wanted) {
    if (!(name in STEPS)) throw new Failure(`there is no step ${name}: ${names.join(', ')}`);
  }
  const results = [];
  // What cannot be built is a failed step too: the others may still have something to say.
  const steps = { ensure, ...STEPS };
  for (const name of ['ensure', ...(wanted.length > 0 ? wanted : names)]) {
    console.log(`\n== ${name}`);
    const start = performance.now();
    let verdict = 'ok';
    try {
      await steps[name]();
    } catch (error) {
      verdict = 'FAILED';
      console.error(error instanceof Failure ? error.message : error);
    }
    results.push({ name, verdict, time: seconds(start) });
  }
  console.log('');
  for (const { name, verdict, time } of results)
    console.log(`${name.padEnd(14)}${verdict.padEnd(8)}${time}`);
  const failed = results.filter(({ verdict }) => verdict !== 'ok').map(({ name }) => name);
  if (failed.length > 0) throw new Failure(`check failed: ${failed.join(', ')}`);
});
