// Reading below memory: Redis, then disk. A tier that fails is passed over, within one budget for the whole call.
import type { TierName } from '../entry.ts';
import { FLAG } from '../envelope/envelope.ts';
import { FAILED } from '../faults/guard.ts';
import type { FillTicket } from '../load/host.ts';
import { joinName } from '../memory/names.ts';
import { found, isFound } from './answer.ts';
import type { Answer, Found } from './answer.ts';
import type { Core, DiskSide, RemoteSide } from './core.ts';
import { promote } from './promote.ts';
import { readDisk, readDiskBytes } from './read-disk.ts';
import { readManyRemote, readRemote } from './read-remote.ts';
import type { View } from './view.ts';

/** Reads a key from Redis, then from disk. Never rejects. A promise only where one is needed: not for a disk alone that
 * answers at once. HOT: benchmarks/tiers */
export function readBelow(
  core: Core,
  view: View,
  key: string,
  tiers: readonly TierName[] | undefined,
): Found | undefined | Promise<Found | undefined> {
  const { remote, disk } = core;
  const ticket = core.memory.ticket(view.names.of(key));
  const call: Call = { core, view, key, tiers, ticket };
  if (remote !== undefined && (tiers === undefined || tiers.includes('remote'))) {
    return readBoth(call, remote);
  }
  return disk === undefined ? undefined : readDiskAfter(call, disk, 0);
}

interface Call {
  readonly core: Core;
  readonly view: View;
  readonly key: string;
  readonly tiers: readonly TierName[] | undefined;
  readonly ticket: FillTicket;
}

async function readBoth(call: Call, remote: RemoteSide): Promise<Found | undefined> {
  const { core, view, key } = call;
  const answer = await readRemote(core, remote, view, key);
  if (isFound(answer)) return promoted(call, answer);
  const deletedAt = answer?.deletedAt ?? 0;
  if (core.disk === undefined || deletedAt === Infinity) return undefined;
  return readDiskAfter(call, core.disk, deletedAt);
}

function readDiskAfter(
  call: Call,
  disk: DiskSide,
  deletedAt: number,
): Found | undefined | Promise<Found | undefined> {
  const { core, view, key, tiers } = call;
  if (tiers !== undefined && !tiers.includes('disk')) return undefined;
  const take = (answer: Answer): Found | undefined =>
    isFound(answer) && answer.item.envelope.created >= deletedAt
      ? promoted(call, answer)
      : undefined;
  const answer = readDisk(core, disk, view, key);
  return answer instanceof Promise ? answer.then(take) : take(answer);
}

function promoted({ core, view, key, ticket }: Call, answer: Found): Found {
  return promote(core, view, key, answer, ticket);
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
      answers.map(async (above, i) => {
        if (isFound(above) || above?.deletedAt === Infinity) return;
        const answer = await readDisk(core, disk, view, keys[i] as string);
        const deletedAt = above?.deletedAt ?? 0;
        if (isFound(answer) && answer.item.envelope.created >= deletedAt) answers[i] = answer;
      }),
    );
  }
  return answers.map((answer, i) => {
    if (!isFound(answer)) return undefined;
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
    return waiting.envelope && found(core, waiting.envelope, tier);
  }
  const bytes =
    tier === 'remote'
      ? await core.remote?.guard.read(() => (core.remote as RemoteSide).store.get(view.ns, key))
      : core.disk && (await readDiskBytes(core, core.disk, joinName(view.ns, key)));
  if (bytes === undefined || bytes === FAILED) return undefined;
  const envelope = await core.format.unpack(bytes);
  if (typeof envelope === 'string' || (envelope.flags & FLAG.tombstone) !== 0) return undefined;
  return found(core, envelope, tier);
}
