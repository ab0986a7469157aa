// Lets all delayed jobs run at once, in portions. They go past their priorities, as BullMQ has it; promote() of one job does not.
import type { Command } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import { toWait } from './_to-wait.ts';

/** Lets delayed jobs run now, those first that are due first.
 * @param count  how many at most
 * @returns 0 when none is left, 1 when there may be more */
export const promoteJobs: Command<[count: number], number> = {
  acknowledgement: 'durable',
  run(context, count) {
    const { delayed } = context.queue;
    const jobs: Job[] = [];
    while (jobs.length < count) {
      const job = delayed.shift();
      if (job === undefined) break;
      jobs.push(job);
    }
    toWait(context, jobs, 'delayed');
    return jobs.length >= count ? 1 : 0;
  },
};
