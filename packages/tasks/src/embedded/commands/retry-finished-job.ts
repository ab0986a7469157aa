// A finished job runs again: it goes where its priority says, and its parent waits for it once more.
// Invariant: nothing of the last end is left on it; its stack traces stay, as BullMQ keeps them.
import { resize } from '../engine/size.ts';
import type { Command } from '../engine/command.ts';
import { enqueue } from './_enqueue.ts';
import { CODES, failure } from './_failure.ts';
import { leave } from './_leave.ts';
import { reattachChild } from './_reattach-child.ts';

export type RetryFinishedOptions = {
  /** Before those that wait. */
  readonly lifo: boolean;
  readonly resetAttemptsMade: boolean;
  readonly resetAttemptsStarted: boolean;
};

/** Lets a job run again that completed or failed.
 * @throws codes JobNotExist, JobNotInState */
export const retryFinishedJob: Command<
  [jobId: string, state: 'failed' | 'completed', options: RetryFinishedOptions],
  void
> = {
  acknowledgement: 'durable',
  run(context, jobId, state, options) {
    const { queue, store, now } = context;
    const job = queue.jobs.get(jobId);
    const site = { command: 'reprocessJob', jobId, state };
    if (job === undefined) throw failure(CODES.jobNotExist, site);
    if (job.state !== state) throw failure(CODES.jobNotInState, site);
    leave(queue, job);
    resize(store, job, () => {
      job.finishedOn = 0;
      job.processedOn = 0;
      if (state === 'failed') job.failedReason = undefined;
      else job.returnValue = undefined;
    });
    if (options.resetAttemptsMade) job.attemptsMade = 0;
    if (options.resetAttemptsStarted) job.attemptsStarted = 0;
    enqueue(context, queue, job, options.lifo);
    reattachChild(context, job, state);
    queue.events.append({ event: 'waiting', jobId, prev: state }, now);
  },
};
