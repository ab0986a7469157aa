// A job ceases to be: no events, no parents told, no deduplication key freed; those are the caller's.
import { sizeOf } from '../engine/size.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import { dependencyBytes } from './_dependencies.ts';
import { announce } from './_intake.ts';
import { leave } from './_leave.ts';

/** Takes a job out of its collection and its queue, and off the counts of the store. Nothing happens the second time: a job that is
 * its own ancestor goes twice.
 * @param context  of the job's queue */
export function dropJob({ store, queue }: CommandContext, job: Job): void {
  if (queue.jobs.get(job.id) !== job) return;
  leave(queue, job);
  queue.jobs.delete(job.id);
  store.jobCount--;
  store.bytes -= sizeOf(job);
  const dependencies = job.rare?.dependencies;
  if (dependencies !== undefined) store.bytes -= dependencyBytes(dependencies);
  // A place is free: where the queue was at its limit, that is news for those who wait.
  if (job.state === 'active' && queue.meta.has('concurrency')) announce(store, queue);
}
