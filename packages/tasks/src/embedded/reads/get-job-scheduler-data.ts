// A schedule as a hash of Redis: names and texts.
import type { QueueState } from '../engine/queue.ts';

/** The fields of a schedule, none when there is no such schedule. */
export function getJobSchedulerData(queue: QueueState, id: string): Record<string, string> {
  return { ...queue.schedulers.get(id)?.fields };
}
