// Statistics of the native engine in their public form.
import { hitRatio } from '../stats.ts';
import type { CacheStats } from '../stats.ts';
import { STATS_WORDS } from './addon.ts';
import { addon } from './load-addon.ts';
import { OPENED } from './open-engine.ts';
import type { NativeHandle } from './addon.ts';

type Numbers = Record<(typeof STATS_WORDS)[number], number>;

/** Reads the totals of all threads. REQUIRES: the handle is open. */
export function readStats(
  native: NativeHandle,
  policy: 's3fifo' | 'lru',
  scope: 'process' | 'machine',
  near: CacheStats['near'],
): CacheStats {
  const words = new Float64Array(new ArrayBuffer(STATS_WORDS.length * 8));
  native.stats(new Uint8Array(words.buffer));
  const numbers = Object.fromEntries(STATS_WORDS.map((name, i) => [name, words[i]])) as Numbers;
  const { max, used, live, index, meta, large, quarantined, misses, nearHits } = numbers;
  const hits = numbers.hits + nearHits;
  return {
    hits,
    nearHits,
    misses,
    hitRatio: hitRatio(hits, misses),
    sets: numbers.sets,
    updatesInPlace: numbers.updatesInPlace,
    deletes: numbers.deletes,
    evictions: numbers.evictions,
    evictedUnread: numbers.evictedUnread,
    expired: { onRead: numbers.expiredOnRead, swept: numbers.expiredSwept },
    expirations: numbers.expiredOnRead + numbers.expiredSwept,
    invalidated: numbers.invalidated,
    refused: {
      tooLarge: numbers.refusedTooLarge,
      noRoom: numbers.refusedNoRoom,
      since: numbers.refusedSince,
      version: numbers.refusedVersion,
      lockTimeout: numbers.refusedLockTimeout,
    },
    corrupt: numbers.corrupt,
    recoveries: numbers.recoveries,
    leases: { open: numbers.leases, copied: numbers.leaseCopies, leaked: numbers.leaseLeaks },
    entries: numbers.entries,
    bytes: { max, used, live, index, meta, large, quarantined, free: max - used },
    capacity: max,
    segments: numbers.segments,
    usedSegments: numbers.segments - numbers.freeSegments,
    segmentBytes: numbers.segmentBytes,
    shards: numbers.shards,
    near,
    cleaning: { segments: numbers.cleanedSegments, movedBytes: numbers.cleanedBytes },
    evictionRing: {
      max: numbers.ringMax,
      bytes: numbers.ringBytes,
      waiting: numbers.ringWaiting,
      kept: numbers.ringKept,
      dropped: numbers.ringDropped,
      outdated: numbers.ringOutdated,
      tooLarge: numbers.ringTooLarge,
    },
    isolates: numbers.isolates,
    processes: numbers.processes,
    scope,
    opened: OPENED[native.opened] ?? 'created',
    ...(native.openedReason === undefined ? {} : { openedReason: native.openedReason }),
    layoutVersion: addon().layoutVersion,
    backend: 'native',
    allocator: addon().allocator === 'jemalloc' ? 'segments+jemalloc' : 'segments',
    policy,
    shared: true,
  };
}
