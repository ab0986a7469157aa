// Removes a job as retention, clean and drain do: its parent no longer waits for it, its deduplication id is free.
// Invariant: the job is gone from everywhere afterwards; jobs that go with it (a parent, when `hard`) are gone too.
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import { detachChild } from './_detach-child.ts';
import { dropJob } from './_drop-job.ts';

export interface RemovalManner {
  /** Whether a parent in the same queue goes with its last child, instead of being released. */
  readonly hard: boolean;
  /** Whether its deduplication id may be used anew. */
  readonly freeDeduplication: boolean;
}

/** @param context  of the job's queue */
export function removeJob(
  context: CommandContext,
  job: Job,
  { hard, freeDeduplication }: RemovalManner,
): void {
  detachChild(context, job, { hard });
  if (freeDeduplication) freeDeduplicationOf(context, job);
  dropJob(context, job);
}

/** Frees the deduplication id of a job that goes, unless another job holds it meanwhile. */
export function freeDeduplicationOf({ queue, now }: CommandContext, job: Job): void {
  const id = job.rare?.deduplicationId;
  if (id === undefined) return;
  const key = queue.deduplication.get(id);
  if (key === undefined || key.expiresAt <= now || key.jobId !== job.id) return;
  queue.deduplication.delete(id);
  queue.deduplicationNext.delete(id);
}
