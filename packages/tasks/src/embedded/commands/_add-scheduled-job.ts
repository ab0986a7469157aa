// Makes the job of the next run of a schedule.
import type { CommandContext } from '../engine/command.ts';
import type { NewJob } from '../engine/job.ts';
import { place, storeJob } from './_insert-job.ts';
import { withoutNulls } from './_without-nulls.ts';
import type { JobOptionsJson } from './_schedule-options.ts';

export interface ScheduledJob {
  readonly schedulerId: string;
  readonly jobId: string;
  readonly name: string;
  /** JSON. */
  readonly data: string;
  readonly options: JobOptionsJson;
  /** ms. */
  readonly delay: number;
}

/** Adds it, whatever deduplication says of others: a schedule has one job at a time already. */
export function addScheduledJob(
  context: CommandContext,
  { schedulerId, jobId, name, data, options, delay }: ScheduledJob,
): void {
  const { queue, now } = context;
  const stored = { ...withoutNulls(options), delay, jobId };
  const deduplication = options['deduplication'] as { id?: unknown } | null | undefined;
  const deduplicationId = deduplication?.id;
  const given: NewJob = {
    id: jobId,
    name,
    data,
    options: JSON.stringify(stored),
    timestamp: now,
    repeatJobKey: schedulerId,
    ...(deduplicationId === undefined ? {} : { deduplicationId: String(deduplicationId) }),
  };
  queue.lastId++;
  place(context, storeJob(context, given, jobId), given);
}
