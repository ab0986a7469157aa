// A server that is stopped: connections stand, nothing is answered. Callers wait a deadline until the breaker opens, and
// not at all from then on; what was sent meanwhile and is done when the server wakes undoes nothing.
import { describe, expect, it } from 'vitest';
import { until } from '../cache/support/open.ts';
import { infoOf, newName, pairOf, server, serves, watched, ways, well } from './support/watch.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

describe.each(ways)('hung, over %s', (title, way) => {
  it('asks few, then nobody, and is found again when it wakes', async () => {
    const redis = await server();
    const { cache, states, gaps } = watched({ name: newName(), remote: way(redis.port) });
    await well(cache);
    await cache.set('near', 1);
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    const [gets, fills] = await Promise.all(
      ['cmdstat_get', 'cmdstat_evalsha'].map((field) => infoOf(redis, 'commandstats', field)),
    );
    cache.resetStats();
    redis.pause();

    expect(await serves(cache, 'x', 20)).toBe(20);
    const { timeouts, skipped, errors } = cache.stats().remote;
    // Five reads open the breaker of reads. Nobody waits for fills, so as many are sent as come within their deadline.
    expect(timeouts).toBeGreaterThanOrEqual(5);
    expect(timeouts).toBeLessThanOrEqual(25);
    expect(skipped).toBeGreaterThanOrEqual(15);
    expect(errors).toBe(0);
    expect((await cache.health()).remote).toMatchObject({ state: 'down', lastError: /no answer/ });
    await until(async () => (await cache.health()).remote.breaker?.write !== 'closed');
    expect(await serves(cache, 'y', 200)).toBe(200);
    expect(await cache.getMany(['near', 'none'])).toEqual([1, undefined]);
    const later = cache.stats().remote;
    expect(later.timeouts - timeouts).toBeLessThanOrEqual(20);
    expect(later.skipped - skipped).toBeGreaterThanOrEqual(200);
    expect(states).toEqual(['ready', 'down']);
    // Past the second probe, at least once.
    const hangs = title.includes('own') ? 3500 : 1200;
    const opened = performance.now();
    await until(async () => {
      await serves(cache, 'z', 1);
      return performance.now() - opened > hangs;
    });
    expect(states).toEqual(['ready', 'down']);

    redis.resume();
    await well(cache);
    expect((await cache.health()).remote.breaker).toEqual({ read: 'closed', write: 'closed' });
    expect(states).toEqual(['ready', 'down', 'ready']);
    expect(gaps).toEqual([]);
    await until(async () => (await cache.set('k', 1)).ok);
    // All that it was ever asked while it hung.
    expect((await infoOf(redis, 'commandstats', 'cmdstat_get')) - gets!).toBeLessThanOrEqual(20);
    expect((await infoOf(redis, 'commandstats', 'cmdstat_evalsha')) - fills!).toBeLessThanOrEqual(
      30,
    );
  });

  it('undoes no delete by what was sent to it before', async () => {
    const redis = await server();
    const [{ cache: a }, { cache: b }] = pairOf(() => ({ remote: way(redis.port) }));
    await well(a, b);
    await a.set('k', 'first');
    await b.get('k');
    redis.pause();
    const [set, load] = [a.set('k', 'sent'), a.getOrSet('l', () => 'loaded')];
    expect(await set).toMatchObject({ memory: 'ok', remote: 'failed' });
    expect(await load).toBe('loaded');
    expect(await a.get('k')).toBe('sent');
    expect(await a.delete(['k', 'l'])).toMatchObject({ memory: 'ok', remote: 'failed' });
    expect(await a.get('k')).toBeUndefined();
    redis.resume();
    await until(async () => (await b.get('k')) !== 'first' && (await a.health()).status === 'ok');
    await well(a, b);
    for (const cache of [a, b]) {
      await until(async () => (await cache.get('k')) === undefined);
      expect(await cache.getMany(['k', 'l'])).toEqual([undefined, undefined]);
      expect(await cache.getMany(['k', 'l'], { tiers: ['remote'] })).toEqual([
        undefined,
        undefined,
      ]);
    }
  });
});

it('keeps no more calls than it may while nobody answers', async () => {
  const redis = await server();
  const { cache } = watched({ name: newName(), remote: { url: redis.url }, maxInFlight: 50 });
  await well(cache);
  redis.pause();
  const values = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => cache.getOrSet(`k${i}`, () => i)),
  );
  expect(values).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(cache.stats().remote.timeouts).toBeLessThanOrEqual(50);
  // Those that were asked, and the fills of all.
  await until(() => cache.stats().remote.skipped + cache.stats().notStored >= 1950);
  expect(cache.stats().remote.timeouts).toBeLessThanOrEqual(100);
  redis.resume();
  await well(cache);
});

it('undoes no delete when it wakes after the connection was made anew', async () => {
  const redis = await server();
  const name = newName();
  const { cache, states } = watched({ name, remote: { url: redis.url } });
  await well(cache);
  redis.pause();
  // As much as the system takes: it is still read by the server when it wakes.
  const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
  const text = 'x'.repeat(5000);
  const sent = await cache.setMany(
    keys.map((key) => [key, text] as const),
    { compress: false },
  );
  expect(sent).toMatchObject({ remote: 'failed' });
  expect(await cache.delete(keys)).toMatchObject({ remote: 'failed' });
  // Three probes without an answer make the connection be made anew; the fourth finds none.
  const lastError = async (): Promise<unknown> =>
    (await cache.health({ probe: true })).remote.lastError;
  await until(async () => /connection is down/.test(String(await lastError())));
  redis.resume();
  await well(cache);
  expect(states).toEqual(['ready', 'down', 'ready']);
  const found = await cache.getMany(keys, { tiers: ['remote'] });
  expect(found).toEqual(keys.map(() => undefined));
});
