// A delayed job need not wait any longer.
import { enqueue } from './_enqueue.ts';
import { CODES, failure } from './_failure.ts';
import type { Command } from '../engine/command.ts';

export const promote: Command<[jobId: string], void> = {
  acknowledgement: 'durable',
  run(context, jobId) {
    const { queue, now } = context;
    const job = queue.jobs.get(jobId);
    if (job === undefined || !queue.delayed.remove(job)) {
      throw failure(CODES.jobNotInState, { command: 'promote', jobId, state: 'delayed' });
    }
    job.delay = 0;
    enqueue(context, queue, job, false);
    queue.events.append({ event: 'waiting', jobId, prev: 'delayed' }, now);
  },
};
