// Adds one job: what every way of adding has in common. It goes where its options say, unless its id or its deduplication id is taken.
// Invariant: the queue's counter goes up with every call, whether the id is needed or not, as BullMQ counts.
import { ADDED, WAITING } from './_job-events.ts';
import { adoptExisting } from './_adopt-child.ts';
import { deduplicate, deduplicateWithoutReplace } from './_deduplicate.ts';
import { addChild } from './_dependencies.ts';
import { enqueue, enqueueDelayed } from './_enqueue.ts';
import { CODES, failure } from './_failure.ts';
import { findByKey, keyOf } from './_find-by-key.ts';
import { Job } from '../engine/job.ts';
import { sizeOf } from '../engine/size.ts';
import type { CommandContext } from '../engine/command.ts';
import type { NewJob, RareFields } from '../engine/job.ts';

/** @param context  of the queue that gets it
 * @param deferRelease  a flow is being added: a parent whose children are done waits until all of it is in
 * @returns the id of the job, or of the one that is there in its place
 * @throws Error with code -5 when the parent does not exist, -7 when the job that has the id belongs to another parent */
export function insertJob(context: CommandContext, given: NewJob, deferRelease: boolean): string {
  const { queue, store, now } = context;
  const { parentKey } = given;
  if (parentKey !== undefined && findByKey(store, parentKey) === undefined) {
    throw failure(CODES.parentJobNotExist, { command: 'addJob', parentKey });
  }
  queue.lastId++;
  const id = given.id ?? String(queue.lastId);
  const existing = given.id === undefined ? undefined : queue.jobs.get(id);
  if (existing !== undefined) {
    const adoption = { parentKey, parent: given.parent, deferRelease };
    if (adoptExisting(context, existing, adoption) === 'refused') {
      throw failure(CODES.parentJobCannotBeReplaced, { command: 'addJob', parentKey });
    }
    queue.events.append({ event: 'duplicated', jobId: id }, now);
    return id;
  }
  const holder =
    given.deduplicationId === undefined
      ? undefined
      : given.toWaitingChildren === true
        ? deduplicateWithoutReplace(context, given, id)
        : deduplicate(context, given, id);
  if (holder !== undefined) return holder;
  place(context, storeJob(context, given, id), given);
  if (parentKey !== undefined) {
    const parent = findByKey(store, parentKey);
    if (parent !== undefined) addChild(store, parent.job, 'pending', keyOf(queue, id));
  }
  return id;
}

/** Makes a job that is in no collection yet, and tells that it was added. */
export function storeJob(context: CommandContext, given: NewJob, id: string): Job {
  const { store, queue, now } = context;
  const options = store.share(given.options);
  const job = new Job(id, given.name, given.data, options, given.timestamp);
  job.delay = options.value.delay ?? 0;
  job.priority = options.value.priority ?? 0;
  const rare = rareOf(given);
  if (rare !== undefined) job.rare = rare;
  // What JSON.stringify gives is a tree of pieces, half as large again as the text. To read a character makes it one piece.
  given.data.charCodeAt(0);
  queue.jobs.set(id, job);
  store.jobCount++;
  store.bytes += sizeOf(job);
  queue.events.appendJob(ADDED, id, now, given.name);
  return job;
}

/** Puts a job that was stored where its options say. */
export function place(context: CommandContext, job: Job, given: NewJob): void {
  const { queue, now } = context;
  if (given.toWaitingChildren === true) {
    job.state = 'waiting-children';
    queue.waitingChildren.set(job.id, job);
    queue.events.append({ event: 'waiting-children', jobId: job.id }, now);
  } else if (job.delay > 0) {
    enqueueDelayed(context, queue, job, job.timestamp, job.delay);
  } else {
    enqueue(context, queue, job, job.priority === 0 && job.options.value.lifo === true);
    queue.events.appendJob(WAITING, job.id, now);
  }
}

function rareOf(given: NewJob): RareFields | undefined {
  const { parentKey, parent, repeatJobKey, deduplicationId } = given;
  if (parentKey === undefined && repeatJobKey === undefined && deduplicationId === undefined) {
    return undefined;
  }
  const rare: RareFields = {};
  if (parentKey !== undefined) rare.parentKey = parentKey;
  if (parentKey !== undefined && parent !== undefined) rare.parent = parent;
  if (repeatJobKey !== undefined) rare.repeatJobKey = repeatJobKey;
  if (deduplicationId !== undefined) rare.deduplicationId = deduplicationId;
  return rare;
}
