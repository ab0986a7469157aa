// Where a job is. Cost: O(1), where Redis looks through lists.
import type { JobState } from 'bullmq';
import type { QueueState } from '../engine/queue.ts';

/** Where a job is, in BullMQ's words; `unknown` when there is none of that id. */
export function getState(queue: QueueState, jobId: string): JobState | 'unknown' {
  const state = queue.jobs.get(jobId)?.state;
  if (state === undefined) return 'unknown';
  return state === 'wait' ? 'waiting' : state;
}
