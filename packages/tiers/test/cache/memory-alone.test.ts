// A cache of memory alone: values, times, tags, namespaces, and what a user may do wrong.
import { openCache } from '@catzilla/cache-core';
import { describe, expect, it } from 'vitest';
import { createTieredCache } from '../../src/index.ts';
import type { TieredCache } from '../../src/index.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { atEnd, open, ownMemory } from './support/open.ts';

// The near-cache keeps what is read again.
function readOften(cache: TieredCache): void {
  for (let i = 0; i < 5; i++) cache.getSync('a');
}

describe('values', () => {
  it('gives what was set, by promise and at once, and tells where each write went', async () => {
    const cache = open();
    expect(await cache.set('a', { n: 1 })).toEqual({
      ok: true,
      memory: 'ok',
      remote: 'off',
      disk: 'off',
      bus: 'off',
    });
    expect(await cache.get('a')).toEqual({ n: 1 });
    expect(cache.getSync('a')).toEqual({ n: 1 });
    expect(await cache.has('a')).toBe(true);
    expect(await cache.get('b')).toBeUndefined();
    expect(cache.getSync('b')).toBeUndefined();
    expect(await cache.has('b')).toBe(false);
  });

  it('keeps null as a value, and refuses undefined', async () => {
    const cache = open();
    await cache.set('n', null);
    expect(await cache.get('n')).toBeNull();
    expect(await cache.has('n')).toBe(true);
    await expect(cache.set('u', undefined)).rejects.toMatchObject({ code: 'CATZ_TIERS_ENCODE' });
  });

  it('shares one frozen value among all readers, and never the caller’s own object', async () => {
    const cache = open();
    const own = { list: [1] };
    await cache.set('a', own);
    readOften(cache);
    const first = cache.getSync<typeof own>('a');
    expect(first).not.toBe(own);
    expect(cache.getSync('a')).toBe(first);
    expect(Object.isFrozen(first?.list)).toBe(true);
    own.list.push(2);
    expect(cache.getSync('a')).toEqual({ list: [1] });
  });

  it('decodes for each reader with onRead clone, and shares without freezing with share', async () => {
    const cloning = open({ onRead: 'clone' });
    await cloning.set('a', { n: 1 });
    const one = cloning.getSync<{ n: number }>('a');
    expect(cloning.getSync('a')).not.toBe(one);
    expect(Object.isFrozen(one)).toBe(false);
    await cloning.set('b', Buffer.from('bytes'));
    const bytes = cloning.getSync<Buffer>('b');
    bytes?.fill(0);
    expect(cloning.getSync<Buffer>('b')?.toString()).toBe('bytes');

    const sharing = open({ onRead: 'share' });
    await sharing.set('a', { n: 1 });
    readOften(sharing);
    expect(sharing.getSync('a')).toBe(sharing.getSync('a'));
    expect(Object.isFrozen(sharing.getSync('a'))).toBe(false);
  });

  it('keeps bytes as bytes under every codec', async () => {
    for (const codec of ['json', 'bytes', 'msgpack'] as const) {
      const cache = open({ codec });
      await cache.set('a', Buffer.from([1, 2, 255]));
      expect(await cache.get('a')).toEqual(Buffer.from([1, 2, 255]));
    }
    await expect(open({ codec: 'bytes' }).set('a', { n: 1 })).rejects.toMatchObject({
      code: 'CATZ_TIERS_ENCODE',
    });
  });

  it('keeps Map, Set, Date and bigint with msgpack, decoded for each reader', async () => {
    const cache = open({ codec: 'msgpack' });
    const value = { map: new Map([[1, new Set(['x'])]]), at: new Date(5), big: 2n ** 60n };
    await cache.set('a', value);
    expect(await cache.get('a')).toEqual(value);
    expect(cache.getSync('a')).not.toBe(cache.getSync('a'));
  });

  it('reads what a codec of the user’s has written', async () => {
    const memory = ownMemory();
    const upper = {
      id: 200,
      name: 'upper',
      encode: (value: unknown) => Buffer.from(String(value).toUpperCase()),
      decode: (bytes: Buffer) => bytes.toString(),
    };
    await open({ memory, codec: upper }).set('a', 'word');
    expect(await open({ memory, codecs: [upper] }).get('a')).toBe('WORD');
    const without = open({ memory });
    expect(await without.get('a')).toBeUndefined();
  });

  it('stores nothing larger than maxValueBytes, and does not keep what was there', async () => {
    const cache = open({ maxValueBytes: 100 });
    await cache.set('a', 'small');
    await cache.set('a', 'x'.repeat(200));
    expect(await cache.get('a')).toBeUndefined();
    expect(cache.stats().notStored).toBe(1);
  });

  it('sets and gets many, the last of equal keys counting', async () => {
    const cache = open();
    await cache.setMany(
      [
        ['a', 1],
        ['b', 2, { ttl: 0 }],
        ['a', 3],
      ],
      { tags: ['t'] },
    );
    expect(await cache.getMany(['a', 'b', 'a'])).toEqual([3, undefined, 3]);
    expect(cache.getEntrySync('a')?.tags).toEqual(['t']);
    expect(await cache.setMany([])).toMatchObject({ ok: true });
    expect(await cache.getMany([])).toEqual([]);
  });

  it('deletes one key or several, also such as are not there', async () => {
    const cache = open();
    await cache.setMany([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    await cache.delete('a');
    await cache.delete(['b', 'nothing']);
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual([undefined, undefined, 3]);
    expect(await cache.delete([])).toMatchObject({ ok: true });
  });
});

describe('times', () => {
  it('gives a value until its ttl, then as stale until its grace, then never', async () => {
    const clock = fakeClock();
    const cache = open({ clock });
    await cache.set('a', 1, { ttl: 1000, grace: 500 });
    clock.advance(999);
    expect(await cache.get('a')).toBe(1);
    clock.advance(1);
    expect(await cache.get('a')).toBeUndefined();
    expect(cache.getSync('a')).toBeUndefined();
    expect(await cache.getEntry('a')).toMatchObject({ value: 1, stale: true });
    expect(cache.getEntrySync('a')).toMatchObject({ value: 1, stale: true });
    clock.advance(500);
    expect(await cache.getEntry('a')).toBeUndefined();
  });

  it('is read as of a moment that the caller knows, all readers of a fresh one sharing one entry', async () => {
    const clock = fakeClock();
    const cache = open({ clock });
    await cache.set('a', 1, { ttl: 1000, grace: 1000, tags: ['t'] });
    const now = clock.wall();
    // The near-cache takes a record at its third read at the latest.
    for (let read = 0; read < 3; read++) cache.getEntrySync('a');
    const entry = cache.getEntrySync('a', now + 999);
    expect(entry).toMatchObject({ value: 1, stale: false, expiresAt: now + 1000 });
    expect(cache.getEntrySync('a')).toBe(entry);
    expect(Object.isFrozen(entry)).toBe(true);
    expect(cache.getEntrySync('a', now + 1000)).toMatchObject({ stale: true });
    expect(cache.getEntrySync('a', now + 2000)).toBeUndefined();
    // A soft invalidation is the end of its freshness, and says so.
    clock.advance(500);
    await cache.invalidateTags('t', { soft: true });
    const { stale, expiresAt } = cache.getEntrySync('a')!;
    expect(stale).toBe(true);
    expect(expiresAt - (now + 500)).toBeGreaterThanOrEqual(0);
    expect(expiresAt - (now + 500)).toBeLessThan(10);
  });

  it('takes ttl by tier: the largest is the ttl, memory keeps it no longer than its own', async () => {
    const clock = fakeClock();
    const cache = open({ clock });
    await cache.set('a', 1, { ttl: { memory: 50_000, remote: 90_000 } });
    const entry = cache.getEntrySync('a');
    expect((entry?.expiresAt ?? 0) - clock.wall()).toBe(90_000);
    expect(cache.memory?.ttl('a')).toBeLessThanOrEqual(50_000);
  });

  it('stores nothing with ttl 0, and removes what is there; Infinity never ends', async () => {
    const cache = open();
    await cache.set('a', 1, { ttl: Infinity });
    expect(cache.getEntrySync('a')?.expiresAt).toBe(Infinity);
    await cache.set('a', 2, { ttl: 0 });
    expect(await cache.get('a')).toBeUndefined();
  });

  it('takes a share of ttl off with jitter', async () => {
    const clock = fakeClock();
    const cache = open({ clock, jitter: 0.5, ttl: 1000 });
    const lives = new Set<number>();
    for (let i = 0; i < 20; i++) {
      await cache.set('a', i);
      lives.add((cache.getEntrySync('a')?.expiresAt ?? 0) - clock.wall());
    }
    expect(lives.size).toBeGreaterThan(5);
    for (const life of lives) expect(life > 499 && life <= 1000).toBe(true);
  });

  it('touches: new times, counted from now, the value and its tags kept', async () => {
    const clock = fakeClock();
    const cache = open({ clock });
    await cache.set('a', 1, { ttl: 1000, tags: ['t'] });
    clock.advance(900);
    expect(await cache.touch('a', { ttl: 1000, grace: 10 })).toBe(true);
    clock.advance(900);
    expect(cache.getEntrySync('a')).toMatchObject({ value: 1, stale: false, tags: ['t'] });
    expect(await cache.touch('nothing')).toBe(false);
    expect(await cache.touch('a', { ttl: 0 })).toBe(true);
    expect(await cache.get('a')).toBeUndefined();
  });

  it('expires: stale at once where there is grace, gone where there is none', async () => {
    const cache = open();
    await cache.set('a', 1, { ttl: 10_000, grace: 10_000 });
    await cache.set('b', 2, { ttl: 10_000 });
    await cache.expire('a');
    await cache.expire('b');
    await cache.expire('nothing');
    expect(await cache.getEntry('a')).toMatchObject({ value: 1, stale: true });
    expect(await cache.getEntry('b')).toBeUndefined();
  });
});

describe('new times', () => {
  it.each(['expire', 'touch'] as const)(
    'by %s bring back nothing that was removed meanwhile, and leave what was set',
    async (method) => {
      const cache = open();
      const options = { ttl: 10_000, grace: 10_000, tags: ['t'] };
      for (const remove of [
        () => cache.delete('a'),
        () => cache.invalidateTags('t'),
        () => cache.clear(),
      ]) {
        await cache.set('a', 1, options);
        const changing = cache[method]('a');
        await remove();
        await changing;
        expect(await cache.getEntry('a')).toBeUndefined();
      }
      await cache.set('a', 1, options);
      const changing = cache[method]('a');
      await cache.set('a', 2, options);
      await changing;
      expect(await cache.getEntry('a')).toMatchObject({ value: 2, stale: false });
    },
  );
});

describe('tags and namespaces', () => {
  it('invalidates by tag in every namespace, and not what is set after', async () => {
    const cache = open();
    const inner = cache.namespace('n');
    await cache.set('a', 1, { tags: ['x', 'y'] });
    await inner.set('a', 2, { tags: ['y'] });
    await cache.set('b', 3);
    await cache.invalidateTags(['y']);
    await cache.set('c', 4, { tags: ['y'] });
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual([undefined, 3, 4]);
    expect(await inner.get('a')).toBeUndefined();
    expect(await cache.invalidateTags([])).toMatchObject({ ok: true });
  });

  it('makes entries stale with a soft invalidation, to be served within their grace', async () => {
    const cache = open();
    await cache.set('a', 1, { tags: ['x'], grace: 10_000 });
    await cache.invalidateTags('x', { soft: true });
    expect(await cache.get('a')).toBeUndefined();
    expect(await cache.getEntry('a')).toMatchObject({ value: 1, stale: true });
    await cache.set('a', 2, { tags: ['x'] });
    expect(await cache.get('a')).toBe(2);
  });

  it('keeps namespaces apart, inherits options, and clears what is within', async () => {
    const cache = open({ ttl: 5000, tags: ['all'] });
    const a = cache.namespace('a', { ttl: 1000, tags: ['a'] });
    const b = a.namespace('b');
    await cache.set('k', 0);
    await a.set('k', 1);
    await b.set('k', 2);
    expect([cache.namespaceName, a.namespaceName, b.namespaceName]).toEqual(['', 'a', 'a/b']);
    expect(b.getEntrySync('k')?.tags).toEqual(['all', 'a']);
    await a.clear();
    expect([await cache.get('k'), await a.get('k'), await b.get('k')]).toEqual([
      0,
      undefined,
      undefined,
    ]);
    await b.set('k', 3);
    await cache.clear();
    expect([await cache.get('k'), await b.get('k')]).toEqual([undefined, undefined]);
    expect(cache.namespace('a')).toBe(a);
    expect(() => cache.namespace('a', { ttl: 7 })).toThrow(/first given/);
  });

  it('keeps keys apart that look like those of a namespace', async () => {
    const cache = open();
    const inner = cache.namespace('n');
    await inner.set('k', 1);
    await cache.set('\0n\0k', 2);
    expect(await inner.get('k')).toBe(1);
    expect(await cache.get('\0n\0k')).toBe(2);
    expect(await cache.get('k')).toBeUndefined();
  });

  it('lists keys of one namespace, by prefix', async () => {
    const cache = open();
    await cache.setMany([
      ['a:1', 1],
      ['a:2', 2],
      ['b:1', 3],
    ]);
    await cache.namespace('n').set('a:3', 4);
    const keys: string[] = [];
    for await (const key of cache.keys({ prefix: 'a:' })) keys.push(key);
    expect(keys.sort()).toEqual(['a:1', 'a:2']);
  });

  it('clears its own entries only in an engine that others use', async () => {
    const memory = ownMemory();
    const cache = open({ memory });
    memory.set('foreign', 'bytes');
    await cache.set('a', 1);
    await cache.clear();
    expect(await cache.get('a')).toBeUndefined();
    expect(memory.get('foreign')?.toString()).toBe('bytes');
    expect(await cache.get('foreign')).toBeUndefined();
    expect(memory.has('foreign')).toBe(true);
  });
});

describe('the cache itself', () => {
  it('opens the engine of its name, which caches of one name share', async () => {
    const one = createTieredCache({ name: 'shared-name' });
    const two = createTieredCache({ name: 'shared-name' });
    atEnd(() => Promise.all([one.close(), two.close()]));
    await one.set('a', 1);
    expect(await two.get('a')).toBe(1);
    await one.close();
    expect(await two.get('a')).toBe(1);
  });

  it('leaves an engine open that was given to it', async () => {
    const memory = openCache({ maxBytes: 2 ** 20 });
    const cache = createTieredCache({ memory });
    await cache.close();
    await cache.close();
    expect(memory.set('a', 'b')).toBe(true);
    memory.close();
  });

  it('counts every key asked for as a hit or a miss', async () => {
    const cache = open();
    await cache.set('a', 1);
    await cache.get('a');
    cache.getSync('a');
    await cache.get('b');
    await cache.getMany(['a', 'b', 'c']);
    cache.getEntrySync('a');
    const { requests, hits, misses, hitRatio, memory } = cache.stats();
    expect({ requests, hits, misses }).toEqual({ requests: 7, hits: 4, misses: 3 });
    expect(hitRatio).toBeCloseTo(4 / 7);
    expect(memory.sets).toBe(1);
    cache.resetStats();
    expect(cache.stats().requests).toBe(0);
  });

  it('tells events only while somebody listens, and survives a listener that throws', async () => {
    const cache = open();
    const seen: unknown[] = [];
    const end = cache.on('hit', (event) => seen.push(event));
    cache.on('miss', () => {
      throw new Error('listener');
    });
    await cache.set('a', 1);
    await cache.get('a');
    await cache.get('b');
    end();
    await cache.get('a');
    expect(seen).toEqual([{ key: 'a', namespace: '', tier: 'memory', stale: false }]);
    expect(cache.stats().listenerErrors).toBe(1);
  });

  it('is well without other tiers', async () => {
    const cache = open();
    expect(await cache.health({ probe: true })).toMatchObject({
      status: 'ok',
      memory: { state: 'ok' },
      remote: { state: 'off' },
      disk: { state: 'off' },
      bus: undefined,
      codec: 'json',
    });
    expect(await cache.ready({ timeout: 1 })).toMatchObject({ status: 'ok' });
  });

  it('refuses every call once closed', async () => {
    const cache = open();
    await cache.close();
    const closed = { code: 'CATZ_TIERS_CLOSED' };
    await expect(cache.get('a')).rejects.toMatchObject(closed);
    await expect(cache.set('a', 1)).rejects.toMatchObject(closed);
    await expect(cache.delete('a')).rejects.toMatchObject(closed);
    await expect(cache.getOrSet('a', () => 1)).rejects.toMatchObject(closed);
    expect(() => cache.getSync('a')).toThrow(/closed/);
    expect(() => cache.namespace('n')).toThrow(/closed/);
  });

  it('inspects a key without counting', async () => {
    const cache = open();
    await cache.set('a', 1);
    expect(await cache.inspect('a')).toMatchObject({
      key: 'a',
      memory: { value: 1 },
      remote: undefined,
      disk: undefined,
    });
    expect(cache.stats().requests).toBe(0);
  });
});
