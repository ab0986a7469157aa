// The state of one queue: its jobs, and the collections that say which of them is next.
// Invariant: `jobs` holds every job of the queue; each of them is in the one collection that its `state` names.
import type { DelayedJobs } from '../collections/delayed-jobs.ts';
import type { EventRing } from '../collections/event-ring.ts';
import type { FinishedJobs } from '../collections/finished-jobs.ts';
import type { JobDeque } from '../collections/job-deque.ts';
import type { PrioritizedJobs } from '../collections/prioritized-jobs.ts';
import type { Job } from './job.ts';

/** A deduplication key in force. Another holder is another key, since its text is counted. */
export interface DeduplicationKey {
  readonly jobId: string;
  /** Epoch ms after which it no longer counts, or Infinity. */
  expiresAt: number;
}

/** What a repeating schedule is, and when it is next. The fields are those of BullMQ's scheduler hash, as text. */
export interface Scheduler {
  readonly id: string;
  /** Epoch ms of the next run. */
  nextMillis: number;
  /** As BullMQ's hash names them: name, ic, every, pattern, tz, limit, startDate, endDate, data, opts, offset. */
  fields: Record<string, string>;
}

/** Jobs started within the present window of the rate limit. */
export interface RateWindow {
  count: number;
  /** Epoch ms. */
  endsAt: number;
}

/** BullMQ's metrics of one kind: one point a minute, newest first. */
export interface Metrics {
  count: number;
  previousCount: number;
  /** Epoch ms, or -1 before the first job. */
  previousAt: number;
  points: number[];
}

export interface QueueState {
  readonly name: string;
  readonly prefix: string;
  /** `<prefix>:<name>`, by which the store knows it. */
  readonly key: string;
  readonly jobs: Map<string, Job>;
  readonly wait: JobDeque;
  readonly prioritized: PrioritizedJobs;
  readonly delayed: DelayedJobs;
  /** In order of start, oldest first. */
  readonly active: Map<string, Job>;
  readonly waitingChildren: Map<string, Job>;
  readonly completed: FinishedJobs;
  readonly failed: FinishedJobs;
  /** BullMQ's meta hash. */
  readonly meta: Map<string, string>;
  readonly deduplication: Map<string, DeduplicationKey>;
  /** An id that is kept for what comes when the active job of its deduplication id ends (`keepLastIfActive`), as JSON. */
  readonly deduplicationNext: Map<string, string>;
  readonly schedulers: Map<string, Scheduler>;
  rateWindow: RateWindow | undefined;
  readonly metrics: { readonly completed: Metrics; readonly failed: Metrics };
  readonly events: EventRing;
  /** The last job id that was given out. */
  lastId: number;
}
