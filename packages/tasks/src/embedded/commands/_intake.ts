// Whether a queue gives jobs out at present.
import type { QueueState } from '../engine/queue.ts';
import type { StoreState } from '../engine/store-state.ts';

export function isPaused(queue: QueueState): boolean {
  return queue.meta.has('paused');
}

/** Whether as many jobs are active as the queue allows over all workers. */
export function isMaxed(queue: QueueState): boolean {
  const concurrency = queue.meta.get('concurrency');
  return concurrency !== undefined && queue.active.size >= Number(concurrency);
}

export function isPausedOrMaxed(queue: QueueState): boolean {
  return isPaused(queue) || isMaxed(queue);
}

/** Whether a worker that asks now gets a job, but for rate limits. */
export function hasAvailable(queue: QueueState): boolean {
  return (queue.wait.size > 0 || queue.prioritized.size > 0) && !isPausedOrMaxed(queue);
}

/** Tells one waiting worker that there is a job. */
export function announce(store: StoreState, queue: QueueState): void {
  if (hasAvailable(queue)) store.wake(queue, 0);
}

/** Tells when the next delayed job of a queue is due. */
export function announceDelayed(store: StoreState, queue: QueueState): void {
  if (queue.delayed.size > 0) store.wake(queue, queue.delayed.nextDueAt);
}
