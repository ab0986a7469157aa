// A job whose worker is gone: it goes to the front of the wait list; one that has lost too many workers so will fail there.
// Invariant: BullMQ puts it into the wait list whatever its priority: it has waited its turn once.
import { announce } from './_intake.ts';
import { sizeOf } from '../engine/size.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';

/** @param job  active, without a worker
 * @param maxStalled  how often a job may stall before it fails; jobs of schedules may always */
export function stall({ store, queue, now }: CommandContext, job: Job, maxStalled: number): void {
  const jobId = job.id;
  job.lock = undefined;
  queue.active.delete(jobId);
  job.stalledCounter++;
  const schedulerId = job.rare?.repeatJobKey;
  const isScheduled = schedulerId !== undefined && queue.schedulers.has(schedulerId);
  if (job.stalledCounter > maxStalled && !isScheduled) {
    const before = sizeOf(job);
    job.rare ??= {};
    job.rare.deferredFailure = 'job stalled more than allowable limit';
    store.bytes += sizeOf(job) - before;
  }
  job.state = 'wait';
  queue.wait.pushFront(job);
  announce(store, queue);
  queue.events.append({ event: 'waiting', jobId, prev: 'active' }, now);
  queue.events.append({ event: 'stalled', jobId }, now);
}
