// Removes many jobs of a queue, each as removeJob does. Some may go with others meanwhile: a parent with the last of its children.
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import { removeJob } from './_remove-job.ts';

/** @param jobs  a list of its own, as the collections change */
export function removeAll(context: CommandContext, jobs: readonly Job[]): void {
  for (const job of jobs) removeJob(context, job, { hard: true, freeDeduplication: true });
}
