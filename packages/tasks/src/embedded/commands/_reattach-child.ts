// A finished child that is to run again: its parent waits for it once more.
// A parent that has gone on meanwhile is not called back.
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import { addChild, removeChild } from './_dependencies.ts';
import { findByKey, keyOf } from './_find-by-key.ts';

/** @param context  of the child's queue
 * @param from     where the child has been */
export function reattachChild(
  { store, queue }: CommandContext,
  child: Job,
  from: 'failed' | 'completed',
): void {
  const parentKey = child.rare?.parentKey;
  const parent = parentKey === undefined ? undefined : findByKey(store, parentKey)?.job;
  if (parent === undefined) return;
  const key = keyOf(queue, child.id);
  const wasSettled =
    from === 'completed'
      ? removeChild(store, parent, 'processed', key)
      : removeChild(store, parent, 'failed', key) || removeChild(store, parent, 'ignored', key);
  if (wasSettled) addChild(store, parent, 'pending', key);
}
