// The option `cache`: an open cache in memory, an open tiered cache, or options to open one of either.
// Invariant: what passes here is of exactly one kind; names that belong to the other kind are an error that says where they
// go. What the options mean is checked where they are used: by openCache and createTieredCache.
import type { Cache, CacheOptions } from '@catzilla/cache-core';
import { show } from '@catzilla/common';
import type { OptionSite, OptionSpec } from '@catzilla/common';
import type { TieredCache, TieredOptions } from '@catzilla/tiers';

/** Options of a tiered cache for responses: those of createTieredCache without what responses say themselves, and never
 * without memory, which answers without waiting. */
export interface TieredCacheOptions extends Omit<
  TieredOptions,
  'memory' | 'ttl' | 'grace' | 'tags' | 'load' | 'onRead'
> {
  /** An open cache, which is then not closed, or options to open one. Default: {}. */
  readonly memory?: Cache | CacheOptions | undefined;
}

/** What may be given as `cache`. */
export type CacheOption = Cache | CacheOptions | TieredCache | TieredCacheOptions;

/** The option, told apart. */
export type CheckedCache =
  | { readonly kind: 'engine'; readonly cache: Cache }
  | { readonly kind: 'engine-options'; readonly options: CacheOptions }
  | { readonly kind: 'tiered'; readonly cache: TieredCache }
  | { readonly kind: 'tiered-options'; readonly options: TieredCacheOptions };

/** Names that only options of tiers have. */
const TIERED: ReadonlySet<string> = new Set<keyof TieredOptions>([
  'name',
  'memory',
  'remote',
  'disk',
  'bus',
  'codec',
  'codecs',
  'compression',
  'compress',
  'write',
  'admit',
  'deadline',
  'maxInFlight',
  'tombstoneTtl',
  'tagTtl',
  'jitter',
  'closeTimeout',
  'clock',
  'logger',
  'telemetry',
]);

/** Names that options of tiers have, and responses decide. */
const DECIDED: ReadonlyMap<string, string> = new Map([
  ['ttl', 'the lifetime of an entry is that of its response'],
  ['grace', 'how long a stale response may serve is its own word, or staleIfError and its like'],
  ['tags', 'tags are options of the plugin, of a rule or of a route'],
  ['load', 'handlers are collapsed by the option collapse'],
  ['onRead', 'responses are bytes, which are shared as they are'],
]);

/** Names that only options of a cache in memory have. */
const ENGINE: ReadonlySet<string> = new Set<keyof CacheOptions>([
  'scope',
  'path',
  'maxBytes',
  'policy',
  'maxKeyBytes',
  'nearCache',
  'copy',
  'reserveBytes',
  'leaseLimit',
  'lockTimeout',
  'sweepInterval',
  'sweepBudget',
  'backend',
]);

/** Checks the option; nothing is opened yet. */
export const cacheOption: OptionSpec<CheckedCache> = {
  check(value, site) {
    if (value === undefined) return { kind: 'engine-options', options: {} };
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw site.error(
        `expected ${site.path} to be a cache of @catzilla/cache-core or @catzilla/tiers, or the options of one, got ${show(value)}`,
      );
    }
    if (has(value, 'getEntrySync')) return tieredOf(value as TieredCache, site);
    if (has(value, 'getRecord')) return { kind: 'engine', cache: value as Cache };
    const names = Object.keys(value);
    const tiered = names.find((name) => TIERED.has(name));
    if (tiered === undefined) return { kind: 'engine-options', options: value as CacheOptions };
    return tieredOptionsOf(value as TieredOptions, names, tiered, site);
  },
};

function tieredOf(cache: TieredCache, site: OptionSite): CheckedCache {
  if (cache.memory !== undefined) return { kind: 'tiered', cache };
  throw site.error(
    `expected ${site.path} to be a tiered cache that has memory, got one that was made with memory: false`,
  );
}

function tieredOptionsOf(
  options: TieredOptions,
  names: readonly string[],
  tiered: string,
  site: OptionSite,
): CheckedCache {
  const { path } = site;
  const engine = names.find((name) => ENGINE.has(name));
  if (engine !== undefined) {
    throw site.error(
      `expected ${path}.${engine} to stand in ${path}.memory, for ${path}.${tiered} makes ${path} the options of a tiered cache`,
    );
  }
  const decided = names.find((name) => DECIDED.has(name));
  if (decided !== undefined) {
    throw site.error(`expected ${path} to have no ${decided}: ${DECIDED.get(decided)}`);
  }
  if (options.memory === false) {
    throw site.error(
      `expected ${path}.memory to be a cache or options of one, got false: responses are looked up in memory first`,
    );
  }
  return { kind: 'tiered-options', options: options as TieredCacheOptions };
}

function has(value: object, method: string): boolean {
  return typeof (value as Record<string, unknown>)[method] === 'function';
}
