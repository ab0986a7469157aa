// The end of a job as its deduplication id sees it: the id is free, and the job that was kept for then (`keepLastIfActive`) is added.
// Invariant: an id names one job: where another has come by the id of the kept one meanwhile, the kept one is a duplicate.
import { hold } from './_deduplicate.ts';
import { addChild } from './_dependencies.ts';
import { findByKey, keyOf } from './_find-by-key.ts';
import { place, storeJob } from './_insert-job.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Job, NewJob } from '../engine/job.ts';

/** @param job  that has just left the active ones */
export function settleDeduplication(context: CommandContext, job: Job): void {
  const id = job.rare?.deduplicationId;
  if (id === undefined) return;
  const { queue, store, now } = context;
  const key = queue.deduplication.get(id);
  if (key !== undefined) {
    const endsWithJob = key.expiresAt === Infinity && key.jobId === job.id;
    if (endsWithJob || key.expiresAt <= now) queue.deduplication.delete(id);
  }
  const kept = queue.deduplicationNext.get(id);
  if (kept === undefined) return;
  // A parent whose children never came waits for none.
  const next = {
    ...(JSON.parse(kept) as NewJob & { readonly id: string }),
    toWaitingChildren: false,
  };
  queue.lastId++;
  queue.deduplicationNext.delete(id);
  if (queue.jobs.has(next.id)) {
    queue.events.append({ event: 'duplicated', jobId: next.id }, now);
    return;
  }
  hold(context, id, next.id, store.share(next.options).value.deduplication ?? { id });
  // It is new as of now: a delay counts from here.
  place(context, storeJob(context, { ...next, timestamp: now }, next.id), next);
  const parent = next.parentKey === undefined ? undefined : findByKey(store, next.parentKey);
  if (parent !== undefined) addChild(store, parent.job, 'pending', keyOf(queue, next.id));
}
