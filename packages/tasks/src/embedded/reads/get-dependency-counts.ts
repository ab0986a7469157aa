// How many children of a job are in each of the given kinds; what is none of the four names counts as `failed`, as in BullMQ.
import type { QueueState } from '../engine/queue.ts';

export function getDependencyCounts(
  queue: QueueState,
  jobId: string,
  kinds: readonly string[],
): number[] {
  const dependencies = queue.jobs.get(jobId)?.rare?.dependencies;
  if (dependencies === undefined) return kinds.map(() => 0);
  return kinds.map((kind) => {
    if (kind === 'processed') return dependencies.processed.size;
    if (kind === 'unprocessed') return dependencies.pending.size;
    if (kind === 'ignored') return dependencies.ignored.size;
    return dependencies.failed.size;
  });
}
