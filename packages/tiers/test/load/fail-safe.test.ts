import { describe, expect, it } from 'vitest';
import { newerOf } from '../../src/load/fail-safe.ts';
import { Loader } from '../../src/load/get-or-set.ts';
import { deferred } from './support/deferred.ts';
import { FakeHost } from './support/fake-host.ts';

function setUp(): { host: FakeHost; loader: Loader } {
  const host = new FakeHost();
  return { host, loader: new Loader(host) };
}

function stale(host: FakeHost, key: string, value: unknown): void {
  host.put(key, value, { ttl: 1000, grace: 60_000 });
  host.world.advance(1001);
}

const fails = (): never => {
  throw new Error('down');
};

describe('fail-safe', () => {
  it('gives the stale value for an error, and tells of it', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    expect(await loader.getOrSet('a', fails)).toBe('old');
    expect(host.events).toEqual(['failsafe a Error: down']);
    expect(host.counters).toMatchObject({ factoryErrors: 1, failSafe: 1 });
    expect(host.hits.map((entry) => entry.stale)).toEqual([true]);
  });

  it('makes no new attempt for failSafeTtl', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    await loader.getOrSet('a', fails, { failSafeTtl: 1000 });
    expect(await loader.getOrSet('a', () => 'new')).toBe('old');
    expect(host.counters).toMatchObject({ factoryCalls: 1, failSafe: 2 });
    host.world.advance(1001);
    expect(await loader.getOrSet('a', () => 'new')).toBe('new');
  });

  it('holds for 5 s by default, and not at all with 0', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    await loader.getOrSet('a', fails, { failSafeTtl: 0 });
    await loader.getOrSet('a', fails);
    expect(host.counters.factoryCalls).toBe(2);
    host.world.advance(4000);
    await loader.getOrSet('a', fails);
    expect(host.counters.factoryCalls).toBe(2);
    host.world.advance(1001);
    await loader.getOrSet('a', fails);
    expect(host.counters.factoryCalls).toBe(3);
  });

  it('holds too when the stale value is only below', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    await loader.getOrSet('a', fails);
    host.evict('a');
    expect(await loader.getOrSet('a', () => 'new')).toBe('old');
    expect(host.counters.factoryCalls).toBe(1);
  });

  it('gives a stale value that was found below', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    host.evict('a');
    expect(await loader.getOrSet('a', fails)).toBe('old');
  });

  it('ends its hold when the key is deleted', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    await loader.getOrSet('a', fails);
    loader.forget(['a']);
    expect(await loader.getOrSet('a', () => 'new')).toBe('new');
  });

  it('ends its hold when a fresh load succeeds', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    await loader.getOrSet('a', fails);
    await loader.getOrSet('a', () => 'new', { fresh: true, ttl: 1000, grace: 60_000 });
    host.world.advance(1001);
    expect(await loader.getOrSet('a', () => 'newer')).toBe('newer');
  });

  it('gives the error once grace is over', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    host.world.advance(60_000);
    await expect(loader.getOrSet('a', fails)).rejects.toThrow('down');
    expect(host.events).toEqual([]);
  });

  it('gives the error when grace ends while the factory runs', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    const gate = deferred<never>();
    const asked = loader.getOrSet('a', () => gate.promise);
    host.world.advance(60_000);
    gate.reject(new Error('down'));
    await expect(asked).rejects.toThrow('down');
  });

  it('serves one who joined a fresh load that failed', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    const gate = deferred<never>();
    const fresh = loader.getOrSet('a', () => gate.promise, { fresh: true });
    const other = loader.getOrSet('a', () => 'not called');
    gate.reject(new Error('down'));
    await expect(fresh).rejects.toThrow('down');
    expect(await other).toBe('old');
    expect(host.events).toEqual([]);
  });

  it('prefers the value computed later', () => {
    const entry = (created: number): never => ({ created }) as never;
    const [one, two] = [entry(1), entry(2)];
    expect(newerOf(one, two)).toBe(two);
    expect(newerOf(two, one)).toBe(two);
    expect(newerOf(undefined, one)).toBe(one);
    expect(newerOf(one, undefined)).toBe(one);
  });
});
