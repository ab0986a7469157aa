// npm run soak: long runs of the package as users see it, with a checksum in every value. Names choose among them:
//   threads    four workers on one cache                                   --seconds, default 600
//   processes  four processes on one file, one of them killed each second  --seconds, default 300
//   workers    workers started and ended anywhere, without growth          --workers, from 32, default 500
// `--seed` repeats the random choices, as far as the timing of threads allows. Exit code 1 on any fault: a corrupt or
// stale read, no progress for 30 s, growth, a bound that does not hold.
import { parseArgs } from 'node:util';
import { soakProcesses } from './processes.mjs';
import { soakThreads } from './threads.mjs';
import { soakWorkers } from './workers.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    workers: { type: 'string' },
    seed: { type: 'string' },
  },
});
const number = (name, least) => {
  const value = values[name] === undefined ? undefined : Number(values[name]);
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value;
  throw new RangeError(
    `expected --${name} to be an integer of at least ${least}, got ${values[name]}`,
  );
};
const seconds = number('seconds', 1);
const workers = number('workers', 32);
const seed = number('seed', 0) ?? Math.floor(Math.random() * 2 ** 31);

const SOAKS = {
  threads: () => soakThreads({ seconds: seconds ?? 600, seed }),
  processes: () => soakProcesses({ seconds: seconds ?? 300, seed }),
  workers: () => soakWorkers({ workers: workers ?? 500, seed }),
};
const names = positionals.length > 0 ? positionals : Object.keys(SOAKS);
for (const name of names) {
  if (name in SOAKS) continue;
  throw new RangeError(`expected one of ${Object.keys(SOAKS).join(', ')}, got ${name}`);
}

console.log(`seed ${seed}`);
let failed = 0;
for (const name of names) {
  const { faults, line } = await SOAKS[name]();
  console.log(line);
  for (const words of faults.words) console.log(`  ${words}`);
  console.log(`${name}: ${faults.count === 0 ? 'ok' : `${faults.count} faults`}`);
  failed += faults.count;
  if (faults.isStalled) process.kill(process.pid, 'SIGKILL');
}
if (failed > 0) process.exitCode = 1;
