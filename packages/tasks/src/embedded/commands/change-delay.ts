// A delayed job is to wait another time, counted from now.
import { enqueueDelayed } from './_enqueue.ts';
import { CODES, failure } from './_failure.ts';
import type { Command } from '../engine/command.ts';

export const changeDelay: Command<[jobId: string, delay: number], void> = {
  acknowledgement: 'durable',
  run(context, jobId, delay) {
    const { queue, now } = context;
    const site = { command: 'changeDelay', jobId, state: 'delayed' };
    const job = queue.jobs.get(jobId);
    if (job === undefined) throw failure(CODES.jobNotExist, site);
    if (!queue.delayed.remove(job)) throw failure(CODES.jobNotInState, site);
    enqueueDelayed(context, queue, job, now, delay);
  },
};
