// The time from a call of add until a critical job runs, while a worker with four at a time is busy with low ones of 2 ms
// each and thousands of them wait.
import { setTimeout as sleep } from 'node:timers/promises';
import { idsFrom, priorityOf } from '../data.mjs';
import { quantilesOf } from '../quantiles.mjs';
import { openSystem } from '../open.mjs';

const CONCURRENCY = 4;
const LOW_MS = 2;
/** ms between two critical jobs. */
const EVERY = 20;

/** @returns p50Ms, p99Ms, maxMs, waiting (low jobs, at the end) */
export async function run({ low, critical, ...spec }) {
  const system = await openSystem(spec);
  await system.addMany(idsFrom(0, low), priorityOf('low'));
  const asked = new Map();
  const times = [];
  const { promise, resolve } = withResolvers();
  const worker = await system.work({
    concurrency: CONCURRENCY,
    async run({ id }) {
      if (id < low) {
        await sleep(LOW_MS);
        return;
      }
      times.push(performance.now() - asked.get(id));
      if (times.length === critical) resolve();
    },
    onFinished: () => undefined,
  });
  worker.start();
  for (let at = 0; at < critical; at++) {
    await sleep(EVERY);
    const id = low + at;
    asked.set(id, performance.now());
    await system.add(id, priorityOf('critical'));
  }
  await promise;
  const waiting = await system.waiting();
  if (waiting === 0) throw new Error('expected low jobs to be waiting still');
  await system.close();
  return { ...quantilesOf(times), waiting };
}

// Promise.withResolvers is missing before Node 22.
function withResolvers() {
  let resolve;
  const promise = new Promise((give) => (resolve = give));
  return { promise, resolve };
}
