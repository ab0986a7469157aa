// What two workers cost that have nothing to do: CPU time of the process in percent of a core. Without a system: of Node itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { processCpu } from '../../lib/clocks.mjs';
import { makeProgress } from '../progress.mjs';
import { openSystem } from '../open.mjs';

const WORKERS = 2;

/** @returns percent, serverPercent */
export async function run({ settle, window, ...spec }) {
  const system = spec.system === undefined ? undefined : await openSystem(spec);
  for (let at = 0; system !== undefined && at < WORKERS; at++) {
    (await system.work({ concurrency: 10, ...makeProgress() })).start();
  }
  // What the start has left to do.
  await sleep(settle);
  const server = (await system?.serverCpu()) ?? 0;
  const cpu = processCpu();
  const start = performance.now();
  await sleep(window);
  const micros = (performance.now() - start) * 1000;
  const used = (processCpu() - cpu) / 1000;
  const percent = (100 * used) / micros;
  const serverPercent = (100 * (((await system?.serverCpu()) ?? 0) - server)) / micros;
  await system?.close();
  return { percent, serverPercent };
}
