// Puts a job, which is in no collection, where it is served from, or where it waits for its time. Events are the caller's, but for delays.
import { announce, announceDelayed } from './_intake.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';

/** Behind all of its priority, or at the very front (`front`) when it has none. */
export function enqueue(
  { store }: CommandContext,
  queue: QueueState,
  job: Job,
  front: boolean,
): void {
  if (job.priority > 0) {
    job.state = 'prioritized';
    queue.prioritized.push(job);
  } else {
    job.state = 'wait';
    if (front) queue.wait.pushFront(job);
    else queue.wait.pushBack(job);
  }
  announce(store, queue);
}

/** In front of all of its priority: a job that a worker gave back. */
export function enqueueFirst(context: CommandContext, queue: QueueState, job: Job): void {
  if (job.priority === 0) return enqueue(context, queue, job, true);
  job.state = 'prioritized';
  queue.prioritized.pushFront(job);
  announce(context.store, queue);
}

/** Delays a job and tells so.
 * @param from  epoch ms from which the delay counts */
export function enqueueDelayed(
  { store, now }: CommandContext,
  queue: QueueState,
  job: Job,
  from: number,
  delay: number,
): void {
  const dueAt = delay > 0 ? from + delay : from;
  job.delay = delay;
  job.state = 'delayed';
  queue.delayed.push(job, dueAt);
  queue.events.append({ event: 'delayed', jobId: job.id, delay: dueAt }, now);
  announceDelayed(store, queue);
}
