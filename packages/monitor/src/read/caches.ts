// The response cache, the tiered caches and their engines.
import { addable } from '../snapshot/merge.ts';
import type { ResponseCacheSnapshot, TierSnapshot } from '../snapshot/snapshot.ts';
import type { CacheRouteReading, EngineReading } from './reading.ts';
import { call, count, countsByName, fields, items, measured, text } from './tolerant.ts';

const TIERS = ['memory', 'remote', 'disk'] as const;

/** `app.cache.stats()`. */
export function readCache(cache: unknown): ResponseCacheSnapshot {
  const stats = fields(call(cache, 'stats'));
  return {
    hits: count(stats['hits']),
    misses: count(stats['misses']),
    stale: count(stats['stale']),
    collapsed: count(stats['collapsed']),
    stored: count(stats['stored']),
    notStored: count(stats['notStored']),
    notModified: count(stats['notModified']),
    purges: count(stats['purges']),
    faults: count(stats['faults']),
    savedMs: addable(count(stats['savedMs'])),
    forwarded: countsByName(stats['forwarded']),
    reasons: countsByName(stats['reasons']),
  };
}

/** `app.cache.routeStats()`, of a cache that may have thousands of routes: read anew only where something was counted since. */
export class CacheRoutes {
  #at = Number.NaN;
  #routes: readonly CacheRouteReading[] = [];

  /** @param stats  of the cache now */
  read(
    cache: unknown,
    { hits, misses, stored, notStored }: ResponseCacheSnapshot,
  ): readonly CacheRouteReading[] {
    // None of them ever gets smaller.
    const at = hits + misses + stored + notStored;
    if (at !== this.#at) {
      this.#routes = readRoutes(cache);
      this.#at = at;
    }
    return this.#routes;
  }
}

function readRoutes(cache: unknown): readonly CacheRouteReading[] {
  return items(call(cache, 'routeStats')).map((route) => ({
    method: text(route['method']),
    route: text(route['url']),
    hits: count(route['hits']),
    misses: count(route['misses']),
    stored: count(route['stored']),
    notStored: count(route['notStored']),
  }));
}

/** The engine of a tiered cache; undefined: it has none. */
export function readEngine(tiered: unknown): EngineReading | undefined {
  const engine = fields(tiered)['memory'];
  const told = call(engine, 'stats');
  if (told === undefined) return undefined;
  const stats = fields(told);
  const bytes = fields(stats['bytes']);
  return {
    name: text(fields(engine)['name'], text(fields(tiered)['name'], 'default')),
    backend: stats['backend'] === 'native' ? 'native' : 'js',
    isShared: stats['shared'] === true,
    entries: count(stats['entries']),
    hits: count(stats['hits']),
    nearHits: count(stats['nearHits']),
    misses: count(stats['misses']),
    sets: count(stats['sets']),
    evictions: count(stats['evictions']),
    evictedUnread: count(stats['evictedUnread']),
    expirations: count(stats['expirations']),
    invalidated: count(stats['invalidated']),
    refused: Object.values(countsByName(stats['refused'])).reduce((sum, each) => sum + each, 0),
    bytes: {
      max: count(bytes['max']),
      used: count(bytes['used']),
      live: count(bytes['live']),
      free: count(bytes['free']),
    },
    segments: count(stats['segments']),
    usedSegments: count(stats['usedSegments']),
    segmentBytes: count(stats['segmentBytes']),
  };
}

/** The tiers of a tiered cache, but for those that it does not have. */
export async function readTiers(tiered: unknown): Promise<readonly TierSnapshot[]> {
  const stats = fields(call(tiered, 'stats'));
  const health = fields(await call(tiered, 'health'));
  return TIERS.flatMap((tier) => {
    const state = text(fields(health[tier])['state'], 'unknown');
    if (state === 'off') return [];
    const own = fields(stats[tier]);
    const latency = fields(own['latency']);
    return {
      cache: text(fields(tiered)['name'], 'default'),
      tier,
      state,
      hits: count(own['hits']),
      misses: count(own['misses']),
      sets: count(own['sets']),
      errors: count(own['errors']),
      timeouts: count(own['timeouts']),
      skipped: count(own['skipped']),
      p50Ms: measured(latency['p50Ms']),
      p99Ms: measured(latency['p99Ms']),
    };
  });
}
