// What the options of one load come to, with all defaults in place. Made once for each call that does not end as a hit.
// Invariant: Infinity stands for "no time-out". What an entry's own options default to is the host's business.
import type { EntryOptions } from '../tiered-cache.ts';
import { checkLoadDefaults } from './check-options.ts';
import type { LoadOptions } from './options.ts';

/** Options of loading that a cache or namespace may give for all its calls. */
export type LoadDefaults = Pick<
  LoadOptions,
  'softTimeout' | 'hardTimeout' | 'failSafeTtl' | 'early' | 'lock'
>;

/** When to refresh before the end of ttl. */
export type EarlyRule = { readonly beta: number } | { readonly after: number } | false;

/** Times of a distributed lock, ms. */
export interface LockPlan {
  readonly ttl: number;
  readonly wait: number;
}

/** Defaults of loading, complete. Durations are ms; Infinity: none. */
export interface ResolvedLoadDefaults {
  readonly softTimeout: number;
  readonly hardTimeout: number;
  readonly failSafeTtl: number;
  readonly early: EarlyRule;
  readonly lock: LockPlan | false;
}

/** What keeps that there is nothing. */
export type NegativePlan = NonNullable<LoadOptions['negative']>;

/** One load. */
export interface Plan extends ResolvedLoadDefaults {
  /** What goes to the host with the value. */
  readonly entry: EntryOptions;
  readonly fresh: boolean;
  readonly signal: AbortSignal | undefined;
  readonly negative: NegativePlan | undefined;
  readonly returnRaw: boolean;
}

const LOCK: LockPlan = Object.freeze({ ttl: 10_000, wait: 2000 });

const BUILT_IN: ResolvedLoadDefaults = Object.freeze({
  softTimeout: Infinity,
  hardTimeout: Infinity,
  failSafeTtl: 5000,
  early: Object.freeze({ beta: 1 }),
  lock: false,
});

/** Completes the defaults of a cache or namespace.
 * @param given  what its author said
 * @param above  those of the cache it is part of. Default: the built-in ones
 * @throws CATZ_TIERS_OPTION */
export function resolveLoadDefaults(
  given: LoadDefaults = {},
  above: ResolvedLoadDefaults = BUILT_IN,
): ResolvedLoadDefaults {
  checkLoadDefaults(given);
  return Object.freeze({
    softTimeout: given.softTimeout ?? above.softTimeout,
    hardTimeout: given.hardTimeout ?? above.hardTimeout,
    failSafeTtl: given.failSafeTtl ?? above.failSafeTtl,
    early:
      given.early === undefined ? above.early : given.early && Object.freeze({ ...given.early }),
    lock: lockOf(given.lock, above.lock),
  });
}

/** Completes the options of one call; they have been checked. */
export function planOf(options: LoadOptions | undefined, base: ResolvedLoadDefaults): Plan {
  const given: LoadOptions = options ?? {};
  const { ttl, grace, jitter, tags, meta, compress, tiers, fresh = false } = given;
  return {
    entry: { ttl, grace, jitter, tags, meta, compress, tiers },
    // who asks for a fresh value has no use for an old one
    softTimeout: fresh ? Infinity : (given.softTimeout ?? base.softTimeout),
    hardTimeout: given.hardTimeout ?? base.hardTimeout,
    failSafeTtl: given.failSafeTtl ?? base.failSafeTtl,
    early: given.early ?? base.early,
    lock: lockOf(given.lock, base.lock),
    fresh,
    signal: given.signal,
    negative: given.negative,
    returnRaw: given.returnRaw ?? false,
  };
}

/** Whether memory is among the tiers that a call asks. */
export function readsMemory(tiers: EntryOptions['tiers']): boolean {
  return tiers === undefined || tiers.includes('memory');
}

function lockOf(given: LoadOptions['lock'], above: LockPlan | false): LockPlan | false {
  if (given === undefined) return above;
  if (given === false) return false;
  const base = above === false ? LOCK : above;
  if (given === true) return base;
  return { ttl: given.ttl ?? base.ttl, wait: given.wait ?? base.wait };
}
