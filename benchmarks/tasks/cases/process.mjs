// HOT benchmark of processing: a backlog, and one worker with so many jobs at a time. From its start until the last job is
// finished. The worker has done some before, so that its code is compiled.
import { processCpu } from '../../lib/clocks.mjs';
import { idsFrom } from '../data.mjs';
import { makeProgress } from '../progress.mjs';
import { openSystem } from '../open.mjs';

/** @returns perSecond, cpuMicros and serverMicros of a job */
export async function run({ concurrency, warm, jobs, ...spec }) {
  const system = await openSystem(spec);
  const progress = makeProgress();
  const worker = await system.work({ concurrency, ...progress });
  await system.addMany(idsFrom(0, warm));
  worker.start();
  await progress.until(warm);
  await worker.pause();
  await system.addMany(idsFrom(warm, jobs));
  const server = await system.serverCpu();
  const cpu = processCpu();
  const start = performance.now();
  worker.resume();
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
