// The values of a JavaScript cache: lru-cache for order and bound, expiry, tags and counts of our own.
// Invariant: a value is in the map until it is removed, evicted or noticed to be expired or invalidated; each of these
// counts once. Sizes are estimates: bytes of key, value and tags and a fixed overhead.
// Private to the isolate; shared by the handles that open the same name in it.
import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';
import type { Evicted, NearRecord } from '../cache.ts';
import type { SharedOptions } from '../options.ts';
import { LeaseCounts } from './js-lease.ts';
import { JsRing } from './js-ring.ts';
import { JsTags } from './js-tags.ts';
import { JsVersions } from './js-versions.ts';

/** What an entry costs beside the bytes of key and value, roughly: map slot, list links, Buffer object. */
const OVERHEAD_BYTES = 200;

/** What a tag costs beside its characters, roughly. */
const TAG_BYTES = 24;

/** A stored value. */
export class Item implements NearRecord {
  readonly bytes: Buffer;
  readonly expiresAt: number;
  readonly tags: readonly string[] | undefined;
  /** When it was last known to be valid; only of meaning with tags. */
  epoch: number;
  aux: unknown = undefined;
  /** Reads since the key came in. */
  reads: number;

  constructor(
    bytes: Buffer,
    expiresAt: number,
    tags: readonly string[] | undefined,
    epoch: number,
    reads: number,
  ) {
    this.bytes = bytes;
    this.expiresAt = expiresAt;
    this.tags = tags;
    this.epoch = epoch;
    this.reads = reads;
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
  invalidated = 0;
  refusedTooLarge = 0;
  refusedNoRoom = 0;
  refusedSince = 0;
  refusedVersion = 0;
}

/** The store behind one or several JsCache. */
export class JsStore {
  readonly options: SharedOptions;
  maxBytes: number;
  counts: Counts = new Counts();
  handles = 0;
  readonly tags: JsTags = new JsTags();
  readonly versions: JsVersions = new JsVersions();
  readonly ring: JsRing = new JsRing();
  readonly leases: LeaseCounts = new LeaseCounts();
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
    if (item === undefined || this.#isGone(key, item)) {
      this.counts.misses++;
      return undefined;
    }
    this.counts.hits++;
    item.reads++;
    return item;
  }

  /** Finds a value without counting the read. */
  peek(key: string): Item | undefined {
    const item = this.#items.peek(key);
    return item === undefined || this.#isGone(key, item) ? undefined : item;
  }

  /** Stores bytes and tags that belong to the store from now on; a refused set removes the old value, unless that is
   * newer by its version. */
  set(
    key: string,
    bytes: Buffer,
    ttl: number,
    tags: readonly string[] | undefined,
    since: number | undefined,
    version: number | undefined,
  ): boolean {
    if (version !== undefined && version !== this.versions.of(key)) {
      this.counts.refusedVersion++;
      return false;
    }
    this.versions.change(key);
    const reads = this.#items.peek(key)?.reads ?? 0;
    const item = new Item(bytes, this.now() + ttl, tags, this.tags.epoch, reads);
    const size = sizeOf(key, item);
    if (bytes.length > this.options.maxValueBytes) this.counts.refusedTooLarge++;
    else if (size > this.maxBytes) this.counts.refusedNoRoom++;
    else if (since !== undefined && !this.tags.mayStore(tags, since)) this.counts.refusedSince++;
    else {
      this.#items.set(key, item, { size });
      this.counts.sets++;
      return true;
    }
    this.#items.delete(key);
    return false;
  }

  delete(key: string): boolean {
    this.versions.change(key);
    if (this.peek(key) === undefined) return false;
    this.counts.deletes++;
    return this.#items.delete(key);
  }

  touch(key: string, ttl: number): boolean {
    this.versions.change(key);
    const item = this.peek(key);
    if (item === undefined) return false;
    const touched = new Item(item.bytes, this.now() + ttl, item.tags, item.epoch, item.reads);
    this.#items.set(key, touched, { size: sizeOf(key, touched) });
    return true;
  }

  clear(): void {
    this.#items.clear();
    this.tags.clear();
    this.versions.changeAll();
    this.ring.clear();
  }

  /** Takes evicted values out of the ring. */
  drainEvicted(maxBytes: number): Evicted[] {
    return this.ring.drain(maxBytes, this.now(), (item) => this.#isValid(item));
  }

  resetCounts(): void {
    this.counts = new Counts();
    this.ring.resetCounts();
    this.leases.copied = 0;
    this.leases.leaked = 0;
  }

  /** All live keys, as they stand now. */
  liveKeys(): string[] {
    const now = this.now();
    return [...this.#items.entries()]
      .filter(([, item]) => item.expiresAt > now && this.#isValid(item))
      .map(([key]) => key);
  }

  /** Removes expired and invalidated values, oldest first, for at most `budget` ms; not twice within the interval. */
  sweep(interval: number, budget: number): void {
    if (this.now() - this.#lastSweep < interval) return;
    this.#lastSweep = this.now();
    const end = performance.now() + budget;
    let seen = 0;
    for (const [key, item] of this.#items.rentries() as Iterable<[string, Item]>) {
      const isExpired = item.expiresAt <= this.#lastSweep;
      if (isExpired || !this.#isValid(item)) {
        this.#items.delete(key);
        if (isExpired) this.counts.expiredSwept++;
        else this.counts.invalidated++;
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
      this.#items.set(key, item, { size: sizeOf(key, item) });
    }
  }

  #makeItems(maxBytes: number): LRUCache<string, Item> {
    return new LRUCache<string, Item>({
      maxSize: maxBytes,
      dispose: (item, key, reason) => {
        if (reason !== 'evict') return;
        if (!this.#isValid(item)) {
          this.counts.invalidated++;
          return;
        }
        this.counts.evictions++;
        if (item.reads === 0) this.counts.evictedUnread++;
        if (!this.ring.wants(item.reads) || item.expiresAt <= this.now()) return;
        this.ring.push(key, item, this.versions.of(key));
      },
    });
  }

  // Removes and counts what should not be found any more.
  #isGone(key: string, item: Item): boolean {
    const isExpired = item.expiresAt <= this.now();
    if (!isExpired && this.#isValid(item)) return false;
    this.#items.delete(key);
    if (isExpired) this.counts.expiredOnRead++;
    else this.counts.invalidated++;
    return true;
  }

  // A valid value is of the present epoch from now on: the next look is one comparison, until something is invalidated.
  #isValid(item: Item): boolean {
    const { tags } = this;
    if (item.tags === undefined || item.epoch === tags.epoch) return true;
    if (!tags.isValid(item.tags, item.epoch)) return false;
    item.epoch = tags.epoch;
    return true;
  }
}

function sizeOf(key: string, { bytes, tags }: Item): number {
  let size = OVERHEAD_BYTES + key.length + bytes.length;
  if (tags !== undefined) for (const tag of tags) size += TAG_BYTES + tag.length;
  return size;
}
