// How many jobs wait, by priority. Cost: O(1) for each priority asked for.
import type { QueueState } from '../engine/queue.ts';

/** How many jobs wait with each priority; 0 stands for those without one. */
export function getCountsPerPriority(queue: QueueState, priorities: readonly number[]): number[] {
  return priorities.map((priority) =>
    priority === 0 ? queue.wait.size : queue.prioritized.countOf(priority),
  );
}
