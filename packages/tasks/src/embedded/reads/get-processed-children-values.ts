// What the completed children of a job returned, as JSON by their keys.
import type { QueueState } from '../engine/queue.ts';

export function getProcessedChildrenValues(
  queue: QueueState,
  jobId: string,
): Record<string, string> {
  return Object.fromEntries(queue.jobs.get(jobId)?.rare?.dependencies?.processed ?? []);
}
