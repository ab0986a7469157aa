// The near-cache takes up less when its copies are hardly used again. Counts, not times.
import { afterEach, expect, it, vi } from 'vitest';
import { openCache } from '../src/index.ts';
import type { Cache } from '../src/index.ts';
import { NearCache } from '../src/native/near-cache.ts';

const opened: Cache[] = [];

afterEach(() => {
  vi.restoreAllMocks();
  for (const cache of opened.splice(0)) cache.close();
});

/** A cache of `count` values under their numbers, with room for 256 of them in the near-cache. */
function fill(count: number, size: number): Cache {
  const cache = openCache({
    maxBytes: 64 * 2 ** 20,
    sweepInterval: false,
    nearCache: { maxEntries: 256, maxBytes: 256 * Math.max(size, 1024) },
  });
  opened.push(cache);
  for (let i = 0; i < count; i++) cache.set(`key${i}`, Buffer.alloc(size, i));
  return cache;
}

/** Numbers from 0 below `count` in a fixed random order, the same at each run. */
function* draws(reads: number, count: number): Iterable<number> {
  let state = 1;
  for (let i = 0; i < reads; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield Math.floor((state / 2 ** 32) * count);
  }
}

function read(cache: Cache, reads: number, count: number): { near: number } {
  const before = cache.stats().nearHits;
  for (const i of draws(reads, count)) {
    const value = cache.get(`key${i}`);
    if (value === undefined || value[0] !== (i & 255)) throw new Error(`wrong value of key${i}`);
  }
  return { near: cache.stats().nearHits - before };
}

it('takes up few values of uniform traffic over many keys, and a hot set after it', () => {
  const admit = vi.spyOn(NearCache.prototype, 'admit');
  const cache = fill(4096, 500);
  read(cache, 20_000, 4096); // until all are hot for the engine
  admit.mockClear();
  const uniform = read(cache, 40_000, 4096);
  const missed = 40_000 - uniform.near;
  expect(admit.mock.calls.length).toBeGreaterThan(missed / 10); // it never stops altogether
  expect(admit.mock.calls.length).toBeLessThan(missed / 7);
  read(cache, 3000, 100);
  expect(read(cache, 10_000, 100).near).toBeGreaterThan(9900);
});

it('does the same with large values', () => {
  const admit = vi.spyOn(NearCache.prototype, 'admitLarge');
  const cache = fill(1024, 20_000);
  read(cache, 8000, 1024);
  admit.mockClear();
  read(cache, 8000, 1024);
  const hot = admit.mock.results.length;
  const admitted = admit.mock.results.filter(({ value }) => value?.chunk !== undefined).length;
  expect(admitted).toBeGreaterThan(hot / 10);
  expect(admitted).toBeLessThan(hot / 7);
  read(cache, 2000, 40);
  expect(read(cache, 4000, 40).near).toBeGreaterThan(3960);
});

it('takes up a hot set at once while there is room', () => {
  const cache = fill(200, 500);
  for (let round = 0; round < 3; round++) for (let i = 0; i < 200; i++) cache.get(`key${i}`);
  expect(cache.stats().near.entries).toBe(200);
  expect(read(cache, 5000, 200).near).toBe(5000);
});

// Large values drop the oldest chunks, at times the one that small values are just put into.
it('forgets what a dropped chunk held, also when the native side was still filling it', () => {
  const cache = openCache({
    maxBytes: 64 * 2 ** 20,
    sweepInterval: false,
    nearCache: { maxEntries: 512, maxBytes: 512 * 1024, maxEntryBytes: 64 * 1024 },
  });
  opened.push(cache);
  const makeHot = (key: string): void => {
    for (let i = 0; i < 8; i++) cache.getRecord(key);
  };
  for (let i = 0; i < 20; i++) cache.set(`large${i}`, Buffer.alloc(60_000, i));
  let small = 0;
  for (let cycle = 0; cycle < 60; cycle++) {
    for (let i = 0; i < 20; i++) makeHot(`large${i}`);
    for (let i = 0; i < 100; i++) {
      cache.set(`small${small}`, Buffer.alloc(200, 1));
      makeHot(`small${small++}`);
    }
  }
  expect(cache.stats().near.entries).toBeLessThanOrEqual(512);
  expect(cache.stats().near.bytes).toBeLessThanOrEqual(512 * 1024);
  for (let i = 0; i < 400; i++) for (let k = 0; k < 4; k++) cache.getRecord(`large${k}`);
  const before = cache.stats().nearHits;
  for (let i = 0; i < 500; i++) for (let k = 0; k < 4; k++) cache.getRecord(`large${k}`);
  expect(cache.stats().nearHits - before).toBe(2000);
});
