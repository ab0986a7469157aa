// A cache with a disk: what survives a restart and what must not, the ways of writing, and a disk that fails.
import { streamBus } from '@catzilla/bus';
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskTier } from '../../src/index.ts';
import type { DiskTier, TieredCache, TieredOptions } from '../../src/index.ts';
import { chaosDisk, memoryDisk } from '../../src/testing/index.ts';
import { atEnd, makeFolder, open, until } from './support/open.ts';

const DISK = { tiers: ['disk'] } as const;

async function opened(options: TieredOptions): Promise<TieredCache> {
  const cache = open(options);
  expect((await cache.ready({ timeout: 30_000 })).disk.state).toBe('ready');
  return cache;
}

async function keysOn(cache: TieredCache, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of cache.keys({ tier: 'disk', prefix })) keys.push(key);
  return keys.toSorted();
}

describe('a disk below memory', () => {
  it('keeps values over a restart, with their times, and what was removed from them', async () => {
    const disk = { dir: makeFolder(), minFree: 0 };
    const first = await opened({ disk });
    await first.set('k', { n: 1 }, { ttl: 60_000, grace: 5000, tags: ['kept'], meta: { a: 'b' } });
    await first.setMany(
      ['deleted', 'expired', 'touched'].map((key) => [key, 1] as const),
      { grace: 60_000 },
    );
    await first.set('tagged', 1, { tags: ['t'] });
    await first.set('soft', 1, { tags: ['s'], grace: 60_000 });
    await first.namespace('n').set('k', 1);
    await first.namespace('m').set('k', 2);
    expect(await first.delete('deleted')).toMatchObject({ ok: true, disk: 'ok', remote: 'off' });
    expect(await first.expire('expired')).toMatchObject({ ok: true, disk: 'queued' });
    expect(await first.touch('touched', { ttl: 90_000_000 })).toBe(true);
    expect(await first.invalidateTags('t')).toMatchObject({ ok: true, disk: 'ok' });
    expect(await first.invalidateTags('s', { soft: true })).toMatchObject({ ok: true, disk: 'ok' });
    expect(await first.namespace('n').clear()).toMatchObject({ ok: true, disk: 'ok' });
    const entry = await first.getEntry('k');
    await first.close();

    const again = await opened({ disk });
    expect(await again.getEntry('k')).toEqual({ ...entry, tier: 'disk' });
    expect(again.getEntrySync('k')).toMatchObject({ value: { n: 1 }, tier: 'memory' });
    expect(await again.getMany(['deleted', 'expired', 'touched', 'tagged', 'soft'])).toEqual([
      undefined,
      undefined,
      1,
      undefined,
      undefined,
    ]);
    expect((await again.getEntry('touched'))?.expiresAt).toBeGreaterThan(Date.now() + 80_000_000);
    expect(await again.getEntry('expired')).toMatchObject({ value: 1, stale: true });
    expect(await again.getEntry('soft')).toMatchObject({ value: 1, stale: true });
    expect(await again.namespace('n').get('k')).toBeUndefined();
    expect(await again.namespace('m').get('k')).toBe(2);
    // Those of tombstones too.
    expect((await keysOn(again)).filter((key) => key !== 'deleted')).toEqual([
      'expired',
      'k',
      'soft',
      'tagged',
      'touched',
    ]);
    expect(await keysOn(again, 'to')).toEqual(['touched']);
    expect((await again.inspect('k')).disk).toMatchObject({ value: { n: 1 }, tier: 'disk' });
    expect((await again.inspect('none')).disk).toBeUndefined();
    const { hits, promotions } = again.stats().disk;
    expect(hits).toBeGreaterThan(0);
    expect(promotions).toBeGreaterThan(0);
    expect(await again.clear({ wait: true })).toMatchObject({ ok: true, disk: 'ok' });
    expect(await keysOn(again)).toEqual([]);
  });

  it('keeps keys apart from what it notes beside them', async () => {
    const disk = { dir: makeFolder(), minFree: 0 };
    const first = await opened({ disk });
    const odd = ['\0hard:t:t', '\0soft:n:', '\0/\0hard:t:t', '\0default', '/'];
    await first.set('k', 1, { tags: ['t'] });
    await first.setMany(odd.map((key) => [key, key] as const));
    expect(await first.getMany(odd)).toEqual(odd);
    await first.close();
    const again = await opened({ disk });
    expect(await again.getMany([...odd, 'k'])).toEqual([...odd, 1]);
    expect(await keysOn(again)).toEqual([...odd, 'k'].toSorted());
    await again.invalidateTags('t');
    expect(await again.getMany([...odd, 'k'])).toEqual([...odd, undefined]);
    expect(await keysOn(again)).toEqual([...odd, 'k'].toSorted());
  });

  it('is written as its mode and the entry say', async () => {
    const through = await opened({
      disk: { dir: makeFolder(), minFree: 0 },
      write: { disk: 'through' },
    });
    expect(await through.set('k', 1)).toMatchObject({ ok: true, disk: 'ok' });
    expect(await through.get('k', DISK)).toBe(1);
    expect(await through.set('k', 2, { tiers: ['memory'] })).toMatchObject({ disk: 'skipped' });
    expect(await through.get('k', DISK)).toBeUndefined();
    expect(await through.set('d', 3, { tiers: ['disk'] })).toMatchObject({
      memory: 'skipped',
      disk: 'ok',
    });
    expect(through.getSync('d')).toBeUndefined();
    expect(await through.get('d')).toBe(3);
    expect(await through.getOrSet('l', () => 4)).toBe(4);
    await until(async () => (await through.get('l', DISK)) === 4);
    const { disk } = await through.health({ probe: true });
    expect(disk).toMatchObject({ state: 'ready', breaker: { read: 'closed', write: 'closed' } });

    const off = await opened({ disk: { dir: makeFolder(), minFree: 0 }, write: { disk: 'off' } });
    expect(await off.set('k', 1)).toMatchObject({ ok: true, disk: 'skipped' });
    expect(await off.get('k', DISK)).toBeUndefined();
  });

  it('does without a folder that another process has', async () => {
    const disk = { dir: makeFolder(), minFree: 0 };
    const first = await opened({ disk });
    await first.set('k', 1);
    const second = open({ disk });
    expect(await second.ready({ timeout: 30_000 })).toMatchObject({
      status: 'degraded',
      disk: { state: 'busy' },
    });
    expect(await second.set('k', 2)).toMatchObject({ memory: 'ok' });
    expect(await second.delete('k')).toMatchObject({ ok: true, disk: 'skipped' });
    expect(await second.invalidateTags('t')).toMatchObject({ ok: true, disk: 'skipped' });
    expect(await second.get('k')).toBeUndefined();
    expect(await first.get('k')).toBe(1);
  });
});

describe('a disk that fails', () => {
  it('is counted, told and done without', async () => {
    const disk = chaosDisk(memoryDisk());
    const cache = await opened({ disk, write: { disk: 'through' } });
    const states: string[] = [];
    cache.on('state', ({ tier, state }) => states.push(`${tier} ${state}`));
    await cache.set('k', 1);
    await cache.set('m', 1);
    disk.set({ fail: 1 });
    expect(await cache.set('k', 2)).toMatchObject({ ok: false, memory: 'ok', disk: 'failed' });
    expect(await cache.get('k')).toBe(2);
    expect(await cache.get('m', DISK)).toBeUndefined();
    expect(await cache.delete('k')).toMatchObject({ ok: false, memory: 'ok', disk: 'failed' });
    expect(await cache.invalidateTags('t')).toMatchObject({
      ok: false,
      memory: 'ok',
      disk: 'failed',
    });
    expect(await cache.getOrSet('l', () => 3)).toBe(3);
    expect(cache.stats().disk.errors).toBeGreaterThan(0);
    expect((await cache.health()).disk.lastError).toBeDefined();
    expect(await keysOn(cache)).toEqual([]);
    disk.set({ fail: 0 });
    expect(await cache.delete(['k', 'm'])).toMatchObject({ memory: 'ok' });
    expect(await cache.getMany(['k', 'm'])).toEqual([undefined, undefined]);
  });

  it('gives no value that was damaged on it', async () => {
    const disk = chaosDisk(memoryDisk(), { seed: 1 });
    const cache = await opened({ disk, write: { disk: 'through' } });
    const corrupt: string[] = [];
    cache.on('corrupt', ({ key, tier }) => corrupt.push(`${tier} ${key}`));
    await cache.set('k', 'some text that is long enough', DISK);
    disk.set({ corrupt: 1 });
    expect(await cache.get('k', DISK)).toBeUndefined();
    disk.set({ corrupt: 0 });
    const { corrupt: count, foreign } = cache.stats().disk;
    expect(count + foreign).toBe(1);
    if (count === 1) {
      expect(corrupt).toEqual(['disk k']);
      await until(async () => (await cache.inspect('k')).disk === undefined);
    }
  });
});

describe('a disk beside a server', () => {
  let redis: RedisServer;
  let count = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  function caches(maxLen?: number) {
    const name = `disk-${count++}`;
    const bus = (): TieredOptions['bus'] => {
      if (maxLen === undefined) return 'auto';
      const made = streamBus({ url: redis.url, maxLen });
      atEnd(() => made.close());
      return made;
    };
    const folder = makeFolder();
    const remote = { url: redis.url };
    return {
      other: async () => {
        const cache = open({ name, remote, bus: bus() });
        await cache.ready({ timeout: 30_000 });
        return cache;
      },
      node: (disk: DiskTier = diskTier({ dir: folder, minFree: 0 })) =>
        opened({ name, remote, bus: bus(), disk }),
    };
  }

  // The place in the log is noted a second after it was heard.
  async function noted(cache: TieredCache, other: TieredCache): Promise<void> {
    await other.set('tick', 1);
    await until(async () => (await cache.get('tick')) === 1);
    const heard = performance.now();
    await until(() => performance.now() - heard > 1200);
  }

  async function away(first: TieredCache, other: TieredCache): Promise<void> {
    await first.setMany(['gone', 'kept', 'changed'].map((key) => [key, 1] as const));
    await first.set('tagged', 1, { tags: ['t'] });
    await first.namespace('n').set('k', 1);
    await noted(first, other);
    await first.close();
    await other.delete('gone');
    await other.set('changed', 2);
    await other.invalidateTags('t');
    await other.namespace('n').clear();
  }

  it('brings back nothing that was removed elsewhere while it was away', async () => {
    const { node, other: openOther } = caches();
    const other = await openOther();
    await away(await node(), other);
    const again = await node();
    expect(await again.getMany(['gone', 'kept', 'changed', 'tagged'], DISK)).toEqual([
      undefined,
      1,
      undefined,
      undefined,
    ]);
    expect(await again.namespace('n').get('k', DISK)).toBeUndefined();
    expect(await again.getMany(['gone', 'kept', 'changed', 'tagged'])).toEqual([
      undefined,
      1,
      2,
      undefined,
    ]);
    // And what is told while it is there.
    await other.delete('kept');
    await other.invalidateTags('u');
    await other.namespace('m').clear();
    await until(async () => (await again.get('kept')) === undefined);
    await until(async () => (await again.get('kept', DISK)) === undefined);
    await other.clear();
    await until(async () => (await keysOn(again)).length === 0);
  });

  it('brings back nothing either when opening it takes long', async () => {
    const { node, other: openOther } = caches();
    const other = await openOther();
    const folder = makeFolder();
    await away(await node(diskTier({ dir: folder, minFree: 0 })), other);
    const again = await node(slowToOpen(diskTier({ dir: folder, minFree: 0 }), 1500));
    expect(await again.getMany(['gone', 'kept', 'changed'], DISK)).toEqual([
      undefined,
      1,
      undefined,
    ]);
  });

  it('is emptied when the log was trimmed meanwhile', async () => {
    const { node, other: openOther } = caches(10);
    const other = await openOther();
    await away(await node(), other);
    for (let i = 0; i < 500; i++) await other.invalidateTags(`x${i}`);
    const again = await node();
    expect(await keysOn(again)).toEqual([]);
    expect(await again.getMany(['gone', 'kept', 'changed', 'tagged'])).toEqual([
      undefined,
      1,
      2,
      undefined,
    ]);
  });

  it('serves in place of an error alone where nobody tells it of changes', async () => {
    const name = `disk-${count++}`;
    const options = {
      name,
      remote: { url: redis.url },
      bus: false,
      disk: { dir: makeFolder(), minFree: 0 },
    } as const;
    const cache = await opened({ ...options, ttl: 60_000, grace: 60_000 });
    await cache.set('k', 1);
    await leaveOnDisk(cache, 'k');
    // Not by being asked for twice either.
    expect(await cache.get('k')).toBeUndefined();
    expect(await cache.get('k')).toBeUndefined();
    expect(await cache.getMany(['k'])).toEqual([undefined]);
    expect(cache.getSync('k')).toBeUndefined();
    expect(await cache.getEntry('k')).toMatchObject({ value: 1, stale: true });
    expect(await cache.getOrSet('k', () => Promise.reject(new Error('down')))).toBe(1);
    expect(await cache.getOrSet('k', () => 2, { fresh: true })).toBe(2);
  });

  it('fills the server with what only it has', async () => {
    const { node, other: openOther } = caches();
    const other = await openOther();
    const cache = await node();
    await cache.set('k', 1);
    await leaveOnDisk(cache, 'k');
    expect(await other.get('k')).toBeUndefined();
    expect(await cache.getMany(['k', 'none'])).toEqual([1, undefined]);
    await until(async () => (await other.get('k')) === 1);
  });

  async function leaveOnDisk(cache: TieredCache, key: string): Promise<void> {
    await until(() => cache.stats().queued === 0);
    await redis.ask('DEL', `cz1:${cache.name}::{${key}}`);
    cache.memory?.delete(key);
  }
});

function slowToOpen(tier: DiskTier, ms: number): DiskTier {
  return {
    kind: tier.kind,
    open(context) {
      const store = tier.open(context);
      const ready = store.ready.then(() => new Promise<void>((resolve) => setTimeout(resolve, ms)));
      return new Proxy(store, {
        get(target, name) {
          if (name === 'ready') return ready;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
        set: (target, name, value) => Reflect.set(target, name, value, target),
      });
    },
  };
}
