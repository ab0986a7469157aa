// What one thread knows of its application. Sums over the threads are snapshot/sum.ts.
// Invariant: plain data that structuredClone takes; counts are since the start of the thread, and durations that are counted are
// `addable`.
import type { HttpReading } from '../http/recorder.ts';
import type {
  EngineSnapshot,
  RealtimeSnapshot,
  ResponseCacheSnapshot,
  StaticSnapshot,
  TasksSnapshot,
  TierSnapshot,
} from '../snapshot/snapshot.ts';

/** One engine. `isShared`: all threads of the process have the same one. */
export interface EngineReading extends EngineSnapshot {
  readonly isShared: boolean;
}

/** Counts of the response cache by route. */
export interface CacheRouteReading {
  readonly method: string;
  readonly route: string;
  readonly hits: number;
  readonly misses: number;
  readonly stored: number;
  readonly notStored: number;
}

/** Background tasks. `isShared`: what waits in the queues is the same for all threads. */
export interface TasksReading extends TasksSnapshot {
  readonly isShared: boolean;
}

/** The loop and the heap of a thread. */
export interface LoopReading {
  readonly delay: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
  readonly utilization: number;
  readonly gc: { readonly count: number; readonly totalMs: number };
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
}

/** All that a thread knows. */
export interface ThreadReading {
  /** Names the thread's application, and no other one that was or will be. */
  readonly id: string;
  /** ms since the epoch, by a clock that nobody sets back: of two readings of one thread it tells the newer. */
  readonly at: number;
  readonly http: HttpReading;
  readonly cache: ResponseCacheSnapshot | undefined;
  readonly cacheRoutes: readonly CacheRouteReading[];
  readonly engines: readonly EngineReading[];
  readonly tiers: readonly TierSnapshot[];
  readonly tasks: TasksReading | undefined;
  readonly realtime: RealtimeSnapshot | undefined;
  readonly static: StaticSnapshot | undefined;
  readonly loop: LoopReading;
  /** Times that a part threw when it was asked. */
  readonly faults: number;
}
