// Turns what a factory gave into what callers get: stores it, and takes the value as any reader would.
// Invariant: what is not kept (skipped, undefined, ttl 0, invalidated meanwhile, no form in the codec) is given all the
// same, in the shape it would have had. How long an entry lives in the end is the host's to reckon.
import type { Entry } from '../entry.ts';
import type { EntryOptions } from '../tiered-cache.ts';
import type { Said } from './factory-context.ts';
import type { Flight, Outcome } from './flight.ts';
import type { Computed, LoadHost } from './host.ts';
import { isNegative } from './negative.ts';

/** A value that was computed. */
export interface Computation {
  readonly raw: unknown;
  /** ms. */
  readonly cost: number;
  /** What the factory said through its context; undefined when it has none. */
  readonly said: Said | undefined;
  /** Of the distributed lock that is held. */
  readonly token: string | undefined;
}

/** What became of it. */
export interface Kept {
  readonly outcome: Outcome;
  /** Whether the tiers below have it; they release the lock then. Never rejects. */
  readonly settled: Promise<boolean>;
}

/** Keeps a computed value.
 * @throws what `negative.when` throws, and CATZ_TIERS_OPTION or CATZ_TIERS_TAG for what the host refuses */
export function keep(host: LoadHost, flight: Flight, computation: Computation): Kept {
  const { raw, cost, said, token } = computation;
  const { key, created, ticket, plan } = flight;
  const negative = isNegative(plan.negative, raw);
  const unchanged = said?.unchanged;
  const isRenewal = unchanged !== undefined && Object.is(raw, unchanged.value);
  const options = optionsOf(host, flight, said, negative, isRenewal ? unchanged : undefined);
  const tags = options.tags ?? host.defaults.tags ?? [];
  const common = { created, cost, ticket, token, options };

  let stored: ReturnType<LoadHost['store']> | undefined;
  if (said?.isSkipped === true) stored = undefined;
  else if (isRenewal) stored = host.renew(key, unchanged, common);
  else if (raw !== undefined || negative) {
    const computed: Computed = { ...common, value: raw, negative };
    stored = host.store(key, computed);
  }
  const entry = stored?.entry;
  const value = entry === undefined ? shapeOf(host, raw, isRenewal) : entry.value;
  return {
    outcome: { kind: 'value', value, raw, found: undefined, created, tags: entry?.tags ?? tags },
    settled: stored?.settled ?? Promise.resolve(false),
  };
}

// A renewed value came out of the cache: it has its shape already.
function shapeOf(host: LoadHost, raw: unknown, isShaped: boolean): unknown {
  if (raw === undefined || isShaped || host.shape === undefined) return raw;
  return host.shape(raw);
}

// The context's word goes over the call's; that there is nothing is kept for its own time, and serves no grace.
// A renewed entry keeps its tags and pairs: whoever answers "not modified" does not say them again.
function optionsOf(
  host: LoadHost,
  { plan }: Flight,
  said: Said | undefined,
  negative: boolean,
  unchanged: Entry | undefined,
): EntryOptions {
  const given = plan.entry;
  const base = negative ? { ...given, ttl: plan.negative?.ttl, grace: 0 } : given;
  if (said === undefined) return base;
  const more = [...said.tags, ...(unchanged?.tags ?? [])];
  const own = given.tags ?? host.defaults.tags ?? [];
  return {
    ...base,
    ttl: said.ttl ?? base.ttl,
    grace: said.grace ?? base.grace,
    tags: more.length === 0 ? given.tags : [...new Set([...own, ...more])],
    meta: unchanged === undefined ? said.meta : { ...unchanged.meta, ...said.meta },
  };
}
