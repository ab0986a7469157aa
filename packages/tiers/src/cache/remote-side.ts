// Writing to L2: through, behind, by guarded fill, and removing.
// Invariant: a key whose write or removal the server did not take is hidden from reads until the server has been told
// (recovery), so that a value that was replaced or deleted here is never read back. No function rejects.
import { encodeTombstone } from '../envelope/encode.ts';
import { FAILED } from '../faults/guard.ts';
import { joinName } from '../memory/names.ts';
import type { WriteStatus } from '../tiered-cache.ts';
import type { Core, RemoteSide } from './core.ts';
import { lifeIn, takes } from './job.ts';
import type { Job } from './job.ts';
import { pack, pendingOf } from './pending.ts';
import type { Pending } from './pending.ts';

/** Stores values that overwrite what is there, as the tier's mode says. */
export async function writeRemote(
  core: Core,
  ns: string,
  jobs: readonly Job[],
): Promise<WriteStatus> {
  const { remote } = core;
  if (remote === undefined) return 'off';
  const isWritten = remote.mode === 'through' || remote.mode === 'behind';
  const taken = jobs.filter((job) => isWritten && takes(job, 'remote'));
  // What is not written there must not go on answering with the value before. A tier that is 'off' is filled by others.
  const left = jobs
    .filter((job) => remote.mode !== 'off' && !taken.includes(job))
    .map(({ key }) => key);
  const removed = left.length === 0 ? 'ok' : await removeRemote(core, ns, left);
  if (taken.length === 0) return removed === 'failed' ? 'failed' : 'skipped';
  if (remote.mode === 'through') return writeThrough(core, remote, ns, taken);
  for (const job of taken) remote.queue.put(joinName(ns, job.key), pendingOf(ns, job));
  return 'queued';
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

/** What became of a guarded fill. 'refused': something newer is there, or the lock is lost. */
export type FillOutcome = 'stored' | 'refused' | 'failed';

/** Stores one value unless what is there is newer, or the lock of `token` was lost.
 * @returns whether it was stored */
export async function fillRemote(
  core: Core,
  pending: Pending,
  token: string | undefined,
): Promise<boolean> {
  return (await tryToFill(core, pending, token)) === 'stored';
}

/** Stores one value that takes the place of an older one, as `fillRemote` does. Where it fails, the older one is hidden and
 * removed: it must not be what is read from now on. */
export async function replaceRemote(core: Core, pending: Pending): Promise<FillOutcome> {
  const outcome = await tryToFill(core, pending, undefined);
  if (outcome === 'failed') hideOlder(core, pending);
  return outcome;
}

/** Hides and removes what is older than a value that was not written. */
export function hideOlder(core: Core, { ns, key, created }: Pending): void {
  core.remote?.recovery.remove(ns, [key], created - 1);
}

/** Writes a batch of the queue. Rejects when the server took none of it, so that the queue may try again. */
export async function flushRemote(
  core: Core,
  batch: readonly (readonly [id: string, pending: Pending])[],
): Promise<void> {
  const outcomes = await Promise.all(batch.map(([, pending]) => replaceRemote(core, pending)));
  if (!outcomes.includes('stored') && core.remote?.guard.canWrite === false) {
    throw new Error('the remote tier takes no writes');
  }
}

async function tryToFill(
  core: Core,
  pending: Pending,
  token: string | undefined,
): Promise<FillOutcome> {
  const { remote } = core;
  const { ns, key, envelope, created } = pending;
  if (remote === undefined || envelope === undefined) return 'refused';
  const ttl = lifeIn(core, envelope, envelope.remoteTtl);
  const bytes = ttl < 1 ? undefined : await packed(core, pending);
  if (bytes === undefined) return 'failed';
  const stored = await core.telemetry.span('remote.fill', {}, () =>
    remote.guard.write(() => remote.store.fill(ns, { key, bytes, ttl }, { created, token })),
  );
  if (stored !== true) return stored === FAILED ? 'failed' : 'refused';
  core.counters.remote.sets++;
  remote.recovery.replaced(ns, key, created);
  return 'stored';
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
      const ttl = lifeIn(core, envelope, envelope.remoteTtl);
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
  const failed = outcome === FAILED ? writes : writes.filter((_, i) => outcome[i] !== undefined);
  for (const write of writes) {
    if (!failed.includes(write)) recovery.replaced(ns, write.key, write.created);
  }
  // What was sent may have arrived all the same: whatever is there goes.
  recovery.remove(
    ns,
    failed.map(({ key }) => key),
    core.clock.stamp(),
  );
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
