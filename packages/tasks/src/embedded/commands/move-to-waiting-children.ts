// A running job that has added children steps back until they are done.
// Invariant: it waits only for children that are pending; with a failed one it has to fail instead.
import type { Command } from '../engine/command.ts';
import { CODES, failure } from './_failure.ts';
import { announce } from './_intake.ts';
import { releaseLock } from './_lock.ts';

/** Answers whether the job waits now; false: there is nothing to wait for.
 * `childKey` null: any child will do. */
export const moveToWaitingChildren: Command<
  [jobId: string, token: string, childKey: string | null],
  boolean
> = {
  acknowledgement: 'direct',
  run({ queue, store, now }, jobId, token, childKey) {
    const site = { command: 'moveToWaitingChildren', jobId, state: 'active' };
    const job = queue.jobs.get(jobId);
    if (job === undefined) throw failure(CODES.jobNotExist, site);
    const { pending, failed } = job.rare?.dependencies ?? {};
    if (failed !== undefined && failed.size > 0) throw failure(CODES.jobHasFailedChildren, site);
    const waits = childKey === null ? (pending?.size ?? 0) > 0 : pending?.has(childKey) === true;
    if (!waits) return false;
    const code = releaseLock(job, token);
    if (code < 0) throw failure(code, site);
    if (!queue.active.delete(jobId)) throw failure(CODES.jobNotInState, site);
    job.state = 'waiting-children';
    queue.waitingChildren.set(jobId, job);
    queue.events.append({ event: 'waiting-children', jobId, prev: 'active' }, now);
    // A place is free: where the queue was at its limit, that is news for those who wait.
    if (queue.meta.has('concurrency')) announce(store, queue);
    return true;
  },
};
