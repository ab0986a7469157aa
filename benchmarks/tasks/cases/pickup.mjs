// The time from a call of add until the job runs, in a worker that waits for one. One after another, each when all is idle again.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeProgress } from '../progress.mjs';
import { quantilesOf } from '../quantiles.mjs';
import { openSystem } from '../open.mjs';

/** ms of rest before each job, in which the worker begins to wait. */
const REST = 3;

/** @returns p50Ms, p99Ms, maxMs */
export async function run({ warm, jobs, ...spec }) {
  const system = await openSystem(spec);
  let began = 0;
  const progress = makeProgress(() => {
    began = performance.now();
  });
  const worker = await system.work({ concurrency: 1, ...progress });
  worker.start();
  const times = [];
  for (let id = 0; id < warm + jobs; id++) {
    await sleep(REST);
    const start = performance.now();
    const added = system.add(id);
    await progress.until(id + 1);
    await added;
    if (id >= warm) times.push(began - start);
  }
  await system.close();
  return quantilesOf(times);
}
