// Takes a child out of its parent's pending ones, because the child is removed or no longer belongs to it.
// Invariant: a parent whose last pending child went so does not wait for ever: it goes on, or, when a whole queue is being
// emptied (`hard`), it goes too if it stands in the same queue.
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import { pendingOf, removeChild } from './_dependencies.ts';
import { dropJob } from './_drop-job.ts';
import { findByKey, keyOf } from './_find-by-key.ts';
import type { Located } from './_find-by-key.ts';
import { releaseAfterRemoval } from './_release-parent.ts';

export interface DetachOptions {
  /** Default: the child's own. */
  readonly parentKey?: string | undefined;
  /** Remove a parent of the same queue that waits for nothing more, instead of letting it go on. */
  readonly hard?: boolean;
}

/** @param context  of the child's queue
 * @returns whether the parent had been waiting for it */
export function detachChild(
  context: CommandContext,
  child: Job,
  { parentKey = child.rare?.parentKey, hard = false }: DetachOptions = {},
): boolean {
  const parent = forget(context, child, parentKey);
  let last = child;
  let above = parent;
  // With `hard`, parents go one after the other, all the way up: a loop, for a chain may be long.
  while (above !== undefined) {
    const { queue, job } = above;
    if (pendingOf(job) > 0 || !queue.waitingChildren.delete(job.id)) break;
    if (!hard || queue !== context.queue) {
      releaseAfterRemoval(context, queue, job, hard);
      break;
    }
    above = forget(context, job, job.rare?.parentKey);
    dropJob(context, job);
    // It is the child's key that BullMQ frees here, not the parent's: the child goes as well.
    const { deduplicationId } = last.rare ?? {};
    if (deduplicationId !== undefined) queue.deduplication.delete(deduplicationId);
    last = job;
  }
  return parent !== undefined;
}

/** Takes a child that does not exist any more, its queue having been obliterated, out of its parent.
 * @param context  of the parent's queue */
export function detachGhost(context: CommandContext, parent: Job, childKey: string): void {
  const { store, queue } = context;
  if (!removeChild(store, parent, 'pending', childKey) || pendingOf(parent) > 0) return;
  if (queue.waitingChildren.delete(parent.id)) releaseAfterRemoval(context, queue, parent, false);
}

// Takes a child out of its parent's pending ones.
// Gives the parent when it had been waiting for it.
function forget(
  { store, queue }: CommandContext,
  child: Job,
  parentKey: string | undefined,
): Located | undefined {
  const parent = parentKey === undefined ? undefined : findByKey(store, parentKey);
  if (parent === undefined) return undefined;
  const wasPending = removeChild(store, parent.job, 'pending', keyOf(queue, child.id));
  return wasPending ? parent : undefined;
}
