// Sets a schedule, new or in the place of the one of that id, and makes the job of its next run.
// Invariant: a schedule has at most one job that waits for its time. That of the old schedule goes, unless a worker has it already.
import type { Command, CommandContext } from '../engine/command.ts';
import type { QueueState, Scheduler } from '../engine/queue.ts';
import { addScheduledJob } from './_add-scheduled-job.ts';
import { dropJob } from './_drop-job.ts';
import { everySlot } from './_every-slot.ts';
import { CODES, failure } from './_failure.ts';
import { isPaused } from './_intake.ts';
import { removeJob } from './_remove-job.ts';
import { scheduledJobId } from './_scheduled-job.ts';
import { withoutNulls } from './_without-nulls.ts';
import type { JobOptionsJson, ScheduleOptions } from './_schedule-options.ts';

/** How many slots of `every` are tried when jobs of an earlier schedule have their ids. */
const MAX_SLOTS = 32;

/** @param nextMillis    epoch ms of the next run of a pattern; that of `every` is found here
 *  @param templateData  JSON of the payload of every run
 *  @param templateOptions  of every run
 *  @param jobOptions    of the next run
 *  @returns the id of the job of the next run, and ms until then
 *  @throws codes SchedulerJobIdCollision, SchedulerJobSlotsBusy */
export const addJobScheduler: Command<
  [
    id: string,
    nextMillis: number | null | undefined,
    templateData: string,
    templateOptions: JobOptionsJson,
    options: ScheduleOptions,
    jobOptions: JobOptionsJson,
  ],
  [jobId: string, delay: number]
> = {
  acknowledgement: 'durable',
  run(context, id, patternMillis, templateData, templateOptions, options, jobOptions) {
    const { queue, now } = context;
    const old = queue.schedulers.get(id);
    const slot = nextSlot(old, options, offsetOf(options, jobOptions), now, patternMillis ?? now);
    const replaced = old !== undefined && removeNextJob(context, old);
    let { nextMillis } = slot;
    // The run that was due is still due.
    if (replaced && slot.goesOn) nextMillis = old.nextMillis;
    nextMillis = freeMillis(queue, id, nextMillis, options.every ?? undefined, replaced);
    const jobId = scheduledJobId(id, nextMillis);
    const inTheWay = queue.jobs.get(jobId);
    if (inTheWay !== undefined) dropJob(context, inTheWay);
    queue.schedulers.set(id, {
      id,
      nextMillis,
      fields: fieldsOf(
        options,
        replaced ? undefined : slot.offset,
        old,
        templateData,
        templateOptions,
      ),
    });
    const delay = Math.max(0, nextMillis - now);
    addScheduledJob(context, {
      schedulerId: id,
      jobId,
      name: options.name,
      data: templateData,
      options: jobOptions,
      delay,
    });
    return [jobId, delay];
  },
};

interface NextSlot {
  readonly nextMillis: number;
  readonly offset: number;
  /** It is the schedule that was there, with the same `every`. */
  readonly goesOn: boolean;
}

function nextSlot(
  old: Scheduler | undefined,
  { every, startDate }: ScheduleOptions,
  offset: number,
  now: number,
  patternMillis: number,
): NextSlot {
  if (every === undefined || every === null) {
    return { nextMillis: patternMillis, offset, goesOn: false };
  }
  const goesOn = old !== undefined && Number(old.fields['every']) === every;
  const previous = goesOn ? old.nextMillis : undefined;
  return { ...everySlot(previous, every, now, offset, startDate ?? undefined), goesOn };
}

function offsetOf(options: ScheduleOptions, jobOptions: JobOptionsJson): number {
  const repeat = jobOptions['repeat'] as { offset?: number | null } | undefined;
  return options.offset ?? repeat?.offset ?? 0;
}

/** @returns false when a worker has it already, or it is gone */
function removeNextJob(context: CommandContext, { id, nextMillis }: Scheduler): boolean {
  const { queue } = context;
  const job = queue.jobs.get(scheduledJobId(id, nextMillis));
  if (job === undefined) return false;
  const isThere =
    job.state === 'delayed' ||
    job.state === 'prioritized' ||
    // A paused queue gives its waiting jobs away to nobody, not even to BullMQ's own scripts.
    (job.state === 'wait' && !isPaused(queue));
  if (isThere) removeJob(context, job, { hard: true, freeDeduplication: true });
  return isThere;
}

/** The time of the next run, moved on where a job has its id. */
function freeMillis(
  { jobs }: QueueState,
  id: string,
  nextMillis: number,
  every: number | undefined,
  replaced: boolean,
): number {
  if (!jobs.has(scheduledJobId(id, nextMillis))) return nextMillis;
  if (every === undefined) {
    if (replaced) return idleMillis(jobs, id, nextMillis);
    throw failure(CODES.schedulerJobIdCollision, { command: 'addJobScheduler' });
  }
  for (let slot = 1; slot <= MAX_SLOTS; slot++) {
    const millis = nextMillis + slot * every;
    if (!jobs.has(scheduledJobId(id, millis))) return millis;
  }
  throw failure(CODES.schedulerJobSlotsBusy, { command: 'addJobScheduler' });
}

/** The next job of a replaced pattern takes the place of one that is over, but not of one that runs: BullMQ has both under one id then. */
function idleMillis(jobs: QueueState['jobs'], id: string, nextMillis: number): number {
  let millis = nextMillis;
  while (jobs.get(scheduledJobId(id, millis))?.state === 'active') millis++;
  return millis;
}

function fieldsOf(
  options: ScheduleOptions,
  newOffset: number | undefined,
  old: Scheduler | undefined,
  templateData: string,
  templateOptions: JobOptionsJson,
): Record<string, string> {
  const fields: Record<string, string> = { name: options.name };
  for (const name of ['tz', 'limit', 'pattern', 'startDate', 'endDate', 'every'] as const) {
    const value = options[name];
    if (value !== undefined && value !== null) fields[name] = String(value);
  }
  const offset = newOffset ?? options.offset ?? old?.fields['offset'];
  if (offset !== undefined) fields['offset'] = String(offset);
  const template = JSON.stringify(withoutNulls(templateOptions));
  if (template !== '{}') fields['opts'] = template;
  if (templateData !== '{}') fields['data'] = templateData;
  fields['ic'] = old?.fields['ic'] ?? '1';
  return fields;
}
