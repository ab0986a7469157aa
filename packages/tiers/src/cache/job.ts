// A value on its way into the tiers. Which of them take it stands in its envelope, so that it holds for every copy.
import type { TierName } from '../entry.ts';
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { WriteResult, WriteStatus } from '../tiered-cache.ts';
import type { Core } from './core.ts';
import type { Lifetime } from './entry-options.ts';

/** One value to be stored. */
export interface Job {
  readonly key: string;
  readonly envelope: Envelope;
  readonly compress: boolean;
}

const KEPT_OUT: Readonly<Record<TierName, number>> = {
  memory: FLAG.notMemory,
  remote: FLAG.notRemote,
  disk: FLAG.notDisk,
};

/** What an entry is besides its value. */
export interface Origin {
  /** Stamp taken before the value was computed. */
  readonly created: number;
  /** ms; NaN: not known. */
  readonly cost: number;
  readonly negative: boolean;
}

/** Encodes a value and gives it its times.
 * @throws CATZ_TIERS_ENCODE */
export function makeJob(
  core: Core,
  key: string,
  value: unknown,
  lifetime: Lifetime,
  origin: Origin,
): Job {
  const { codec, flags, payload } = core.format.encode(value);
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const envelope: Envelope = {
    codec,
    compression: 0,
    flags: withTiers(flags | (origin.negative ? FLAG.negative : 0), lifetime.tiers),
    created: origin.created,
    ...timesOf(core, lifetime),
    cost: origin.cost,
    tags: lifetime.tags,
    meta: lifetime.meta,
    rawLength: bytes.length,
    payload: bytes,
  };
  return { key, envelope, compress: lifetime.compress };
}

/** The times of an entry that is stored now. */
export function timesOf(
  core: Core,
  lifetime: Lifetime,
): Pick<Envelope, 'expiresAt' | 'graceUntil' | 'memoryTtl' | 'remoteTtl' | 'diskTtl'> {
  const { ttl, jitter, grace, memoryTtl, remoteTtl, diskTtl } = lifetime;
  const lived = jitter > 0 && ttl !== Infinity ? ttl * (1 - jitter * Math.random()) : ttl;
  const expiresAt = core.clock.now() + lived;
  return { expiresAt, graceUntil: expiresAt + grace, memoryTtl, remoteTtl, diskTtl };
}

/** Physical life of an entry in a tier from now, ms; below 1: not stored there, for servers take whole ms. */
export function lifeIn(core: Core, envelope: Envelope, stay: number): number {
  const left = envelope.graceUntil - core.clock.now();
  return Number.isNaN(stay) || left < stay ? left : stay;
}

/** The flags of an entry that goes into some tiers alone; undefined: into all. */
export function withTiers(flags: number, tiers: readonly TierName[] | undefined): number {
  let result = flags;
  for (const tier of ['memory', 'remote', 'disk'] as const) {
    const isKeptOut = tiers !== undefined && !tiers.includes(tier);
    result = isKeptOut ? result | KEPT_OUT[tier] : result & ~KEPT_OUT[tier];
  }
  return result;
}

/** Whether a tier takes an entry. */
export function takes({ flags }: Pick<Envelope, 'flags'>, tier: TierName): boolean {
  return (flags & KEPT_OUT[tier]) === 0;
}

/** The status that says most of several. */
export function worst(statuses: readonly WriteStatus[]): WriteStatus {
  for (const status of ['failed', 'queued', 'ok', 'skipped'] as const) {
    if (statuses.includes(status)) return status;
  }
  return 'off';
}

/** A WriteResult of four places. */
export function resultOf(
  memory: WriteStatus,
  remote: WriteStatus,
  disk: WriteStatus,
  bus: WriteStatus,
): WriteResult {
  const ok = ![memory, remote, disk, bus].includes('failed');
  return { ok, memory, remote, disk, bus };
}
