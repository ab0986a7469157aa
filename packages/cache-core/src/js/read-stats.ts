// Statistics of the JavaScript backend in their public form: what only the engine has is 0.
import { hitRatio } from '../stats.ts';
import type { CacheStats } from '../stats.ts';
import type { JsStore } from './js-store.ts';

/** The numbers of a store, of all handles that share it. */
export function readStats(store: JsStore): CacheStats {
  const { counts, leases, usedBytes, maxBytes } = store;
  return {
    hits: counts.hits,
    nearHits: 0,
    misses: counts.misses,
    hitRatio: hitRatio(counts.hits, counts.misses),
    sets: counts.sets,
    updatesInPlace: 0,
    deletes: counts.deletes,
    evictions: counts.evictions,
    evictedUnread: counts.evictedUnread,
    expired: { onRead: counts.expiredOnRead, swept: counts.expiredSwept },
    expirations: counts.expiredOnRead + counts.expiredSwept,
    invalidated: counts.invalidated,
    refused: {
      tooLarge: counts.refusedTooLarge,
      noRoom: counts.refusedNoRoom,
      since: counts.refusedSince,
      version: counts.refusedVersion,
      lockTimeout: 0,
    },
    corrupt: 0,
    recoveries: 0,
    leases: { open: leases.open, copied: leases.copied, leaked: leases.leaked },
    entries: store.entries,
    bytes: {
      max: maxBytes,
      used: usedBytes,
      live: usedBytes,
      index: 0,
      meta: 0,
      large: 0,
      quarantined: 0,
      free: maxBytes - usedBytes,
    },
    capacity: maxBytes,
    segments: 0,
    usedSegments: 0,
    segmentBytes: 0,
    shards: 1,
    near: { enabled: false, entries: 0, bytes: 0, refreshes: 0 },
    cleaning: { segments: 0, movedBytes: 0 },
    evictionRing: store.ring.stats(),
    isolates: 1,
    processes: 1,
    scope: 'process',
    opened: 'created',
    layoutVersion: 0,
    backend: 'js',
    allocator: 'v8',
    policy: store.options.policy,
    shared: false,
  };
}
