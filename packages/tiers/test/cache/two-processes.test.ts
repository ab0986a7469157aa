// Two caches with engines of their own around one Redis, as two processes: what one does is seen by the other.
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TieredCache, TieredOptions } from '../../src/index.ts';
import { makeFolder, open, until } from './support/open.ts';

let redis: RedisServer;
let name = '';
let count = 0;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => {
  name = `pair-${count++}`;
});

async function pair(options: TieredOptions = {}): Promise<[TieredCache, TieredCache]> {
  const remote = { url: redis.url };
  const both = [open({ name, remote, ...options }), open({ name, remote, ...options })] as const;
  for (const one of both)
    expect(await one.ready({ timeout: 30_000 })).toMatchObject({ status: 'ok' });
  return [...both];
}

describe('reading', () => {
  it('finds what the other has set, and copies it up with the time that is left', async () => {
    const [a, b] = await pair();
    await a.set('k', { n: 1 }, { ttl: 5000, grace: 1000, tags: ['t'], meta: { etag: 'x' } });
    // The news of the set may overtake the copy on its way up: then it is not kept.
    await until(async () => {
      await b.get('k');
      return b.getEntrySync('k') !== undefined;
    });
    const entry = await b.getEntry('k', { tiers: ['remote'] });
    expect(entry).toMatchObject({
      value: { n: 1 },
      tier: 'remote',
      tags: ['t'],
      meta: { etag: 'x' },
    });
    const near = b.getEntrySync('k');
    expect(near).toMatchObject({ value: { n: 1 }, tier: 'memory', expiresAt: entry?.expiresAt });
    expect(b.memory?.ttl('k')).toBeLessThanOrEqual(6000);
    expect(b.stats().remote.promotions).toBeGreaterThan(0);
  });

  it('gets many in one round trip, in order, duplicates too', async () => {
    const [a, b] = await pair();
    await a.setMany(Array.from({ length: 200 }, (_, i) => [`k${i}`, i] as const));
    await b.get('k7');
    const keys = ['k7', 'nothing', 'k199', 'k7', 'k0'];
    expect(await b.getMany(keys)).toEqual([7, undefined, 199, 7, 0]);
    const all = await b.getMany(Array.from({ length: 200 }, (_, i) => `k${i}`));
    expect(all).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it('reads only the tiers that are asked for', async () => {
    const [a, b] = await pair();
    await a.set('k', 1, { tiers: ['remote'] });
    expect(a.getSync('k')).toBeUndefined();
    expect(await b.get('k', { tiers: ['memory'] })).toBeUndefined();
    expect(await b.get('k', { tiers: ['disk'] })).toBeUndefined();
    expect(await b.get('k')).toBe(1);
    await a.set('m', 2, { tiers: ['memory'] });
    expect(await b.get('m')).toBeUndefined();
    expect(await a.get('m')).toBe(2);
  });

  it('ends a caller’s wait when its signal fires', async () => {
    const [a] = await pair();
    await expect(a.get('k', { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow(
      'gone',
    );
    const later = new AbortController();
    const wait = a.get('k', { signal: later.signal });
    later.abort(new Error('later'));
    await expect(wait).rejects.toThrow('later');
  });

  it('compresses large values below memory, unless told not to', async () => {
    const [a, b] = await pair();
    const value = 'word '.repeat(4000);
    await a.set('packed', value);
    await a.set('plain', value, { compress: false });
    expect(await b.getMany(['packed', 'plain'])).toEqual([value, value]);
    const sizes = await Promise.all(
      ['packed', 'plain'].map((key) => redis.ask('STRLEN', `cz1:${name}::{${key}}`)),
    );
    expect(Number(sizes[0])).toBeLessThan(Number(sizes[1]) / 4);
  });
});

describe('changes', () => {
  it('reach the other’s memory: set, delete, touch, expire', async () => {
    const [a, b] = await pair({ grace: 60_000 });
    await a.setMany(['s', 'd', 't', 'e'].map((key) => [key, 1] as const));
    await b.getMany(['s', 'd', 't', 'e']);
    await Promise.all([
      a.set('s', 2),
      a.delete('d'),
      a.touch('t', { ttl: 90_000_000 }),
      a.expire('e'),
    ]);
    await until(async () => (await b.get('s')) === 2);
    await until(async () => (await b.getEntry('d')) === undefined);
    await until(async () => ((await b.getEntry('t'))?.expiresAt ?? 0) > Date.now() + 80_000_000);
    await until(async () => (await b.getEntry('e'))?.stale === true);
  });

  it('invalidate tags for both, softly too, and leave what is set after', async () => {
    const [a, b] = await pair({ grace: 60_000 });
    await a.set('hard', 1, { tags: ['h'] });
    await a.set('soft', 1, { tags: ['s'] });
    await b.getMany(['hard', 'soft']);
    expect(await a.invalidateTags('h')).toMatchObject({ ok: true, remote: 'ok', bus: 'ok' });
    await a.invalidateTags('s', { soft: true });
    await until(
      () => b.getEntrySync('hard') === undefined && b.getEntrySync('soft')?.stale === true,
    );
    expect(await b.getEntry('hard')).toBeUndefined();
    await b.set('hard', 2, { tags: ['h'] });
    await until(async () => (await a.get('hard')) === 2);
  });

  it('clear a namespace for both, and remove its entries from the server without touching others', async () => {
    const [a, b] = await pair();
    await redis.ask('SET', 'somebody-else', 'x');
    await a.namespace('n').set('k', 1);
    await a.namespace('n').namespace('m').set('k', 2);
    await a.set('k', 3);
    await b.namespace('n').get('k');
    expect(await a.namespace('n').clear({ wait: true })).toMatchObject({ ok: true });
    await until(() => b.namespace('n').getSync('k') === undefined);
    expect(await b.namespace('n').get('k')).toBeUndefined();
    expect(await b.namespace('n').namespace('m').get('k')).toBeUndefined();
    expect(await b.get('k')).toBe(3);
    const left: string[] = [];
    for await (const key of a.namespace('n').keys()) left.push(key);
    expect(left).toEqual([]);
    await a.clear({ wait: true });
    expect(await redis.ask('GET', 'somebody-else')).toBe('x');
  });

  it('of a load in the other process come too late when the key was deleted meanwhile', async () => {
    const [a, b] = await pair();
    let release: (value: number) => void = () => {};
    const began = new Promise<void>((resolve) => {
      void b.getOrSet('k', () => {
        resolve();
        return new Promise<number>((give) => (release = give));
      });
    });
    await began;
    await a.delete('k');
    release(1);
    await until(() => b.stats().factoryCalls === 1 && b.stats().requests === 1);
    expect(await a.get('k')).toBeUndefined();
    await until(async () => (await b.get('k')) === undefined);
  });
});

describe('with a ticket', () => {
  it('stores what was computed in time, for both', async () => {
    const [a, b] = await pair();
    const ticket = a.ticket('k', ['guard']);
    expect(await a.set('k', 1, { ticket })).toMatchObject({ ok: true, memory: 'ok' });
    await until(async () => (await b.get('k')) === 1);
  });

  it('refuses what a delete, a set or an invalidation has overtaken', async () => {
    const [a, b] = await pair();
    for (const overtake of [
      () => a.delete('k'),
      () => a.set('k', 'newer'),
      () => a.invalidateTags('tag'),
      () => b.invalidateTags('guard'),
      () => b.delete('k'),
      () => a.clear(),
    ]) {
      const ticket = a.ticket('k', ['guard']);
      const seen = a.ticket('probe', ['guard', 'tag']);
      await overtake();
      // What the other has done is heard through the bus.
      await b.set('heard', seen.created);
      await until(async () => (await a.get('heard')) === seen.created);
      expect(await a.set('k', 'older', { ticket, tags: ['tag'] })).toMatchObject({
        memory: 'skipped',
      });
      expect(await a.get('k')).not.toBe('older');
      expect(await b.get('k')).not.toBe('older');
    }
  });
});

describe('a lock', () => {
  it('has one holder at a time, with a fence that grows', async () => {
    const [a, b] = await pair();
    const first = await a.lock('k');
    if (typeof first !== 'object') throw new Error('not taken');
    expect(await b.lock('k')).toBeUndefined();
    await first.release();
    await first.release();
    const second = await b.lock('k');
    if (typeof second !== 'object') throw new Error('not taken');
    expect(second.fence).toBeGreaterThan(first.fence);
    await second[Symbol.asyncDispose]();
    expect(await open().lock('k')).toBe('unavailable');
  });

  it('is extended while it is held', async () => {
    const [a, b] = await pair();
    // Extended at each third of it: a busy machine may be late by two of them.
    const ttl = 1500;
    const held = await a.lock('k', { ttl });
    if (typeof held !== 'object') throw new Error('not taken');
    const taken = performance.now();
    await until(async () => {
      expect(await b.lock('k')).toBeUndefined();
      return performance.now() - taken > 2 * ttl;
    });
    expect(held.isHeld).toBe(true);
    await held.release();
  });
});

describe('ways of writing', () => {
  it('behind: soon, in batches, and never over what is newer', async () => {
    const [a, b] = await pair({ write: { remote: 'behind' } });
    expect(await a.set('k', 1)).toMatchObject({ remote: 'queued' });
    expect(await a.get('k', { tiers: ['remote'] })).toBe(1);
    await until(async () => (await b.get('k', { tiers: ['remote'] })) === 1);
  });

  it('off: neither values nor removals of a set, but deletes', async () => {
    const [a, b] = await pair({ write: { remote: 'off' } });
    expect(await a.set('k', 1)).toMatchObject({ remote: 'skipped' });
    expect(await b.get('k')).toBeUndefined();
    const filler = open({ name, remote: { url: redis.url } });
    await filler.ready({ timeout: 30_000 });
    expect(await filler.set('k', 2)).toMatchObject({ remote: 'ok' });
    expect(await b.get('k')).toBe(2);
    await a.delete('k');
    await until(async () => (await b.get('k')) === undefined);
  });

  it('victim: what memory evicts goes down if it was read', async () => {
    const folder = makeFolder();
    const cache = open({
      name,
      memory: { maxBytes: 1024 * 1024, maxValueBytes: 64 * 1024, nearCache: false },
      disk: { dir: folder, maxBytes: 64 * 1024 * 1024, minFree: 0 },
      write: { disk: 'victim' },
    });
    await cache.ready({ timeout: 30_000 });
    expect(await cache.set('first', 'x'.repeat(5000))).toMatchObject({ disk: 'skipped' });
    for (let i = 0; i < 5; i++) await cache.get('first');
    for (let i = 0; i < 400; i++) {
      await cache.set(`k${i}`, 'y'.repeat(10_000));
      cache.getSync(`k${i}`);
    }
    await until(() => cache.stats().disk.demotions > 0);
    await until(() => cache.stats().queued === 0);
    const kept: string[] = [];
    // Sets leave tombstones there, in place of what may have been before them.
    for await (const key of cache.keys({ tier: 'disk' })) {
      if ((await cache.inspect(key)).disk !== undefined) kept.push(key);
    }
    const missing = kept.find((key) => cache.getSync(key) === undefined);
    if (missing === undefined) throw new Error('nothing was evicted');
    expect(await cache.get<string>(missing)).toMatch(/^[xy]+$/);
  });

  it('victim: what memory evicts goes down to the server too, over what it replaced there', async () => {
    const shared = { name, remote: { url: redis.url } };
    const writer = open(shared);
    await writer.ready({ timeout: 30_000 });
    await writer.set('k5', 'before');
    const cache = open({
      ...shared,
      memory: { maxBytes: 1024 * 1024, maxValueBytes: 64 * 1024, nearCache: false },
      write: { remote: 'victim' },
    });
    await cache.ready({ timeout: 30_000 });
    for (let i = 0; i < 200; i++) {
      expect(await cache.set(`k${i}`, `${i} `.repeat(3000))).toMatchObject({ remote: 'skipped' });
      cache.getSync(`k${i}`);
      if (i === 5) expect(await writer.get('k5', { tiers: ['remote'] })).toBeUndefined();
    }
    await until(() => cache.stats().remote.demotions > 10);
    const found = await writer.getMany<string>(
      Array.from({ length: 200 }, (_, i) => `k${i}`),
      { tiers: ['remote'] },
    );
    expect(found.filter((value) => value !== undefined).length).toBeGreaterThan(10);
    expect(found.every((value, i) => value === undefined || value === `${i} `.repeat(3000))).toBe(
      true,
    );
  });
});

describe('tiers of one entry', () => {
  it('hold for every copy: what is kept out of Redis is found on disk, and not copied up', async () => {
    const remote = { url: redis.url };
    const disk = { dir: makeFolder(), minFree: 0 };
    const cache = open({ name, remote, memory: false, disk });
    await cache.ready({ timeout: 30_000 });
    await cache.set('k', 'old');
    await cache.set('k', 'here', { tiers: ['disk'] });
    expect(await cache.get('k')).toBe('here');
    expect(await cache.getMany(['k'])).toEqual(['here']);
    expect(await cache.touch('k', { ttl: 90_000 })).toBe(true);
    expect(await cache.get('k', { tiers: ['remote'] })).toBeUndefined();
    expect(await redis.ask('STRLEN', `cz1:${name}::{k}`)).toBeLessThan(80);
    await cache.delete('k');
    expect(await cache.get('k')).toBeUndefined();
  });

  it('hold when it gets new times, and with a tier that is not written', async () => {
    const [a, b] = await pair({ write: { remote: 'off' } });
    await a.set('k', 1);
    expect(await a.touch('k', { ttl: 90_000, grace: 5000 })).toBe(true);
    expect((await a.expire('k')).remote).toBe('skipped');
    expect(await b.get('k')).toBeUndefined();
    expect(await redis.ask('EXISTS', `cz1:${name}::{k}`)).toBe(0);
    expect(a.getEntrySync('k')).toMatchObject({ value: 1, stale: true });

    const [c] = await pair();
    await c.set('l', 1, { tiers: ['remote'] });
    expect(await c.touch('l', { ttl: 90_000 })).toBe(true);
    expect(c.getSync('l')).toBeUndefined();
    expect(await redis.ask('PTTL', `cz1:${name}::{l}`)).toBeLessThanOrEqual(90_000);
  });

  it('change with a renewal', async () => {
    const [a] = await pair();
    const options = { ttl: 60_000, grace: 60_000 };
    await a.set('k', 1, { ...options, tiers: ['remote'] });
    await a.expire('k');
    expect(await a.getOrSet('k', ({ notModified }) => notModified() as number, options)).toBe(1);
    expect(a.getSync('k')).toBe(1);
  });

  it('keep out of memory what is for Redis alone', async () => {
    const [a, b] = await pair();
    await a.set('k', 1, { tiers: ['remote'] });
    for (const cache of [a, b]) {
      expect(await cache.get('k')).toBe(1);
      expect(cache.getSync('k')).toBeUndefined();
    }
    expect(await a.getOrSet('l', () => 2, { tiers: ['remote'] })).toBe(2);
    await until(async () => (await b.get('l')) === 2);
    expect([a.getSync('l'), b.getSync('l')]).toEqual([undefined, undefined]);
  });
});

describe('how long Redis keeps', () => {
  it('an invalidation: longer than any entry, also one that never expires', async () => {
    const [a] = await pair();
    const DAY = 86_400_000;
    await a.set('k', 1, { ttl: Infinity, tags: ['t'] });
    const entry = await redis.ask('PTTL', `cz1:${name}::{k}`);
    expect(entry).toBeGreaterThan(29 * DAY);
    await a.invalidateTags(['t']);
    const keys = (await redis.ask('KEYS', `cz1:${name}:*t:t*`)) as string[];
    expect(keys).toHaveLength(1);
    expect(await redis.ask('PTTL', keys[0] as string)).toBeGreaterThan(Number(entry) + DAY / 2);
  });
});
