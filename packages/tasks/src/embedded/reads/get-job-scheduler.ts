// A schedule as BullMQ reads it: the fields of its hash as texts, and when it is next.
import type { QueueState } from '../engine/queue.ts';

/** One schedule.
 * @returns its fields as name, value, name, value, and the epoch ms of the next run as text; both null when there is none */
export function getJobScheduler(queue: QueueState, id: string): [string[] | null, string | null] {
  const scheduler = queue.schedulers.get(id);
  if (scheduler === undefined) return [null, null];
  return [Object.entries(scheduler.fields).flat(), String(scheduler.nextMillis)];
}
