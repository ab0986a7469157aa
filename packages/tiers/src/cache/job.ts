// A value on its way into the tiers: its envelope, and which tiers take it.
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
  /** undefined: all. */
  readonly tiers: readonly TierName[] | undefined;
}

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
    flags: origin.negative ? flags | FLAG.negative : flags,
    created: origin.created,
    ...timesOf(core, lifetime),
    cost: origin.cost,
    tags: lifetime.tags,
    meta: lifetime.meta,
    rawLength: bytes.length,
    payload: bytes,
  };
  return { key, envelope, compress: lifetime.compress, tiers: lifetime.tiers };
}

/** The times of an entry that is stored now. */
export function timesOf(
  core: Core,
  lifetime: Lifetime,
): Pick<Envelope, 'expiresAt' | 'graceUntil' | 'memoryTtl' | 'remoteTtl' | 'diskTtl'> {
  const { ttl, jitter, grace, memoryTtl, remoteTtl, diskTtl } = lifetime;
  const lived = jitter > 0 && ttl !== Infinity ? ttl * (1 - jitter * Math.random()) : ttl;
  const expiresAt = core.clock.now() + lived;
  core.longestLife = Math.max(core.longestLife, ttl + grace);
  return { expiresAt, graceUntil: expiresAt + grace, memoryTtl, remoteTtl, diskTtl };
}

/** Physical life of an entry in a tier from now, ms; below 1: not stored there, for servers take whole ms. */
export function lifeIn(core: Core, envelope: Envelope, stay: number): number {
  const left = envelope.graceUntil - core.clock.now();
  return Number.isNaN(stay) || left < stay ? left : stay;
}

/** Whether a tier takes the value. */
export function takes(job: Job, tier: TierName): boolean {
  return job.tiers === undefined || job.tiers.includes(tier);
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
