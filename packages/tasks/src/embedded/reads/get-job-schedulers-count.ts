// The number of schedules.
import type { QueueState } from '../engine/queue.ts';

/** How many schedules there are. */
export function getJobSchedulersCount(queue: QueueState): number {
  return queue.schedulers.size;
}
