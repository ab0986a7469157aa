// After a restart no worker holds anything: every job of a queue that was active is stalled.
// Invariant: none is left active, and among those put back to the front the one that started first is first.
import { stall } from './_stall.ts';
import type { Command } from '../engine/command.ts';

/** Answers how many jobs were active. */
export const recover: Command<[maxStalled: number], number> = {
  acknowledgement: 'direct',
  run(context, maxStalled) {
    const jobs = [...context.queue.active.values()].reverse();
    for (const job of jobs) stall(context, job, maxStalled);
    return jobs.length;
  },
};
