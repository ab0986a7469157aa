// Removing keys, and giving them new times: everywhere, so that no load, fill or copy that began before brings back what
// was there. No function rejects.
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { FillTicket } from '../load/host.ts';
import type { WriteResult } from '../tiered-cache.ts';
import type { Core } from './core.ts';
import { removeDisk, writeDisk } from './disk-side.ts';
import type { Lifetime } from './entry-options.ts';
import { resultOf, takes, timesOf } from './job.ts';
import type { Job } from './job.ts';
import { readBelow } from './read.ts';
import { removeRemote, rewriteRemote } from './remote-side.ts';
import type { View } from './view.ts';

/** Times a value is written again whose key's version has moved. */
const ATTEMPTS = 3;
const OVERTAKEN: WriteResult = Object.freeze(resultOf('skipped', 'skipped', 'skipped', 'skipped'));

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
  const value = await currentValue(core, view, key);
  if (value === undefined || value === 'overtaken') return undefined;
  const envelope = { ...value.envelope, ...timesOf(core, lifetime) };
  return rewrite(core, view, envelope, key, value.ticket);
}

/** Makes a value stale now; one without grace is removed. */
export async function expireNow(core: Core, view: View, key: string): Promise<WriteResult> {
  const value = await currentValue(core, view, key);
  if (value === 'overtaken') return OVERTAKEN;
  const now = core.clock.now();
  const { envelope, ticket } = value ?? {};
  if (
    envelope === undefined ||
    ticket === undefined ||
    envelope.graceUntil <= now ||
    envelope.graceUntil === envelope.expiresAt
  ) {
    return deleteAll(core, view, [key]);
  }
  const expired = { ...envelope, expiresAt: Math.min(envelope.expiresAt, now) };
  return rewrite(core, view, expired, key, ticket);
}

interface Value {
  readonly envelope: Envelope;
  /** From when it was read. */
  readonly ticket: FillTicket;
}

// 'overtaken': the key was set or deleted while its value was read from below.
async function currentValue(
  core: Core,
  view: View,
  key: string,
): Promise<Value | 'overtaken' | undefined> {
  const { memory } = core;
  const name = view.names.of(key);
  const near = (): Value | undefined => {
    const envelope = memory.peek(name);
    const isThere = envelope !== undefined && core.clock.now() < envelope.graceUntil;
    return isThere ? { envelope, ticket: memory.ticket(name) } : undefined;
  };
  const known = near();
  if (known !== undefined) return known;
  const ticket = memory.ticket(name);
  const below = await readBelow(core, view, key, undefined);
  const envelope = below?.item.envelope;
  if (!memory.isCurrent(name, ticket)) {
    // It was copied up, unless it is another one now.
    const copied = near();
    return copied?.envelope.created === envelope?.created ? copied : 'overtaken';
  }
  if (envelope === undefined || (envelope.flags & FLAG.tombstone) !== 0) return undefined;
  return { envelope, ticket };
}

// Guarded everywhere: what was set, deleted or invalidated since the value was read stands, and nothing is brought back.
// @param ticket  from before the value was read
async function rewrite(
  core: Core,
  view: View,
  envelope: Envelope,
  key: string,
  ticket: FillTicket,
): Promise<WriteResult> {
  const { announcer, memory } = core;
  const name = view.names.of(key);
  const job: Job = { key, envelope, compress: true };
  let guard = ticket;
  let isNewest = true;
  for (let attempt = 0; ; attempt++) {
    if (!memory.isCurrent(name, guard)) {
      // The version of a key also moves for reasons of others (refused writes): the value may be what it was.
      guard = memory.ticket(name);
      if (attempt === ATTEMPTS || memory.peek(name)?.created !== envelope.created) return OVERTAKEN;
    }
    const there = memory.peek(name);
    isNewest = there === undefined || there.created <= envelope.created;
    if (!isNewest || !takes(envelope, 'memory')) break;
    if (memory.store(name, view.ns, envelope, core.clock.now(), guard) !== 'late') break;
  }
  view.loader.forget([key]);
  const toDisk = isNewest ? writeDisk(core, view.ns, [job]) : 'skipped';
  const remote = await rewriteRemote(core, view.ns, job);
  const bus =
    announcer === undefined ? 'off' : await announcer.keys(view.ns, [key], core.clock.stamp());
  return resultOf(memory.cache === undefined ? 'off' : 'ok', remote, await toDisk, bus);
}
