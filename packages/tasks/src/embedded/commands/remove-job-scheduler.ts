// The end of a schedule. A run that is due, or has begun, is not taken back; it makes no other.
import type { Command } from '../engine/command.ts';
import { dropJob } from './_drop-job.ts';
import { scheduledJobId } from './_scheduled-job.ts';

/** Ends a schedule, and removes the job of its next run while it still waits for its time.
 * @returns 0, or 1 when there is no such schedule */
export const removeJobScheduler: Command<[id: string], number> = {
  acknowledgement: 'durable',
  run(context, id) {
    const { queue, now } = context;
    const scheduler = queue.schedulers.get(id);
    if (scheduler === undefined) return 1;
    const job = queue.jobs.get(scheduledJobId(id, scheduler.nextMillis));
    if (job?.state === 'delayed') {
      dropJob(context, job);
      queue.events.append({ event: 'removed', jobId: job.id, prev: 'delayed' }, now);
    }
    queue.schedulers.delete(id);
    return 0;
  },
};
