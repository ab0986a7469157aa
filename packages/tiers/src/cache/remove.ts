// Removing keys, and giving them new times: everywhere, so that no load, fill or copy that began before brings back what
// was there. No function rejects.
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { WriteResult } from '../tiered-cache.ts';
import type { Core } from './core.ts';
import { removeDisk, writeDisk } from './disk-side.ts';
import type { Lifetime } from './entry-options.ts';
import { resultOf, takes, timesOf } from './job.ts';
import type { Job } from './job.ts';
import { readBelow } from './read.ts';
import { removeRemote, rewriteRemote } from './remote-side.ts';
import type { View } from './view.ts';

/** Removes keys from every tier. */
export async function deleteAll(
  core: Core,
  view: View,
  keys: readonly string[],
): Promise<WriteResult> {
  const { announcer, events, memory } = core;
  const stamp = core.clock.removalStamp();
  for (const key of keys) memory.delete(view.names.of(key));
  view.loader.forget(keys);
  core.counters.memory.deletes += keys.length;
  const fromDisk = removeDisk(core, view.ns, keys, stamp);
  const remote = await removeRemote(core, view.ns, keys, stamp);
  const bus = announcer === undefined ? 'off' : await announcer.keys(view.ns, keys, stamp);
  if (events.has('delete')) events.emit('delete', { keys, namespace: view.ns });
  return resultOf(memory.cache === undefined ? 'off' : 'ok', remote, await fromDisk, bus);
}

/** Gives a value new times in every tier, its payload and stamp kept.
 * @returns undefined when there is none */
export async function renew(
  core: Core,
  view: View,
  key: string,
  lifetime: Lifetime,
): Promise<WriteResult | undefined> {
  const envelope = await currentEnvelope(core, view, key);
  if (envelope === undefined) return undefined;
  return rewrite(core, view, { ...envelope, ...timesOf(core, lifetime) }, key);
}

/** Makes a value stale now; one without grace is removed. */
export async function expireNow(core: Core, view: View, key: string): Promise<WriteResult> {
  const envelope = await currentEnvelope(core, view, key);
  const now = core.clock.now();
  if (
    envelope === undefined ||
    envelope.graceUntil <= now ||
    envelope.graceUntil === envelope.expiresAt
  ) {
    return deleteAll(core, view, [key]);
  }
  return rewrite(core, view, { ...envelope, expiresAt: Math.min(envelope.expiresAt, now) }, key);
}

async function currentEnvelope(core: Core, view: View, key: string): Promise<Envelope | undefined> {
  const near = core.memory.peek(view.names.of(key));
  if (near !== undefined && core.clock.now() < near.graceUntil) return near;
  const below = await readBelow(core, view, key, undefined);
  if (below === undefined || (below.item.envelope.flags & FLAG.tombstone) !== 0) return undefined;
  return below.item.envelope;
}

// Guarded everywhere: a value set meanwhile is newer than this one, and stays.
async function rewrite(
  core: Core,
  view: View,
  envelope: Envelope,
  key: string,
): Promise<WriteResult> {
  const { announcer, memory } = core;
  const name = view.names.of(key);
  const job: Job = { key, envelope, compress: true };
  const there = memory.peek(name);
  const isNewest = there === undefined || there.created <= envelope.created;
  if (isNewest && takes(envelope, 'memory')) {
    memory.store(name, view.ns, envelope, core.clock.now(), memory.ticket(name));
  }
  view.loader.forget([key]);
  const toDisk = isNewest ? writeDisk(core, view.ns, [job]) : 'skipped';
  const remote = await rewriteRemote(core, view.ns, job);
  const bus =
    announcer === undefined ? 'off' : await announcer.keys(view.ns, [key], core.clock.stamp());
  return resultOf(memory.cache === undefined ? 'off' : 'ok', remote, await toDisk, bus);
}
