// HOT benchmark of adding: no worker, one call after another, 100 calls under way, or bulks of 500.
import { processCpu } from '../../lib/clocks.mjs';
import { idsFrom } from '../data.mjs';
import { openSystem } from '../open.mjs';

const FLIGHT = 100;

/** Ways to add jobs of these ids. */
const WAYS = {
  async single(system, ids) {
    for (const id of ids) await system.add(id);
  },
  flight: addInFlight,
  bulk: (system, ids) => system.addMany(ids),
};

/** @returns perSecond, cpuMicros and serverMicros of a job */
export async function run({ way, warm, jobs, ...spec }) {
  const system = await openSystem(spec);
  const add = WAYS[way];
  await add(system, idsFrom(0, warm));
  const server = await system.serverCpu();
  const cpu = processCpu();
  const start = performance.now();
  await add(system, idsFrom(warm, jobs));
  const ms = performance.now() - start;
  const result = {
    perSecond: jobs / (ms / 1000),
    cpuMicros: (processCpu() - cpu) / 1000 / jobs,
    serverMicros: ((await system.serverCpu()) - server) / jobs,
  };
  const waiting = await system.waiting();
  if (waiting !== warm + jobs) throw new Error(`expected ${warm + jobs} jobs, ${waiting} wait`);
  await system.close();
  return result;
}

/** So many callers, each of which adds its next when its last is acknowledged. */
export async function addInFlight(system, ids, flight = FLIGHT) {
  let next = 0;
  const caller = async () => {
    while (next < ids.length) await system.add(ids[next++]);
  };
  await Promise.all(Array.from({ length: flight }, caller));
}
