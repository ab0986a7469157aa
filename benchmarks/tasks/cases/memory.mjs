// What waiting jobs take: resident bytes of this process after full collections, or of the Redis server that holds them.
import { setTimeout as sleep } from 'node:timers/promises';
import { processCpu } from '../../lib/clocks.mjs';
import { idsFrom } from '../data.mjs';
import { openSystem } from '../open.mjs';

const PART = 10_000;
/** ms after a collection. */
const REST = 100;

/** @returns rssMb (of all), bytesPerJob (what they added), cpuMicros (of this process, to add one) */
export async function run({ jobs, ...spec }) {
  const system = await openSystem(spec);
  const residentOf = async () => {
    await collect();
    return (await system.serverBytes()) || process.memoryUsage.rss();
  };
  const before = await residentOf();
  const cpu = processCpu();
  for (let at = 0; at < jobs; at += PART) {
    await system.addMany(idsFrom(at, Math.min(PART, jobs - at)));
  }
  const cpuMicros = (processCpu() - cpu) / 1000 / jobs;
  const after = await residentOf();
  const waiting = await system.waiting();
  if (waiting !== jobs) throw new Error(`expected ${jobs} jobs, ${waiting} wait`);
  return { rssMb: after / 1e6, bytesPerJob: (after - before) / jobs, cpuMicros };
}

// V8 gives pages back in other threads, a moment after it has found them empty.
async function collect() {
  for (let time = 0; time < 3; time++) {
    globalThis.gc();
    await sleep(REST);
  }
}
