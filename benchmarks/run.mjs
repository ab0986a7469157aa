// npm run bench -- SUITE: prepares, runs one suite, prints its tables, writes results/SUITE.json.
// Only built-ins are imported before the competitors are installed. Exit code 1 when anything failed, a wrong byte included.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import { parseArguments, UsageError } from './lib/arguments.mjs';
import { columnsOf } from './lib/columns.mjs';
import { describeCommit, describeMachine, describeVersions } from './lib/machine.mjs';
import { prepare } from './lib/prepare.mjs';
import { judge, printResult } from './lib/report.mjs';

try {
  await main(parseArguments(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(options) {
  prepare();
  const progress = makeProgress();
  const { runSuite, versionsOf } = await import(`./${options.suite}/suite.mjs`);
  const startedAt = new Date();
  const machine = describeMachine();
  const { settings, measures, ratios, versions } = await runSuite(options, progress);
  const targets = JSON.parse(readFileSync(new URL('targets.json', import.meta.url), 'utf8'));
  const verdicts = judge(ratios, targets[options.suite] ?? {});
  progress('');
  console.log(printResult({ measures, verdicts }, columnsOf));
  if (options.only) return;

  const result = {
    suite: options.suite,
    quick: options.quick,
    rounds: options.rounds,
    startedAt: startedAt.toISOString(),
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    ...describeCommit(),
    machine: { ...machine, loadAverageAtEnd: describeMachine().loadAverage },
    versions: { ...describeVersions(versionsOf), ...versions },
    settings,
    ratios,
    targets: verdicts,
    measures,
  };
  const file = new URL(`results/${options.suite}.json`, import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\nwritten: benchmarks/results/${options.suite}.json in ${result.seconds} s`);
}

/** One line that is rewritten on a terminal, one line per step elsewhere. */
function makeProgress() {
  const { stderr } = process;
  return (line) => {
    if (stderr.isTTY) stderr.write(`\r\x1b[K${line}`);
    else if (line) stderr.write(`${line}\n`);
  };
}
