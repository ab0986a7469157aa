// Reading below memory: Redis, then disk, and copying up what is found, without delaying the answer.
// Invariant: a copy keeps the entry's own times; nothing that was deleted or invalidated since the read began is copied up
// (the ticket was taken before); a tier that fails is passed over within one budget for the whole call.
import type { TierName } from '../entry.ts';
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope, EnvelopeFault } from '../envelope/envelope.ts';
import { FAILED } from '../faults/guard.ts';
import type { Failed } from '../faults/guard.ts';
import type { FillTicket } from '../load/host.ts';
import { makeItem } from '../memory/item.ts';
import type { Item } from '../memory/item.ts';
import { joinName } from '../memory/names.ts';
import { track } from './core.ts';
import type { Core, DiskSide, RemoteSide } from './core.ts';
import { judge } from './judge.ts';
import { isDoubtful, learnEpochs } from './learn-epochs.ts';
import { pendingRemoval } from './pending.ts';
import { fillUp } from './write.ts';
import type { View } from './view.ts';

const NONE: ReadonlySet<string> = new Set();

/** An entry found below memory. */
export interface Found {
  readonly item: Item;
  readonly tier: TierName;
  readonly isStale: boolean;
}

/** What one tier said of a key. 'deleted': it knows that the key has no value, so that no lower tier need be asked. */
type Answer = Found | 'deleted' | undefined;

/** Reads a key from Redis, then from disk. Never rejects. */
export async function readBelow(
  core: Core,
  view: View,
  key: string,
  tiers: readonly TierName[] | undefined,
): Promise<Found | undefined> {
  const { remote, disk } = core;
  const ticket = core.memory.ticket(view.names.of(key));
  if (remote !== undefined && (tiers === undefined || tiers.includes('remote'))) {
    const answer = await readRemote(core, remote, view, key);
    if (answer === 'deleted') return undefined;
    if (answer !== undefined) return promote(core, view, key, answer, ticket);
  }
  if (disk !== undefined && (tiers === undefined || tiers.includes('disk'))) {
    const answer = await readDisk(core, disk, view, key);
    if (answer !== undefined && answer !== 'deleted') {
      return promote(core, view, key, answer, ticket);
    }
  }
  return undefined;
}

/** Reads keys from Redis in one round trip, those it has nothing for from disk. Never rejects. */
export async function readManyBelow(
  core: Core,
  view: View,
  keys: readonly string[],
  tiers: readonly TierName[] | undefined,
): Promise<(Found | undefined)[]> {
  const { remote, disk } = core;
  const tickets = keys.map((key) => core.memory.ticket(view.names.of(key)));
  const answers: Answer[] =
    remote !== undefined && (tiers === undefined || tiers.includes('remote'))
      ? await readManyRemote(core, remote, view, keys)
      : keys.map(() => undefined);
  if (disk !== undefined && (tiers === undefined || tiers.includes('disk'))) {
    await Promise.all(
      answers.map(async (answer, i) => {
        if (answer !== undefined) return;
        answers[i] = await readDisk(core, disk, view, keys[i] as string);
      }),
    );
  }
  return answers.map((answer, i) => {
    if (answer === undefined || answer === 'deleted') return undefined;
    return promote(core, view, keys[i] as string, answer, tickets[i] as FillTicket);
  });
}

/** Reads what one tier holds of a key, without promotion and without counting. */
export async function inspectTier(
  core: Core,
  view: View,
  key: string,
  tier: 'remote' | 'disk',
): Promise<Found | undefined> {
  // What waits to be written there is what it will hold.
  const waiting = core[tier]?.queue.peek(joinName(view.ns, key));
  if (waiting !== undefined) {
    return waiting.envelope && found(core, view, waiting.envelope, tier);
  }
  const bytes =
    tier === 'remote'
      ? await core.remote?.guard.read(() => (core.remote as RemoteSide).store.get(view.ns, key))
      : core.disk && (await readDiskBytes(core, core.disk, joinName(view.ns, key)));
  if (bytes === undefined || bytes === FAILED) return undefined;
  const envelope = await core.format.unpack(bytes);
  if (typeof envelope === 'string' || (envelope.flags & FLAG.tombstone) !== 0) return undefined;
  return found(core, view, envelope, tier);
}

async function readRemote(
  core: Core,
  remote: RemoteSide,
  view: View,
  key: string,
): Promise<Answer> {
  const { guard, store, recovery, queue } = remote;
  const counters = core.counters.remote;
  // What waits to be written, or removed, there is newer than what is there, even if it is dead by now.
  const waiting = queue.peek(joinName(view.ns, key));
  if (waiting?.envelope !== undefined) {
    return decide(core, view, waiting.envelope, 'remote') ?? 'deleted';
  }
  if (recovery.hides(view.ns, key)) return 'deleted';
  const began = core.clock.mono();
  const bytes = await core.telemetry.span('remote.get', {}, () =>
    guard.read(() => store.get(view.ns, key)),
  );
  if (bytes === FAILED) return undefined;
  if (bytes === undefined) {
    counters.misses++;
    return undefined;
  }
  const unpacked = core.format.unpack(bytes);
  const envelope = unpacked instanceof Promise ? await unpacked : unpacked;
  if (typeof envelope === 'string') return refuse(core, view, key, bytes, envelope);
  const learning = learnEpochs(core, remote, view, [envelope], began);
  if (learning !== undefined && isDoubtful(view, envelope, await learning)) {
    counters.misses++;
    return undefined;
  }
  return decide(core, view, envelope, 'remote');
}

async function readManyRemote(
  core: Core,
  remote: RemoteSide,
  view: View,
  keys: readonly string[],
): Promise<Answer[]> {
  const { guard, store, recovery, queue } = remote;
  const began = core.clock.mono();
  const answers: Answer[] = keys.map((key) => {
    const waiting = queue.peek(joinName(view.ns, key));
    if (waiting?.envelope !== undefined) {
      return decide(core, view, waiting.envelope, 'remote') ?? 'deleted';
    }
    return recovery.hides(view.ns, key) ? 'deleted' : undefined;
  });
  const asked = keys.flatMap((_, i) => (answers[i] === undefined ? [i] : []));
  if (asked.length === 0) return answers;
  const got = await core.telemetry.span('remote.getMany', {}, () =>
    guard.read(() =>
      store.getMany(
        view.ns,
        asked.map((i) => keys[i] as string),
      ),
    ),
  );
  if (got === FAILED) return answers;
  const unpacked = got.map((bytes) =>
    Buffer.isBuffer(bytes) ? core.format.unpack(bytes) : undefined,
  );
  // One promise for each key would cost more than what is done for it.
  const envelopes = unpacked.some((one) => one instanceof Promise)
    ? await Promise.all(unpacked.map(async (one) => one))
    : (unpacked as (Envelope | EnvelopeFault | undefined)[]);
  const readable = envelopes.filter((one) => one !== undefined && typeof one !== 'string');
  const learning = learnEpochs(core, remote, view, readable, began);
  const unlearned = learning === undefined ? NONE : await learning;
  for (const [place, i] of asked.entries()) {
    const envelope = envelopes[place];
    const key = keys[i] as string;
    if (envelope === undefined) {
      if (got[place] === undefined) core.counters.remote.misses++;
    } else if (typeof envelope === 'string') {
      answers[i] = refuse(core, view, key, got[place] as Buffer, envelope);
    } else if (isDoubtful(view, envelope, unlearned)) core.counters.remote.misses++;
    else answers[i] = decide(core, view, envelope, 'remote');
  }
  return answers;
}

async function readDisk(core: Core, disk: DiskSide, view: View, key: string): Promise<Answer> {
  const name = joinName(view.ns, key);
  const waiting = disk.queue.peek(name);
  if (waiting !== undefined) {
    return waiting.envelope === undefined
      ? 'deleted'
      : decide(core, view, waiting.envelope, 'disk');
  }
  // Not yet told of all invalidations: what it holds may be dead.
  if (!disk.isLive || disk.mustBeEmptied || disk.dropped.has(name)) return undefined;
  const read = readDiskBytes(core, disk, name);
  const bytes = read instanceof Promise ? await read : read;
  if (bytes === FAILED) return undefined;
  if (bytes === undefined || bytes.length === 0) {
    core.counters.disk.misses++;
    return undefined;
  }
  const unpacked = core.format.unpack(bytes);
  const envelope = unpacked instanceof Promise ? await unpacked : unpacked;
  if (typeof envelope === 'string') {
    countFault(core, view, key, 'disk', envelope);
    if (envelope === 'corrupt') removeFromDisk(core, disk, view, key);
    return undefined;
  }
  if (core.remote !== undefined) {
    await learnEpochs(core, core.remote, view, [envelope], core.clock.mono());
  }
  // Without a bus nobody told it what others have removed: good enough in place of an error, not more; in memory as well.
  const isHearsay = core.remote !== undefined && core.announcer === undefined;
  const expiresAt = isHearsay ? Math.min(envelope.expiresAt, core.clock.now()) : envelope.expiresAt;
  return decide(core, view, { ...envelope, expiresAt }, 'disk');
}

type DiskBytes = Buffer | Failed | undefined;

// A promise only where the store or a span needs one: a hot read of lmdb takes about a microsecond, and a promise with the
// turn of the microtask queue that its await takes is a good part of that.
function readDiskBytes(
  { telemetry }: Core,
  { store, guard }: DiskSide,
  name: string,
): DiskBytes | Promise<DiskBytes> {
  const read = (): DiskBytes | Promise<DiskBytes> => guard.readNow(() => store.get(name));
  return telemetry.isActive ? telemetry.span('disk.get', {}, async () => read()) : read();
}

function decide(core: Core, view: View, envelope: Envelope, tier: 'remote' | 'disk'): Answer {
  core.clock.witness(envelope.created);
  const counters = core.counters[tier];
  const verdict = judge(envelope, view.epochNames, core.epochs, core.clock.now());
  if (verdict === 'dead') {
    counters.misses++;
    return (envelope.flags & FLAG.tombstone) === 0 ? undefined : 'deleted';
  }
  const answer = found(core, view, envelope, tier, verdict === 'stale');
  counters[answer === undefined ? 'misses' : 'hits']++;
  return answer;
}

function found(
  core: Core,
  view: View,
  envelope: Envelope,
  tier: TierName,
  isStale = core.clock.now() >= envelope.expiresAt,
): Found | undefined {
  try {
    return { item: makeItem(envelope, core.format, core.settings.onRead), tier, isStale };
  } catch {
    if (tier !== 'memory') core.counters[tier].corrupt++; // a codec that cannot read its own bytes
    return undefined;
  }
}

function refuse(
  core: Core,
  view: View,
  key: string,
  bytes: Buffer,
  fault: EnvelopeFault,
): undefined {
  const { guard, store } = core.remote as RemoteSide;
  core.counters.remote.misses++;
  countFault(core, view, key, 'remote', fault);
  if (fault !== 'corrupt') return undefined;
  track(
    core,
    guard.write(() => store.discard(view.ns, key, bytes)),
  );
  return undefined;
}

function countFault(
  core: Core,
  view: View,
  key: string,
  tier: 'remote' | 'disk',
  fault: EnvelopeFault,
): void {
  core.counters[tier][fault === 'corrupt' ? 'corrupt' : 'foreign']++;
  if (fault !== 'corrupt' || !core.events.has('corrupt')) return;
  core.events.emit('corrupt', { key, namespace: view.ns, tier });
}

function removeFromDisk(core: Core, disk: DiskSide, view: View, key: string): void {
  disk.queue.put(joinName(view.ns, key), pendingRemoval(view.ns, key, core.clock.stamp()));
}

// Each copy makes the loads under way come too late, for they cannot tell it from a set: so none of what is stale, which
// they are to replace, and none of what is there already.
function promote(core: Core, view: View, key: string, answer: Found, ticket: FillTicket): Found {
  // Its reader still gets it, but there is nowhere left to keep it.
  if (core.isClosed) return answer;
  const { envelope } = answer.item;
  const name = view.names.of(key);
  if (answer.isStale || isInMemory(core, name, envelope)) return answer;
  const outcome = core.memory.store(name, view.ns, envelope, core.clock.now(), ticket);
  if (outcome === 'ok') core.counters[answer.tier].promotions++;
  if (answer.tier === 'disk' && core.remote !== undefined && outcome !== 'late') {
    fillUp(core, view, { key, envelope, compress: true, tiers: undefined });
  }
  if (core.events.has('promote')) {
    core.events.emit('promote', { key, namespace: view.ns, from: answer.tier });
  }
  return answer;
}

function isInMemory(core: Core, name: string, { created, expiresAt }: Envelope): boolean {
  const near = core.memory.peek(name);
  if (near === undefined) return false;
  return near.created > created || (near.created === created && near.expiresAt === expiresAt);
}
