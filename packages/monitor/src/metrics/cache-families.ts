// The response cache, engines and tiers as metrics.
import type {
  EngineSnapshot,
  ResponseCacheSnapshot,
  RouteSnapshot,
  TierSnapshot,
} from '../snapshot/snapshot.ts';
import { byName, single } from './family.ts';
import type { Family, Sample } from './family.ts';
import { samplesOf } from './http-families.ts';

/** The response cache, in all and by route. */
export function cacheFamilies(
  cache: ResponseCacheSnapshot | undefined,
  routes: readonly RouteSnapshot[],
): readonly Family[] {
  const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
    name: `catzilla_http_${name}_total`,
    help,
    type: 'counter',
    samples,
  });
  const cached = routes.filter((route) => route.cache !== undefined);
  const ofRoutes = (of: 'hits' | 'misses'): readonly Sample[] =>
    cached.map((route) => {
      const { labels, text } = samplesOf(route);
      return { labels, text, value: route.cache![of] };
    });
  return [
    counter(
      'cache',
      'Requests of cached routes: answered fresh or stale from the cache, or by their handler',
      cache === undefined
        ? []
        : byName('status', {
            hit: Math.max(0, cache.hits - cache.stale),
            stale: cache.stale,
            miss: cache.misses,
          }),
    ),
    counter(
      'cache_collapsed',
      "Requests that waited for another's answer",
      single(cache?.collapsed),
    ),
    counter(
      'cache_forwarded',
      'Requests that went to their handler, by reason (RFC 9211)',
      byName('reason', cache?.forwarded ?? {}),
    ),
    counter('cache_stored', 'Responses stored', single(cache?.stored)),
    counter(
      'cache_not_stored',
      'Responses not stored, by reason',
      byName('reason', cache?.reasons ?? {}),
    ),
    counter('cache_not_modified', 'Hits answered 304', single(cache?.notModified)),
    counter('cache_purges', 'Purges', single(cache?.purges)),
    counter('cache_faults', 'Faults of the cache, each answered as a miss', single(cache?.faults)),
    counter(
      'cache_saved_seconds',
      'Time that the handlers of all hits would have taken',
      single(cache === undefined ? undefined : cache.savedMs / 1000),
    ),
    counter('route_cache_hits', 'Hits by route', ofRoutes('hits')),
    counter('route_cache_misses', 'Misses by route', ofRoutes('misses')),
  ];
}

const ENGINE: readonly (readonly [keyof EngineSnapshot, string, string])[] = [
  ['hits', 'hits', 'Reads that found a value'],
  ['nearHits', 'near_hits', 'Of those, the ones that took no call into native code'],
  ['misses', 'misses', 'Reads that found none'],
  ['sets', 'sets', 'Values stored'],
  ['evictions', 'evictions', 'Values removed to make room'],
  ['evictedUnread', 'evicted_unread', 'Of those, the ones that were never read'],
  ['expirations', 'expired', 'Values whose time was over'],
  ['invalidated', 'invalidated', 'Values removed by tag'],
  ['refused', 'refused', 'Values not taken'],
];

/** The engines: caches in memory. */
export function engineFamilies(engines: readonly EngineSnapshot[]): readonly Family[] {
  const each = (of: (engine: EngineSnapshot) => number): readonly Sample[] =>
    engines.map((engine) => ({ labels: { cache: engine.name }, value: of(engine) }));
  return [
    ...ENGINE.map(([field, name, help]): Family => ({
      name: `catzilla_cache_${name}_total`,
      help,
      type: 'counter',
      samples: each((engine) => engine[field] as number),
    })),
    {
      name: 'catzilla_cache_items',
      help: 'Values stored now',
      type: 'gauge',
      samples: each(({ entries }) => entries),
    },
    {
      name: 'catzilla_cache_bytes',
      help: 'Bytes: max, the bound; used, in use; live, of keys and values; free, max less used',
      type: 'gauge',
      few: ['kind'],
      samples: engines.flatMap(({ name, bytes }) =>
        Object.entries(bytes).map(([kind, value]) => ({ labels: { cache: name, kind }, value })),
      ),
    },
    {
      name: 'catzilla_cache_segments',
      help: 'Equal parts of the memory: max, what the bound allows; used, in use',
      type: 'gauge',
      few: ['kind'],
      samples: engines.flatMap(({ name, segments, usedSegments }) =>
        // An engine without segments has no 0 of them.
        segments === 0
          ? []
          : [
              { labels: { cache: name, kind: 'max' }, value: segments },
              { labels: { cache: name, kind: 'used' }, value: usedSegments },
            ],
      ),
    },
  ];
}

const TIER: readonly (readonly [keyof TierSnapshot, string, string])[] = [
  ['hits', 'hits', 'Lookups answered by the tier'],
  ['misses', 'misses', 'Lookups that it had nothing for'],
  ['sets', 'sets', 'Entries written'],
  ['errors', 'errors', 'Calls that failed'],
  ['timeouts', 'timeouts', 'Calls that ran out of time'],
  ['skipped', 'skipped', 'Calls not made, since the tier was known to be down'],
];

/** Tiers of caches. */
export function tierFamilies(tiers: readonly TierSnapshot[]): readonly Family[] {
  const few = ['tier', 'quantile'];
  const quantiles = tiers.flatMap(({ cache, tier, p50Ms, p99Ms }) =>
    Object.entries({ '0.5': p50Ms, '0.99': p99Ms }).flatMap(([quantile, ms]) =>
      ms === undefined ? [] : [{ labels: { cache, tier, quantile }, value: ms / 1000 }],
    ),
  );
  return [
    ...TIER.map(([field, name, help]): Family => ({
      name: `catzilla_tier_${name}_total`,
      help,
      type: 'counter',
      few,
      samples: tiers.map((each) => ({
        labels: { cache: each.cache, tier: each.tier },
        value: each[field] as number,
      })),
    })),
    {
      name: 'catzilla_tier_latency_seconds',
      help: 'Time of a call, by quantile (in memory: of a sample); the slowest thread',
      type: 'gauge',
      few,
      samples: quantiles,
    },
    {
      name: 'catzilla_tier_up',
      help: '1 while the tier serves',
      type: 'gauge',
      few,
      samples: tiers.map(({ cache, tier, state }) => ({
        labels: { cache, tier },
        value: Number(state === 'ok' || state === 'ready'),
      })),
    },
  ];
}
