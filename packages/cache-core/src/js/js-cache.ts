// A cache in JavaScript, over lru-cache: the same interface and rules as the native one, for machines without
// a native build. Private to the isolate: other threads that open the name have their own values.
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
import type { Listing } from '../call-options.ts';
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
import { keyFromBytes } from '../key-text.ts';
import { compareRings } from '../options.ts';
import type { RingLimits, Settings, SharedOptions } from '../options.ts';
import type { CacheStats } from '../stats.ts';
import { startSweeping } from '../sweeper.ts';
import type { TestClock } from '../testing.ts';
import { isDetached } from './detached.ts';
import { JsLease } from './js-lease.ts';
import { JsStore } from './js-store.ts';
import { mapKey, mapPrefix } from './key.ts';
import { readStats } from './read-stats.ts';

const stores = new Map<string, JsStore>();

/** The JavaScript backend. Made by openCache. */
export class JsCache implements Cache, TestClock {
  readonly name: string | undefined;
  readonly limits: CacheLimits;
  readonly #label: string;
  readonly #store: JsStore;
  readonly #copies: boolean;
  readonly #keepsEvicted: boolean;
  readonly #onClose: () => void;
  readonly #stopSweeping: () => void;
  #isClosed = false;

  constructor(name: string | undefined, settings: Settings, onClose: () => void) {
    this.name = name;
    this.#label = name ?? '(private)';
    this.#copies = settings.copy;
    this.#onClose = onClose;
    this.#store = (name === undefined ? undefined : stores.get(name)) ?? makeStore(settings);
    this.#keepsEvicted = settings.evictionRing !== false;
    if (settings.evictionRing !== false) openRing(this.#store, this.#label, settings.evictionRing);
    this.#store.handles++;
    const { maxKeyBytes, maxValueBytes } = this.#store.options;
    this.limits = Object.freeze({ maxKeyBytes, maxValueBytes, maxNearBytes: Infinity });
    if (name !== undefined) stores.set(name, this.#store);
    this.#stopSweeping = startSweeping(this, settings);
  }

  /** The options that hold for every opener of the name, as the first one decided them. */
  get shared(): SharedOptions {
    return { ...this.#store.options, maxBytes: this.#store.maxBytes };
  }

  get(key: Key, options?: GetOptions): Buffer | undefined {
    const copy = options === undefined ? this.#copies : (copyOption(options) ?? this.#copies);
    const item = this.#open().get(this.#key(key));
    return item === undefined || !copy ? item?.bytes : Buffer.from(item.bytes);
  }

  getRecord(key: Key): NearRecord | undefined {
    return this.#open().get(this.#key(key));
  }

  getInto(key: Key, target: Uint8Array): number {
    const store = this.#open();
    const text = this.#key(key);
    if (!isUint8Array(target) || isDetached(target)) {
      throw new errors.TARGET(show(target));
    }
    const size = store.peek(text)?.bytes.length ?? 0;
    if (size > target.length) return -1 - size;
    const item = store.get(text);
    if (item === undefined) return -1;
    target.set(item.bytes);
    return size;
  }

  peek(key: Key): Buffer | undefined {
    const item = this.#open().peek(this.#key(key));
    return item === undefined || !this.#copies ? item?.bytes : Buffer.from(item.bytes);
  }

  has(key: Key): boolean {
    return this.#open().peek(this.#key(key)) !== undefined;
  }

  lease(key: Key): Lease | undefined {
    const store = this.#open();
    const item = store.get(this.#key(key));
    return item === undefined ? undefined : new JsLease(item.bytes, store.leases);
  }

  set(key: Key, value: Value, options?: SetOptions): boolean {
    const store = this.#open();
    const { ttl } = store.options;
    if (options === undefined) {
      return store.set(this.#key(key), copyValue(value), ttl, undefined, undefined, undefined);
    }
    checkSetOptions(options);
    const own = ttlOf(options.ttl);
    const tags = tagsOf(options.tags);
    const since = sinceOf(options.since);
    const version = versionOf(options.version);
    return store.set(this.#key(key), copyValue(value), own ?? ttl, tags, since, version);
  }

  getMany(keys: Iterable<Key>): (Buffer | undefined)[] {
    return Array.from(keys, (key) => this.get(key));
  }

  setMany(entries: Iterable<readonly [Key, Value, SetOptions?]>): number {
    let stored = 0;
    for (const [key, value, options] of entries) if (this.set(key, value, options)) stored++;
    return stored;
  }

  delete(key: Key): boolean {
    return this.#open().delete(this.#key(key));
  }

  deleteMany(keys: Iterable<Key>): number {
    let deleted = 0;
    for (const key of keys) if (this.delete(key)) deleted++;
    return deleted;
  }

  touch(key: Key, options?: TouchOptions): boolean {
    const store = this.#open();
    const ttl = options === undefined ? undefined : ttlOption(options);
    return store.touch(this.#key(key), ttl ?? store.options.ttl);
  }

  ttl(key: Key): number | undefined {
    const store = this.#open();
    const item = store.peek(this.#key(key));
    return item === undefined ? undefined : Math.max(1, item.expiresAt - store.now());
  }

  clear(): void {
    this.#open().clear();
  }

  invalidateTag(tag: string | readonly string[]): void {
    this.#open().tags.invalidate(tagArguments(tag));
  }

  epoch(): number {
    return this.#open().tags.epoch;
  }

  version(key: Key): number {
    return this.#open().versions.of(this.#key(key));
  }

  drainEvicted(maxBytes?: number): Evicted[] {
    const store = this.#open();
    return store.drainEvicted(drainBytes(this.#keepsEvicted, maxBytes));
  }

  keys(options: KeysOptions & { readonly as: 'buffer' }): IterableIterator<Buffer>;
  keys(options?: KeysOptions): IterableIterator<string | Buffer>;
  keys(options?: KeysOptions): IterableIterator<string | Buffer> {
    const store = this.#open();
    const { prefix, limit, as } = listingOptions(options);
    const start = mapPrefix(prefix);
    const keys = store.liveKeys().filter((key) => key.startsWith(start));
    return this.#decode(keys.slice(0, limit), as);
  }

  stats(): CacheStats {
    return readStats(this.#open());
  }

  resetStats(): void {
    this.#open().resetCounts();
  }

  resize(maxBytes: number): void {
    const store = this.#open();
    const { maxValueBytes, reserveBytes } = store.options;
    const least = Math.max(1024 * 1024, maxValueBytes * 4);
    if (!Number.isSafeInteger(maxBytes) || maxBytes < least || maxBytes > reserveBytes) {
      throw new errors.RESIZE(least, reserveBytes, show(maxBytes));
    }
    store.resize(maxBytes);
  }

  get abi(): object {
    this.#open();
    throw new errors.UNSUPPORTED_BACKEND('abi', '');
  }

  close(options?: CloseOptions): void {
    unlinkOption(options, 'process');
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopSweeping();
    if (this.#keepsEvicted) this.#store.ring.close();
    if (--this.#store.handles === 0) {
      this.#store.clear();
      if (this.name !== undefined) stores.delete(this.name);
    }
    this.#onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Removes expired values, when no other handle has done so in the interval. */
  sweep(interval: number, budget: number): void {
    this.#store.sweep(interval, budget);
  }

  setTestClock(now: number | false): void {
    this.#open().stopClock(now);
  }

  readClock(): number {
    return this.#open().now();
  }

  #open(): JsStore {
    if (this.#isClosed) throw new errors.CLOSED(this.#label);
    return this.#store;
  }

  #key(key: Key): string {
    return mapKey(key, this.#store.options.maxKeyBytes);
  }

  *#decode(keys: readonly string[], as: Listing['as']): IterableIterator<string | Buffer> {
    for (const key of keys) {
      this.#open();
      yield keyFromBytes(Buffer.from(key, 'latin1'), as);
    }
  }
}

function openRing(store: JsStore, label: string, asked: RingLimits): void {
  try {
    compareRings(label, asked, store.ring.open(asked));
  } catch (error) {
    store.ring.close();
    throw error;
  }
}

function makeStore(settings: Settings): JsStore {
  const { maxBytes, ttl, policy, maxKeyBytes, maxValueBytes, reserveBytes } = settings;
  const { scope, leaseLimit } = settings;
  return new JsStore({
    maxBytes,
    ttl,
    policy,
    maxKeyBytes,
    maxValueBytes,
    reserveBytes,
    scope,
    leaseLimit,
  });
}

function copyValue(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  if (!isUint8Array(value) || isDetached(value)) throw new errors.VALUE(show(value));
  return Buffer.from(value);
}
