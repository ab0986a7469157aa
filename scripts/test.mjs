// npm test: installs and builds what is missing (a Redis server among it), then runs everything: the native units, and one vitest run over all
// projects with coverage. Test results never come from a cache. The last line is the count of both.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { ensureRedis } from './lib/redis.mjs';
import { onPath, run, runTool } from './lib/run.mjs';
import { main, note } from './lib/steps.mjs';
import {
  closingLine,
  nativeModules,
  readNative,
  readVitest,
  sum,
  testedProjects,
} from './lib/test-report.mjs';
import { root } from './lib/workspace.mjs';

const reports = join(root, '.reports');

await main(async () => {
  await ensure();
  await ensureRedis();
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports);
  const native = await nativeUnits();
  const vitest = await vitestRun();
  for (const { file, title, note: reason } of vitest.skips) {
    note('skipped', `${file}: ${title}: ${reason ?? 'no reason given'}`);
  }
  if (native.reason) note('skipped', `native units: ${native.reason}`);
  for (const problem of [...native.problems, ...vitest.problems]) note('problem', problem);
  const total = sum([native, vitest]);
  writeFileSync(join(reports, 'closing-line'), `${closingLine(total)}\n`);
  console.log(closingLine(total));
  if (total.failed > 0) process.exitCode = 1;
});

async function nativeUnits() {
  const skip = (reason) => ({ passed: 0, failed: 0, skipped: 1, problems: [], reason });
  if (process.env.CATZ_CACHE_BACKEND === 'js') return skip('CATZ_CACHE_BACKEND=js');
  if (process.platform === 'win32' && !onPath('make'))
    return skip('there is no make on this Windows');
  const jobs = `-j${availableParallelism()}`;
  const { code, output } = await run('make', ['-s', jobs, '-C', 'native', 'unit'], {
    capture: true,
    check: false,
  });
  process.stdout.write(output);
  return readNative(output, code, nativeModules());
}

async function vitestRun() {
  const args = ['run', '--coverage', '--reporter=default', '--reporter=json'];
  args.push('--reporter=./scripts/lib/skip-reporter.mjs', '--outputFile.json=.reports/vitest.json');
  const { code } = await runTool('vitest', args, { check: false });
  return readVitest(reports, code, testedProjects());
}
