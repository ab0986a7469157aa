// How long an entry lives, resolved: what a call says, over what its namespace and cache say. Checked at every call, by
// hand, since set stands on a hot path. Invariant: what comes out is complete; `ttl` 0 means "not stored".
import { nearest, show } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { TierName } from '../entry.ts';
import type { EntryOptions, TierTtl } from '../tiered-cache.ts';
import { checkMeta, checkTags } from './check.ts';

/** Entry options, complete. ms; NaN: no bound of its own. */
export interface Lifetime {
  /** Longest of the tiers': the logical ttl; 0: not stored. */
  readonly ttl: number;
  readonly memoryTtl: number;
  readonly remoteTtl: number;
  readonly diskTtl: number;
  readonly grace: number;
  readonly jitter: number;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly compress: boolean;
  readonly tiers: readonly TierName[] | undefined;
}

/** Names of EntryOptions. */
export const ENTRY_NAMES: readonly string[] = [
  'ttl',
  'grace',
  'jitter',
  'tags',
  'meta',
  'compress',
  'tiers',
];
const TIERS: readonly TierName[] = ['memory', 'remote', 'disk'];
/** Expiry of larger ones is beyond what a date can hold. */
const MAX_TTL = 2 ** 46;
const NO_META: Readonly<Record<string, string>> = Object.freeze({});

/** What holds where nobody says otherwise. */
export const DEFAULT_LIFETIME: Lifetime = Object.freeze({
  ttl: 3_600_000,
  memoryTtl: Number.NaN,
  remoteTtl: Number.NaN,
  diskTtl: Number.NaN,
  grace: 0,
  jitter: 0,
  tags: Object.freeze([]),
  meta: NO_META,
  compress: true,
  tiers: undefined,
});

/** Resolves the options of one call. Tags of both count.
 * @param path  for messages
 * @throws CATZ_TIERS_OPTION, CATZ_TIERS_TAG */
export function resolveLifetime(
  options: EntryOptions | undefined,
  base: Lifetime,
  path = 'options',
): Lifetime {
  if (options === undefined) return base;
  const { grace, jitter, tags, meta, compress, tiers } = options;
  const ttl = options.ttl === undefined ? base : checkTtl(options.ttl, `${path}.ttl`);
  if (compress !== undefined && typeof compress !== 'boolean') {
    throw expected(`${path}.compress`, 'true or false', compress);
  }
  return {
    ttl: ttl.ttl,
    memoryTtl: ttl.memoryTtl,
    remoteTtl: ttl.remoteTtl,
    diskTtl: ttl.diskTtl,
    grace: grace === undefined ? base.grace : duration(grace, `${path}.grace`),
    jitter: jitter === undefined ? base.jitter : checkJitter(jitter, `${path}.jitter`),
    tags: tags === undefined ? base.tags : withTags(base.tags, tags, `${path}.tags`),
    meta: meta === undefined ? base.meta : checkMeta(meta),
    compress: compress ?? base.compress,
    tiers: tiers === undefined ? base.tiers : checkTiers(tiers, `${path}.tiers`),
  };
}

/** Refuses names that no option has.
 * @throws CATZ_TIERS_OPTION */
export function checkNames(options: unknown, known: readonly string[], path = 'options'): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw expected(path, 'an object', options);
  }
  for (const name in options) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    const hint = guess === undefined ? `known are ${known.join(', ')}` : `did you mean ${guess}?`;
    throw new errors.OPTION(`unknown option ${path}.${name.slice(0, 64)}, ${hint}`);
  }
}

/** Which tiers a call is about.
 * @throws CATZ_TIERS_OPTION */
export function checkTiers(tiers: unknown, path: string): readonly TierName[] {
  if (Array.isArray(tiers) && tiers.every((tier) => TIERS.includes(tier))) return tiers;
  throw expected(path, 'an array of "memory", "remote" and "disk"', tiers);
}

type Ttls = Pick<Lifetime, 'ttl' | 'memoryTtl' | 'remoteTtl' | 'diskTtl'>;

function checkTtl(ttl: number | TierTtl, path: string): Ttls {
  if (typeof ttl === 'number') {
    const none = Number.NaN;
    return { ttl: duration(ttl, path), memoryTtl: none, remoteTtl: none, diskTtl: none };
  }
  checkNames(ttl, TIERS, path);
  const stays = TIERS.map((tier) =>
    ttl[tier] === undefined ? Number.NaN : duration(ttl[tier], `${path}.${tier}`),
  );
  const given = stays.filter((stay) => !Number.isNaN(stay));
  if (given.length === 0) throw expected(path, 'a duration, or one for a tier at least', ttl);
  const [memoryTtl, remoteTtl, diskTtl] = stays as [number, number, number];
  return { ttl: Math.max(...given), memoryTtl, remoteTtl, diskTtl };
}

function duration(value: unknown, path: string): number {
  if (typeof value === 'number' && (value === Infinity || (value >= 0 && value <= MAX_TTL))) {
    return value;
  }
  throw expected(path, 'a duration in ms from 0 to 2^46, or Infinity', value);
}

function checkJitter(jitter: unknown, path: string): number {
  if (typeof jitter === 'number' && jitter >= 0 && jitter <= 0.5) return jitter;
  throw expected(path, 'a share from 0 to 0.5', jitter);
}

function withTags(base: readonly string[], tags: unknown, path: string): readonly string[] {
  const own = checkTags(tags, path);
  return base.length === 0 ? own : checkTags([...base, ...own], path);
}

function expected(path: string, what: string, value: unknown): Error {
  return new errors.OPTION(`expected ${path} to be ${what}, got ${show(value)}`);
}
