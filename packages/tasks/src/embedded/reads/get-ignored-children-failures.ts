// Why children failed whose failure the parent does not mind, by their keys.
import type { QueueState } from '../engine/queue.ts';

export function getIgnoredChildrenFailures(
  queue: QueueState,
  jobId: string,
): Record<string, string> {
  return Object.fromEntries(queue.jobs.get(jobId)?.rare?.dependencies?.ignored ?? []);
}
