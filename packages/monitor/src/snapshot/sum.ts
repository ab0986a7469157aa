// Readings of threads made into one picture of the application.
// Invariant: counts are sums over all threads that ever were; what is the case now is of those that serve; what all threads share
// (a native engine, the queues of a server) is taken once, from this thread where it has it; of quantiles the worst stands.
import { DurationSum } from '../http/buckets.ts';
import type { Gathered } from '../peers/peers.ts';
import type { EngineReading, TasksReading, ThreadReading } from '../read/reading.ts';
import { addCounts, addFields, mergeBy, worse, worseState } from './merge.ts';
import type { RoutePlaces } from './sum-routes.ts';
import type {
  EngineSnapshot,
  LoopSnapshot,
  ProcessSnapshot,
  RealtimeSnapshot,
  RouteSnapshot,
  Snapshot,
  StaticSnapshot,
  TasksSnapshot,
  TierSnapshot,
} from './snapshot.ts';

/** Makes the snapshot.
 * @param places  of routes; the caller's from one snapshot to the next, so that they stay */
export function sumReadings(gathered: Gathered, places: RoutePlaces): Snapshot {
  const serving = [gathered.here, ...gathered.others].map(({ thread }) => thread);
  const gone = gathered.gone.map(({ thread }) => thread);
  const all = [...serving, ...gone];
  return {
    at: Date.now(),
    process: processOf(serving.length, gathered.silent.size, serving),
    loop: loopOf(all, serving),
    http: httpOf(serving, places.sum(serving, gone)),
    cache: reduce(all, ({ cache }) => cache, addFields),
    engines: enginesOf(serving, gone),
    tiers: tiersOf(serving, gone),
    tasks: tasksOf(serving, gone),
    realtime: realtimeOf(serving, gone),
    static: staticOf(serving, gone),
    readFaults: all.reduce((sum, { faults }) => sum + faults, 0),
  };
}

function reduce<T>(
  readings: readonly ThreadReading[],
  partOf: (reading: ThreadReading) => T | undefined,
  merge: (a: T, b: T) => T,
): T | undefined {
  let sum: T | undefined;
  for (const reading of readings) {
    const part = partOf(reading);
    if (part !== undefined) sum = sum === undefined ? part : merge(sum, part);
  }
  return sum;
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

// Of a thread that is gone its counts remain, where they were its own.
function enginesOf(
  serving: readonly ThreadReading[],
  gone: readonly ThreadReading[],
): readonly EngineSnapshot[] {
  const left = gone.flatMap(({ engines }) => engines).map(emptied);
  const engines = [...serving.flatMap((reading) => reading.engines), ...left];
  return mergeBy(engines, ({ name }) => name, addEngines).map(
    ({ isShared: _, ...engine }) => engine,
  );
}

function emptied(engine: EngineReading): EngineReading {
  if (engine.isShared) return engine;
  const bytes = { max: 0, used: 0, live: 0, free: 0 };
  return { ...engine, entries: 0, bytes, segments: 0 };
}

function addEngines(a: EngineReading, b: EngineReading): EngineReading {
  if (a.isShared && b.isShared) return a;
  return { ...addFields(a, b), segmentBytes: Math.max(a.segmentBytes, b.segmentBytes) };
}

function tiersOf(
  serving: readonly ThreadReading[],
  gone: readonly ThreadReading[],
): readonly TierSnapshot[] {
  const left = gone
    .flatMap(({ tiers }) => tiers)
    .map((tier) => ({ ...tier, state: 'ok', p50Ms: undefined, p99Ms: undefined }));
  const tiers = [...serving.flatMap((reading) => reading.tiers), ...left];
  return mergeBy(tiers, ({ cache, tier }) => `${tier} ${cache}`, addTiers);
}

function addTiers(a: TierSnapshot, b: TierSnapshot): TierSnapshot {
  return {
    ...addFields(a, b),
    state: worseState(a.state, b.state),
    p50Ms: worse(a.p50Ms, b.p50Ms),
    p99Ms: worse(a.p99Ms, b.p99Ms),
  };
}

function tasksOf(
  serving: readonly ThreadReading[],
  gone: readonly ThreadReading[],
): TasksSnapshot | undefined {
  const left = gone.flatMap(({ tasks }) => (tasks === undefined ? [] : [tasks])).map(ended);
  const all = [...serving.flatMap(({ tasks }) => (tasks === undefined ? [] : [tasks])), ...left];
  if (all.length === 0) return undefined;
  const { isShared: _, ...tasks } = all.reduce(addTasks);
  return tasks;
}

function ended(tasks: TasksReading): TasksReading {
  const quiet = tasks.tasks.map((task) => ({ ...task, p50Ms: undefined, p99Ms: undefined }));
  return { ...tasks, state: 'ok', tasks: quiet, queues: [] };
}

function addTasks(a: TasksReading, b: TasksReading): TasksReading {
  const isShared = a.isShared && b.isShared;
  const queues = isShared && a.queues.length > 0 ? a.queues : [...a.queues, ...b.queues];
  return {
    isShared,
    backend: a.backend,
    state: worseState(a.state, b.state),
    queues: mergeBy(
      queues,
      ({ queue }) => queue,
      (one, other) => ({
        ...addFields(one, other),
        priorities: addCounts(one.priorities, other.priorities),
        paused: one.paused || other.paused,
      }),
    ),
    tasks: mergeBy(
      [...a.tasks, ...b.tasks],
      ({ task, queue }) => `${queue} ${task}`,
      (one, other) => ({
        ...addFields(one, other),
        p50Ms: worse(one.p50Ms, other.p50Ms),
        p99Ms: worse(one.p99Ms, other.p99Ms),
      }),
    ),
  };
}

// Each thread publishes and delivers for itself; its connections end with it.
function realtimeOf(
  serving: readonly ThreadReading[],
  gone: readonly ThreadReading[],
): RealtimeSnapshot | undefined {
  const now = reduce(serving, ({ realtime }) => realtime, addRealtime);
  const left = gone.flatMap(({ realtime }) =>
    realtime === undefined
      ? []
      : [
          {
            ...realtime,
            state: 'ok',
            connections: { websocket: 0, sse: 0 },
            channels: 0,
            subscriptions: 0,
            bufferedBytes: 0,
          },
        ],
  );
  return left.reduce((sum, each) => (sum === undefined ? each : addRealtime(sum, each)), now);
}

// A channel that several threads have is one: how many they are together nobody knows, at least as many as one has.
function addRealtime(a: RealtimeSnapshot, b: RealtimeSnapshot): RealtimeSnapshot {
  return {
    ...addFields(a, b),
    state: worseState(a.state, b.state),
    channels: Math.max(a.channels, b.channels),
  };
}

function staticOf(
  serving: readonly ThreadReading[],
  gone: readonly ThreadReading[],
): StaticSnapshot | undefined {
  const add = (a: StaticSnapshot, b: StaticSnapshot): StaticSnapshot => ({
    ...addFields(a, b),
    files: Math.max(a.files, b.files),
  });
  const now = reduce(serving, ({ static: files }) => files, add);
  const left = gone.flatMap(({ static: files }) =>
    files === undefined ? [] : [{ ...files, files: 0 }],
  );
  return left.reduce((sum, each) => (sum === undefined ? each : add(sum, each)), now);
}
