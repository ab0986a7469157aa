// Empties what waits in a queue. What is active, or over, stays, and so does the next run of each schedule: without it, the schedule
// would end in silence.
import type { Command } from '../engine/command.ts';
import { removeAll } from './_remove-all.ts';
import { isNextOfScheduler } from './_scheduled-job.ts';

/** Removes all jobs that wait, and with `delayed` those too; the next run of a schedule stays. */
export const drain: Command<[delayed: boolean], void> = {
  acknowledgement: 'durable',
  run(context, delayed) {
    const { queue } = context;
    const lists = [[...queue.wait].reverse()];
    if (delayed) lists.push(queue.delayed.toSorted());
    lists.push([...queue.prioritized]);
    for (const jobs of lists) {
      removeAll(
        context,
        jobs.filter((job) => !isNextOfScheduler(queue, job)),
      );
    }
  },
};
