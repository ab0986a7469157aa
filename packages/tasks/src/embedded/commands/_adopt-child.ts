// A job that is added again under an id that exists: the one that is there stays, and becomes a child of the parent that was named.
// Invariant: a job has one parent at most; it is taken from a parent that is gone, never from one that exists.
import { resize } from '../engine/size.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import { addChild } from './_dependencies.ts';
import { findByKey, keyOf } from './_find-by-key.ts';
import { releaseParentIfReady } from './_release-parent.ts';

export interface Adoption {
  /** The parent named by the call, which exists; undefined: none, and nothing happens. */
  readonly parentKey: string | undefined;
  /** JSON of BullMQ's ParentKeys. */
  readonly parent: string | undefined;
  /** A flow is being added, whose other children are yet to come: its end looks whether the parent may go on. */
  readonly deferRelease: boolean;
}

/** @param context  of the queue that has the job
 * @returns `refused` when the job belongs to another parent */
export function adoptExisting(
  context: CommandContext,
  existing: Job,
  { parentKey, parent, deferRelease }: Adoption,
): 'adopted' | 'refused' {
  const { store } = context;
  if (parentKey === undefined) return 'adopted';
  const present = existing.rare?.parentKey;
  if (present !== undefined && present !== parentKey && findByKey(store, present) !== undefined) {
    return 'refused';
  }
  const childKey = keyOf(context.queue, existing.id);
  const located = findByKey(store, parentKey);
  if (located !== undefined) {
    if (existing.state === 'completed') {
      addChild(store, located.job, 'processed', childKey, existing.returnValue);
      if (!deferRelease) releaseParentIfReady(context, parentKey);
    } else addChild(store, located.job, 'pending', childKey);
  }
  resize(store, existing, () => {
    existing.rare ??= {};
    existing.rare.parentKey = parentKey;
    if (parent === undefined) delete existing.rare.parent;
    else existing.rare.parent = parent;
  });
  return 'adopted';
}
