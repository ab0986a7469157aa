// What a job of a task is in the store: the contract between those who enqueue and those who run, of this version and others.
// job.name is the name of the task, job.data is StoredData, job.opts.backoff is StoredBackoff or absent; the rest of job.opts is
// BullMQ's. What finished jobs leave is not in there: the runner says it at the end, by the task of then.
import { createHash } from 'node:crypto';
import type { RetrySettings } from './types.ts';

/** job.data. */
export interface StoredData {
  /** Of the task when it was enqueued. */
  readonly version: number;
  /** As it was enqueued, before the schema made something of it. */
  readonly payload: unknown;
  /** Of runs that a schedule made. */
  readonly schedule?: StoredSchedule;
  /** A parent that may have to end while children of it run: then it lets go of them. */
  readonly continues?: true;
}

/** What the runner has to know of the schedule that made a job. */
export interface StoredSchedule {
  readonly key: string;
  /** Whether defineTask() or a call of schedule() made it. */
  readonly from: 'code' | 'call';
  readonly overlap: 'skip' | 'queue' | 'allow';
  readonly missed: 'one' | 'skip';
  /** ms. The runner puts the first attempt off by `jitterOf(job id, jitter)`. */
  readonly jitter: number;
}

/** job.opts.backoff of a job that differs from its task; without it, the task's `retry` counts. */
export interface StoredBackoff {
  readonly type: typeof BACKOFF_TYPE;
  readonly kind: 'fixed' | 'exponential';
  readonly delay: number;
  readonly maxDelay: number;
  readonly jitter: number;
}

/** A dead letter: job.data in the queue `<queue>.dead`; job.name is the task's. */
export interface DeadData {
  readonly task: string;
  readonly queue: string;
  /** Of the job that failed. */
  readonly id: string;
  readonly version: number;
  readonly payload: unknown;
  /** For people. */
  readonly reason: string;
  /** Of the error, where it has one. */
  readonly code: string | undefined;
  /** Messages of the error and its causes, outermost first. */
  readonly errors: readonly string[];
  /** Epoch ms of each attempt, oldest first, as far as they are known. */
  readonly attempts: readonly { readonly startedAt: number; readonly endedAt: number }[];
  /** How often it ran. */
  readonly attemptsMade: number;
  /** Epoch ms. */
  readonly enqueuedAt: number;
  /** Epoch ms. */
  readonly deadAt: number;
  /** Of the job that failed, to be used again. */
  readonly priority: number;
}

/** Type of our backoff in BullMQ's options: it is not one of BullMQ's, so that the runner's strategy is asked. */
export const BACKOFF_TYPE = 'catz';

/** Name of the queue event that asks whoever runs a job to stop: fields { jobId, reason }. */
export const CANCEL_EVENT = 'catz:cancel';

/** Events that a queue keeps, as BullMQ's default. */
export const MAX_EVENTS = 10_000;

const DEAD_SUFFIX = '.dead';

/** The queue of the dead letters of a queue. */
export function deadQueueOf(queue: string): string {
  return `${queue}${DEAD_SUFFIX}`;
}

export function isDeadQueue(queue: string): boolean {
  return queue.endsWith(DEAD_SUFFIX);
}

export function storedBackoff({ backoff, delay, maxDelay, jitter }: RetrySettings): StoredBackoff {
  return { type: BACKOFF_TYPE, kind: backoff, delay, maxDelay, jitter };
}

/** A deduplication id of BullMQ: of fixed length, and without what keys may not hold. */
export function deduplicationId(task: string, key: string): string {
  return createHash('sha256').update(`${task}\0${key}`).digest('base64url');
}

/** The part of a schedule's jitter that one run gets: the same in every process.
 * @param jitter  ms
 * @returns ms from 0 to below `jitter` */
export function jitterOf(jobId: string, jitter: number): number {
  if (jitter === 0) return 0;
  const draw = createHash('sha256').update(jobId).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(draw * jitter);
}
