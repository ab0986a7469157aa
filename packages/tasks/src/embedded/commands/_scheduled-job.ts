// The job that a schedule has made for its next run: removing it by itself would end the schedule in silence.
import type { Job } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';

/** The id of the job of a run.
 * @param at  epoch ms of the run */
export function scheduledJobId(schedulerId: string, at: number): string {
  return `repeat:${schedulerId}:${String(at)}`;
}

/** Whether a job is the next run of a schedule that is still there. */
export function isNextOfScheduler(queue: QueueState, job: Job): boolean {
  const schedulerId = job.rare?.repeatJobKey;
  if (schedulerId === undefined) return false;
  const scheduler = queue.schedulers.get(schedulerId);
  return scheduler !== undefined && job.id === scheduledJobId(schedulerId, scheduler.nextMillis);
}
