// What remains of a thread when it serves no more: what it has counted. What was the case in it ends with it.
// Invariant: remains are a reading like any other, and of two added ones no more is left than of one: it grows with the names of
// routes, caches and tasks, and not with the threads that had them.
import type { EngineReading, TasksReading, ThreadReading } from '../read/reading.ts';
import { addEngines, addFiles, addRealtime, addTasks, addTiers, reduceParts } from './add-parts.ts';
import { addFields } from './merge.ts';
import { addRoutes } from './sum-routes.ts';

/** The counts of a reading. */
export function remainsOf(reading: ThreadReading): ThreadReading {
  const { http, engines, tiers, tasks, realtime, static: files, loop } = reading;
  return {
    ...reading,
    http: http.inFlight === 0 ? http : { ...http, inFlight: 0 },
    engines: engines.map(emptied),
    tiers: tiers.map((tier) => ({ ...tier, state: 'ok', p50Ms: undefined, p99Ms: undefined })),
    tasks: tasks && ended(tasks),
    realtime: realtime && {
      ...realtime,
      state: 'ok',
      connections: { websocket: 0, sse: 0 },
      channels: 0,
      subscriptions: 0,
      bufferedBytes: 0,
    },
    static: files && { ...files, files: 0 },
    loop: { ...NO_LOOP, gc: loop.gc },
  };
}

/** Adds the remains of two readings; those may be remains already. Cost: O(routes). */
export function addRemains(a: ThreadReading, b: ThreadReading): ThreadReading {
  // What both share stands as the one saw it that was there longer.
  const both = (a.at > b.at ? [a, b] : [b, a]).map(remainsOf);
  const [{ id, at }] = both as [ThreadReading, ThreadReading];
  const { routes, cacheRoutes } = addRoutes(both);
  return {
    id,
    at,
    http: { inFlight: 0, routes },
    cache: reduceParts(both, ({ cache }) => cache, addFields),
    cacheRoutes,
    engines: addEngines(both.flatMap(({ engines }) => engines)),
    tiers: addTiers(both.flatMap(({ tiers }) => tiers)),
    tasks: reduceParts(both, ({ tasks }) => tasks, addTasks),
    realtime: reduceParts(both, ({ realtime }) => realtime, addRealtime),
    static: reduceParts(both, ({ static: files }) => files, addFiles),
    loop: { ...NO_LOOP, gc: addFields(a.loop.gc, b.loop.gc) },
    faults: a.faults + b.faults,
  };
}

const NO_LOOP: Omit<ThreadReading['loop'], 'gc'> = Object.freeze({
  delay: Object.freeze({ p50Ms: 0, p99Ms: 0, maxMs: 0 }),
  utilization: 0,
  heapUsedBytes: 0,
  heapTotalBytes: 0,
  externalBytes: 0,
});

// One that all share is still there, whoever has left.
function emptied(engine: EngineReading): EngineReading {
  if (engine.isShared) return engine;
  const bytes = { max: 0, used: 0, live: 0, free: 0 };
  return { ...engine, entries: 0, bytes, segments: 0, usedSegments: 0 };
}

function ended(tasks: TasksReading): TasksReading {
  const quiet = tasks.tasks.map((task) => ({ ...task, p50Ms: undefined, p99Ms: undefined }));
  return { ...tasks, state: 'ok', tasks: quiet, queues: [] };
}
