// What statistics and health look like from outside, and what they are gathered from. Types only. Durations end in Ms.

/** Durations of the last one to two minutes. NaN while there were none. */
export interface DurationStats {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Jobs by state, as the backend has them now, whichever process put them there. */
export interface JobCounts {
  /** Ready to run; of every priority. */
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  /** Parents whose children have not ended. */
  readonly waitingChildren: number;
  /** Kept after they were done: see `keep`. */
  readonly completed: number;
  readonly failed: number;
}

/** What this process has seen since it started. */
export interface TaskTotals {
  /** Deduplicated ones not counted. */
  readonly enqueued: number;
  /** Found their job there already. */
  readonly deduplicated: number;
  /** Attempts. */
  readonly started: number;
  readonly completed: number;
  /** Attempts that failed with another to follow. */
  readonly retried: number;
  /** Jobs whose last attempt failed. */
  readonly failed: number;
  /** Jobs that went to the dead letters. */
  readonly dead: number;
  /** Attempts whose time was over. */
  readonly timeouts: number;
  /** Attempts whose handler went on after its abort. */
  readonly abandoned: number;
  readonly cancelled: number;
  /** Jobs whose worker was gone. */
  readonly stalled: number;
  /** Runs of schedules that were left out. */
  readonly skipped: number;
}

/** What is measured in the same way for a task and for a queue. */
export interface Measured {
  readonly totals: TaskTotals;
  /** Attempts that ended, per second, over the last minute. */
  readonly perSecond: number;
  /** From being ready to run until a handler had it. */
  readonly wait: DurationStats;
  /** Of the handler. */
  readonly run: DurationStats;
}

export interface TaskStats extends Measured {
  readonly task: string;
  readonly queue: string;
  /** Attempts under way in this process. */
  readonly running: number;
  /** undefined where the task shares its queue, and the backend does not count by name, or the queue holds over 100,000 jobs. */
  readonly counts: JobCounts | undefined;
}

export interface QueueStats extends Measured {
  readonly queue: string;
  /** Names of its tasks. */
  readonly tasks: readonly string[];
  /** undefined while the backend does not answer. */
  readonly counts: JobCounts | undefined;
  /** Waiting jobs by class (critical, high, normal, low) or number; 'none' for those that BullMQ itself added without one.
   * After 16 different ones the rest is 'other'. */
  readonly waitingByPriority: Readonly<Record<string, number>>;
  /** How long the oldest of the jobs that stand first in their priority has been ready; 0 while none waits. */
  readonly oldestWaitingMs: number;
  /** Dead letters kept. */
  readonly dead: number | undefined;
  /** Whether nothing of it is started, in any process. */
  readonly isPaused: boolean | undefined;
  /** Attempts under way in this process. */
  readonly running: number;
  /** Handlers that went on after their abort, and have not settled yet. */
  readonly abandoned: number;
  /** Slots of this process; undefined where it runs nothing. */
  readonly concurrency: Concurrency | undefined;
}

/** Slots for handlers, and between which bounds they are scaled. */
export interface Concurrency {
  readonly now: number;
  readonly min: number;
  readonly max: number;
}

/** What the embedded backend says of its store; fields that it does not have are left out. */
export interface StoreStats {
  /** 'memory', or 'durable' with a folder. */
  readonly mode: string;
  /** 'every-write', 'interval' or 'none'; 'memory' without a folder. */
  readonly durability?: string | undefined;
  readonly state?: string | undefined;
  /** True where the store is in another thread, and outlives this one. */
  readonly isShared?: boolean | undefined;
  readonly logBytes?: number | undefined;
  readonly flushP99Ms?: number | undefined;
  readonly jobs?: number | undefined;
  readonly bytes?: number | undefined;
}

export interface TasksStats {
  /** 'embedded', 'redis' or 'postgres'. */
  readonly backend: string;
  readonly queues: readonly QueueStats[];
  readonly tasks: readonly TaskStats[];
  /** Of the embedded backend. */
  readonly store: StoreStats | undefined;
  /** Failures of listeners that were caught. */
  readonly listenerErrors: number;
}

/** One word, and why. 'degraded' goes on with less, and recovers by itself; 'failed' takes nothing until a restart. */
export interface TasksHealth {
  readonly state: 'ok' | 'degraded' | 'failed';
  /** Empty when all is well. */
  readonly reasons: readonly string[];
}

/** As much of a waiting job as is looked at here. */
export interface ReadyJob {
  readonly timestamp: number;
  readonly priority: number;
  readonly opts: { readonly delay?: number | undefined };
}

/** As much of BullMQ's Queue as is asked here. */
export interface QueueReader {
  readonly name: string;
  getJobCounts(): Promise<Readonly<Record<string, number>>>;
  getCountsPerPriority(priorities: number[]): Promise<Readonly<Record<string, number>>>;
  getJobs(
    types: ('waiting' | 'prioritized')[],
    start: number,
    end: number,
    asc: boolean,
  ): Promise<readonly (ReadyJob | undefined)[]>;
  isPaused(): Promise<boolean>;
}

/** What the runner says of a queue. */
export interface RunnerQueue {
  readonly queue: string;
  readonly running: number;
  readonly abandoned: number;
  readonly concurrency: Concurrency;
}

/** What statistics are gathered from, beside the events. */
export interface StatsSources {
  readonly backend: string;
  /** Queues that tasks run in. */
  readonly queues: readonly QueueReader[];
  /** The dead letters of a queue, where it has some. */
  dead(queue: string): QueueReader | undefined;
  /** Names and queues of all tasks. */
  readonly tasks: readonly { readonly name: string; readonly queue: string }[];
  readonly runner: readonly RunnerQueue[];
  readonly store: StoreStats | undefined;
  /** Counts by task, where the backend counts by name: by queue, then task. */
  countsByName?(queue: string): Promise<ReadonlyMap<string, JobCounts>> | undefined;
}
