// Removes a job with all that is below it, or only what is below.
// Invariant: a child goes before its parent; nothing that a worker holds goes, unless the caller has looked (isTreeLocked).
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';
import type { StoreState } from '../engine/store-state.ts';
import { detachChild, detachGhost } from './_detach-child.ts';
import { dropJob } from './_drop-job.ts';
import { freeDeduplicationOf } from './_remove-job.ts';
import { findByKey, keyOf } from './_find-by-key.ts';

export interface RemoveTreeOptions {
  readonly removeChildren: boolean;
  /** Only children that have not finished. */
  readonly ignoreProcessed: boolean;
  /** Leave out what a worker holds, with what is below it. */
  readonly ignoreLocked: boolean;
}

/** Whether a worker holds the job, or, with `children`, one that it still waits for, at any depth. */
export function isTreeLocked(store: StoreState, job: Job, children: boolean): boolean {
  const seen = new Set([job]);
  // What is added on the way is looked at too.
  for (const { lock, rare } of seen) {
    if (lock !== undefined) return true;
    if (!children) return false;
    for (const key of rare?.dependencies?.pending ?? []) {
      const child = findByKey(store, key);
      if (child !== undefined) seen.add(child.job);
    }
  }
  return false;
}

/** Removes a job, and with `removeChildren` its children first.
 * @param context  of the job's queue */
export function removeTree(context: CommandContext, job: Job, options: RemoveTreeOptions): void {
  const walk: Walk = { options, seen: new Set(), frames: [] };
  enter(walk, context, job, undefined);
  finish(walk);
}

/** Removes the children of a job.
 * @param context  of the parent's queue */
export function removeChildren(
  context: CommandContext,
  parent: Job,
  options: RemoveTreeOptions,
): void {
  const frame = { context, job: parent, keys: childKeysOf(parent, options), isKept: true };
  finish({ options, seen: new Set(), frames: [frame] });
}

// A walk down with a stack of its own: jobs can be each other's children, and a chain of them as long as somebody made it.
interface Walk {
  readonly options: RemoveTreeOptions;
  readonly seen: Set<Job>;
  readonly frames: Frame[];
}

interface Frame {
  readonly context: CommandContext;
  readonly job: Job;
  /** Children that are left, the next one last. */
  readonly keys: string[];
  readonly isKept: boolean;
}

function enter(
  { options, seen, frames }: Walk,
  context: CommandContext,
  job: Job,
  parentKey: string | undefined,
): void {
  if (seen.has(job)) return;
  seen.add(job);
  if (options.ignoreLocked && job.lock !== undefined) return;
  if (options.ignoreProcessed && job.state === 'failed') return;
  detachChild(context, job, { parentKey });
  const keys = options.removeChildren ? childKeysOf(job, options) : [];
  frames.push({ context, job, keys, isKept: false });
}

function finish(walk: Walk): void {
  const { frames } = walk;
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const { context, job, keys } = frame;
    const key = keys.pop();
    if (key === undefined) {
      frames.pop();
      if (!frame.isKept) remove(context, job);
      continue;
    }
    const child = findByKey(context.store, key);
    if (child === undefined) detachGhost(context, job, key);
    else enter(walk, contextOf(context, child.queue), child.job, keyOf(context.queue, job.id));
  }
}

function childKeysOf(job: Job, { ignoreProcessed }: RemoveTreeOptions): string[] {
  const { dependencies } = job.rare ?? {};
  if (dependencies === undefined) return [];
  const { pending, processed, ignored, failed } = dependencies;
  const keys = ignoreProcessed
    ? [...pending]
    : [...processed.keys(), ...ignored.keys(), ...failed, ...pending];
  return keys.reverse();
}

function remove(context: CommandContext, job: Job): void {
  const { queue, now } = context;
  const { state } = job;
  freeDeduplicationOf(context, job);
  dropJob(context, job);
  queue.events.append({ event: 'removed', jobId: job.id, prev: state }, now);
}

function contextOf(context: CommandContext, queue: QueueState): CommandContext {
  return queue === context.queue ? context : { ...context, queue };
}
