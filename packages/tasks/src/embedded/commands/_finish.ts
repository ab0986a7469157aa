// The end of a job, well or badly: it leaves the active ones, all that waited for its end hear of it, and it is kept or not.
// Invariant: an attempt ends once: whoever does not hold the lock, or comes when the job is no longer active, changes nothing.
import { COMPLETED, FAILED } from './_job-events.ts';
import { collectMetrics } from './_collect-metrics.ts';
import { detachChild } from './_detach-child.ts';
import { dropJob } from './_drop-job.ts';
import { CODES, failure } from './_failure.ts';
import { fetchNext } from './_fetch-next.ts';
import { announce } from './_intake.ts';
import { releaseLock } from './_lock.ts';
import { removeJob } from './_remove-job.ts';
import { settleDeduplication } from './_requeue-deduplicated.ts';
import { childCompleted, childFailed } from './_settle-child.ts';
import { sizeOf } from '../engine/size.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import type { FailureSite } from './_failure.ts';
import type { NextJob, WorkerSettings } from './_fetch-next.ts';

/** How an attempt ends, beside its result. */
export type Finish = {
  readonly token: string;
  /** How many to keep: 0 none, absent or below 0 all. */
  readonly keepCount?: number;
  /** Seconds, as BullMQ has it, after which those that ended earlier go. */
  readonly keepAge?: number;
  /** How many go by age at once. Default: 1,000. */
  readonly keepLimit?: number;
  /** Of the options of the job. */
  readonly attempts?: number;
  /** Minutes; absent: no metrics. */
  readonly maxDataPoints?: number;
  /** Whether the worker takes its next job in the same go. */
  readonly fetchNext: boolean;
  readonly worker: WorkerSettings;
};

/** Fields of a job that the end of an attempt sets. */
export type AttemptFields = {
  readonly failedReason?: string;
  /** JSON of a list of texts. */
  readonly stacktrace?: string;
};

/** @param text  JSON of the result, or the reason of the failure
 * @returns the next job, when it was asked for and there is something to say
 * @throws Error with BullMQ's code: -1 no job, -2 no lock, -3 not active, -4 pending children, -6 another's lock, -9 failed children */
export function finish(
  context: CommandContext,
  jobId: string,
  target: 'completed' | 'failed',
  text: string,
  how: Finish,
  fields?: AttemptFields,
): NextJob | undefined {
  const { queue, store, now } = context;
  const job = heldJob(context, jobId, target, how.token);
  const before = sizeOf(job);
  setAttemptFields(job, fields);
  queue.active.delete(jobId);
  settleDeduplication(context, job);
  if (target === 'completed') childCompleted(context, job, text);
  else childFailed(context, job, text);
  job.attemptsMade++;
  if (target === 'completed') job.returnValue = text;
  else {
    job.failedReason = text;
    if (job.rare?.deferredFailure !== undefined) delete job.rare.deferredFailure;
  }
  store.bytes += sizeOf(job) - before;
  keepOrDrop(context, job, target, how);
  tell(context, job, target, text, how);
  if (how.maxDataPoints !== undefined) {
    collectMetrics(queue.metrics[target], how.maxDataPoints, now);
  }
  const next = how.fetchNext ? fetchNext(context, how.token, how.worker) : undefined;
  if (next === undefined) {
    if (queue.wait.size === 0 && queue.active.size === 0 && queue.prioritized.size === 0) {
      queue.events.append({ event: 'drained' }, now);
    }
  }
  // A place is free: where the queue was at its limit, that is news for those who wait.
  const gotNone = next === undefined || next[0] === null;
  if (gotNone && queue.meta.has('concurrency')) announce(store, queue);
  return next;
}

/** Sets what an attempt leaves behind; the caller counts the bytes. */
export function setAttemptFields(job: Job, fields: AttemptFields | undefined): void {
  if (fields?.failedReason !== undefined) job.failedReason = fields.failedReason;
  if (fields?.stacktrace !== undefined) job.stacktrace = fields.stacktrace;
}

function heldJob(
  { queue }: CommandContext,
  jobId: string,
  target: 'completed' | 'failed',
  token: string,
): Job {
  const site: FailureSite = { command: 'moveToFinished', jobId, state: 'active' };
  // The active ones are few, so that this look-up is the quick one.
  const job = queue.active.get(jobId) ?? queue.jobs.get(jobId);
  if (job === undefined) throw failure(CODES.jobNotExist, site);
  const dependencies = job.rare?.dependencies;
  if (target === 'completed' && dependencies !== undefined) {
    if (dependencies.pending.size > 0) throw failure(CODES.jobPendingChildren, site);
    if (dependencies.failed.size > 0) throw failure(CODES.jobHasFailedChildren, site);
  }
  const code = releaseLock(job, token);
  if (code < 0) throw failure(code, site);
  if (job.state !== 'active') throw failure(CODES.jobNotInState, site);
  return job;
}

function keepOrDrop(
  context: CommandContext,
  job: Job,
  target: 'completed' | 'failed',
  { keepCount, keepAge, keepLimit = 1_000 }: Finish,
): void {
  const { queue, now } = context;
  const kept = queue[target];
  job.state = target;
  if (keepCount === 0) {
    dropJob(context, job);
    detachChild(context, job);
    return;
  }
  job.finishedOn = now;
  kept.push(job);
  const manner = { hard: false, freeDeduplication: false };
  // As in BullMQ, age is looked at when another job ends, and at no other time.
  if (keepAge !== undefined) {
    const limit = now - keepAge * 1_000;
    let oldest = kept.oldest();
    for (let n = 0; n < keepLimit && oldest !== undefined && oldest.finishedOn <= limit; n++) {
      removeJob(context, oldest, manner);
      oldest = kept.oldest();
    }
  }
  if (keepCount !== undefined && keepCount > 0) {
    for (let extra = kept.size - keepCount; extra > 0; extra--) {
      const oldest = kept.oldest();
      if (oldest !== undefined) removeJob(context, oldest, manner);
    }
  }
}

function tell(
  { queue, now }: CommandContext,
  { id: jobId, attemptsMade }: Job,
  target: 'completed' | 'failed',
  text: string,
  { attempts }: Finish,
): void {
  const { events } = queue;
  if (target === 'completed') {
    events.appendJob(COMPLETED, jobId, now, text);
    return;
  }
  events.appendJob(FAILED, jobId, now, text);
  if (attempts !== undefined && attemptsMade >= attempts) {
    events.append({ event: 'retries-exhausted', jobId, attemptsMade }, now);
  }
}
