// A cache next to a Map with exact expiry and tags: each operation runs on both, and they must agree.
// Invariant: with room for everything the cache may neither lose nor keep a value that the Map does not. One freedom:
// once swept, the cache may have forgotten what was invalidated, and then refuse a `since` from before.
import type { Cache, Key, Lease, SetOptions } from '../../src/index.ts';
import { advance, setClock } from '../../src/testing.ts';
import { keys } from './operations.ts';
import type { Operation } from './operations.ts';

/** The default ttl of the caches under test. */
export const TTL = 50;

interface Expected {
  readonly value: Buffer;
  readonly expiresAt: number;
  readonly tags: readonly string[];
}

/** An epoch of the cache, the model's own at that time, and how often it had been swept. */
interface Snapshot {
  readonly since: number;
  readonly at: number;
  readonly sweeps: number;
}

type Of<T extends Operation['type']> = Extract<Operation, { type: T }>;

/** Runs operations on a cache and a Map. */
export class Model {
  reads = 0;
  readonly #cache: Cache;
  readonly #entries = new Map<string, Expected>();
  readonly #invalidatedAt = new Map<string, number>();
  readonly #leases: { readonly lease: Lease; readonly value: Buffer }[] = [];
  readonly #snapshots: Snapshot[] = [];
  #epoch = 0;
  #clearedAt = 0;
  #now = 0;
  #sweeps = 0;

  constructor(cache: Cache) {
    this.#cache = cache;
    setClock(cache, 0);
  }

  /** Runs one operation.
   * @throws Error when cache and Map do not agree */
  run(step: Operation): void {
    switch (step.type) {
      case 'set':
        return this.#set(step);
      case 'get':
        for (let i = 0; i < step.times; i++) this.#get(step);
        return;
      case 'read':
        return this.#read(step);
      case 'peek':
        return this.#peek(step);
      case 'lease':
        return this.#lease(step);
      case 'release':
        return this.#release(step.which);
      case 'delete':
        same(this.#cache.delete(keyOf(step)), this.#live(step.key) !== undefined, 'delete');
        this.#entries.delete(step.key);
        return;
      case 'touch':
        return this.#touch(step);
      case 'invalidate':
        this.#cache.invalidateTag(step.tags);
        return this.#invalidate(step.tags);
      case 'epoch':
        return this.#takeEpoch();
      case 'advance':
        this.#now += step.ms;
        return advance(this.#cache, step.ms);
      case 'list':
        return this.#list();
      case 'clear':
        this.#cache.clear();
        this.#entries.clear();
        this.#clearedAt = ++this.#epoch;
        return;
      case 'sweep':
        this.#sweeps++;
        return sweep(this.#cache);
    }
  }

  /** Releases what is leased. */
  end(): void {
    while (this.#leases.length > 0) this.#release(0);
  }

  #set(step: Of<'set'>): void {
    const value = Buffer.from(step.value as string);
    const tags = step.tags ?? [];
    const snapshot = step.since === undefined ? undefined : this.#snapshots[step.since];
    const options: SetOptions = {
      ttl: step.ttl,
      ...(tags.length > 0 && { tags }),
      ...(snapshot !== undefined && { since: snapshot.since }),
    };
    const isStored = this.#cache.set(keyOf(step), step.value, options);
    const isFresh = snapshot === undefined || this.#isFresh(tags, snapshot.at);
    const mayForget = snapshot !== undefined && tags.length > 0 && snapshot.sweeps < this.#sweeps;
    if (isStored || !mayForget) same(isStored, isFresh, 'set');
    if (isStored) this.#entries.set(step.key, { value, tags, expiresAt: this.#ends(step.ttl) });
    else this.#entries.delete(step.key);
  }

  #get(step: Of<'get'>): void {
    this.reads++;
    sameBytes(this.#cache.get(keyOf(step)), this.#live(step.key)?.value, 'get');
  }

  #read({ key, size }: Of<'read'>): void {
    const target = new Uint8Array(size);
    const value = this.#live(key)?.value;
    const result = this.#cache.getInto(key, target);
    if (value === undefined) same(result, -1, 'getInto');
    else if (value.length > size) same(result, -1 - value.length, 'getInto');
    else {
      same(result, value.length, 'getInto');
      sameBytes(target.subarray(0, result), value, 'getInto');
    }
    if (value === undefined || value.length <= size) this.reads++;
  }

  #peek({ key }: Of<'peek'>): void {
    const entry = this.#live(key);
    sameBytes(this.#cache.peek(key), entry?.value, 'peek');
    same(this.#cache.has(key), entry !== undefined, 'has');
    same(this.#cache.ttl(key), entry && entry.expiresAt - this.#now, 'ttl');
  }

  #lease(step: Of<'lease'>): void {
    if (this.#leases.length === 8) this.#release(0);
    const value = this.#live(step.key)?.value;
    const lease = this.#cache.lease(keyOf(step));
    this.reads++;
    sameBytes(lease?.bytes, value, 'lease');
    if (lease !== undefined && value !== undefined) this.#leases.push({ lease, value });
  }

  // Whatever has happened to the key: the leased bytes are still those of then.
  #release(which: number): void {
    const [leased] = this.#leases.splice(which, 1);
    if (leased === undefined) return;
    sameBytes(leased.lease.bytes, leased.value, 'leased bytes');
    leased.lease.release();
    leased.lease.release();
    same(this.#cache.stats().leases.open, this.#leases.length, 'open leases');
  }

  #touch({ key, ttl }: Of<'touch'>): void {
    const entry = this.#live(key);
    same(this.#cache.touch(key, { ttl }), entry !== undefined, 'touch');
    if (entry !== undefined) this.#entries.set(key, { ...entry, expiresAt: this.#ends(ttl) });
  }

  #invalidate(tags: readonly string[]): void {
    for (const tag of tags) this.#invalidatedAt.set(tag, ++this.#epoch);
    for (const [key, entry] of this.#entries) {
      if (entry.tags.some((tag) => tags.includes(tag))) this.#entries.delete(key);
    }
  }

  #takeEpoch(): void {
    const snapshot = { since: this.#cache.epoch(), at: this.#epoch, sweeps: this.#sweeps };
    this.#snapshots.unshift(snapshot);
    this.#snapshots.length = Math.min(this.#snapshots.length, 4);
  }

  #isFresh(tags: readonly string[], at: number): boolean {
    if (this.#clearedAt > at) return false;
    return tags.every((tag) => (this.#invalidatedAt.get(tag) ?? 0) <= at);
  }

  #list(): void {
    const expected = keys.filter((key) => this.#live(key) !== undefined).map(bytesOf);
    const listed = [...this.#cache.keys({ as: 'buffer' })];
    const text = (all: Buffer[]) =>
      all
        .map((key) => key.toString('hex'))
        .sort()
        .join();
    same(text(listed), text(expected), 'keys');
  }

  #live(key: string): Expected | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAt > this.#now ? entry : undefined;
  }

  #ends(ttl: number | undefined): number {
    return this.#now + (ttl ?? TTL);
  }
}

// WTF-8, as an independent reference: lone surrogates by hand, all else by Buffer.
function bytesOf(key: string): Buffer {
  return key === '\ud800' ? Buffer.of(0xed, 0xa0, 0x80) : Buffer.from(key);
}

function keyOf({ key, asBytes }: { key: string; asBytes: boolean }): Key {
  return asBytes ? bytesOf(key) : key;
}

function sweep(cache: Cache): void {
  (cache as unknown as { sweep(interval: number, budget: number): void }).sweep(1, 10);
}

// Of our own: a million assertions of the test runner cost more than the caches.
function same(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected)) return;
  throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}

function sameBytes(
  actual: Uint8Array | undefined,
  expected: Uint8Array | undefined,
  what: string,
): void {
  if (actual === undefined || expected === undefined) same(actual, expected, what);
  else if (Buffer.compare(actual, expected) !== 0) {
    throw new Error(`${what}: expected ${expected.length} bytes, got ${actual.length} others`);
  }
}
