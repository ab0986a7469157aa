// What the end of a child means to its parent: one less to wait for, and with a failure what the child's options said of it.
// Invariant: an end is told once: only a child that its parent still waits for changes anything.
import type { ParentKeys } from 'bullmq';
import { resize } from '../engine/size.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import { addChild, removeChild } from './_dependencies.ts';
import { findByKey, keyOf } from './_find-by-key.ts';
import type { Located } from './_find-by-key.ts';
import { enqueueParent, releaseParent, releaseParentIfReady } from './_release-parent.ts';

/** Tells the parent of a job, if it has one, that it completed.
 * @param context      of the child's queue
 * @param returnValue  JSON */
export function childCompleted(context: CommandContext, child: Job, returnValue: string): void {
  const parentKey = child.rare?.parentKey;
  if (parentKey === undefined) return;
  const parent = findByKey(context.store, parentKey);
  const childKey = keyOf(context.queue, child.id);
  if (parent === undefined) return;
  if (!removeChild(context.store, parent.job, 'pending', childKey)) return;
  addChild(context.store, parent.job, 'processed', childKey, returnValue);
  releaseParentIfReady(context, parentKey);
}

/** Tells the parent of a job, if it has one, that it failed for good. Without one of the four options on the child, the parent
 * goes on waiting: the child may be retried.
 * @param context  of the child's queue */
export function childFailed(context: CommandContext, child: Job, reason: string): void {
  const { parentKey, parent: json } = child.rare ?? {};
  if (parentKey === undefined || json === undefined) return;
  const { fpof, cpof, idof, rdof } = JSON.parse(json) as ParentKeys;
  if (fpof !== true && cpof !== true && idof !== true && rdof !== true) return;
  const parent = findByKey(context.store, parentKey);
  if (parent === undefined) return;
  const childKey = keyOf(context.queue, child.id);
  if (!removeChild(context.store, parent.job, 'pending', childKey)) return;
  if (fpof === true) {
    addChild(context.store, parent.job, 'failed', childKey);
    failParent(context, parent, childKey);
  } else if (cpof === true) {
    addChild(context.store, parent.job, 'ignored', childKey, reason);
    releaseParent(context, parent.queue, parent.job);
  } else {
    if (idof === true) addChild(context.store, parent.job, 'ignored', childKey, reason);
    releaseParentIfReady(context, parentKey);
  }
}

// The parent fails when a worker next takes it up: so it goes through its own retries and events, and its own parent hears of it.
function failParent(context: CommandContext, { queue, job }: Located, childKey: string): void {
  if (job.state === 'failed') return;
  resize(context.store, job, () => {
    job.rare ??= {};
    job.rare.deferredFailure = `child ${childKey} failed`;
  });
  if (job.state === 'waiting-children') releaseParent(context, queue, job);
  else if (job.state === 'delayed') {
    job.delay = 0;
    queue.delayed.remove(job);
    enqueueParent(context, queue, job);
  }
}
