// What stats() tells, the same for both backends. Counts are events since the cache was made or
// resetStats(), over all threads; sizes are bytes now.
// Invariant: hits + misses is the number of reads by get, getInto, getMany, getRecord and lease.

/** Statistics of a cache. */
export interface CacheStats {
  /** Reads that found a value, near hits included. */
  readonly hits: number;
  /** Of those, answered by a near-cache without a call into native code. */
  readonly nearHits: number;
  readonly misses: number;
  /** hits / (hits + misses); 0 before the first read. */
  readonly hitRatio: number;
  /** Values stored, updates in place included; refused ones are not. */
  readonly sets: number;
  /** Of those, written over the old value's memory. */
  readonly updatesInPlace: number;
  /** Values removed by delete. */
  readonly deletes: number;
  /** Values removed to make room. */
  readonly evictions: number;
  /** Of those, never read. */
  readonly evictedUnread: number;
  /** Values whose time was over, noticed by a read or by the sweeper. */
  readonly expired: { readonly onRead: number; readonly swept: number };
  /** expired.onRead + expired.swept. */
  readonly expirations: number;
  /** Values removed because one of their tags was invalidated, noticed by a read, by the sweeper or when making room. */
  readonly invalidated: number;
  /** Values that set refused, by reason: above maxValueBytes; no room; a tag invalidated or the cache cleared since the
   * value's `since`; the key written since the value's `version`; a lock that another process held for longer than lockTimeout. */
  readonly refused: {
    readonly tooLarge: number;
    readonly noRoom: number;
    readonly since: number;
    readonly version: number;
    readonly lockTimeout: number;
  };
  /** Values dropped because their checksum did not fit: another process died, or damaged the file. */
  readonly corrupt: number;
  /** Locks taken over from processes that died holding them. */
  readonly recoveries: number;
  /** open: leases neither released nor collected now. Counts: copied, those handed out as copies; leaked, those
   * collected without release: what they had pinned stays so. */
  readonly leases: { readonly open: number; readonly copied: number; readonly leaked: number };
  /** Values stored now. */
  readonly entries: number;
  /** max: the bound. used <= max: bookkeeping and segments in use. live: keys, values and their headers.
   * index, meta, large: parts of used. quarantined: part of used that is freed but still leased. free: max - used. */
  readonly bytes: {
    readonly max: number;
    readonly used: number;
    readonly live: number;
    readonly index: number;
    readonly meta: number;
    readonly large: number;
    readonly quarantined: number;
    readonly free: number;
  };
  /** The bound in bytes; the same as bytes.max. */
  readonly capacity: number;
  /** Segments the bound allows, those of them in use, quarantined ones included, and the size of one; 0 with backend 'js'. */
  readonly segments: number;
  readonly usedSegments: number;
  readonly segmentBytes: number;
  /** Parts with a write lock each. */
  readonly shards: number;
  /** The near-cache of this handle: values and bytes it holds, copies it found outdated. `enabled` is false when it
   * was switched off, or where the runtime forbids external buffers. */
  readonly near: {
    readonly enabled: boolean;
    readonly entries: number;
    readonly bytes: number;
    readonly refreshes: number;
  };
  /** Segments emptied to reuse their gaps, and the bytes moved for it. */
  readonly cleaning: { readonly segments: number; readonly movedBytes: number };
  /** Evicted values that wait for `drainEvicted`, in this process. max: its bound, 0 when no open handle of this process
   * has the option. bytes, waiting: what is in it now. Counts: kept, values that came in; of those dropped, forgotten for
   * younger ones, and outdated, that had expired or were cleared or invalidated when it was their turn; tooLarge, values
   * that did not come in. */
  readonly evictionRing: {
    readonly max: number;
    readonly bytes: number;
    readonly waiting: number;
    readonly kept: number;
    readonly dropped: number;
    readonly outdated: number;
    readonly tooLarge: number;
  };
  /** Isolates (main thread and workers) that have the cache open. */
  readonly isolates: number;
  /** Processes that have the cache open; 1 with scope 'process'. */
  readonly processes: number;
  readonly scope: 'process' | 'machine';
  /** How this process came to the cache. created: anew, always so with scope 'process'. With scope 'machine' also:
   * attached, other processes have it open; warm, found as the last one closed it; recovered, found as a crash left
   * it; recreated, found unusable and begun anew. */
  readonly opened: 'created' | 'attached' | 'warm' | 'recovered' | 'recreated';
  /** Why it was recovered or recreated. */
  readonly openedReason?: string | undefined;
  /** Version of the format in memory and file; 0 with backend 'js'. */
  readonly layoutVersion: number;
  readonly backend: 'native' | 'js';
  /** Where values live: in the engine's segments; 'v8' with backend 'js'. '+jemalloc': what is no value (names, strings on
   * their way) comes from jemalloc, in a build that asked for it. */
  readonly allocator: 'segments' | 'segments+jemalloc' | 'v8';
  readonly policy: 's3fifo' | 'lru';
  /** Whether other threads that open the name see the same values. */
  readonly shared: boolean;
}

/** The ratio that stats() gives: 0 before the first read. */
export function hitRatio(hits: number, misses: number): number {
  const reads = hits + misses;
  return reads === 0 ? 0 : hits / reads;
}
