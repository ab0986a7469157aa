import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/entry.ts';
import { isDue } from '../../src/load/early.ts';
import { Loader } from '../../src/load/get-or-set.ts';
import type { LoadOptions } from '../../src/load/options.ts';
import { deferred, turn } from './support/deferred.ts';
import { FakeHost } from './support/fake-host.ts';
import { FakeWorld } from './support/fake-world.ts';

function setUp(): { host: FakeHost; loader: Loader } {
  const host = new FakeHost();
  return { host, loader: new Loader(host) };
}

/** Due at every throw of the dice, but the likes of 1 in 10^9. */
const ALWAYS = { beta: 1000 };
const AT_ONCE = { after: 0 };

describe('isDue', () => {
  const entry = (cost: number, expiresAt = 1000): Entry =>
    ({ cost, expiresAt, created: 0 }) as unknown as Entry;
  const dice = (value: number) => (): number => value;

  it('follows XFetch: now - cost × beta × ln(rand) ≥ expiry', () => {
    const half = 1 - Math.exp(-1); // ln(1 - half) = -1
    expect(isDue({ beta: 1 }, entry(100), 899, dice(half))).toBe(false);
    expect(isDue({ beta: 1 }, entry(100), 901, dice(half))).toBe(true);
    expect(isDue({ beta: 2 }, entry(100), 801, dice(half))).toBe(true);
    expect(isDue({ beta: 2 }, entry(100), 799, dice(half))).toBe(false);
  });

  it('never throws the dice where none could do', () => {
    const noDice = (): never => {
      throw new Error('dice');
    };
    expect(isDue({ beta: 1 }, entry(100), 1000 - 3701, noDice)).toBe(false);
    expect(isDue({ beta: 1 }, entry(Number.NaN), 999, noDice)).toBe(false);
    expect(isDue({ beta: 1 }, entry(0), 999, noDice)).toBe(false);
    expect(isDue({ beta: 0 }, entry(100), 999, noDice)).toBe(false);
    expect(isDue({ beta: 1 }, entry(100, Infinity), 999, noDice)).toBe(false);
  });

  it('bears every number that Math.random gives', () => {
    expect(isDue({ beta: 1 }, entry(100), 999, dice(0))).toBe(false);
    expect(isDue({ beta: 1 }, entry(100), 1000 - 3600, dice(1 - 2 ** -53))).toBe(true);
  });

  it('refreshes about as often as the formula says', () => {
    let due = 0;
    for (let i = 0; i < 20_000; i++) if (isDue({ beta: 1 }, entry(100), 900)) due++;
    expect(due / 20_000).toBeCloseTo(Math.exp(-1), 1);
  });

  it('takes a fixed share of ttl', () => {
    expect(isDue({ after: 0.8 }, entry(Number.NaN), 799)).toBe(false);
    expect(isDue({ after: 0.8 }, entry(Number.NaN), 800)).toBe(true);
    expect(isDue({ after: 0.8 }, entry(1, Infinity), 800)).toBe(false);
  });
});

describe('early refresh', () => {
  it('gives the fresh value and computes a new one in the background, once', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old');
    const gate = deferred<string>();
    const ask = (): Promise<string> => loader.getOrSet('a', () => gate.promise, { early: AT_ONCE });
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['old', 'old', 'old']);
    await turn();
    expect(host.counters).toMatchObject({ factoryCalls: 1, earlyRefreshes: 1, coalesced: 0 });
    gate.resolve('new');
    await Promise.all(host.tracked);
    expect(host.peek('a')?.value).toBe('new');
    expect(host.events).toEqual(['refresh a early']);
    expect([host.hits.length, host.misses]).toEqual([3, 0]);
  });

  it('is on by default, for what has a cost', async () => {
    const { host, loader } = setUp();
    host.put('dear', 1, { ttl: 1000 }, 1e12);
    host.put('unknown', 1, { ttl: 1000 });
    await loader.getOrSet('dear', () => 2);
    await loader.getOrSet('unknown', () => 2);
    await Promise.all(host.tracked);
    expect(host.peek('dear')?.value).toBe(2);
    expect(host.peek('unknown')?.value).toBe(1);
  });

  it('can be switched off', async () => {
    const { host, loader } = setUp();
    host.put('a', 1, { ttl: 1000 }, 1e12);
    expect(await loader.getOrSet('a', () => 2, { early: false })).toBe(1);
    await Promise.all(host.tracked);
    expect(host.peek('a')?.value).toBe(1);
  });

  it('takes a newer version from below instead of a factory call', async () => {
    const world = new FakeWorld();
    const [here, there] = [new FakeHost(world), new FakeHost(world)];
    here.put('a', 'old');
    there.put('a', 'theirs');
    await new Loader(here).getOrSet('a', () => 'mine', { early: AT_ONCE });
    await Promise.all(here.tracked);
    expect(here.peek('a')?.value).toBe('theirs');
    expect(here.counters).toMatchObject({ factoryCalls: 0, earlyRefreshes: 0 });
  });

  it('gives way when another process holds the lock', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old', {}, 1e9);
    host.world.acquire('a', 'theirs', 10_000);
    await loader.getOrSet('a', () => 'mine', { early: ALWAYS, lock: true });
    await Promise.all(host.tracked);
    expect(host.counters.factoryCalls).toBe(0);
    expect(host.peek('a')?.value).toBe('old');
  });

  it('can be joined by a caller for whom the value has expired', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old', { ttl: 1000 });
    const gate = deferred<string>();
    await loader.getOrSet('a', () => gate.promise, { early: AT_ONCE });
    host.world.advance(1001);
    const late = loader.getOrSet('a', () => 'not called');
    gate.resolve('new');
    expect(await late).toBe('new');
    expect(host.counters).toMatchObject({ factoryCalls: 1, coalesced: 1 });
  });

  it('that fails is told of, and not tried again for failSafeTtl', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old');
    const options: LoadOptions<string> = { early: AT_ONCE, failSafeTtl: 1000 };
    const fail = (): Promise<string> => Promise.reject(new Error('down'));
    expect(await loader.getOrSet('a', fail, options)).toBe('old');
    await Promise.all(host.tracked);
    expect(host.events).toEqual(['failsafe a Error: down']);
    const { belowReads } = host;
    expect(await loader.getOrSet('a', fail, options)).toBe('old');
    await Promise.all(host.tracked);
    expect(host.belowReads).toBe(belowReads);
    expect(host.counters).toMatchObject({ factoryCalls: 1, factoryErrors: 1 });
    host.world.advance(1001);
    await loader.getOrSet('a', () => 'new', options);
    await Promise.all(host.tracked);
    expect(host.peek('a')?.value).toBe('new');
  });
});
