// Times calls one by one. What is told of them: quantiles, and the CPU time of this thread per call.
import { threadCpu } from '../lib/clocks.mjs';
import { quantile } from '../lib/statistics.mjs';

/**
 * @param count how many calls
 * @param call (at) → a promise, awaited before the next one
 * @returns p50Us, p99Us, maxUs, perSecond (of one after another), threadUs
 */
export async function timeEach(count, call) {
  const times = new Float64Array(count);
  const thread = threadCpu();
  const start = performance.now();
  let before = start;
  for (let at = 0; at < count; at++) {
    await call(at);
    const now = performance.now();
    times[at] = (now - before) * 1000;
    before = now;
  }
  return {
    ...quantilesOf(times),
    perSecond: count / ((before - start) / 1000),
    threadUs: (threadCpu() - thread) / 1000 / count,
  };
}

export function quantilesOf(times) {
  return { p50Us: quantile(times, 0.5), p99Us: quantile(times, 0.99), maxUs: Math.max(...times) };
}

/** µs of the clock that all processes of a machine share. */
export function sharedClock() {
  return Number(process.hrtime.bigint() / 10n) / 100;
}
