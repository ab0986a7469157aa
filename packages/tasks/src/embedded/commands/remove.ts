// Takes a job away by hand, with what hangs on it: its children, its deduplication id, its parent's waiting for it.
// Invariant: all or nothing; one child that a worker holds keeps the whole tree.
import type { Command } from '../engine/command.ts';
import { CODES, failure } from './_failure.ts';
import { isTreeLocked, removeTree } from './_remove-tree.ts';
import { isNextOfScheduler } from './_scheduled-job.ts';

/** Removes a job that no worker holds, and its children where asked.
 * @returns 1, also when there is no such job; 0 when a worker holds it, or a child that would go with it
 * @throws code JobBelongsToJobScheduler for the next run of a schedule: remove the schedule */
export const remove: Command<[jobId: string, removeChildren: boolean], number> = {
  acknowledgement: 'durable',
  run(context, jobId, removeChildren) {
    const { queue, store } = context;
    const job = queue.jobs.get(jobId);
    if (job === undefined) return 1;
    if (isNextOfScheduler(queue, job)) {
      throw failure(CODES.jobBelongsToJobScheduler, { command: 'removeJob', jobId });
    }
    if (isTreeLocked(store, job, removeChildren)) return 0;
    removeTree(context, job, { removeChildren, ignoreProcessed: false, ignoreLocked: false });
    return 1;
  },
};
