// Writing to L3: values behind or through, removals and epochs before the call returns.
// Invariant: what was removed or invalidated here is never read back from disk, not even after a crash: where the disk
// does not take the news, it is emptied. No function rejects.
import { createdOf } from '../envelope/decode.ts';
import { encodeTombstone } from '../envelope/encode.ts';
import { FAILED } from '../faults/guard.ts';
import { joinName, namespaceChain, NESTING } from '../memory/names.ts';
import { namespaceEpochName } from '../tags/epochs.ts';
import type { WriteStatus } from '../tiered-cache.ts';
import { track } from './core.ts';
import type { Core, DiskSide } from './core.ts';
import { clearDisk } from './clear-disk.ts';
import { lifeIn, takes } from './job.ts';
import type { Job } from './job.ts';
import { isInvalid } from './judge.ts';
import { pack, pendingOf, pendingRemoval } from './pending.ts';
import type { Pending } from './pending.ts';

/** Removals of dropped names that follow each batch. */
const REMOVED_AT_ONCE = 100;
/** Ids of epochs begin with this; a name of a key never does, for no namespace is called so (names.ts). */
const EPOCH_MARK = `\0${NESTING}\0`;

/** Stores values as the tier's mode says. */
export async function writeDisk(
  core: Core,
  ns: string,
  jobs: readonly Job[],
): Promise<WriteStatus> {
  const { disk } = core;
  if (disk === undefined) return 'off';
  let isQueued = false;
  for (const job of jobs) {
    const isTaken = takesNow(core, disk, job);
    isQueued ||= isTaken;
    // Older than the value, which may still come down when memory evicts it.
    const pending = isTaken
      ? pendingOf(ns, job)
      : pendingRemoval(ns, job.key, job.envelope.created - 1);
    disk.queue.put(joinName(ns, job.key), pending);
  }
  if (!isQueued) return 'skipped';
  if (disk.mode === 'behind') return 'queued';
  return (await disk.queue.drain(core.settings.deadline.disk)) ? 'ok' : 'failed';
}

/** Queues the value of a load. */
export function fillDisk(core: Core, ns: string, job: Job): void {
  const { disk } = core;
  if (disk === undefined || !takesNow(core, disk, job)) return;
  disk.queue.put(joinName(ns, job.key), pendingOf(ns, job));
}

/** Removes keys, and waits until a crash cannot bring them back. */
export async function removeDisk(
  core: Core,
  ns: string,
  keys: readonly string[],
  created: number,
): Promise<WriteStatus> {
  const { disk } = core;
  if (disk === undefined) return 'off';
  for (const key of keys) disk.queue.put(joinName(ns, key), pendingRemoval(ns, key, created));
  core.counters.disk.deletes += keys.length;
  return ensure(core, disk, () => disk.queue.drain(core.settings.deadline.disk));
}

/** Notes epochs beside the records, and waits for it. */
export async function noteEpochs(
  core: Core,
  names: readonly string[],
  kind: 'hard' | 'soft',
  stamp: number,
): Promise<WriteStatus> {
  const { disk } = core;
  if (disk === undefined) return 'off';
  const records = names.map((name) => ({
    id: `${EPOCH_MARK}${kind}:${name}`,
    bytes: encodeTombstone(stamp, Infinity),
  }));
  return ensure(core, disk, async () => {
    const outcome = await disk.guard.write(() => disk.store.putMany(records));
    return outcome !== FAILED;
  });
}

/** Removes what the disk has of a key and was created before a stamp. Most keys are not on this disk: a look costs less than
 * a tombstone for each. */
export async function forgetOneOnDisk(
  core: Core,
  ns: string,
  key: string,
  stamp: number,
): Promise<void> {
  const { disk } = core;
  if (disk === undefined) return;
  const name = joinName(ns, key);
  if (disk.queue.peek(name) === undefined) {
    try {
      const bytes = await disk.store.get(name);
      if (bytes === undefined) return;
      const created = createdOf(bytes);
      if (created !== undefined && created >= stamp) return;
    } catch {
      // Unreadable now is not gone: the tombstone is written in any case.
    }
  }
  // Looked at last: a newer value may have come into the queue meanwhile.
  const waiting = disk.queue.peek(name);
  if (waiting !== undefined && waiting.created >= stamp) return;
  disk.queue.put(name, pendingRemoval(ns, key, stamp));
}

/** Reads the epochs that stand beside the records, once, when the disk is ready. */
export async function loadEpochs(core: Core, disk: DiskSide): Promise<void> {
  for await (const id of disk.store.scan(EPOCH_MARK)) {
    const bytes = await disk.store.get(id);
    const stamp = bytes === undefined ? undefined : createdOf(bytes);
    if (stamp === undefined) continue;
    const rest = id.slice(EPOCH_MARK.length);
    const kind = rest.startsWith('soft:') ? 'soft' : 'hard';
    core.epochs.raise(rest.slice(5), kind, stamp, -Infinity);
  }
}

/** Writes a batch of the queue. Rejects when the disk did not take it. */
export async function flushDisk(
  core: Core,
  disk: DiskSide,
  batch: readonly (readonly [id: string, pending: Pending])[],
): Promise<void> {
  const records = await Promise.all(
    batch.map(async ([id, pending]) => {
      // Invalidated while it waited: behind the note of its epoch it could outlive that.
      const isDead = isDeadNow(core, pending);
      const bytes = isDead ? encodeTombstone(pending.created, Infinity) : packed(core, pending);
      return { id, bytes: await bytes };
    }),
  );
  const outcome = await disk.guard.write(() => disk.store.putMany(records));
  if (outcome === FAILED) throw new Error(disk.store.lastError ?? 'the disk took no writes');
  core.counters.disk.sets += records.length;
  for (const { id } of records) disk.dropped.settle(id);
  for (const [id, { ns, key, created }] of disk.dropped.some(REMOVED_AT_ONCE)) {
    if (disk.queue.peek(id) === undefined) disk.queue.put(id, pendingRemoval(ns, key, created));
  }
}

/** A write that the queue has given up: what is on disk under its name is older. */
export function dropFromDisk(core: Core, disk: DiskSide, id: string, pending: Pending): void {
  if (!disk.dropped.add(id, pending)) track(core, clearDisk(core));
}

function isDeadNow(core: Core, { ns, envelope, created }: Pending): boolean {
  if (envelope === undefined) return false;
  const namespaces = namespaceChain(ns).map(namespaceEpochName);
  return isInvalid(created, envelope.tags, namespaces, core.epochs);
}

function takesNow(core: Core, disk: DiskSide, job: Job): boolean {
  const isWritten = disk.mode === 'behind' || disk.mode === 'through';
  return (
    isWritten &&
    takes(job.envelope, 'disk') &&
    lifeIn(core, job.envelope, job.envelope.diskTtl) >= 1
  );
}

async function packed(core: Core, pending: Pending): Promise<Buffer> {
  try {
    return await pack(pending, core.format);
  } catch {
    core.counters.notStored++; // a compression of the user's that throws: the key is then absent
    return encodeTombstone(pending.created, Infinity);
  }
}

async function ensure(
  core: Core,
  disk: DiskSide,
  write: () => Promise<boolean>,
): Promise<WriteStatus> {
  // Nothing to be read back: another process has the folder, or it was dropped.
  if (disk.store.state === 'busy' || disk.store.state === 'failed') return 'skipped';
  if (await write()) return 'ok';
  return (await clearDisk(core)) === 'ok' ? 'ok' : 'failed';
}
