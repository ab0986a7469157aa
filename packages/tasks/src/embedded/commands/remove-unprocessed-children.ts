// Removes the children of a job that have not finished, with their own children; what a worker holds stays.
import type { Command } from '../engine/command.ts';
import { removeChildren } from './_remove-tree.ts';

export const removeUnprocessedChildren: Command<[jobId: string], void> = {
  acknowledgement: 'durable',
  run(context, jobId) {
    const job = context.queue.jobs.get(jobId);
    if (job === undefined) return;
    removeChildren(context, job, {
      removeChildren: true,
      ignoreProcessed: true,
      ignoreLocked: true,
    });
  },
};
