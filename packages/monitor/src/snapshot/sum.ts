// Readings of threads made into one picture of the application.
// Invariant: counts are sums over all threads that ever were; what is the case now is of those that serve; what all threads share
// (a native engine, the queues of a server) is taken once, from this thread where it has it; of quantiles the worst stands.
import { DurationSum } from '../http/buckets.ts';
import type { Gathered } from '../peers/peers.ts';
import type { ThreadReading } from '../read/reading.ts';
import { addEngines, addFiles, addRealtime, addTasks, addTiers, reduceParts } from './add-parts.ts';
import { addFields } from './merge.ts';
import { remainsOf } from './remains.ts';
import type { RoutePlaces } from './sum-routes.ts';
import type { LoopSnapshot, ProcessSnapshot, RouteSnapshot, Snapshot } from './snapshot.ts';

/** Makes the snapshot.
 * @param places  of routes; the caller's from one snapshot to the next, so that they stay */
export function sumReadings(gathered: Gathered, places: RoutePlaces): Snapshot {
  const serving = [gathered.here, ...gathered.others].map(({ thread }) => thread);
  const gone = gathered.gone.map(({ thread }) => thread);
  // The newest first: what all share and none of those that serve has stands as it was at last.
  const remains = gone.toSorted((a, b) => b.at - a.at).map(remainsOf);
  const all = [...serving, ...remains];
  const tasks = reduceParts(all, (reading) => reading.tasks, addTasks);
  return {
    at: Date.now(),
    process: processOf(serving.length, gathered.silent.size, serving),
    loop: loopOf(all, serving),
    http: httpOf(serving, places.sum(serving, gone)),
    cache: reduceParts(all, ({ cache }) => cache, addFields),
    engines: addEngines(all.flatMap(({ engines }) => engines)).map(withoutShared),
    tiers: addTiers(all.flatMap(({ tiers }) => tiers)),
    tasks: tasks && withoutShared(tasks),
    realtime: reduceParts(all, ({ realtime }) => realtime, addRealtime),
    static: reduceParts(all, (reading) => reading.static, addFiles),
    readFaults: all.reduce((sum, { faults }) => sum + faults, 0),
  };
}

function withoutShared<T extends { readonly isShared: boolean }>(part: T): Omit<T, 'isShared'> {
  const { isShared: _, ...told } = part;
  return told;
}

function processOf(
  threads: number,
  silent: number,
  serving: readonly ThreadReading[],
): ProcessSnapshot {
  const { user, system } = process.cpuUsage();
  return {
    pid: process.pid,
    uptimeMs: process.uptime() * 1000,
    rssBytes: process.memoryUsage.rss(),
    externalBytes: serving.reduce((sum, { loop }) => sum + loop.externalBytes, 0),
    cpuMs: (user + system) / 1000,
    node: process.version,
    threads,
    silent,
  };
}

function loopOf(all: readonly ThreadReading[], serving: readonly ThreadReading[]): LoopSnapshot {
  const loops = serving.map(({ loop }) => loop);
  const most = (of: (loop: ThreadReading['loop']) => number): number =>
    Math.max(0, ...loops.map(of));
  const sum = (of: (loop: ThreadReading['loop']) => number): number =>
    loops.reduce((total, loop) => total + of(loop), 0);
  return {
    delay: {
      p50Ms: most(({ delay }) => delay.p50Ms),
      p99Ms: most(({ delay }) => delay.p99Ms),
      maxMs: most(({ delay }) => delay.maxMs),
    },
    utilization: most(({ utilization }) => utilization),
    gc: all.map(({ loop }) => loop.gc).reduce(addFields),
    heapUsedBytes: sum(({ heapUsedBytes }) => heapUsedBytes),
    heapTotalBytes: sum(({ heapTotalBytes }) => heapTotalBytes),
  };
}

function httpOf(
  serving: readonly ThreadReading[],
  routes: readonly RouteSnapshot[],
): Snapshot['http'] {
  const statuses: Record<string, number> = {};
  const durations = new DurationSum();
  let requests = 0;
  for (const route of routes) {
    requests += route.requests;
    for (const status in route.statuses) {
      statuses[status] = (statuses[status] ?? 0) + route.statuses[status]!;
    }
    durations.add(route.durations);
  }
  const inFlight = serving.reduce((sum, { http }) => sum + http.inFlight, 0);
  return { requests, inFlight, statuses, durations: durations.read(), routes };
}
