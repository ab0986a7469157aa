// From what BullMQ's classes hand to a backend to what commands take: JSON, with options as text, so that a log can hold it
// and nothing of it changes afterwards.
import type { JobJson, KeepJobs, MinimalJob, QueueBaseOptions, WorkerOptions } from 'bullmq';
import type { AttemptFields, Finish } from '../commands/_finish.ts';
import type { WorkerSettings } from '../commands/_fetch-next.ts';
import type { NewJob } from '../engine/job.ts';

/** BullMQ's, which it does not export by name. */
export interface ParentKeyOptions {
  addToWaitingChildren?: boolean;
  parentKey?: string;
}

/** Options of a queue or a worker, as far as a backend reads them: at each call, for BullMQ's users change them. */
export type BackendOptions = QueueBaseOptions<unknown> & Partial<WorkerOptions<unknown>>;

/** What an add hands over. */
export function newJobOf(
  job: JobJson,
  jobId: string | undefined,
  parentOptions: ParentKeyOptions = {},
): NewJob {
  const { name, data, timestamp } = job;
  const made: Writable<NewJob> = {
    name: textOf(name),
    data,
    options: JSON.stringify(job.opts),
    timestamp,
  };
  if (jobId !== undefined && jobId !== '') made.id = jobId;
  if (job.parentKey !== undefined) made.parentKey = job.parentKey;
  if (job.parent !== undefined) made.parent = JSON.stringify(job.parent);
  if (job.repeatJobKey !== undefined) made.repeatJobKey = job.repeatJobKey;
  if (job.deduplicationId !== undefined) made.deduplicationId = textOf(job.deduplicationId);
  if (parentOptions.addToWaitingChildren === true) made.toWaitingChildren = true;
  return made;
}

/** Bytes that a job will about take: what `maxBytes` is held against. */
export function roughSize(job: Pick<NewJob, 'data'>): number {
  return job.data.length + 400;
}

/** What a worker says of itself with each job it asks for. */
export function workerOf(options: BackendOptions, name: string | undefined): WorkerSettings {
  const { limiter } = options;
  if (name === undefined && limiter === undefined) return NOTHING;
  const settings: Writable<WorkerSettings> = {};
  if (name !== undefined) settings.name = name;
  if (limiter !== undefined) {
    settings.limitMax = limiter.max;
    settings.limitDuration = limiter.duration;
  }
  return settings;
}

/** How a job ends.
 * @param keep        of the job
 * @param workerKeep  of the worker, when the job says nothing */
export function finishOf(
  options: BackendOptions,
  job: MinimalJob,
  keep: boolean | number | KeepJobs | undefined,
  workerKeep: KeepJobs | undefined,
  token: string,
  fetchNext: boolean,
): Finish {
  const how: Writable<Finish> = { token, fetchNext, worker: workerOf(options, options.name) };
  const { count, age, limit } = keepOf(keep, workerKeep);
  if (count !== undefined) how.keepCount = count;
  if (age !== undefined) how.keepAge = age;
  if (limit !== undefined) how.keepLimit = limit;
  if (job.opts.attempts !== undefined) how.attempts = job.opts.attempts;
  const maxDataPoints = options.metrics?.maxDataPoints;
  if (maxDataPoints !== undefined && maxDataPoints > 0) how.maxDataPoints = maxDataPoints;
  return how;
}

/** What the end of an attempt sets on the job. */
export function attemptFieldsOf(fields: Record<string, unknown> | undefined): AttemptFields {
  const { failedReason, stacktrace } = fields ?? {};
  const kept: Writable<AttemptFields> = {};
  if (failedReason !== undefined && failedReason !== null) kept.failedReason = textOf(failedReason);
  if (typeof stacktrace === 'string') kept.stacktrace = stacktrace;
  return kept;
}

/** What Redis would make of a value that is to be a text: callers without types give others, of which nothing can be counted. */
export function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

/** A copy that is JSON and nothing else. */
export function jsonOf<T>(value: unknown): T {
  return (value === undefined ? undefined : JSON.parse(JSON.stringify(value))) as T;
}

type Keep = { count?: number; age?: number; limit?: number };

function keepOf(
  keep: boolean | number | KeepJobs | undefined,
  workerKeep: KeepJobs | undefined,
): Keep {
  if (keep === undefined) return workerKeep ?? ALL;
  if (typeof keep === 'object') return keep;
  if (typeof keep === 'number') return { count: keep };
  return keep ? NONE : ALL;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NOTHING: WorkerSettings = {};
const ALL: Keep = { count: -1 };
const NONE: Keep = { count: 0 };
