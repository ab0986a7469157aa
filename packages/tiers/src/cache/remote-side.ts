// Writing to L2: through, behind, by guarded fill, and removing.
// Invariant: a key whose write or removal the server did not take is hidden from reads until the server has been told
// (recovery), so that a value that was replaced or deleted here is never read back. No function rejects.
import { encodeTombstone } from '../envelope/encode.ts';
import { FAILED } from '../faults/guard.ts';
import { joinName } from '../memory/names.ts';
import type { WriteStatus } from '../tiered-cache.ts';
import type { Core, RemoteSide } from './core.ts';
import { forgetOneOnDisk } from './disk-side.ts';
import { takes } from './job.ts';
import type { Job } from './job.ts';
import { pack, pendingOf } from './pending.ts';
import type { Pending } from './pending.ts';
import { remoteLife } from './remote-life.ts';

/** Stores values that overwrite what is there, as the tier's mode says. */
export async function writeRemote(
  core: Core,
  ns: string,
  jobs: readonly Job[],
): Promise<WriteStatus> {
  const { remote } = core;
  if (remote === undefined) return 'off';
  // A tier that is 'off' is filled by others.
  if (remote.mode === 'off') return 'skipped';
  const isTaken = (job: Job): boolean => remote.mode !== 'victim' && takes(job.envelope, 'remote');
  const taken = jobs.filter(isTaken);
  // What is not written there must not go on answering with the value before.
  const left = taken.length === jobs.length ? [] : jobs.filter((job) => !isTaken(job));
  const removed = await removeOlder(core, ns, left);
  if (taken.length === 0) return removed === 'failed' ? 'failed' : 'skipped';
  if (remote.mode === 'through') return writeThrough(core, remote, ns, taken);
  for (const job of taken) remote.queue.put(joinName(ns, job.key), pendingOf(ns, job, true));
  return 'queued';
}

// Older than the values, which may stand on disk, or come down when memory evicts them.
async function removeOlder(core: Core, ns: string, jobs: readonly Job[]): Promise<WriteStatus> {
  if (jobs.length === 0) return 'ok';
  const stamp = jobs.reduce((least, { envelope }) => Math.min(least, envelope.created), Infinity);
  return removeRemote(
    core,
    ns,
    jobs.map(({ key }) => key),
    stamp - 1,
  );
}

/** Removes keys, for older fills as well. */
export async function removeRemote(
  core: Core,
  ns: string,
  keys: readonly string[],
  created: number = core.clock.removalStamp(),
): Promise<WriteStatus> {
  const { remote } = core;
  if (remote === undefined) return 'off';
  const { tombstoneTtl } = core.settings;
  const tombstone = encodeTombstone(created, core.clock.now() + tombstoneTtl);
  for (const key of keys) remote.queue.forget(joinName(ns, key));
  const outcome = await core.telemetry.span('remote.remove', {}, () =>
    remote.guard.write(() => remote.store.remove(ns, keys, tombstone, tombstoneTtl)),
  );
  const failed = outcome === FAILED ? keys : keys.filter((_, i) => outcome[i] !== undefined);
  remote.recovery.remove(ns, failed, created);
  core.counters.remote.deletes += keys.length - failed.length;
  return failed.length > 0 ? 'failed' : 'ok';
}

/** What became of a fill. 'refused': something newer is there, or the lock was lost. 'failed': the server did not say. */
export type FillOutcome = 'ok' | 'refused' | 'failed';

/** Stores one value unless what is there is newer, or the lock of `token` was lost. */
export async function fillRemote(
  core: Core,
  pending: Pending,
  token: string | undefined,
): Promise<FillOutcome> {
  const { remote } = core;
  const { ns, key, envelope, created } = pending;
  if (remote === undefined || envelope === undefined) return 'failed';
  const ttl = remoteLife(core, envelope);
  const bytes = ttl < 1 ? undefined : await packed(core, pending);
  if (bytes === undefined) return 'failed';
  const stored = await core.telemetry.span('remote.fill', {}, () =>
    remote.guard.write(() => remote.store.fill(ns, { key, bytes, ttl }, { created, token })),
  );
  if (stored === FAILED) return 'failed';
  if (!stored) {
    await forgetLate(core, ns, key, created);
    return 'refused';
  }
  core.counters.remote.sets++;
  remote.recovery.replaced(ns, key, created);
  return 'ok';
}

/** Stores a value that was there with new times, unless what is there is newer. */
export async function rewriteRemote(core: Core, ns: string, job: Job): Promise<WriteStatus> {
  const { remote } = core;
  if (remote === undefined) return 'off';
  const { key, envelope } = job;
  // What waits to be written there has the old times.
  remote.queue.forget(joinName(ns, key));
  const isWritten = remote.mode === 'through' || remote.mode === 'behind';
  if (isWritten && takes(envelope, 'remote')) {
    const filled = await fillRemote(core, pendingOf(ns, job), undefined);
    if (filled !== 'failed') return filled === 'ok' ? 'ok' : 'skipped';
    // The copy with the old times has the same stamp: it goes too.
    remote.recovery.remove(ns, [key], envelope.created);
    return 'failed';
  }
  if (remote.mode === 'off') return 'skipped';
  const removed = await removeRemote(core, ns, [key], envelope.created);
  return removed === 'failed' ? 'failed' : 'skipped';
}

/** Hides and removes what is older than a value that was not written: it must not be what is read from now on. */
export function hideOlder(core: Core, { ns, key, created }: Pending): void {
  core.remote?.recovery.remove(ns, [key], created - 1);
}

/** Writes a batch of the queue, and tells others of what was news. What the server did not take is not tried again: what it
 * was to replace is hidden, and removed as soon as the server is back. */
export async function flushRemote(
  core: Core,
  batch: readonly (readonly [id: string, pending: Pending])[],
): Promise<void> {
  const outcomes = await Promise.all(
    batch.map(([, pending]) => fillRemote(core, pending, undefined)),
  );
  const { announcer } = core;
  const told: Promise<WriteStatus>[] = [];
  for (const [i, [, pending]] of batch.entries()) {
    if (outcomes[i] === 'failed') core.counters.notStored++;
    if (!pending.isNews) continue;
    if (outcomes[i] === 'failed') hideOlder(core, pending);
    if (announcer === undefined) continue;
    // Of one turn, so one message; each with its own stamp, for others may have set one of these keys in between.
    told.push(announcer.keys(pending.ns, [pending.key], pending.created));
  }
  await Promise.all(told);
}

// Refused, it came too late: what other processes read by now is newer, and must be read here too.
async function forgetLate(core: Core, ns: string, key: string, created: number): Promise<void> {
  const name = joinName(ns, key);
  if (core.memory.peek(name)?.created === created) core.memory.delete(name);
  await forgetOneOnDisk(core, ns, key, created + 1);
}

async function writeThrough(
  core: Core,
  { guard, store, queue, recovery }: RemoteSide,
  ns: string,
  jobs: readonly Job[],
): Promise<WriteStatus> {
  const made = await Promise.all(
    jobs.map(async (job) => {
      const { key, envelope } = job;
      const ttl = remoteLife(core, envelope);
      const pending = pendingOf(ns, job);
      // Packed by another thread, it may come after a later set of its key: only a guarded fill is safe then.
      const isOvertaken = packedLater(pending, core);
      const bytes = ttl < 1 ? undefined : await packed(core, pending);
      return { key, ttl, bytes, isOvertaken, created: envelope.created };
    }),
  );
  for (const { key } of jobs) queue.forget(joinName(ns, key));
  const writes = made.filter(
    (one): one is typeof one & { bytes: Buffer } => one.bytes !== undefined,
  );
  const rest = made.filter((one) => one.bytes === undefined).map(({ key }) => key);
  const removed = rest.length === 0 ? 'ok' : await removeRemote(core, ns, rest);
  if (writes.length === 0) return removed;
  const outcome = await core.telemetry.span('remote.set', {}, () =>
    guard.write(async (): Promise<(Error | undefined)[]> => {
      const first = writes[0] as (typeof writes)[number];
      if (writes.length > 1) return store.setMany(ns, writes);
      if (first.isOvertaken) await store.fill(ns, first, { created: first.created });
      else await store.set(ns, first);
      return [];
    }),
  );
  const failed: string[] = [];
  for (const [i, { key, created }] of writes.entries()) {
    if (outcome === FAILED || outcome[i] !== undefined) failed.push(key);
    else recovery.replaced(ns, key, created);
  }
  // What was sent may have arrived all the same: whatever is there goes.
  recovery.remove(ns, failed, core.clock.stamp());
  core.counters.remote.sets += writes.length - failed.length;
  return failed.length > 0 || removed === 'failed' ? 'failed' : 'ok';
}

function packedLater(pending: Pending, core: Core): boolean {
  try {
    return pack(pending, core.format) instanceof Promise;
  } catch {
    return false; // `packed` tells
  }
}

async function packed(core: Core, pending: Pending): Promise<Buffer | undefined> {
  try {
    return await pack(pending, core.format);
  } catch {
    core.counters.notStored++; // a compression of the user's that throws
    return undefined;
  }
}
