// How long finished jobs of a task stay, as BullMQ takes it: its ages are seconds.
import type { KeepJobs } from 'bullmq';
import type { AnyTask, KeepSettings } from '../define/types.ts';

/** Values of BullMQ's removeOnComplete and removeOnFail. */
export interface TaskKeep {
  readonly completed: KeepJobs | boolean;
  readonly failed: KeepJobs | boolean;
}

export function keepOf({ keep }: AnyTask): TaskKeep {
  return { completed: toBullmq(keep.completed), failed: toBullmq(keep.failed) };
}

// true removes at once, false never.
function toBullmq(keep: KeepSettings | false): KeepJobs | boolean {
  if (keep === false) return true;
  const { count, age } = keep;
  if (age === Infinity) return count === Infinity ? false : { count };
  const seconds = Math.ceil(age / 1_000);
  return count === Infinity ? { age: seconds } : { age: seconds, count };
}
