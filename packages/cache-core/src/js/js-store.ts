// The values of a JavaScript cache: lru-cache for order and bound, expiry and counts of our own.
// Invariant: a value is in the map until it is removed, evicted or noticed to be expired; each of these counts
// once. Sizes are estimates: bytes of key and value and a fixed overhead.
// Private to the isolate; shared by the handles that open the same name in it.
import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';
import type { NearRecord } from '../cache.ts';
import type { SharedOptions } from '../options.ts';

/** What an entry costs beside the bytes of key and value, roughly: map slot, list links, Buffer object. */
const OVERHEAD_BYTES = 200;

/** A stored value. */
export class Item implements NearRecord {
  readonly bytes: Buffer;
  readonly expiresAt: number;
  aux: unknown = undefined;
  wasRead = false;

  constructor(bytes: Buffer, expiresAt: number) {
    this.bytes = bytes;
    this.expiresAt = expiresAt;
  }
}

/** Events since the last reset. */
export class Counts {
  hits = 0;
  misses = 0;
  sets = 0;
  deletes = 0;
  evictions = 0;
  evictedUnread = 0;
  expiredOnRead = 0;
  expiredSwept = 0;
  refusedTooLarge = 0;
  refusedNoRoom = 0;
}

/** The store behind one or several JsCache. */
export class JsStore {
  readonly options: SharedOptions;
  maxBytes: number;
  counts: Counts = new Counts();
  handles = 0;
  #items: LRUCache<string, Item>;
  #testNow: number | undefined;
  #lastSweep = -Infinity;

  constructor(options: SharedOptions) {
    this.options = options;
    this.maxBytes = options.maxBytes;
    this.#items = this.#makeItems(options.maxBytes);
  }

  get entries(): number {
    return this.#items.size;
  }

  get usedBytes(): number {
    return this.#items.calculatedSize;
  }

  now(): number {
    return this.#testNow ?? performance.now();
  }

  stopClock(now: number | false): void {
    this.#testNow = now === false ? undefined : now;
  }

  /** Finds a value, counts it and makes it the youngest. */
  get(key: string): Item | undefined {
    const item = this.#items.get(key);
    if (item === undefined || this.#isExpired(key, item)) {
      this.counts.misses++;
      return undefined;
    }
    this.counts.hits++;
    item.wasRead = true;
    return item;
  }

  /** Finds a value without counting the read. */
  peek(key: string): Item | undefined {
    const item = this.#items.peek(key);
    return item === undefined || this.#isExpired(key, item) ? undefined : item;
  }

  /** Stores bytes that belong to the store from now on; a refused set removes the old value. */
  set(key: string, bytes: Buffer, ttl: number): boolean {
    const size = key.length + bytes.length + OVERHEAD_BYTES;
    const isTooLarge = bytes.length > this.options.maxValueBytes;
    if (isTooLarge || size > this.maxBytes) {
      this.#items.delete(key);
      if (isTooLarge) this.counts.refusedTooLarge++;
      else this.counts.refusedNoRoom++;
      return false;
    }
    this.#items.set(key, new Item(bytes, this.now() + ttl), { size });
    this.counts.sets++;
    return true;
  }

  delete(key: string): boolean {
    if (this.peek(key) === undefined) return false;
    this.counts.deletes++;
    return this.#items.delete(key);
  }

  touch(key: string, ttl: number): boolean {
    const item = this.peek(key);
    if (item === undefined) return false;
    const touched = new Item(item.bytes, this.now() + ttl);
    touched.wasRead = item.wasRead;
    this.#items.set(key, touched, { size: key.length + item.bytes.length + OVERHEAD_BYTES });
    return true;
  }

  clear(): void {
    this.#items.clear();
  }

  resetCounts(): void {
    this.counts = new Counts();
  }

  /** All live keys, as they stand now. */
  liveKeys(): string[] {
    const now = this.now();
    return [...this.#items.entries()]
      .filter(([, { expiresAt }]) => expiresAt > now)
      .map(([key]) => key);
  }

  /** Removes expired values, oldest first, for at most `budget` ms; not twice within the interval. */
  sweep(interval: number, budget: number): void {
    if (this.now() - this.#lastSweep < interval) return;
    this.#lastSweep = this.now();
    const end = performance.now() + budget;
    let seen = 0;
    for (const [key, item] of this.#items.rentries() as Iterable<[string, Item]>) {
      if (item.expiresAt <= this.#lastSweep) {
        this.#items.delete(key);
        this.counts.expiredSwept++;
      }
      if ((++seen & 63) === 0 && performance.now() > end) return;
    }
  }

  /** lru-cache cannot change its bound: the values move to a new one, oldest first. */
  resize(maxBytes: number): void {
    const old = this.#items;
    this.maxBytes = maxBytes;
    this.#items = this.#makeItems(maxBytes);
    for (const [key, item] of old.rentries() as Iterable<[string, Item]>) {
      const size = key.length + item.bytes.length + OVERHEAD_BYTES;
      this.#items.set(key, item, { size });
    }
  }

  #makeItems(maxBytes: number): LRUCache<string, Item> {
    return new LRUCache<string, Item>({
      maxSize: maxBytes,
      dispose: (item, _, reason) => {
        if (reason !== 'evict') return;
        this.counts.evictions++;
        if (!item.wasRead) this.counts.evictedUnread++;
      },
    });
  }

  #isExpired(key: string, item: Item): boolean {
    if (item.expiresAt > this.now()) return false;
    this.#items.delete(key);
    this.counts.expiredOnRead++;
    return true;
  }
}
