// What is known of an application at one moment: counts since its start, over all its threads, and what is the case now. Metrics,
// OpenTelemetry, history and dashboard are made of it, and of nothing else.
// Invariant: plain data that structuredClone and JSON take; durations are ms, sizes bytes; what a part does not tell is undefined.

/** Durations by fixed buckets: see http/buckets.ts. */
export interface DurationCounts {
  readonly count: number;
  readonly sumMs: number;
  readonly maxMs: number;
  /** Counts by bucket; trailing zeros may be missing. */
  readonly buckets: readonly number[];
}

/** One route, by its template. */
export interface RouteSnapshot {
  readonly method: string;
  /** As declared, `/cities/:id`; never a URL. 'other': those beyond the bound; 'unmatched': no route fitted. */
  readonly route: string;
  readonly requests: number;
  /** Answers by class, '2xx' to '5xx'; 'aborted': the client left first. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly durations: DurationCounts;
  /** Of the response cache; undefined: it has none. */
  readonly cache:
    | {
        readonly hits: number;
        readonly misses: number;
        readonly stored: number;
        readonly notStored: number;
      }
    | undefined;
}

/** The response cache. */
export interface ResponseCacheSnapshot {
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  readonly collapsed: number;
  readonly stored: number;
  readonly notStored: number;
  readonly notModified: number;
  readonly purges: number;
  readonly faults: number;
  /** ms that the handlers of all hits would have taken. */
  readonly savedMs: number;
  /** Why requests went to their handler, and why responses were not stored: word to count. */
  readonly forwarded: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
}

/** One engine: a cache in memory. */
export interface EngineSnapshot {
  readonly name: string;
  readonly backend: 'native' | 'js';
  readonly entries: number;
  readonly hits: number;
  readonly nearHits: number;
  readonly misses: number;
  readonly sets: number;
  readonly evictions: number;
  readonly evictedUnread: number;
  readonly expirations: number;
  readonly invalidated: number;
  readonly refused: number;
  readonly bytes: {
    readonly max: number;
    readonly used: number;
    readonly live: number;
    readonly free: number;
  };
  /** Equal parts of the memory: those the bound allows, those in use, and the size of one; 0 where it has none. */
  readonly segments: number;
  readonly usedSegments: number;
  readonly segmentBytes: number;
}

/** One tier of a tiered cache. */
export interface TierSnapshot {
  readonly cache: string;
  readonly tier: 'memory' | 'remote' | 'disk';
  /** As the tier's health names it: 'ok', 'off', 'down', … */
  readonly state: string;
  readonly hits: number;
  readonly misses: number;
  readonly sets: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly skipped: number;
  /** ms; NaN is not JSON: undefined while nothing was measured. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Background tasks. */
export interface TasksSnapshot {
  readonly backend: string;
  readonly state: string;
  readonly queues: readonly {
    readonly queue: string;
    readonly waiting: number;
    readonly delayed: number;
    readonly active: number;
    readonly failed: number;
    readonly dead: number;
    readonly paused: boolean;
    /** Waiting by priority: name to count. */
    readonly priorities: Readonly<Record<string, number>>;
  }[];
  readonly tasks: readonly {
    readonly task: string;
    readonly queue: string;
    readonly enqueued: number;
    readonly completed: number;
    readonly failed: number;
    readonly retried: number;
    readonly dead: number;
    readonly p50Ms: number | undefined;
    readonly p99Ms: number | undefined;
  }[];
}

/** Live channels. */
export interface RealtimeSnapshot {
  readonly state: string;
  readonly connections: { readonly websocket: number; readonly sse: number };
  readonly channels: number;
  readonly subscriptions: number;
  readonly published: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly gaps: number;
  readonly slowClosed: number;
  readonly bufferedBytes: number;
}

/** Static files. */
export interface StaticSnapshot {
  readonly hits: number;
  readonly notModified: number;
  readonly streamed: number;
  readonly refused: number;
  readonly reads: number;
  readonly files: number;
}

/** The event loop and the heap of the threads that serve. */
export interface LoopSnapshot {
  /** Delay of the loop beyond what was asked, since the last snapshot; the worst thread's. */
  readonly delay: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
  /** Share of the time the busiest loop was busy since the last snapshot, 0 to 1. */
  readonly utilization: number;
  readonly gc: { readonly count: number; readonly totalMs: number };
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
}

/** The process. */
export interface ProcessSnapshot {
  readonly pid: number;
  readonly uptimeMs: number;
  readonly rssBytes: number;
  readonly externalBytes: number;
  /** User and system, of all threads, since the start. */
  readonly cpuMs: number;
  readonly node: string;
  /** Threads that this snapshot counts, and those that gave no answer in time, for which the last known counts stand. */
  readonly threads: number;
  readonly silent: number;
}

/** All of it. */
export interface Snapshot {
  /** ms since the epoch. */
  readonly at: number;
  readonly process: ProcessSnapshot;
  readonly loop: LoopSnapshot;
  readonly http: {
    readonly requests: number;
    readonly inFlight: number;
    readonly statuses: Readonly<Record<string, number>>;
    readonly durations: DurationCounts;
    readonly routes: readonly RouteSnapshot[];
  };
  readonly cache: ResponseCacheSnapshot | undefined;
  readonly engines: readonly EngineSnapshot[];
  readonly tiers: readonly TierSnapshot[];
  readonly tasks: TasksSnapshot | undefined;
  readonly realtime: RealtimeSnapshot | undefined;
  readonly static: StaticSnapshot | undefined;
  /** Times that a part threw, or gave no answer in time, when it was asked for this. Default: 0. */
  readonly readFaults?: number;
}
