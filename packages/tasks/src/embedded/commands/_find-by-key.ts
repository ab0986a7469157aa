// From a key `<prefix>:<queue>:<id>`, by which parents and children know each other, to the job.
// Invariant: an id may hold colons (those of schedulers do), and so may a prefix; so every split is tried, the longest queue key first.
import type { Job } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';
import type { StoreState } from '../engine/store-state.ts';

/** A job and the queue that has it. */
export interface Located {
  readonly queue: QueueState;
  readonly job: Job;
}

/** @returns undefined when there is no such job */
export function findByKey(store: StoreState, key: string): Located | undefined {
  for (let at = key.lastIndexOf(':'); at > 0; at = key.lastIndexOf(':', at - 1)) {
    const queue = store.queues.get(key.slice(0, at));
    const job = queue?.jobs.get(key.slice(at + 1));
    if (queue !== undefined && job !== undefined) return { queue, job };
  }
  return undefined;
}

/** The key of a job of a queue, whether it exists or not. */
export function keyOf(queue: QueueState, id: string): string {
  return `${queue.key}:${id}`;
}
