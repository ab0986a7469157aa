// Loads of several processes over one remote tier: one factory call with the lock, conditional refreshes, values that
// cannot be stored, and entries below that cannot be read.
import { describe, expect, it } from 'vitest';
import type { Compression, TieredCache, TieredOptions } from '../../src/index.ts';
import { chaosTier, memoryServer, memoryTier } from '../../src/testing/index.ts';
import { open, until } from './support/open.ts';

function several(count: number, options: TieredOptions = {}): TieredCache[] {
  const server = memoryServer();
  return Array.from({ length: count }, () => open({ remote: memoryTier({ server }), ...options }));
}

describe('the distributed lock', () => {
  it('has one factory run among all, and its value given to all', async () => {
    const caches = several(3, { load: { lock: true } });
    let calls = 0;
    const fences: (number | undefined)[] = [];
    const values = await Promise.all(
      caches.flatMap((cache) =>
        Array.from({ length: 20 }, () =>
          cache.getOrSet('k', async ({ fence }) => {
            calls++;
            fences.push(fence);
            await new Promise((resolve) => setTimeout(resolve, 40));
            return 'value';
          }),
        ),
      ),
    );
    expect(values).toEqual(values.map(() => 'value'));
    expect(calls).toBe(1);
    expect(fences[0]).toBeGreaterThan(0);
    expect(caches.reduce((sum, cache) => sum + cache.stats().lockWaits, 0)).toBeGreaterThan(0);
  });

  it('is let go by who fails or stores nothing, and extended by who takes long', async () => {
    const [a, b] = several(2) as [TieredCache, TieredCache];
    await expect(
      a.getOrSet('k', () => Promise.reject(new Error('no')), { lock: true }),
    ).rejects.toThrow('no');
    expect(await a.getOrSet('k', (ctx) => (ctx.skip(), 1), { lock: true })).toBe(1);
    let calls = 0;
    // Extended at each third of it: a busy machine may be late by two of them.
    const lock = { ttl: 1500, wait: 60_000 };
    const slow = async (): Promise<number> => {
      calls++;
      const began = performance.now();
      await until(() => performance.now() - began > 2 * lock.ttl);
      return 2;
    };
    expect(await Promise.all([a, b].map((cache) => cache.getOrSet('k', slow, { lock })))).toEqual([
      2, 2,
    ]);
    expect(calls).toBe(1);
  });

  it('keeps nobody waiting where the tier does not answer', async () => {
    const remote = chaosTier(memoryTier());
    const cache = open({ remote, deadline: { remote: 30 } });
    remote.set({ hang: true });
    expect(await cache.getOrSet('k', () => 1, { lock: true })).toBe(1);
    expect(await cache.lock('k')).toBe('unavailable');
    remote.set({ hang: false });
  });
});

describe('a refresh', () => {
  it.each([
    ['of an old value in memory and below', true],
    ['of an old value below alone', false],
  ])('is stored: %s', async (_title, isNear) => {
    const [a, b] = several(2, { load: { early: false } }) as [TieredCache, TieredCache];
    await a.set('k', 1, { ttl: 30, grace: 60_000 });
    const loader = isNear ? a : b;
    await until(async () => (await loader.getEntry('k'))?.stale === true);
    let calls = 0;
    for (let i = 0; i < 3; i++) {
      expect(await loader.getOrSet('k', () => ++calls + 1)).toBe(2);
      await loader.getEntry('k');
    }
    expect(calls).toBe(1);
    expect(loader.stats().notStored).toBe(0);
    await until(async () => (await b.get('k', { tiers: ['remote'] })) === 2);
  });

  it('before the end is stored too, though what it replaces is found below', async () => {
    const [a, b] = several(2) as [TieredCache, TieredCache];
    await a.set('k', 1, { ttl: 60_000 });
    // A set is stamped somewhat ahead of the clock.
    const created = a.getEntrySync('k')?.created ?? 0;
    await until(() => Date.now() * 1000 > created);
    const early = { early: { after: 0 } };
    expect(await a.getOrSet('k', () => 2, early)).toBe(1);
    await until(() => a.getSync('k') === 2);
    expect(a.stats()).toMatchObject({ earlyRefreshes: 1, notStored: 0 });
    await until(async () => (await b.get('k')) === 2);
  });

  it('keeps the payload of what has not changed, with new times, tags and meta', async () => {
    const [a, b] = several(2) as [TieredCache, TieredCache];
    const refreshed: string[] = [];
    a.on('refresh', ({ key, early }) => refreshed.push(`${key} ${early}`));
    await a.set('k', { n: 1 }, { ttl: 30, grace: 60_000, tags: ['t'], meta: { etag: 'x' } });
    await until(async () => (await a.getEntry('k'))?.stale === true);
    const value = await a.getOrSet<{ n: number }>(
      'k',
      (ctx) => {
        expect(ctx.previous).toMatchObject({ value: { n: 1 }, meta: { etag: 'x' } });
        return ctx.notModified();
      },
      { ttl: 60_000 },
    );
    expect(value).toEqual({ n: 1 });
    expect(await a.getEntry('k')).toMatchObject({
      value: { n: 1 },
      stale: false,
      tags: ['t'],
      meta: { etag: 'x' },
    });
    await until(async () => (await b.getEntry('k'))?.stale === false);
    expect(refreshed).toEqual(['k false']);
    const changed = await a.getOrSet<{ n: number }>('k', (ctx) => ctx.notModified(), {
      fresh: true,
      ttl: 0,
    });
    expect(changed).toEqual({ n: 1 });
    expect(
      await a.getOrSet<{ n: number }>(
        'k',
        (ctx) => {
          ctx.meta['etag'] = 'y';
          ctx.tags('u');
          return ctx.notModified();
        },
        { fresh: true },
      ),
    ).toEqual({ n: 1 });
    await until(async () => (await a.getEntry('k'))?.meta['etag'] === 'y');
    expect((await a.getEntry('k'))?.tags).toContain('u');
  });

  it('that fails gives the old value and tells so', async () => {
    const cache = several(1)[0] as TieredCache;
    const told: unknown[] = [];
    cache.on('failsafe', ({ key, error }) => told.push([key, (error as Error).message]));
    await cache.set('k', 1, { ttl: 20, grace: 60_000 });
    await until(async () => (await cache.getEntry('k'))?.stale === true);
    expect(await cache.getOrSet('k', () => Promise.reject(new Error('no')))).toBe(1);
    expect(told).toEqual([['k', 'no']]);
    expect(cache.stats().failSafe).toBe(1);
  });
});

describe('a value that cannot be stored', () => {
  it('is given as it is: no form in the codec, too large, ttl 0', async () => {
    const cache = open({ maxValueBytes: 100, remote: memoryTier() });
    const odd = { n: 1n };
    expect(await cache.getOrSet('odd', () => odd)).toBe(odd);
    expect(await cache.getOrSet('large', () => 'x'.repeat(200))).toBe('x'.repeat(200));
    expect(await cache.getOrSet('never', () => 1, { ttl: 0 })).toBe(1);
    expect(cache.stats().notStored).toBe(2);
    expect(await cache.getMany(['odd', 'large', 'never'])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await expect(cache.set('odd', odd)).rejects.toMatchObject({ code: 'CATZ_TIERS_ENCODE' });
  });

  it('is stored as it is where only its compression fails', async () => {
    const broken: Compression = {
      id: 200,
      name: 'broken',
      compress: () => {
        throw new Error('broken');
      },
      decompress: (bytes: Uint8Array) => Buffer.from(bytes),
    } as unknown as Compression;
    const server = memoryServer();
    const cache = open({ remote: memoryTier({ server }), compression: broken });
    const other = open({ remote: memoryTier({ server }) });
    const text = 'word '.repeat(2000);
    await cache.set('k', 'short');
    expect(await other.get('k')).toBe('short');
    expect(await cache.set('k', text)).toMatchObject({ memory: 'ok' });
    expect(
      await cache.setMany([
        ['k', text],
        ['m', 'short'],
      ]),
    ).toMatchObject({ memory: 'ok' });
    expect(await cache.getOrSet('l', () => text)).toBe(text);
    expect(await cache.get('k')).toBe(text);
    expect(await other.get('k', { tiers: ['remote'] })).toBe(text);
    expect(await other.get('m', { tiers: ['remote'] })).toBe('short');
    await until(async () => (await other.get('l', { tiers: ['remote'] })) === text);
  });
});

describe('an entry below that cannot be read', () => {
  it('is a miss, counted, told and removed when it is damaged', async () => {
    const remote = chaosTier(memoryTier(), { seed: 3 });
    const cache = open({ remote, memory: false });
    const corrupt: string[] = [];
    cache.on('corrupt', ({ key, tier, namespace }) => corrupt.push(`${tier} ${namespace}:${key}`));
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    await cache.setMany(keys.map((key) => [key, 'some text that is long enough'] as const));
    remote.set({ corrupt: 1, methods: ['get'] });
    for (const key of keys) expect(await cache.get(key)).toBeUndefined();
    const { corrupt: count, foreign, misses } = cache.stats().remote;
    expect(count + foreign).toBe(20);
    expect(misses).toBe(20);
    expect(corrupt).toHaveLength(count);
    expect(count).toBeGreaterThan(10);
  });

  it('is kept when another release or codec wrote it', async () => {
    const server = memoryServer();
    const own = {
      id: 201,
      name: 'own',
      encode: (value: unknown) => Buffer.from(String(value)),
      decode: (bytes: Uint8Array) => Buffer.from(bytes).toString(),
    };
    const writer = open({ remote: memoryTier({ server }), codec: own });
    const reader = open({ remote: memoryTier({ server }) });
    await writer.set('k', 'value');
    expect(await reader.get('k')).toBeUndefined();
    expect(await reader.getMany(['k'])).toEqual([undefined]);
    expect(reader.stats().remote).toMatchObject({ foreign: 2, corrupt: 0, misses: 2 });
    expect(await writer.get('k', { tiers: ['remote'] })).toBe('value');
    const both = open({
      remote: memoryTier({ server }),
      codecs: [
        {
          ...own,
          decode: () => {
            throw new Error('unreadable');
          },
        },
      ],
    });
    expect(await both.get('k')).toBeUndefined();
    expect(both.stats().remote.corrupt).toBe(1);
  });

  it('is no answer of the tier when it fails, whichever call it is', async () => {
    const remote = chaosTier(memoryTier());
    const cache = open({ remote });
    await cache.set('k', 1);
    remote.set({ fail: 1, fault: 'request' });
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    expect(await cache.get('a')).toBeUndefined();
    expect(await cache.touch('k', { ttl: 5000 })).toBe(true);
    expect(await cache.clear({ wait: true })).toMatchObject({ ok: false, remote: 'failed' });
    const listed: string[] = [];
    for await (const key of cache.keys()) listed.push(key);
    expect(listed).toEqual([]);
    expect((await cache.inspect('k')).remote).toBeUndefined();
    expect((await cache.health({ probe: true })).remote.lastError).toBeDefined();
    remote.set({ fail: 0 });
    await until(async () => (await cache.health()).queues.recovery === 0);
    expect(await cache.get('k')).toBeUndefined();
  });
});
