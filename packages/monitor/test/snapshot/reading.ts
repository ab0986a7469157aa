// Readings of threads, for tests of what is made of them.
import type { PeerReading } from '../../src/peers/messages.ts';
import type { Gathered } from '../../src/peers/peers.ts';
import type { EngineReading, TasksReading, ThreadReading } from '../../src/read/reading.ts';
import type {
  RealtimeSnapshot,
  ResponseCacheSnapshot,
  StaticSnapshot,
  TierSnapshot,
} from '../../src/snapshot/snapshot.ts';

/** A thread that has counted nothing but what is given. */
export function reading(given: Partial<ThreadReading> = {}): ThreadReading {
  return {
    id: 'one',
    at: 1,
    http: { inFlight: 0, routes: [] },
    cache: undefined,
    cacheRoutes: [],
    engines: [],
    tiers: [],
    tasks: undefined,
    realtime: undefined,
    static: undefined,
    loop: {
      delay: { p50Ms: 0, p99Ms: 0, maxMs: 0 },
      utilization: 0,
      gc: { count: 0, totalMs: 0 },
      heapUsedBytes: 0,
      heapTotalBytes: 0,
      externalBytes: 0,
    },
    faults: 0,
    ...given,
  };
}

/** A route with as many answers 200, each of 1 ms. */
export function route(name: string, requests: number, method = 'GET') {
  const durations = { count: requests, sumMs: requests, maxMs: 1, buckets: [0, requests] };
  return { method, route: name, requests, statuses: { '2xx': requests }, durations };
}

export function engine(given: Partial<EngineReading>): EngineReading {
  const counts = { hits: 0, nearHits: 0, misses: 0, sets: 0, evictions: 0, evictedUnread: 0 };
  const ends = { expirations: 0, invalidated: 0, refused: 0 };
  const bytes = { max: 100, used: 10, live: 5, free: 90 };
  const segments = { segments: 4, usedSegments: 3, segmentBytes: 1024 };
  const is = { name: 'pages', backend: 'native', isShared: true, entries: 1 } as const;
  return { ...is, ...counts, ...ends, bytes, ...segments, ...given };
}

export function tier(given: Partial<TierSnapshot>): TierSnapshot {
  const counts = { hits: 1, misses: 1, sets: 1, errors: 0, timeouts: 0, skipped: 0 };
  const times = { p50Ms: undefined, p99Ms: undefined };
  return { cache: 'pages', tier: 'remote', state: 'ok', ...counts, ...times, ...given };
}

export function tasks(given: Partial<TasksReading> = {}): TasksReading {
  const counts = { waiting: 2, delayed: 0, active: 1, failed: 0, dead: 0 };
  const totals = { enqueued: 3, completed: 2, failed: 0, retried: 0, dead: 0 };
  return {
    backend: 'embedded',
    state: 'ok',
    isShared: true,
    queues: [{ queue: 'mail', ...counts, paused: false, priorities: { high: 2 } }],
    tasks: [{ task: 'send', queue: 'mail', ...totals, p50Ms: 1, p99Ms: undefined }],
    ...given,
  };
}

export function realtime(given: Partial<RealtimeSnapshot> = {}): RealtimeSnapshot {
  return {
    state: 'ok',
    connections: { websocket: 2, sse: 1 },
    channels: 3,
    subscriptions: 4,
    published: 5,
    delivered: 6,
    dropped: 0,
    gaps: 0,
    slowClosed: 0,
    bufferedBytes: 10,
    ...given,
  };
}

export function files(given: Partial<StaticSnapshot> = {}): StaticSnapshot {
  const counts = { hits: 5, notModified: 1, streamed: 0, refused: 0, reads: 2 };
  return { ...counts, files: 2, ...given };
}

export function cache(given: Partial<ResponseCacheSnapshot> = {}): ResponseCacheSnapshot {
  return {
    hits: 4,
    misses: 2,
    stale: 1,
    collapsed: 0,
    stored: 2,
    notStored: 1,
    notModified: 0,
    purges: 0,
    faults: 0,
    savedMs: 1500,
    forwarded: { 'uri-miss': 2 },
    reasons: { 'set-cookie': 1 },
    ...given,
  };
}

/** What threads told, this one's reading first. */
export function gathered(
  [here, ...others]: readonly [ThreadReading, ...ThreadReading[]],
  { gone = [], silent = [] }: { gone?: readonly ThreadReading[]; silent?: readonly string[] } = {},
): Gathered {
  const told = (thread: ThreadReading): PeerReading => ({ thread, extra: undefined });
  return {
    here: told(here),
    others: others.map(told),
    gone: gone.map(told),
    silent: new Set(silent),
  };
}
