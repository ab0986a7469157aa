// The public interface of a cache, the same for both backends. Times are ms, sizes bytes.
// Invariant: one key space of bytes. A string key is its UTF-8 bytes, lone surrogates as three bytes
// each (WTF-8), so that distinct strings are distinct keys and 'é' equals Buffer.from('é').
import type { CacheStats } from './stats.ts';

/** A string (its UTF-8 bytes) or bytes, at most `maxKeyBytes`. The empty key is valid. */
export type Key = string | Uint8Array;

/** Bytes, or a string, which is stored as UTF-8 (lone surrogates become U+FFFD). May be empty. */
export type Value = Uint8Array | string;

/** Options of `touch`. */
export interface TouchOptions {
  /** Time to live in ms, above 0 and at most 2^46, fractions round up; Infinity: never expires. Default: the cache's. */
  readonly ttl?: number | undefined;
}

/** Options of `set`. */
export interface SetOptions extends TouchOptions {
  /** Groups the value belongs to, for `invalidateTag`: at most 64 strings of 1 to 256 bytes of UTF-8; duplicates
   * count once. They replace those of the old value. Default: none. */
  readonly tags?: readonly string[] | undefined;
  /** What `epoch` gave before the value was computed: the set is refused when since then one of its tags was
   * invalidated or the cache was cleared. A safe integer of at least 0. Default: no such check. */
  readonly since?: number | undefined;
  /** What `version` gave for the key before the value was computed: the set is refused when anybody has set, deleted,
   * touched or cleared the key since; what is there then stays. Compared under the lock of the write, so atomic for all
   * threads (scope 'machine': and processes). Default: no such check. */
  readonly version?: number | undefined;
}

/** Options of `get`. */
export interface GetOptions {
  /** true: bytes that nobody else will be given, free to be written. Default: the cache's `copy`. */
  readonly copy?: boolean | undefined;
}

/** Options of `keys`. */
export interface KeysOptions {
  /** Only keys that begin with it. Default: all. */
  readonly prefix?: string | undefined;
  /** At most so many. Default: Infinity. */
  readonly limit?: number | undefined;
  /** 'buffer': every key as its bytes. Default: 'string', with Buffers for keys that are not valid text. */
  readonly as?: 'string' | 'buffer' | undefined;
}

/** Options of `close`. */
export interface CloseOptions {
  /** true: also removes the file, so that later openers begin anew; those that have it open keep it. Only with scope
   * 'machine'. Default: false. */
  readonly unlink?: boolean | undefined;
}

/** A value pinned by `lease`. `using lease = cache.lease(key)` releases it at the end of the block. */
export interface Lease extends Disposable {
  /** The value. Memory of the cache unless `copied`: must not be written, nor be used once released. */
  readonly bytes: Buffer;
  /** true: `bytes` is a private copy, since the cache could not pin more (`leaseLimit`) or cannot pin at all. */
  readonly copied: boolean;
  /** Lets the cache reuse the memory. Idempotent; never throws, also after the cache was closed. */
  release(): void;
}

/** A stored value as handed out by `getRecord`. */
export interface NearRecord {
  /** Shared with later callers in this isolate: must not be written. */
  readonly bytes: Buffer;
  /** When it expires, in ms of the cache's own monotonic clock; Infinity: never. `ttl(key)` gives the time left. */
  readonly expiresAt: number;
  /** The caller's, for a decoded form of `bytes`. undefined in a new record. */
  aux: unknown;
}

/** An evicted value, as handed out by `drainEvicted`. */
export interface Evicted {
  /** A string, or a Buffer when it is not valid text; as from `keys`. */
  readonly key: string | Buffer;
  /** The value; as from `get`, not to be written. Those of one batch may share their memory: to keep a few, copy them. */
  readonly bytes: Buffer;
  /** Time left in ms, at least 1; Infinity: never expires. */
  readonly ttl: number;
  /** The key's version when it was evicted. While `version(key)` is the same, nobody has written or deleted the key
   * since; another number says that somebody may have. */
  readonly version: number;
}

/** Sizes that a cache takes, in bytes. */
export interface CacheLimits {
  /** Longest key. */
  readonly maxKeyBytes: number;
  /** Largest value. */
  readonly maxValueBytes: number;
  /** Largest value that the near-cache of this handle takes, by which `getRecord` gives the same object again: 0 without
   * one, Infinity with backend 'js'. */
  readonly maxNearBytes: number;
}

/** An open cache. Every method throws CATZ_CACHE_CLOSED after `close`, and those that take a key
 * CATZ_CACHE_KEY or CATZ_CACHE_KEY_SIZE; a call that throws changes nothing.
 *
 * Visibility: a read that starts after a write returned, in any thread, sees it. */
export interface Cache extends Disposable {
  /** The name it was opened with; undefined for a private cache. */
  readonly name: string | undefined;

  /** What it takes. Does not change, and may be read after `close`. */
  readonly limits: CacheLimits;

  /** Finds a value. Counts a hit or a miss.
   * @returns its bytes, or undefined. They may be shared with later callers in this isolate and must
   *   not be written, unless `copy` is set. A kept small Buffer keeps its 64 KB chunk alive.
   * @throws CATZ_CACHE_OPTION for an unknown option */
  get(key: Key, options?: GetOptions): Buffer | undefined;

  /** Copies a value into memory of the caller's. Counts a hit or a miss (not when target is too small).
   * @returns bytes written; -1 when absent; -1 - size when target is smaller than size (nothing written)
   * @throws CATZ_CACHE_TARGET */
  getInto(key: Key, target: Uint8Array): number;

  /** Like `get`, with a place for a decoded form of the bytes: as long as the near-cache holds the value
   * and nobody has written the key, the same object is returned, `aux` included. */
  getRecord(key: Key): NearRecord | undefined;

  /** Like `get`, but without counting and without recency. */
  peek(key: Key): Buffer | undefined;

  /** Whether a value is there; no counting, no recency. */
  has(key: Key): boolean;

  /** The value without a copy: a view of the cache's memory, pinned until `release`. What is set, deleted or evicted
   * meanwhile does not change it. For large values on their way to a socket. Counts a hit or a miss.
   * @returns undefined when absent */
  lease(key: Key): Lease | undefined;

  /** Stores a copy of the value's bytes. Cost: O(size), one shard lock.
   * @returns false when refused. After too large, no room, `since` or `lockTimeout` the old value of the key is gone,
   *   after `version` it is left as it is, since it is newer; that is looked at first
   * @throws CATZ_CACHE_VALUE, CATZ_CACHE_TTL, CATZ_CACHE_TAG, CATZ_CACHE_OPTION
   * @example cache.set('city:1', JSON.stringify(city), { ttl: 60_000, tags: ['cities'] }) */
  set(key: Key, value: Value, options?: SetOptions): boolean;

  /** `get` for each key, in order. Not one atomic step. */
  getMany(keys: Iterable<Key>): (Buffer | undefined)[];

  /** `set` for each entry, in order. Not one atomic step; what stands before an entry that throws is stored.
   * @returns how many were stored */
  setMany(entries: Iterable<readonly [Key, Value, SetOptions?]>): number;

  /** Removes a key.
   * @returns whether there was a value */
  delete(key: Key): boolean;

  /** `delete` for each key.
   * @returns how many had a value */
  deleteMany(keys: Iterable<Key>): number;

  /** Gives a value a new time to live, counted from now; its tags stay. Without `ttl`: the cache's default.
   * @returns whether there was a value
   * @throws CATZ_CACHE_TTL, CATZ_CACHE_OPTION */
  touch(key: Key, options?: TouchOptions): boolean;

  /** Time left.
   * @returns ms, Infinity when it never expires, undefined when absent */
  ttl(key: Key): number | undefined;

  /** Removes everything, for every thread (scope 'machine': and process). */
  clear(): void;

  /** Makes every value invalid that was set with the tag before this call, for every thread (scope 'machine': and
   * process). Cost: O(1) a tag, however many values have it; their memory comes back when a read, the sweeper or the
   * need for room finds them. Memory for it is bounded: once very many tags were invalidated, the oldest are
   * forgotten, and tagged values from before then count as invalid too; never the other way round.
   * @param tag  one, or several in one call
   * @throws CATZ_CACHE_TAG; nothing is then invalidated */
  invalidateTag(tag: string | readonly string[]): void;

  /** The present state of all tags, to be taken before a value is computed and given to `set` as `since`: so a value
   * computed from old data is not stored after the invalidation that was meant for it.
   * @returns a safe integer of at least 0, which never falls while the cache lives
   * @example
   * const since = cache.epoch();
   * cache.set('city:1', await load(1), { tags: ['cities'], since }); */
  epoch(): number;

  /** A number that changes with every write to the key, before that returns, in any thread (scope 'machine': and
   * process): set, also one refused for another reason than `version`, delete and touch, also of an absent key, and
   * clear. To be taken before a value is computed and given to `set`, so that what was computed from old data does not
   * undo what others have done meanwhile. Now and then the write of another key changes it, too. Eviction and expiry do
   * not, since a value that is computed is no older for them; neither does `invalidateTag`: `epoch` and `since` are for
   * that, and both may be given. It has no meaning for another cache or after `close`.
   * Cost: a hash of the key.
   * @returns a safe integer of at least 0. It comes round after 2^52 writes.
   * @example
   * const version = cache.version('city:1');
   * cache.set('city:1', await load(1), { version }); */
  version(key: Key): number;

  /** Takes out values that were evicted for want of room, oldest first, each once. For one consumer that keeps them
   * elsewhere; needs the option `evictionRing`. What has expired or was cleared, or had a tag invalidated meanwhile, is
   * not among them; whether the key was written meanwhile, `version` tells.
   * @param maxBytes  of keys and values and some 50 bytes each, in one call; one value is given whatever its size.
   *   An integer of at least 1. Default: 1 MiB
   * @returns an empty array when none wait
   * @throws CATZ_CACHE_OPTION for another number, or without `evictionRing`
   * @example
   * for (const { key, bytes, ttl, version } of cache.drainEvicted()) {
   *   if (cache.version(key) === version) await store(key, bytes, ttl);
   * } */
  drainEvicted(maxBytes?: number): Evicted[];

  /** Lists keys in no order, as a snapshot: they are collected before the call returns, so what is written, removed or
   * expires while you iterate changes nothing. Writers in other threads and processes are not stopped for the call: a
   * key they leave alone comes once, one they set or remove during it comes once or not at all. Keys of a shard that a
   * stopped process keeps locked for longer than `lockTimeout` are missing (scope 'machine').
   * Cost: O(entries), and the memory of the listed keys.
   * @throws CATZ_CACHE_OPTION; while iterating, CATZ_CACHE_CLOSED */
  keys(options: KeysOptions & { readonly as: 'buffer' }): IterableIterator<Buffer>;
  keys(options?: KeysOptions): IterableIterator<string | Buffer>;

  /** Totals over all threads since the cache was made or `resetStats` was called. Cost: some microseconds. */
  stats(): CacheStats;

  /** Starts the event counters of `stats` again from 0, for all threads. */
  resetStats(): void;

  /** Sets a new bound; a lower one evicts and gives memory back.
   * @param maxBytes  from 1 MiB and four times maxValueBytes up to reserveBytes
   * @throws CATZ_CACHE_RESIZE; the bound is then unchanged */
  resize(maxBytes: number): void;

  /** Ends this use of the cache. With scope 'process' the cache and its values go with the last open handle of all
   * threads; with scope 'machine' the file and its values stay. Idempotent.
   * @throws CATZ_CACHE_OPTION for an unknown option, and for `unlink` without scope 'machine'; it then stays open */
  close(options?: CloseOptions): void;

  /** The table of C functions by which other native addons use this cache (`include/catzilla_cache.h`), as a tagged
   * external: one for each cache, of no use once that is closed.
   * @throws CATZ_CACHE_UNSUPPORTED_BACKEND with backend 'js' */
  readonly abi: object;
}
