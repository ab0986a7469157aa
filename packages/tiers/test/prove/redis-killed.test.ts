// A server that is killed and comes back empty: memory and factories go on, and what was known of it before is forgotten.
import { describe, expect, it } from 'vitest';
import { until } from '../cache/support/open.ts';
import { newName, pairOf, server, serves, watched, ways, well } from './support/watch.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

describe.each(ways)('killed and restarted empty, over %s', (_title, way) => {
  it('goes on from memory and factories, then forgets, then works as before', async () => {
    const redis = await server();
    const [a, b] = pairOf(() => ({ remote: way(redis.port) }));
    await well(a.cache, b.cache);
    await a.cache.setMany([
      ['k', 1],
      ['gone', 1],
    ]);
    await a.cache.set('tagged', 1, { tags: ['t'] });
    await until(async () => {
      await b.cache.getMany(['k', 'gone', 'tagged']);
      return ['k', 'gone', 'tagged'].every((key) => b.cache.getSync(key) === 1);
    });

    await redis.kill();
    await until(async () => (await a.cache.health()).remote.state === 'down');
    await until(async () => (await b.cache.health()).remote.state === 'down');
    expect(await a.cache.get('k')).toBe(1);
    expect(await serves(a.cache, 'x', 20)).toBe(20);
    expect(await serves(b.cache, 'y', 20)).toBe(20);
    expect(await serves(a.cache, 'x', 20)).toBe(0);
    expect(await a.cache.delete('gone')).toMatchObject({
      ok: false,
      memory: 'ok',
      remote: 'failed',
    });
    expect(await a.cache.invalidateTags('t')).toMatchObject({ ok: false, memory: 'ok' });
    expect(await a.cache.set('k', 2)).toMatchObject({
      memory: 'ok',
      remote: 'failed',
      bus: 'failed',
    });
    expect(await a.cache.get('k')).toBe(2);
    expect(await b.cache.health()).toMatchObject({ status: 'degraded', memory: { state: 'ok' } });

    await redis.restart();
    await well(a.cache, b.cache);
    for (const { cache, states, gaps } of [a, b]) {
      expect(gaps).toHaveLength(1);
      expect(['replaced', 'missing']).toContain(gaps[0]);
      expect(cache.stats().busGaps).toBe(1);
      expect(await cache.getMany(['gone', 'tagged', 'k'])).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(states).toEqual(['ready', 'down', 'ready']);
    }
    expect(await a.cache.set('k', 3)).toMatchObject({ ok: true });
    await until(async () => (await b.cache.get('k')) === 3);
    await b.cache.delete('k');
    await until(async () => (await a.cache.get('k')) === undefined);
    expect(await serves(b.cache, 'x', 3)).toBe(3);
    await until(async () => (await a.cache.get('x2', { tiers: ['remote'] })) === 2);
  });

  it('answers all who wait for it when it dies, by their factories', async () => {
    const redis = await server();
    const { cache } = watched({ name: newName(), remote: way(redis.port) });
    await well(cache);
    redis.pause();
    const asked = Promise.all(
      Array.from({ length: 200 }, (_, i) => cache.getOrSet(`k${i % 100}`, () => i % 100)),
    );
    const many = cache.getMany(Array.from({ length: 300 }, (_, i) => `m${i}`));
    const deleted = cache.delete('k0');
    await redis.kill();
    expect(await asked).toEqual(Array.from({ length: 200 }, (_, i) => i % 100));
    expect(await many).toEqual(Array.from({ length: 300 }, () => undefined));
    expect(await deleted).toMatchObject({ ok: false, memory: 'ok' });
    const { requests, hits, misses, factoryCalls, coalesced } = cache.stats();
    expect([requests, hits + misses]).toEqual([500, 500]);
    expect(factoryCalls).toBeGreaterThanOrEqual(100);
    expect(factoryCalls + coalesced).toBeLessThanOrEqual(201);
    await redis.restart();
    await well(cache);
    expect(await cache.set('k', 1)).toMatchObject({ ok: true });
  });
});
