// Adds many jobs of one queue: all of them, or none. (BullMQ on Redis adds those that it can.)
import { CODES, failure } from './_failure.ts';
import { findByKey, keyOf } from './_find-by-key.ts';
import { insertJob } from './_insert-job.ts';
import type { Command, CommandContext } from '../engine/command.ts';
import type { NewJob } from '../engine/job.ts';

export const addJobs: Command<[jobs: readonly NewJob[]], string[]> = {
  acknowledgement: 'durable',
  run(context, jobs) {
    const ahead: Ahead = new Map();
    for (const job of jobs) check(context, job, ahead);
    return jobs.map((job) => insertJob(context, job, false));
  },
};

/** Keys of jobs that stand before one in the same call, and will be there for it, with their parents. */
type Ahead = Map<string, string | undefined>;

// What insertJob refuses, looked at before the first is in.
function check({ store, queue }: CommandContext, given: NewJob, ahead: Ahead): void {
  const { id, parentKey, deduplicationId } = given;
  const site = { command: 'addJob', parentKey };
  const exists = (key: string): boolean => ahead.has(key) || findByKey(store, key) !== undefined;
  if (parentKey !== undefined && !exists(parentKey)) throw failure(CODES.parentJobNotExist, site);
  if (id === undefined) return;
  const key = keyOf(queue, id);
  const present = queue.jobs.get(id)?.rare?.parentKey ?? ahead.get(key);
  if (parentKey !== undefined && present !== undefined && present !== parentKey) {
    if (exists(present)) throw failure(CODES.parentJobCannotBeReplaced, site);
  }
  // One with a deduplication id may yet be left out: nobody can count on it.
  if (deduplicationId === undefined && !ahead.has(key)) ahead.set(key, parentKey ?? present);
}
