// A cache over the native engine: near-cache first, then one native call, then a view of what it left.
// Invariant: the read chunk is memory nobody else writes; `#used` counts with the native side, so a hit
// needs no second result. Memory a user has transferred away is replaced before the next native call.
// Leaves to others: options and names (open.ts), validity of near entries (near-cache.ts).
import { Buffer } from 'node:buffer';
import { isUint8Array } from 'node:util/types';
import { show } from '@catzilla/common';
import {
  checkSetOptions,
  copyOption,
  drainBytes,
  listingOptions,
  sinceOf,
  tagArguments,
  tagsOf,
  ttlOf,
  ttlOption,
  unlinkOption,
  versionOf,
} from '../call-options.ts';
import type {
  Cache,
  CacheLimits,
  CloseOptions,
  Evicted,
  GetOptions,
  Key,
  KeysOptions,
  Lease,
  NearRecord,
  SetOptions,
  TouchOptions,
  Value,
} from '../cache.ts';
import { errors } from '../errors.ts';
import type { NearLimits, Settings, SharedOptions } from '../options.ts';
import type { CacheStats } from '../stats.ts';
import type { TestClock } from '../testing.ts';
import * as addon from './addon.ts';
import { makeWords } from './addon.ts';
import type { NativeHandle, Words } from './addon.ts';
import { deleteMany, getMany, isAtRest, setMany } from './batches.ts';
import { CachedClock } from './cached-clock.ts';
import { drainEvicted, keepEvicted } from './eviction-ring.ts';
import { failureOf } from './failure.ts';
import { Leases } from './leases.ts';
import { listKeys } from './list-keys.ts';
import { NearCache } from './near-cache.ts';
import type { ArenaViews, NearEntry } from './near-cache.ts';
import { openEngine, POLICIES } from './open-engine.ts';
import { readStats } from './read-stats.ts';
import { startSweeping } from '../sweeper.ts';
import { allocateChunk, view } from './view.ts';

const READ_CHUNK_BYTES = 64 * 1024;
/** Values above this are read into memory of their own. */
const LARGEST_IN_CHUNK = 16 * 1024;
const NO_NEAR_CACHE: NearLimits = { maxEntries: 1, maxBytes: 0, maxEntryBytes: 0 };

/** The native backend. Made by openCache. */
export class NativeCache implements Cache, TestClock {
  readonly name: string | undefined;
  readonly limits: CacheLimits;
  readonly #label: string;
  readonly #native: NativeHandle;
  readonly #words: Words;
  readonly #near: NearCache;
  readonly #hasNear: boolean;
  readonly #keepsEvicted: boolean;
  readonly #clock: CachedClock;
  readonly #copies: boolean;
  readonly #policy: 's3fifo' | 'lru';
  readonly #scope: 'process' | 'machine';
  readonly #leases: Leases;
  readonly #onClose: () => void;
  readonly #stopSweeping: () => void;
  #chunk: Buffer = Buffer.alloc(0);
  #memory: ArrayBufferLike = this.#chunk.buffer;
  #used = 0;
  #isClosed = false;
  readonly #batchTarget = {
    set: (key: Key, value: Value, options?: SetOptions): boolean => this.set(key, value, options),
    delete: (key: Key): boolean => this.delete(key),
    failure: (result: number, key: unknown, value?: unknown): Error =>
      this.#failure(result, key, value),
    get: (key: Key): Buffer | undefined => this.get(key),
    near: (key: string): Buffer | undefined => this.#near.use(key)?.bytes,
    prepare: (): void => this.#prepare(),
    take: (size: number): Buffer => this.#take(size),
  };

  constructor(name: string | undefined, settings: Settings, onClose: () => void) {
    this.name = name;
    this.#label = name ?? '(private)';
    this.#copies = settings.copy;
    this.#onClose = onClose;
    const words = makeWords();
    this.#words = words;
    const native = openEngine(name, settings, words.memory);
    this.#native = native;
    this.#keepsEvicted = settings.evictionRing !== false;
    if (settings.evictionRing !== false) {
      keepEvicted(native, words, this.#label, settings.evictionRing);
    }
    this.#policy = POLICIES[native.policy] ?? 's3fifo';
    this.#scope = settings.scope;
    this.#leases = new Leases(native, words);
    this.#clock = new CachedClock(() => native.now());
    const views = arenaViews(native);
    this.#hasNear = settings.nearCache !== false && views !== undefined;
    this.#near = new NearCache(
      views ?? emptyViews(),
      settings.nearCache === false ? NO_NEAR_CACHE : settings.nearCache,
      this.#clock,
      words,
    );
    this.limits = Object.freeze({
      maxKeyBytes: native.maxKeyBytes,
      maxValueBytes: native.maxValueBytes,
      maxNearBytes: this.#hasNear ? this.#near.maxEntryBytes : 0,
    });
    this.#renewNearChunk();
    this.#stopSweeping = startSweeping(this, settings);
  }

  /** The options that hold for every opener of the name, as the first one decided them. */
  get shared(): SharedOptions {
    const { maxBytes, ttl, maxKeyBytes, maxValueBytes, reserveBytes, leaseLimit } = this.#native;
    const [policy, scope] = [this.#policy, this.#scope];
    return { maxBytes, reserveBytes, maxKeyBytes, maxValueBytes, policy, ttl, scope, leaseLimit };
  }

  // HOT: benchmarks/engine
  get(key: Key, options?: GetOptions): Buffer | undefined {
    const copy = options === undefined ? this.#copies : (copyOption(options) ?? this.#copies);
    if (typeof key === 'string') {
      const entry = this.#near.use(key);
      if (entry !== undefined) return copy ? Buffer.from(entry.bytes) : entry.bytes;
    }
    this.#prepare();
    const result = this.#native.get(key);
    if (result >= 0) return this.#take(result);
    if (result === addon.MISS) return undefined;
    const record = this.#readOtherwise(key, result);
    if (record === undefined) return undefined;
    return copy && record.chunk !== undefined ? Buffer.from(record.bytes) : record.bytes;
  }

  getRecord(key: Key): NearRecord | undefined {
    if (typeof key === 'string') {
      const entry = this.#near.use(key);
      if (entry !== undefined) return entry;
    }
    this.#prepare();
    const result = this.#native.getRecord(key);
    if (result >= 0) return this.#near.record(this.#take(result));
    return this.#readOtherwise(key, result);
  }

  getInto(key: Key, target: Uint8Array): number {
    const result = this.#native.getInto(key, target);
    if (result >= addon.MISS) return result;
    if (result === addon.TOO_SMALL) return -1 - this.#words.ints[addon.WORD_SIZE]!;
    throw this.#failure(result, key, target);
  }

  peek(key: Key): Buffer | undefined {
    if (typeof key === 'string') {
      const entry = this.#near.find(key);
      if (entry !== undefined) return this.#copies ? Buffer.from(entry.bytes) : entry.bytes;
    }
    this.#prepare();
    let result = this.#native.peek(key);
    if (result >= 0) return this.#take(result);
    while (result === addon.TOO_SMALL) {
      const target = Buffer.allocUnsafeSlow(this.#words.ints[addon.WORD_SIZE]!);
      result = this.#native.peekInto(key, target);
      if (result >= 0) return result === target.length ? target : target.subarray(0, result);
    }
    if (result === addon.MISS) return undefined;
    throw this.#failure(result, key);
  }

  has(key: Key): boolean {
    if (typeof key === 'string' && this.#near.find(key) !== undefined) return true;
    const result = this.#native.has(key);
    if (result >= addon.MISS) return result > 0;
    throw this.#failure(result, key);
  }

  lease(key: Key): Lease | undefined {
    const result = this.#native.lease(key);
    if (result === addon.MISS) return undefined;
    if (result < 0 && result !== addon.COPY_LEASE) throw this.#failure(result, key);
    const lease = result > 0 ? this.#leases.pinned() : undefined;
    if (lease !== undefined) return lease;
    const bytes = this.get(key, { copy: true });
    return bytes === undefined ? undefined : this.#leases.copy(bytes);
  }

  // HOT: benchmarks/engine
  set(key: Key, value: Value, options?: SetOptions): boolean {
    const result =
      options === undefined ? this.#store(key, value) : this.#storeWith(key, value, options);
    if (result >= 0) return result > 0;
    throw this.#failure(result, key, value);
  }

  getMany(keys: Iterable<Key>): (Buffer | undefined)[] {
    if (this.#copies || !isAtRest(keys)) return Array.from(keys, (key) => this.get(key));
    this.#assertOpen();
    return getMany([...keys], this.#native, this.#batchTarget);
  }

  setMany(entries: Iterable<readonly [Key, Value, SetOptions?]>): number {
    this.#assertOpen();
    return setMany(entries, this.#native, this.#words.ints, this.#batchTarget);
  }

  delete(key: Key): boolean {
    const result = this.#native.delete(key);
    if (result >= 0) return result > 0;
    throw this.#failure(result, key);
  }

  deleteMany(keys: Iterable<Key>): number {
    this.#assertOpen();
    return deleteMany(keys, this.#native, this.#words.ints, this.#batchTarget);
  }

  touch(key: Key, options?: TouchOptions): boolean {
    const ttl = options === undefined ? undefined : ttlOption(options);
    const result = ttl === undefined ? this.#native.touch(key) : this.#native.touch(key, ttl);
    if (result >= 0) return result > 0;
    throw this.#failure(result, key);
  }

  ttl(key: Key): number | undefined {
    const result = this.#native.ttlLeft(key);
    if (result > 0) return this.#words.expiresAt[0];
    if (result === addon.MISS) return undefined;
    throw this.#failure(result, key);
  }

  clear(): void {
    this.#assertOpen();
    this.#native.clear();
    this.#near.clear();
    this.#renewNearChunk();
  }

  invalidateTag(tag: string | readonly string[]): void {
    this.#assertOpen();
    this.#native.invalidateTags(tagArguments(tag));
  }

  epoch(): number {
    this.#assertOpen();
    return this.#native.epoch();
  }

  version(key: Key): number {
    const version = this.#native.version(key);
    if (version >= 0) return version;
    throw this.#failure(version, key);
  }

  drainEvicted(maxBytes?: number): Evicted[] {
    this.#assertOpen();
    return drainEvicted(this.#native, this.#words, drainBytes(this.#keepsEvicted, maxBytes));
  }

  keys(options: KeysOptions & { readonly as: 'buffer' }): IterableIterator<Buffer>;
  keys(options?: KeysOptions): IterableIterator<string | Buffer>;
  keys(options?: KeysOptions): IterableIterator<string | Buffer> {
    this.#assertOpen();
    return listKeys(this.#native, listingOptions(options), () => this.#assertOpen());
  }

  stats(): CacheStats {
    this.#assertOpen();
    return readStats(this.#native, this.#policy, this.#scope, {
      enabled: this.#hasNear,
      entries: this.#near.size,
      bytes: this.#near.bytes,
      refreshes: this.#near.refreshes,
    });
  }

  resetStats(): void {
    this.#assertOpen();
    this.#native.resetStats();
    this.#near.refreshes = 0;
  }

  resize(maxBytes: number): void {
    this.#assertOpen();
    const { maxValueBytes, reserveBytes } = this.#native;
    const least = Math.max(1024 * 1024, maxValueBytes * 4);
    const fits = Number.isSafeInteger(maxBytes) && maxBytes >= least && maxBytes <= reserveBytes;
    if (!fits || this.#native.resize(maxBytes) !== 0) {
      throw new errors.RESIZE(least, reserveBytes, show(maxBytes));
    }
  }

  close(options?: CloseOptions): void {
    const unlink = unlinkOption(options, this.#scope);
    if (this.#isClosed) return;
    if (unlink) this.#native.unlink();
    this.#isClosed = true;
    this.#stopSweeping();
    this.#clock.close();
    this.#near.clear();
    this.#native.close();
    this.#onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get abi(): object {
    this.#assertOpen();
    const table = this.#native.abi();
    if (typeof table === 'object') return table;
    throw new errors.NO_MEMORY('the C interface');
  }

  /** Removes expired values, when this handle's isolate is the first of all in the interval. */
  sweep(interval: number, budget: number): void {
    this.#native.sweep(interval, budget * 1000);
  }

  setTestClock(now: number | false): void {
    this.#assertOpen();
    this.#native.setClock(now === false ? -1 : now);
    this.#clock.drop();
  }

  readClock(): number {
    this.#assertOpen();
    return this.#native.now();
  }

  #store(key: Key, value: Value): number {
    if (typeof value === 'string') return this.#native.setText(key, value);
    return this.#native.setBytes(key, isUint8Array(value) ? value : undefined);
  }

  #storeWith(key: Key, value: Value, options: SetOptions): number {
    checkSetOptions(options);
    const ttl = ttlOf(options.ttl);
    const tags = tagsOf(options.tags);
    const since = sinceOf(options.since);
    const version = versionOf(options.version);
    if (tags !== undefined || since !== undefined || version !== undefined) {
      const stored = typeof value === 'string' || isUint8Array(value) ? value : undefined;
      return this.#native.setTagged(key, stored, ttl ?? NaN, tags, since ?? -1, version ?? -1);
    }
    if (ttl === undefined) return this.#store(key, value);
    if (typeof value === 'string') return this.#native.setText(key, value, ttl);
    return this.#native.setBytes(key, isUint8Array(value) ? value : undefined, ttl);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new errors.CLOSED(this.#label);
  }

  // Both chunks must have their memory before native code writes to it.
  #prepare(): void {
    if (this.#memory.byteLength === 0) this.#renewChunk();
    if (this.#hasNear && this.#near.chunk.length === 0) this.#renewNearChunk();
  }

  #renewChunk(): void {
    if (this.#isClosed) return;
    this.#chunk = allocateChunk(READ_CHUNK_BYTES);
    this.#memory = this.#chunk.buffer;
    this.#used = 0;
    this.#native.setReadChunk(this.#chunk);
  }

  #renewNearChunk(): void {
    if (!this.#hasNear || this.#isClosed) return;
    this.#native.setNearChunk(this.#near.renewChunk(), this.#near.largestInChunk);
  }

  /** The value that native code has put to the read chunk's next place. */
  #take(size: number): Buffer {
    const offset = this.#used;
    this.#used = (offset + size + 7) & ~7;
    return view(this.#memory, offset, size);
  }

  // Everything but a value in the read chunk: near chunk, large value, full chunk, absent, failure.
  #readOtherwise(key: Key, result: number): NearEntry | undefined {
    const { ints } = this.#words;
    if (result === addon.NEAR) {
      const entry = this.#near.admit(key as string);
      if (this.#near.isChunkFull) this.#renewNearChunk();
      return entry;
    }
    if (result === addon.NEAR_FULL) {
      const record = this.#near.record(this.#take(ints[addon.WORD_SIZE]!));
      this.#renewNearChunk();
      return record;
    }
    if (result === addon.TOO_SMALL) {
      const size = ints[addon.WORD_SIZE]!;
      if (size > LARGEST_IN_CHUNK) return this.#readLarge(key, size);
      this.#renewChunk();
      const again = this.#native.getRecord(key);
      if (again >= 0) return this.#near.record(this.#take(again));
      return this.#readOtherwise(key, again);
    }
    if (result === addon.MISS) return undefined;
    throw this.#failure(result, key);
  }

  #readLarge(key: Key, size: number): NearEntry | undefined {
    let target = Buffer.allocUnsafeSlow(size);
    let result = this.#native.getInto(key, target);
    while (result === addon.TOO_SMALL) {
      target = Buffer.allocUnsafeSlow(this.#words.ints[addon.WORD_SIZE]!);
      result = this.#native.getInto(key, target);
    }
    if (result < 0) return this.#readOtherwise(key, result);
    if (result < target.length) target = target.subarray(0, result);
    const record = this.#near.record(target);
    const isHot = this.#hasNear && this.#words.ints[addon.WORD_FREQUENCY]! >= NEAR_FREQUENCY;
    if (!isHot || typeof key !== 'string') return record;
    return this.#near.admitLarge(key, target);
  }

  #failure(result: number, key: unknown, other?: unknown): Error {
    const { maxKeyBytes } = this.#native;
    return failureOf(result, {
      label: this.#label,
      maxKeyBytes,
      keyBytes: this.#words.ints[addon.WORD_SIZE]!,
      key,
      other,
    });
  }
}

/** Hits that make an entry hot, the same as in binding/read.cc. */
const NEAR_FREQUENCY = 2;

function arenaViews(native: NativeHandle): ArenaViews | undefined {
  const { generations, visited, nearHits } = native;
  if (generations === undefined || visited === undefined || nearHits === undefined)
    return undefined;
  return {
    generations: new Int32Array(generations),
    visited: new Uint8Array(visited),
    hits: new Float64Array(nearHits),
  };
}

function emptyViews(): ArenaViews {
  return {
    generations: new Int32Array(0),
    visited: new Uint8Array(0),
    hits: new Float64Array(0),
  };
}
