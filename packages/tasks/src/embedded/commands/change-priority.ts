// A job gets another priority; one that waits moves to its new place.
import { enqueue, enqueueFirst } from './_enqueue.ts';
import { CODES, failure } from './_failure.ts';
import { leave } from './_leave.ts';
import type { Command } from '../engine/command.ts';

export const changePriority: Command<[jobId: string, priority: number, lifo: boolean], void> = {
  acknowledgement: 'durable',
  run(context, jobId, priority, lifo) {
    const { queue } = context;
    const job = queue.jobs.get(jobId);
    if (job === undefined) {
      throw failure(CODES.jobNotExist, { command: 'changePriority', jobId });
    }
    const waits = job.state === 'wait' || job.state === 'prioritized';
    // It is found by the priority it had, so it leaves first.
    if (waits) leave(queue, job);
    job.priority = priority;
    if (!waits) return;
    if (lifo) enqueueFirst(context, queue, job);
    else enqueue(context, queue, job, false);
  },
};
