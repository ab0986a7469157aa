// HOT benchmark of the whole way: 100 callers add jobs, each its next when its last is acknowledged, while a worker with 50 at
// a time processes them. From the first call until the last job is finished.
import { processCpu } from '../../lib/clocks.mjs';
import { idsFrom } from '../data.mjs';
import { makeProgress } from '../progress.mjs';
import { openSystem } from '../open.mjs';
import { addInFlight } from './enqueue.mjs';

const CONCURRENCY = 50;

/** @returns perSecond, cpuMicros and serverMicros of a job */
export async function run({ warm, jobs, ...spec }) {
  const system = await openSystem(spec);
  const progress = makeProgress();
  const worker = await system.work({ concurrency: CONCURRENCY, ...progress });
  worker.start();
  await addInFlight(system, idsFrom(0, warm));
  await progress.until(warm);
  const server = await system.serverCpu();
  const cpu = processCpu();
  const start = performance.now();
  await addInFlight(system, idsFrom(warm, jobs));
  await progress.until(warm + jobs);
  const ms = performance.now() - start;
  const result = {
    perSecond: jobs / (ms / 1000),
    cpuMicros: (processCpu() - cpu) / 1000 / jobs,
    serverMicros: ((await system.serverCpu()) - server) / jobs,
  };
  await system.close();
  return result;
}
