// A disk that outlives its process: values come back as they were, with the time that was left to them, and nothing comes
// back that was deleted, invalidated or cleared, here before the end or elsewhere while this node was away.
import { memoryBus, streamBus } from '@catzilla/bus';
import type { Bus } from '@catzilla/bus';
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TieredCache, TieredOptions } from '../../src/index.ts';
import { atEnd, makeFolder, open, until } from '../cache/support/open.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const onDisk = { tiers: ['disk'] } as const;

// A write that fails for want of time is another story: what it was to store is then hidden, its news comes late, and what
// waits for the disk is lost.
async function started(options: TieredOptions): Promise<TieredCache> {
  const patient = { deadline: { remote: 10_000, disk: 10_000 }, closeTimeout: 10_000 };
  const cache = open({ ...patient, ...(options.remote && { bus: patientBus() }), ...options });
  await cache.ready({ timeout: 20_000 });
  return cache;
}

function patientBus(maxLen?: number): Bus {
  const bus = streamBus({ url: redis.url, deadline: 10_000, maxLen });
  atEnd(() => bus.close());
  return bus;
}

function folder(): { readonly dir: string; readonly minFree: 0 } {
  return { dir: makeFolder(), minFree: 0 };
}

describe('alone', () => {
  it('gives values back with tags, pairs and the time that was left, from nothing but { dir }', async () => {
    const options: TieredOptions = { name: 'alone', disk: { dir: makeFolder() } };
    const first = await started(options);
    await first.set('k', { n: 1 }, { ttl: 60_000, grace: 5000, tags: ['t'], meta: { etag: 'x' } });
    await first.namespace('n').set('k', 'other');
    await first.set('over soon', 1, { ttl: 30 });
    const before = await first.getEntry('k');
    await first.close();

    const second = await started(options);
    expect((await second.health()).disk).toMatchObject({ state: 'ready' });
    const after = await second.getEntry('k');
    expect(after).toEqual({ ...before, tier: 'disk' });
    expect(second.getEntrySync('k')).toEqual({ ...before, tier: 'memory' });
    expect(await second.namespace('n').get('k')).toBe('other');
    await until(async () => (await second.get('over soon')) === undefined);
  });

  it('brings nothing back: what was deleted, replaced, invalidated by tag, cleared', async () => {
    const options: TieredOptions = { name: 'removed', disk: folder() };
    const first = await started(options);
    const all = ['deleted', 'replaced', 'tagged', 'kept'];
    await first.setMany(all.map((key) => [key, 1] as const));
    await first.set('tagged', 1, { tags: ['t'] });
    await first.set('soft', 1, { tags: ['s'], grace: 60_000 });
    await first.namespace('n').set('cleared', 1);
    await first.delete('deleted');
    await first.set('replaced', 2);
    await first.invalidateTags('t');
    await first.invalidateTags('s', { soft: true });
    await first.namespace('n').clear();
    await first.close();

    const second = await started(options);
    expect(await second.getMany(all)).toEqual([undefined, 2, undefined, 1]);
    expect(await second.getEntry('soft')).toMatchObject({ value: 1, stale: true });
    expect(await second.namespace('n').get('cleared')).toBeUndefined();
    await second.clear();
    await second.close();

    const third = await started(options);
    expect(await third.getMany(all)).toEqual([undefined, undefined, undefined, undefined]);
    // What is set after an invalidation is not touched by it, in the next life either.
    await third.set('tagged', 3, { tags: ['t'] });
    await third.close();
    expect(await (await started(options)).get('tagged')).toBe(3);
  });
});

describe('beside other nodes', () => {
  it('brings nothing back that another node removed while it was away', async () => {
    const shared: TieredOptions = { name: 'away', remote: { url: redis.url } };
    const disk = folder();
    const [here, other] = [await started({ ...shared, disk }), await started(shared)];
    const keys = ['deleted', 'tagged', 'replaced', 'kept'];
    await here.setMany(
      keys.map((key) => [key, 1] as const),
      { tags: ['all'] },
    );
    await here.set('tagged', 1, { tags: ['t'] });
    await here.namespace('n').set('cleared', 1);
    await here.close();

    await other.delete('deleted');
    await other.set('replaced', 2);
    await other.invalidateTags('t');
    await other.namespace('n').clear();

    const again = await started({ ...shared, disk });
    // On disk itself, for Redis would hide it for a while.
    expect(await again.getMany(keys, onDisk)).toEqual([undefined, undefined, undefined, 1]);
    expect(await again.namespace('n').get('cleared', onDisk)).toBeUndefined();
    expect(await again.get('replaced')).toBe(2);
  });

  it('keeps everything that was set in one go, however soon it is closed', async () => {
    const shared: TieredOptions = { name: 'brief', remote: { url: redis.url } };
    const disk = folder();
    const here = await started({ ...shared, disk });
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
    await here.setMany(keys.map((key) => [key, key] as const));
    await here.close();
    expect(await (await started({ ...shared, disk })).getMany(keys, onDisk)).toEqual(keys);
  });

  it('is emptied when the log no longer reaches back to where it was left', async () => {
    const shared: TieredOptions = { name: 'trimmed', remote: { url: redis.url } };
    const disk = folder();
    const here = await started({ ...shared, bus: patientBus(10), disk });
    const other = await started({ ...shared, bus: patientBus(10) });
    await here.setMany([
      ['deleted', 1],
      ['kept', 1],
    ]);
    await here.close();

    await other.delete('deleted');
    // Redis trims by whole nodes of its list, of 100 entries each.
    for (let i = 0; i < 400; i++) await other.invalidateTags(`t${i}`);

    const again = await started({ ...shared, bus: patientBus(10), disk });
    expect(await again.getMany(['deleted', 'kept'], onDisk)).toEqual([undefined, undefined]);
    // Redis still has what was not removed.
    expect(await again.get('kept')).toBe(1);
  });

  it('is not read before it has heard what was missed: Redis hangs at the start', async () => {
    const shared: TieredOptions = { name: 'hung', remote: { url: redis.url } };
    const disk = folder();
    const [here, other] = [await started({ ...shared, disk }), await started(shared)];
    await here.setMany([
      ['deleted', 1],
      ['kept', 1],
    ]);
    await here.close();
    await other.delete('deleted');

    redis.pause();
    try {
      const again = open({ ...shared, disk });
      await again.ready({ timeout: 1000 });
      expect((await again.health()).disk.state).toBe('syncing');
      expect(await again.getMany(['deleted', 'kept'])).toEqual([undefined, undefined]);
      expect(await again.getOrSet('kept', () => 'computed')).toBe('computed');
      redis.resume();
      await until(async () => (await again.health()).disk.state === 'ready');
      expect(await again.get('deleted', onDisk)).toBeUndefined();
    } finally {
      redis.resume();
    }
  });

  it('gives an old value at most where no bus tells it of changes', async () => {
    const shared: TieredOptions = { name: 'deaf', remote: { url: redis.url }, bus: false };
    const here = await started({ ...shared, disk: folder(), write: { disk: 'through' } });
    await here.set('k', 1, { tiers: ['disk'], grace: 1000 });
    expect(await here.get('k', onDisk)).toBeUndefined();
    expect(await here.getEntry('k', onDisk)).toMatchObject({ value: 1, stale: true });
  });

  it('is emptied at the start where the bus keeps no log', async () => {
    const bus = memoryBus();
    const shared: TieredOptions = { name: 'logless', remote: { url: redis.url }, bus };
    const disk = folder();
    const here = await started({ ...shared, disk });
    await here.set('k', 1);
    await here.close();
    const again = await started({ ...shared, disk });
    expect(await again.get('k', onDisk)).toBeUndefined();
  });
});
