// How many jobs there are, by state. Cost: O(1) for each state, but for delayed ones before a time: O(those).
import type { JobType } from 'bullmq';
import type { QueueState } from '../engine/queue.ts';

/** How many jobs are in each state; 0 for one that there is not.
 * @param delayedTimestamp  epoch ms: of the delayed, only those that are due before it */
export function getCounts(
  queue: QueueState,
  types: readonly JobType[],
  delayedTimestamp?: number,
): number[] {
  return types.map((type) =>
    type === 'delayed' && delayedTimestamp !== undefined
      ? queue.delayed.countBefore(delayedTimestamp)
      : countOf(queue, type),
  );
}

function countOf(queue: QueueState, type: JobType): number {
  switch (type) {
    case 'wait':
    case 'waiting':
      return queue.wait.size;
    case 'active':
      return queue.active.size;
    case 'prioritized':
      return queue.prioritized.size;
    case 'delayed':
      return queue.delayed.size;
    case 'completed':
      return queue.completed.size;
    case 'failed':
      return queue.failed.size;
    case 'waiting-children':
      return queue.waitingChildren.size;
    case 'repeat':
      return queue.schedulers.size;
    default:
      return 0;
  }
}
