// Clocks of machines differ: two caches whose wall clocks lie ten seconds apart, around one Redis. They follow its clock
// from the moment they are connected, so that every invariant of races.test.ts holds all the same.
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/clock/clock.ts';
import type { Clock } from '../../src/clock/clock.ts';
import { open, until } from '../cache/support/open.ts';
import { localNode, ownTruth, raceRounds } from './support/race-rounds.ts';

const seed = 1 + Math.floor(Math.random() * 1e9);
const CHANGES = 150;
let redis: RedisServer;

beforeAll(async () => {
  console.log(`skewed-clocks.test.ts: seed ${seed}`);
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** The machine's clock, wrong by so many ms. */
function wrong(ms: number): Clock {
  const exact = systemClock.exact ?? systemClock.wall;
  return { mono: systemClock.mono, wall: () => systemClock.wall() + ms, exact: () => exact() + ms };
}

it('nothing older is read after a change, here or at the other, with clocks 10 s apart', async () => {
  const truth = ownTruth();
  const nodes = [
    await localNode(redis, { name: 'skewed', clock: wrong(-5000) }, truth, seed),
    await localNode(redis, { name: 'skewed', clock: wrong(5000) }, truth, seed + 1),
  ];
  // Where answers come slowly, the time is known roughly at first.
  for (const { cache } of nodes) {
    await until(() => Math.abs(cache.ticket('k').created / 1000 - Date.now()) < 3);
  }
  const running = nodes.map(({ racer }) => racer.run(4));
  await raceRounds(nodes, CHANGES, seed);
  for (const { racer } of nodes) racer.stop();
  await Promise.all(running);
  for (const { racer } of nodes) {
    expect(racer.faults).toEqual([]);
    expect(racer.counts.hits).toBeGreaterThan(CHANGES / 2);
    expect(racer.counts.stored).toBeGreaterThan(0);
  }
});

it('an entry lives as long for both as its author said', async () => {
  const remote = { url: redis.url };
  const [slow, fast] = [-5000, 5000].map((ms) => open({ name: 'life', remote, clock: wrong(ms) }));
  for (const cache of [slow!, fast!]) await cache.ready({ timeout: 10_000 });
  const before = Date.now();
  await slow!.set('of slow', 1, { ttl: 60_000 });
  await fast!.set('of fast', 1, { ttl: 60_000 });
  const after = Date.now();
  // How well a clock is known depends on the round trip; it must be far less than the 5 s that each is wrong.
  const ERROR = 2000;
  for (const cache of [slow!, fast!]) {
    const near = await cache.getEntry('of slow', { tiers: ['remote'] });
    const far = await cache.getEntry('of fast', { tiers: ['remote'] });
    expect(near?.stale).toBe(false);
    expect(far?.stale).toBe(false);
    for (const entry of [near, far]) {
      expect(entry!.expiresAt).toBeGreaterThan(before + 60_000 - ERROR);
      expect(entry!.expiresAt).toBeLessThan(after + 60_000 + ERROR);
    }
  }
});

it('stamps do not run away from the clock, however much is removed', async () => {
  const cache = open({ name: 'away' });
  for (let i = 0; i < 2000; i++) await cache.invalidateTags(`t${i}`);
  // 5 ms ahead, and 1 microsecond for each removal that came within one ms.
  expect(cache.ticket('k').created / 1000).toBeLessThan(Date.now() + 50);
});
