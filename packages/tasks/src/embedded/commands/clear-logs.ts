// The log of a job, thrown away. A job that is gone, or has no log, is no error.
import type { Command } from '../engine/command.ts';
import { trimLogs } from './_trim-logs.ts';

/** Drops the log of a job, all but the newest `keepLogs` rows. */
export const clearLogs: Command<[jobId: string, keepLogs: number | null | undefined], void> = {
  acknowledgement: 'direct',
  run(context, jobId, keepLogs) {
    const job = context.queue.jobs.get(jobId);
    if (job?.rare?.logs === undefined || job.rare.logs.length === 0) {
      context.changed = false;
      return;
    }
    trimLogs(context.store, job, keepLogs ?? 0);
  },
};
