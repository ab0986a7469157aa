// What has expired goes without being read, by a timer of one isolate.
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import { advance, setClock } from '../src/testing.ts';
import { startSweeping } from '../src/sweeper.ts';
import type { Cache } from '../src/index.ts';
import { until } from './support/until.ts';

it.each(['native', 'js'] as const)(
  'removes expired values in the background (%s)',
  async (backend) => {
    const cache = openCache({ backend, maxBytes: 4 * 2 ** 20, sweepInterval: 10, sweepBudget: 5 });
    for (let i = 0; i < 2000; i++) cache.set(`short${i}`, 'value', { ttl: 5 });
    for (let i = 0; i < 100; i++) cache.set(`long${i}`, 'value', { ttl: 60_000 });
    await until(() => cache.stats().entries === 100);
    const stats = cache.stats();
    expect(stats.entries).toBe(100);
    expect(stats.expired).toEqual({ onRead: 0, swept: 2000 });
    expect(stats.expirations).toBe(2000);
    expect(stats.evictions).toBe(0);
    cache.close();
  },
);

it.each(['native', 'js'] as const)('sweeps once per interval, whoever asks (%s)', (backend) => {
  const name = `sweep-${backend}-${process.pid}`;
  const options = { backend, maxBytes: 2 ** 20, sweepInterval: false } as const;
  const caches = [openCache(name, options), openCache(name, options)];
  const sweep = (cache: Cache) =>
    (cache as unknown as { sweep(interval: number, budget: number): void }).sweep(1000, 5);
  const [first, second] = caches as [Cache, Cache];
  setClock(first, 10_000);
  sweep(first);
  first.set('a', 'value', { ttl: 10 });
  advance(first, 500);
  sweep(second);
  expect(first.stats().entries).toBe(1);
  advance(first, 500);
  sweep(second);
  expect(first.stats()).toMatchObject({ entries: 0, expired: { onRead: 0, swept: 1 } });
  for (const cache of caches) cache.close();
});

it('is off with sweepInterval false', async () => {
  const cache = openCache({ maxBytes: 2 ** 20, sweepInterval: false });
  cache.set('a', 'value', { ttl: 1 });
  await wait(40);
  expect(cache.stats().entries).toBe(1);
  cache.close();
});

it('asks with the interval and budget of the options, until it is stopped', async () => {
  const asked: number[][] = [];
  const target = {
    sweep: (interval: number, budget: number) => void asked.push([interval, budget]),
  };
  const stop = startSweeping(target, { sweepInterval: 2, sweepBudget: 3 });
  await until(() => asked.length >= 2);
  stop();
  const count = asked.length;
  expect(asked[0]).toEqual([2, 3]);
  await wait(10);
  expect(asked.length).toBe(count);
});
