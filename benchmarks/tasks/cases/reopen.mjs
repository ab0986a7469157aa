// Opening a folder that a process has left behind without closing it, as one that was killed does. Two processes: `fill`
// adds jobs, which are acknowledged, and ends; `open` takes the time until the queue can be asked.
import { processCpu } from '../../lib/clocks.mjs';
import { idsFrom } from '../data.mjs';
import { openSystem } from '../open.mjs';

const PART = 10_000;

/** @returns of `open`: seconds, cpuSeconds (of all threads), perSecond (jobs), rssMb */
export async function run({ step, jobs, ...spec }) {
  if (step === 'fill') {
    const system = await openSystem(spec);
    for (let at = 0; at < jobs; at += PART) {
      await system.addMany(idsFrom(at, Math.min(PART, jobs - at)));
    }
    return {};
  }
  // Loading code is no part of it.
  await Promise.all([import('bullmq'), import('@catzilla/tasks/embedded')]);
  const cpu = processCpu();
  const start = performance.now();
  const system = await openSystem(spec);
  const waiting = await system.waiting();
  const seconds = (performance.now() - start) / 1000;
  const cpuSeconds = (processCpu() - cpu) / 1e9;
  if (waiting !== jobs) throw new Error(`expected ${jobs} jobs, ${waiting} wait`);
  const rssMb = process.memoryUsage.rss() / 1e6;
  await system.close();
  return { seconds, cpuSeconds, perSecond: jobs / seconds, rssMb };
}
