// Makes the next job of a schedule when the present one starts.
// Invariant: only the job of the present run does so: one that is run again, or was made by an older schedule of that id, changes nothing.
import type { Command } from '../engine/command.ts';
import type { Scheduler } from '../engine/queue.ts';
import { addScheduledJob } from './_add-scheduled-job.ts';
import { everySlot } from './_every-slot.ts';
import { scheduledJobId } from './_scheduled-job.ts';
import type { JobOptionsJson } from './_schedule-options.ts';

/** @param nextMillis  epoch ms of the next run of a pattern; that of `every` is found here
 *  @param _data       BullMQ's copy of the payload: that of the schedule counts
 *  @param jobOptions  of the next run
 *  @param producerId  the job that starts
 *  @returns the id of the next job, or null when none was made */
export const updateJobSchedulerNextMillis: Command<
  [
    id: string,
    nextMillis: number | null | undefined,
    _data: string,
    jobOptions: JobOptionsJson,
    producerId: string | null | undefined,
  ],
  string | null
> = {
  acknowledgement: 'direct',
  run(context, id, patternMillis, _data, jobOptions, producerId) {
    const { queue, now } = context;
    const scheduler = queue.schedulers.get(id);
    if (scheduler === undefined || producerId !== scheduledJobId(id, scheduler.nextMillis)) {
      context.changed = false;
      return null;
    }
    const nextMillis = nextRun(scheduler, jobOptions, now, patternMillis ?? now);
    const jobId = scheduledJobId(id, nextMillis);
    if (queue.jobs.has(jobId)) {
      queue.events.append({ event: 'duplicated', jobId }, now);
      return null;
    }
    const { fields } = scheduler;
    scheduler.nextMillis = nextMillis;
    fields['ic'] = String(Number(fields['ic'] ?? 0) + 1);
    addScheduledJob(context, {
      schedulerId: id,
      jobId,
      name: fields['name'] ?? '',
      data: fields['data'] ?? '{}',
      options: jobOptions,
      delay: Math.max(0, nextMillis - now),
    });
    return jobId;
  },
};

function nextRun(
  { fields, nextMillis }: Scheduler,
  jobOptions: JobOptionsJson,
  now: number,
  patternMillis: number,
): number {
  const repeat = jobOptions['repeat'] as
    { every?: number | null; offset?: number | null } | undefined;
  const every = Number(fields['every'] ?? repeat?.every ?? 0);
  if (every === 0) return patternMillis;
  const offset = Number(fields['offset'] ?? repeat?.offset ?? 0);
  return everySlot(nextMillis, every, now, offset, undefined).nextMillis;
}
