import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { Loader } from '../../src/load/get-or-set.ts';
import { resolveLoadDefaults } from '../../src/load/plan.ts';
import { deferred, turn } from './support/deferred.ts';
import { FakeHost } from './support/fake-host.ts';

function setUp(): { host: FakeHost; loader: Loader } {
  const host = new FakeHost();
  return { host, loader: new Loader(host) };
}

const never = (): never => {
  throw new Error('the factory must not run');
};

describe('getOrSet', () => {
  it('gives what is fresh in memory without a factory call', async () => {
    const { host, loader } = setUp();
    host.put('a', { n: 1 });
    expect(await loader.getOrSet('a', never)).toEqual({ n: 1 });
    expect(host.hits.map((entry) => entry.tier)).toEqual(['memory']);
    expect(host.belowReads).toBe(0);
  });

  it('computes and stores what is missing, and counts a miss', async () => {
    const { host, loader } = setUp();
    expect(await loader.getOrSet('a', () => 5)).toBe(5);
    expect(host.peek('a')?.value).toBe(5);
    expect(await loader.getOrSet('a', never)).toBe(5);
    expect([host.misses, host.hits.length, host.counters.factoryCalls]).toEqual([1, 1, 1]);
  });

  it('finds what is below, and counts a hit of that tier', async () => {
    const { host, loader } = setUp();
    host.put('a', 'far');
    host.evict('a');
    expect(await loader.getOrSet('a', never)).toBe('far');
    expect(host.hits.map((entry) => entry.tier)).toEqual(['remote']);
    expect(host.misses).toBe(0);
  });

  it('passes memory over when it is not among the tiers asked', async () => {
    const { host, loader } = setUp();
    host.put('a', 'near');
    host.world.remote.clear();
    expect(await loader.getOrSet('a', () => 'computed', { tiers: ['remote'] })).toBe('computed');
  });

  it('calls the factory once for all who ask at the same time, and gives all the same object', async () => {
    const { host, loader } = setUp();
    const gate = deferred<{ n: number }>();
    let calls = 0;
    const factory = (): Promise<{ n: number }> => {
      calls++;
      return gate.promise;
    };
    const all = Array.from({ length: 100 }, () => loader.getOrSet('a', factory));
    await turn();
    gate.resolve({ n: 1 });
    const values = await Promise.all(all);
    expect(calls).toBe(1);
    expect(new Set(values).size).toBe(1);
    expect(host.counters.coalesced).toBe(99);
    expect(host.misses).toBe(100);
  });

  it('gives a value in the shape a later hit has', async () => {
    const { loader } = setUp();
    const made = { at: new Date(0) };
    const first = await loader.getOrSet<unknown>('a', () => made);
    expect(first).toEqual({ at: '1970-01-01T00:00:00.000Z' });
    expect(await loader.getOrSet('a', never)).toBe(first);
    expect(Object.isFrozen(made)).toBe(false);
  });

  it('gives a value that is not kept in that shape too', async () => {
    const { host, loader } = setUp();
    const made = { at: new Date(0) };
    const shaped = { at: '1970-01-01T00:00:00.000Z' };
    expect(await loader.getOrSet<unknown>('a', () => made, { ttl: 0 })).toEqual(shaped);
    const skipped = await loader.getOrSet<unknown>('a', (context) => {
      context.skip();
      return made;
    });
    expect(skipped).toEqual(shaped);
    expect(host.stored).toBe(0);
  });

  it('gives such a value as it is when the host cannot shape it', async () => {
    const { host, loader } = setUp();
    Object.assign(host, { shape: undefined });
    const made = { at: new Date(0) };
    expect(await loader.getOrSet('a', () => made, { ttl: 0 })).toBe(made);
  });

  it('gives the very object to the caller whose factory ran, if returnRaw says so', async () => {
    const { loader } = setUp();
    const made = { at: new Date(0) };
    const gate = deferred<object>();
    const owner = loader.getOrSet('a', () => gate.promise, { returnRaw: true });
    const other = loader.getOrSet('a', never, { returnRaw: true });
    gate.resolve(made);
    expect(await owner).toBe(made);
    expect(await other).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  });

  it('gives what has no form in the codec as it is, and stores nothing', async () => {
    const { host, loader } = setUp();
    expect(await loader.getOrSet('a', () => 5n)).toBe(5n);
    expect(host.stored).toBe(0);
  });

  it('stores null', async () => {
    const { loader } = setUp();
    expect(await loader.getOrSet('a', () => null)).toBe(null);
    expect(await loader.getOrSet('a', never)).toBe(null);
  });

  it('gives undefined and stores nothing of it', async () => {
    const { host, loader } = setUp();
    expect(await loader.getOrSet('a', () => undefined)).toBe(undefined);
    expect(host.stored).toBe(0);
    expect(await loader.getOrSet('a', () => 1)).toBe(1);
  });

  it('stores nothing with ttl 0, and removes what is there', async () => {
    const { host, loader } = setUp();
    host.put('a', 1);
    expect(await loader.getOrSet('a', () => 2, { ttl: 0, fresh: true })).toBe(2);
    expect(host.peek('a')).toBe(undefined);
  });

  it('computes anew with fresh, whatever is stored and under way', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old');
    expect(await loader.getOrSet('a', () => 'new', { fresh: true })).toBe('new');
    expect(host.belowReads).toBe(0);
    const gate = deferred<string>();
    host.delete('a');
    const slow = loader.getOrSet('a', () => gate.promise);
    expect(await loader.getOrSet('a', () => 'newest', { fresh: true })).toBe('newest');
    gate.resolve('slow');
    expect(await slow).toBe('slow');
    expect(host.peek('a')?.value).toBe('newest');
  });

  it('lets others join a fresh load', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    const first = loader.getOrSet('a', () => gate.promise, { fresh: true });
    const second = loader.getOrSet('a', never);
    gate.resolve('new');
    expect(await Promise.all([first, second])).toEqual(['new', 'new']);
    expect(host.counters.factoryCalls).toBe(1);
  });

  it('gives the error of a fresh load, for nobody asked for what is old', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old', { grace: 60_000 });
    const error = new Error('down');
    await expect(loader.getOrSet('a', () => Promise.reject(error), { fresh: true })).rejects.toBe(
      error,
    );
  });

  it('gives the error of the factory itself to all who wait', async () => {
    const { host, loader } = setUp();
    const error = new Error('down');
    const gate = deferred<never>();
    const all = [1, 2, 3].map(() => loader.getOrSet('a', () => gate.promise));
    gate.reject(error);
    const results = await Promise.allSettled(all);
    expect(results.map((result) => result.status === 'rejected' && result.reason)).toEqual([
      error,
      error,
      error,
    ]);
    expect(host.counters).toMatchObject({ factoryCalls: 1, factoryErrors: 1 });
    expect(host.misses).toBe(3);
  });

  it('runs the factory in the context of the first caller, and leaves each caller its own', async () => {
    const { loader } = setUp();
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const gate = deferred();
    const ask = (name: string): Promise<void> =>
      storage.run(name, async () => {
        await loader.getOrSet('a', async () => {
          seen.push(`factory ${storage.getStore()}`);
          await gate.promise;
          return 1;
        });
        seen.push(`caller ${storage.getStore()}`);
      });
    const both = [ask('one'), ask('two')];
    gate.resolve();
    await Promise.all(both);
    expect(seen).toEqual(['factory one', 'caller one', 'caller two']);
  });

  it('takes its defaults from the namespace', async () => {
    const host = new FakeHost();
    const loader = new Loader(host, resolveLoadDefaults({ hardTimeout: 1 }));
    await expect(loader.getOrSet('a', () => new Promise(() => {}))).rejects.toMatchObject({
      code: 'CATZ_TIERS_TIMEOUT',
    });
  });

  it('refuses keys, factories and options that are none', async () => {
    const { host, loader } = setUp();
    host.put('a', 1);
    const wrong = (key: unknown, factory: unknown, options?: unknown): Promise<unknown> =>
      loader.getOrSet(key as string, factory as () => number, options as object);
    await expect(wrong(1, never)).rejects.toMatchObject({ code: 'CATZ_TIERS_KEY' });
    await expect(wrong('', never)).rejects.toMatchObject({ code: 'CATZ_TIERS_KEY' });
    await expect(wrong('a', 1)).rejects.toMatchObject({ code: 'CATZ_TIERS_FACTORY' });
    await expect(wrong('a', never, { tll: 1 })).rejects.toMatchObject({
      code: 'CATZ_TIERS_OPTION',
      message: 'unknown option options.tll, did you mean ttl?',
    });
  });
});
