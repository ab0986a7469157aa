// Whether a job may be added, or one with its deduplication id stands in its place.
// Invariant: an id that is in force names one job; with `keepLastIfActive` the last of those refused while that job runs is kept, and
// added when it ends (_requeue-deduplicated.ts). Expiry goes by the time of the command, so that a replay decides the same.
import { dropJob } from './_drop-job.ts';
import { enqueueDelayed } from './_enqueue.ts';
import { leave } from './_leave.ts';
import type { DeduplicationOptions } from 'bullmq';
import type { CommandContext } from '../engine/command.ts';
import type { NewJob } from '../engine/job.ts';
import type { DeduplicationKey, QueueState } from '../engine/queue.ts';

/** The job that holds an id at a time, if one does. Changes nothing, for reads ask too, and a replay knows of no read. */
export function holderOf(queue: QueueState, id: string, now: number): string | undefined {
  const key = queue.deduplication.get(id);
  return key !== undefined && key.expiresAt > now ? key.jobId : undefined;
}

/** Gives an id to a job, for as long as the options say. */
export function hold(
  { queue, now }: CommandContext,
  id: string,
  jobId: string,
  { ttl = 0, keepLastIfActive = false }: Options,
): void {
  sweep(queue, now);
  const expires = ttl > 0 && !keepLastIfActive;
  queue.deduplication.set(id, { jobId, expiresAt: expires ? now + ttl : Infinity });
}

/** @param jobId  that the job would have
 * @returns the id of the job that stands in its place; undefined: add it, it holds the id now */
export function deduplicate(
  context: CommandContext,
  given: NewJob,
  jobId: string,
): string | undefined {
  const { queue } = context;
  const id = given.deduplicationId as string;
  const options = optionsOf(context, given);
  if (options.replace === true) return replace(context, given, jobId, id, options);
  const holder = deduplicateWithoutReplace(context, given, jobId);
  const job = holder === undefined ? undefined : queue.jobs.get(holder);
  if (options.reschedule === true && job?.state === 'delayed') {
    leave(queue, job);
    const { delay = 0 } = context.store.share(given.options).value;
    enqueueDelayed(context, queue, job, given.timestamp, delay);
  }
  return holder;
}

/** As `deduplicate`, but the job that holds the id always stays: parents are not replaced. */
export function deduplicateWithoutReplace(
  context: CommandContext,
  given: NewJob,
  jobId: string,
): string | undefined {
  const { queue, now } = context;
  const id = given.deduplicationId as string;
  const options = optionsOf(context, given);
  const holder = holderOf(queue, id, now);
  if (holder === undefined || recoverStale(context, id, holder, jobId, options)) {
    if (holder === undefined) hold(context, id, jobId, options);
    return undefined;
  }
  if (keepNext(context, given, jobId, id, holder, options)) return holder;
  if (options.extend === true && (options.ttl ?? 0) > 0) hold(context, id, holder, options);
  tellDeduplicated(context, id, holder, jobId);
  return holder;
}

type Options = DeduplicationOptions;

/** How many old keys each new one pays for: more than one, so that what has expired goes faster than new ones come. */
const LOOKS = 2;

/** Where the sweep of a queue is: always at its first key, since those it has seen are gone or last. Asked anew, a Map would pass over all
 * that was taken from its front. */
const sweeps = new WeakMap<QueueState, MapIterator<[string, DeduplicationKey]>>();

// Nobody asks for most keys again once their time is over.
function sweep(queue: QueueState, now: number): void {
  const { deduplication } = queue;
  for (let look = 0; look < LOOKS && deduplication.size > 0; look++) {
    const [id, key] = sweepOf(queue).next().value as [string, DeduplicationKey];
    deduplication.delete(id);
    if (key.expiresAt > now) deduplication.set(id, key);
  }
}

function sweepOf(queue: QueueState): MapIterator<[string, DeduplicationKey]> {
  let keys = sweeps.get(queue);
  // One that has come to an end would stay there. It never does: it is asked only while there is a key, and all keys are ahead of it.
  if (keys === undefined) sweeps.set(queue, (keys = queue.deduplication.entries()));
  return keys;
}

function optionsOf({ store }: CommandContext, given: NewJob): Options {
  return store.share(given.options).value.deduplication ?? { id: given.deduplicationId as string };
}

// A delayed job makes way for the new one; one that waits or runs does not.
function replace(
  context: CommandContext,
  given: NewJob,
  jobId: string,
  id: string,
  options: Options,
): string | undefined {
  const { queue, now } = context;
  const holder = holderOf(queue, id, now);
  if (holder === undefined) {
    hold(context, id, jobId, options);
    return undefined;
  }
  const job = queue.jobs.get(holder);
  if (job?.state === 'delayed') {
    dropJob(context, job);
    queue.events.append({ event: 'removed', jobId: holder, prev: 'delayed' }, now);
    tellDeduplicated(context, id, jobId, holder);
    queue.deduplicationNext.delete(id);
    const keepsTime =
      options.keepLastIfActive !== true && options.extend !== true && (options.ttl ?? 0) > 0;
    const key = queue.deduplication.get(id);
    if (keepsTime && key !== undefined) queue.deduplication.set(id, { ...key, jobId });
    else hold(context, id, jobId, options);
    return undefined;
  }
  if (recoverStale(context, id, holder, jobId, options)) return undefined;
  keepNext(context, given, jobId, id, holder, options);
  return holder;
}

// A key without end goes with its job. Where the job is gone all the same, the key is nobody's.
function recoverStale(
  context: CommandContext,
  id: string,
  holder: string,
  jobId: string,
  options: Options,
): boolean {
  const { queue } = context;
  if (queue.jobs.has(holder) || queue.deduplication.get(id)?.expiresAt !== Infinity) return false;
  queue.deduplicationNext.delete(id);
  hold(context, id, jobId, options);
  return true;
}

function keepNext(
  context: CommandContext,
  given: NewJob,
  jobId: string,
  id: string,
  holder: string,
  options: Options,
): boolean {
  const { queue } = context;
  if (options.keepLastIfActive !== true || !queue.active.has(holder)) return false;
  queue.deduplicationNext.set(id, JSON.stringify({ ...given, id: jobId }));
  const key = queue.deduplication.get(id);
  if (key !== undefined) key.expiresAt = Infinity;
  tellDeduplicated(context, id, holder, jobId);
  return true;
}

function tellDeduplicated(
  { queue, now }: CommandContext,
  deduplicationId: string,
  jobId: string,
  deduplicatedJobId: string,
): void {
  queue.events.append({ event: 'deduplicated', jobId, deduplicationId, deduplicatedJobId }, now);
}
