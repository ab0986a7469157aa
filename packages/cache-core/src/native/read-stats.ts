// Statistics of the native engine in their public form.
import { hitRatio } from '../stats.ts';
import type { CacheStats } from '../stats.ts';
import { STATS_WORDS } from './addon.ts';
import type { NativeHandle } from './addon.ts';

type Numbers = Record<(typeof STATS_WORDS)[number], number>;

/** Reads the totals of all threads. REQUIRES: the handle is open. */
export function readStats(
  native: NativeHandle,
  policy: 's3fifo' | 'lru',
  near: CacheStats['near'],
): CacheStats {
  const words = new Float64Array(new ArrayBuffer(STATS_WORDS.length * 8));
  native.stats(new Uint8Array(words.buffer));
  const numbers = Object.fromEntries(STATS_WORDS.map((name, i) => [name, words[i]])) as Numbers;
  const { max, used, live, index, meta, large, misses, nearHits } = numbers;
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
    refused: { tooLarge: numbers.refusedTooLarge, noRoom: numbers.refusedNoRoom },
    entries: numbers.entries,
    bytes: { max, used, live, index, meta, large, free: max - used },
    capacity: max,
    segments: numbers.segments,
    segmentBytes: numbers.segmentBytes,
    shards: numbers.shards,
    near,
    cleaning: { segments: numbers.cleanedSegments, movedBytes: numbers.cleanedBytes },
    isolates: numbers.isolates,
    backend: 'native',
    allocator: 'segments',
    policy,
    shared: true,
  };
}
