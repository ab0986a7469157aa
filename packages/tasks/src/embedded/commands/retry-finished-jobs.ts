// Finished jobs run again, in portions. They go past their priorities, as BullMQ has it; retry() of one job does not.
import { resize } from '../engine/size.ts';
import type { Command, CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import { reattachChild } from './_reattach-child.ts';
import { toWait } from './_to-wait.ts';

type FinishedState = 'completed' | 'failed';

/** Lets finished jobs run again, those first that finished first.
 * @param count      how many at most
 * @param timestamp  epoch ms: those that finished later stay
 * @returns 0 when none is left, 1 when there may be more */
export const retryFinishedJobs: Command<
  [state: FinishedState, count: number, timestamp: number],
  number
> = {
  acknowledgement: 'durable',
  run(context, state, count, timestamp) {
    const { queue } = context;
    const jobs: Job[] = [];
    for (const job of queue[state]) {
      if (jobs.length >= count || job.finishedOn > timestamp) break;
      jobs.push(job);
    }
    for (const job of jobs) reopen(context, job, state);
    toWait(context, jobs, state);
    return jobs.length >= count ? 1 : 0;
  },
};

function reopen(context: CommandContext, job: Job, state: FinishedState): void {
  context.queue[state].remove(job);
  resize(context.store, job, () => {
    job.finishedOn = 0;
    job.processedOn = 0;
    if (state === 'failed') job.failedReason = undefined;
    else job.returnValue = undefined;
  });
  reattachChild(context, job, state);
}
