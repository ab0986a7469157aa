// Lets a parent go on when nothing holds it any more: from `waiting-children` to where a worker, or its own delay, takes it up.
// Invariant: it goes before what waits already, for it has waited its turn once; a parent that is elsewhere stays there.
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';
import { findByKey } from './_find-by-key.ts';
import { announce, announceDelayed } from './_intake.ts';
import { pendingOf } from './_dependencies.ts';

/** Releases a parent that has no pending children. */
export function releaseParentIfReady(context: CommandContext, parentKey: string): void {
  const parent = findByKey(context.store, parentKey);
  if (parent !== undefined && pendingOf(parent.job) === 0) {
    releaseParent(context, parent.queue, parent.job);
  }
}

/** Releases a parent, whatever its children. */
export function releaseParent(context: CommandContext, queue: QueueState, parent: Job): void {
  if (!queue.waitingChildren.delete(parent.id)) return;
  enqueueParent(context, queue, parent);
}

/** Puts a parent, which must be in no collection, where its delay and priority say. */
export function enqueueParent(
  { store, now }: CommandContext,
  queue: QueueState,
  parent: Job,
): void {
  const jobId = parent.id;
  if (parent.delay > 0) {
    const dueAt = now + parent.delay;
    parent.state = 'delayed';
    queue.delayed.pushFirst(parent, dueAt);
    queue.events.append({ event: 'delayed', jobId, delay: dueAt }, now);
    announceDelayed(store, queue);
    return;
  }
  if (parent.priority === 0) pushFirst(queue, parent);
  else {
    parent.state = 'prioritized';
    queue.prioritized.push(parent);
  }
  queue.events.append({ event: 'waiting', jobId, prev: 'waiting-children' }, now);
  announce(store, queue);
}

/** Releases a parent because its last child was removed: to the front of the wait list, past its delay and its priority,
 * as BullMQ does it.
 * @param silent  true: without an event */
export function releaseAfterRemoval(
  { store, now }: CommandContext,
  queue: QueueState,
  parent: Job,
  silent: boolean,
): void {
  pushFirst(queue, parent);
  if (!silent) {
    queue.events.append({ event: 'waiting', jobId: parent.id, prev: 'waiting-children' }, now);
  }
  announce(store, queue);
}

function pushFirst(queue: QueueState, parent: Job): void {
  parent.state = 'wait';
  queue.wait.pushFront(parent);
}
