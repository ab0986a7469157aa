// A server that is slow: within the deadline it is waited for, beyond it is not; and what is known too late to be judged is
// not served. Delays are in the proportion of 55 and 150 to the default's 100 ms, longer for machines that do other work.
import { describe, expect, it } from 'vitest';
import { open, until } from '../cache/support/open.ts';
import { newName, proxyTo, server, serves, watched, ways, well } from './support/watch.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

const DEADLINE = { remote: 1200 };
const WITHIN = 660;
const BEYOND = 1800;

describe.each(ways)('slow, over %s', (_title, way) => {
  it('serves what comes in time, does without what does not, and comes back', async () => {
    const redis = await server();
    const proxy = await proxyTo(redis.port);
    const name = newName();
    const a = open({ name, remote: { url: redis.url } });
    const { cache, states } = watched({ name, remote: way(proxy.port), deadline: DEADLINE });
    await well(a, cache);
    await a.setMany(Array.from({ length: 40 }, (_, i) => [`k${i}`, i] as const));
    expect(await cache.get('k0')).toBe(0);

    proxy.setDelay(WITHIN);
    const near = await Promise.all(Array.from({ length: 5 }, (_, i) => cache.get(`k${i + 1}`)));
    expect(near).toEqual([1, 2, 3, 4, 5]);
    expect(await cache.getOrSet('k6', () => 'never')).toBe(6);
    expect(cache.stats().remote).toMatchObject({ timeouts: 0, skipped: 0 });
    expect(states).toEqual(['ready']);

    proxy.setDelay(BEYOND);
    const values = await Promise.all(
      Array.from({ length: 20 }, (_, i) => cache.getOrSet(`k${i + 10}`, () => 'own')),
    );
    expect(values).toEqual(values.map(() => 'own'));
    expect(states).toEqual(['ready', 'down']);
    const { timeouts } = cache.stats().remote;
    expect(timeouts).toBeGreaterThanOrEqual(5);
    expect(await serves(cache, 'x', 50)).toBe(50);
    expect(cache.stats().remote.skipped).toBeGreaterThanOrEqual(50);

    proxy.setDelay(0);
    await well(cache);
    expect(states).toEqual(['ready', 'down', 'ready']);
    expect(await cache.get('k39')).toBe(39);
  });
});

it('gives no entry of which it could not learn in time whether it is still valid', async () => {
  const redis = await server();
  const proxy = await proxyTo(redis.port);
  const name = newName();
  const a = open({ name, remote: { url: redis.url } });
  await well(a);
  await a.set('dead', 1, { tags: ['t'], tiers: ['remote'] });
  await a.set('alive', 1, { tags: ['u'], tiers: ['remote'] });
  await a.invalidateTags('t');
  // Came later: it has not heard of it, and the entry alone takes more than half of what it may wait.
  const { cache } = watched({ name, remote: { url: proxy.url }, deadline: DEADLINE });
  await well(cache);
  proxy.setDelay(WITHIN);
  expect(await cache.get('dead')).toBeUndefined();
  expect(await cache.getMany(['dead', 'alive'])).not.toContain(1);
  // What came too late for one call is known for the next.
  await until(async () => (await cache.get('alive')) === 1);
  expect(await cache.get('dead')).toBeUndefined();
});

it('fills the log with no more than it has to tell, however late the answers are', async () => {
  const redis = await server();
  const proxy = await proxyTo(redis.port);
  const name = newName();
  const a = open({ name, remote: { url: redis.url } });
  const { cache } = watched({ name, remote: { url: proxy.url }, deadline: { remote: 100 } });
  await well(a, cache);
  const key = `czbus1:{tiers:${name}}`;
  const before = Number(await redis.ask('XLEN', key));
  proxy.setDelay(300);
  await Promise.all(Array.from({ length: 20 }, (_, i) => cache.invalidateTags(`t${i}`)));
  expect((await cache.health()).queues.recovery).toBeGreaterThanOrEqual(20);
  const began = performance.now();
  await until(() => performance.now() - began > 3000);
  // One of them once more each half second; all of them once, should a busy machine take a late answer for a timely one.
  expect(Number(await redis.ask('XLEN', key)) - before).toBeLessThanOrEqual(60);
  proxy.setDelay(0);
  await well(cache);
  await until(() => a.stats().busGaps === 0);
});
