// Whether there is a schedule.
import type { QueueState } from '../engine/queue.ts';

/** Whether there is a schedule of that id. */
export function isJobScheduler(queue: QueueState, id: string): boolean {
  return queue.schedulers.has(id);
}
