// What other processes tell, applied here: memory, the loads under way, the table of epochs, the disk.
// Invariant: applying a message twice, or late, only forgets more than needed. No function throws or rejects.
import type { Invalidation } from '../invalidation/message.ts';
import { joinName } from '../memory/names.ts';
import type { ExternalChange } from '../remote/remote-tier.ts';
import { track } from './core.ts';
import type { Core } from './core.ts';
import { clearDisk } from './clear-disk.ts';
import { forgetOneOnDisk, noteEpochs } from './disk-side.ts';
import { applyClear, applyTags, forgetOnDisk } from './invalidate.ts';
import { tagEpochName } from '../tags/epochs.ts';

/** Applies a change made elsewhere. */
export function receive(core: Core, change: Invalidation): void {
  switch (change.kind) {
    case 'keys':
      forgetKeys(core, change.ns, change.keys, stampsOf(change));
      break;
    case 'tags':
      applyTags(core, change.tags, change.isSoft, change.stamp);
      break;
    case 'clear':
      applyClear(core, change.ns, change.stamp);
      break;
  }
  if (core.disk !== undefined) track(core, receiveOnDisk(core, change));
}

/** Applies a change to the disk alone. */
export async function receiveOnDisk(core: Core, change: Invalidation): Promise<void> {
  if (change.kind === 'tags') {
    const kind = change.isSoft ? 'soft' : 'hard';
    await noteEpochs(core, change.tags.map(tagEpochName), kind, change.stamp);
  } else if (change.kind === 'clear') await forgetOnDisk(core, change.ns, change.stamp);
  else {
    const stampOf = stampsOf(change);
    await Promise.all(
      change.keys.map((key, i) => forgetOneOnDisk(core, change.ns, key, stampOf(i))),
    );
  }
}

/** Forgets keys that were changed at the remote tier by whatever program.
 * @param changed  null: any key may have been */
export function receiveExternal(core: Core, changed: readonly ExternalChange[] | null): void {
  if (changed === null) return forgetEverything(core, 'tracking');
  // There is no stamp to tell whether what is in memory is newer.
  for (const { ns, key } of changed) forgetKeys(core, ns, [key], () => Infinity);
}

/** Forgets all that messages which never came may have been about. */
export function forgetEverything(core: Core, reason: string): void {
  core.gaps++;
  core.memory.clearNamespace('');
  core.epochs.doubt();
  for (const view of core.views.values()) view.loader.forgetAll();
  if (core.disk !== undefined) track(core, clearDisk(core));
  if (core.events.has('gap')) core.events.emit('gap', { reason });
}

function stampsOf({ stamp, stamps }: Extract<Invalidation, { kind: 'keys' }>) {
  return (i: number): number => stamps?.[i] ?? stamp;
}

function forgetKeys(
  core: Core,
  ns: string,
  keys: readonly string[],
  stampOf: (i: number) => number,
): void {
  for (const [i, key] of keys.entries()) {
    const stamp = stampOf(i);
    const name = joinName(ns, key);
    const near = core.memory.peek(name);
    // An absent key is deleted too: a copy of what was there before may be on its way up.
    if (near === undefined || near.created < stamp) core.memory.delete(name);
    // What waits to be written is read before what is there.
    const waiting = core.remote?.queue.peek(name);
    if (waiting !== undefined && waiting.created < stamp) core.remote?.queue.forget(name);
  }
  core.views.get(ns)?.loader.forget(keys);
}
