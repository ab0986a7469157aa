import { describe, expect, it } from 'vitest';
import { Loader } from '../../src/load/get-or-set.ts';
import { deferred, turn } from './support/deferred.ts';
import { FakeHost } from './support/fake-host.ts';

function setUp(): { host: FakeHost; loader: Loader } {
  const host = new FakeHost();
  return { host, loader: new Loader(host) };
}

const each =
  (calls: (readonly string[])[]) =>
  (missing: readonly string[]): Map<string, string> => {
    calls.push(missing);
    return new Map(missing.map((key) => [key, `${key}!`]));
  };

const fails = (): Promise<Map<string, string>> => Promise.reject(new Error('down'));

describe('getOrSetMany', () => {
  it('finds what is there and has the rest computed in one call, in order, doublets once', async () => {
    const { host, loader } = setUp();
    host.put('near', 'near');
    host.put('far', 'far');
    host.evict('far');
    const calls: (readonly string[])[] = [];
    const keys = ['x', 'near', 'far', 'y', 'x'];
    expect(await loader.getOrSetMany(keys, each(calls))).toEqual(['x!', 'near', 'far', 'y!', 'x!']);
    expect(calls).toEqual([['x', 'y']]);
    expect(host.peek('x')?.value).toBe('x!');
    expect(host.hits.map((entry) => entry.tier)).toEqual(['memory', 'remote']);
    expect(host.misses).toBe(2);
    expect(host.counters.factoryCalls).toBe(1);
  });

  it('calls nobody when all is there, or nothing asked', async () => {
    const { host, loader } = setUp();
    host.put('a', 1);
    host.put('b', 2);
    host.evict('b');
    const calls: (readonly string[])[] = [];
    expect(await loader.getOrSetMany<unknown>(['a', 'b'], each(calls))).toEqual([1, 2]);
    expect(await loader.getOrSetMany([], each(calls))).toEqual([]);
    expect(calls).toEqual([]);
  });

  it('gives undefined for what the Map lacks, and keeps that if negative says so', async () => {
    const { host, loader } = setUp();
    const map = new Map<string, string | null>([['a', null]]);
    expect(await loader.getOrSetMany(['a', 'b'], () => map)).toEqual([null, undefined]);
    expect(host.peek('a')?.value).toBe(null);
    expect(host.peek('b')).toBe(undefined);
    await loader.getOrSetMany(['b'], () => map, { negative: { ttl: 100 } });
    expect(host.peek('b')).toMatchObject({ negative: true });
  });

  it('waits for keys that are being loaded, and is waited for', async () => {
    const { host, loader } = setUp();
    const one = deferred<string>();
    const many = deferred<Map<string, string>>();
    const a = loader.getOrSet('a', () => one.promise);
    const calls: (readonly string[])[] = [];
    const both = loader.getOrSetMany(['a', 'b'], (missing) => {
      calls.push(missing);
      return many.promise;
    });
    const b = loader.getOrSet('b', () => 'not called');
    await turn();
    one.resolve('from one');
    many.resolve(new Map([['b', 'from many']]));
    expect(await both).toEqual(['from one', 'from many']);
    expect(await Promise.all([a, b])).toEqual(['from one', 'from many']);
    expect(calls).toEqual([['b']]);
    expect(host.counters).toMatchObject({ factoryCalls: 2, coalesced: 2 });
  });

  it('gives stale values for an error, and rejects when one key has none', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old a', { ttl: 10, grace: 60_000 });
    host.put('b', 'old b', { ttl: 10, grace: 60_000 });
    host.world.advance(11);
    host.evict('b');
    expect(await loader.getOrSetMany(['a', 'b'], fails)).toEqual(['old a', 'old b']);
    expect(host.events).toEqual(['failsafe a Error: down', 'failsafe b Error: down']);
    host.evict('b');
    const calls: (readonly string[])[] = [];
    expect(await loader.getOrSetMany(['a', 'b'], each(calls))).toEqual(['old a', 'old b']);
    expect(calls).toEqual([]);
    await expect(loader.getOrSetMany(['a', 'c'], fails)).rejects.toThrow('down');
  });

  it('refreshes what is stale, and tells of it', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old', { ttl: 10, grace: 60_000 });
    host.world.advance(11);
    expect(await loader.getOrSetMany(['a'], each([]))).toEqual(['a!']);
    expect(host.events).toEqual(['refresh a']);
  });

  it('computes all anew with fresh', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old');
    expect(await loader.getOrSetMany(['a'], each([]), { fresh: true })).toEqual(['a!']);
    expect(host.belowReads).toBe(0);
  });

  it('keeps errors as negative says', async () => {
    const { host, loader } = setUp();
    const negative = { ttl: 0, errors: () => 1000 };
    await expect(loader.getOrSetMany(['a', 'b'], fails, { negative })).rejects.toThrow('down');
    await expect(loader.getOrSetMany(['b'], each([]), { negative })).rejects.toThrow('down');
    expect(host.counters).toMatchObject({ factoryCalls: 1, factoryErrors: 1 });
  });

  it('ends at hardTimeout, and goes on in the background', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old', { ttl: 10, grace: 60_000 });
    host.world.advance(11);
    const gate = deferred<Map<string, string>>();
    const ask = (keys: string[]): Promise<unknown> =>
      loader.getOrSetMany(keys, () => gate.promise, { hardTimeout: 5 });
    await expect(ask(['a', 'b'])).rejects.toMatchObject({ code: 'CATZ_TIERS_TIMEOUT' });
    expect(await ask(['a'])).toEqual(['old']);
    gate.resolve(new Map([['b', 'late']]));
    await Promise.all(host.tracked);
    expect(host.peek('b')?.value).toBe('late');
  });

  it('tells the factory when nobody waits for any of its keys', async () => {
    const { loader } = setUp();
    const mine = new AbortController();
    const other = new AbortController();
    let inner: AbortSignal | undefined;
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    const asked = loader.getOrSetMany(
      keys,
      (_, context) => {
        inner = context.signal;
        return new Promise<Map<string, string>>(() => {});
      },
      { signal: mine.signal },
    );
    await turn();
    const joined = loader.getOrSet('k7', () => 'not called', { signal: other.signal });
    mine.abort('mine');
    await expect(asked).rejects.toBe('mine');
    expect(inner?.aborted).toBe(false);
    other.abort('other');
    await expect(joined).rejects.toBe('other');
    expect(inner?.reason).toBe('other');
  });

  it('calls no factory when all gave up before', async () => {
    const { host, loader } = setUp();
    const gate = deferred();
    host.gate = gate.promise;
    const controller = new AbortController();
    const asked = loader.getOrSetMany(['a'], each([]), { signal: controller.signal });
    controller.abort();
    await expect(asked).rejects.toBe(controller.signal.reason);
    gate.resolve();
    await Promise.all(host.tracked);
    expect(host.counters.factoryCalls).toBe(0);
    expect(await loader.getOrSet('a', () => 'new')).toBe('new');
  });

  it('loads anew what an invalidation has overtaken for those who came after', async () => {
    const { host, loader } = setUp();
    const gate = deferred<Map<string, string>>();
    const early = loader.getOrSetMany(['a', 'b'], () => gate.promise, { tags: ['t'] });
    await turn();
    host.world.invalidate('t');
    const calls: (readonly string[])[] = [];
    const late = loader.getOrSetMany(['a', 'b', 'c'], each(calls), { tags: ['t'] });
    gate.resolve(
      new Map([
        ['a', 'old'],
        ['b', 'old'],
      ]),
    );
    expect(await early).toEqual(['old', 'old']);
    expect(await late).toEqual(['a!', 'b!', 'c!']);
    expect(calls.flat().toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('keeps the fault of one key to that key', async () => {
    const { host, loader } = setUp();
    const when = (value: unknown): boolean => {
      if (value === 'b!') throw new Error('when');
      return false;
    };
    const asked = loader.getOrSetMany(['a', 'b'], each([]), { negative: { ttl: 1, when } });
    await expect(asked).rejects.toThrow('when');
    expect(host.peek('a')?.value).toBe('a!');
  });

  it('stores nothing once it is closed', async () => {
    const { host, loader } = setUp();
    const gate = deferred<Map<string, string>>();
    const asked = loader.getOrSetMany(['a'], () => gate.promise);
    await turn();
    await loader.close();
    await expect(asked).rejects.toMatchObject({ code: 'CATZ_TIERS_CLOSED' });
    gate.resolve(new Map([['a', 'late']]));
    await Promise.all(host.tracked);
    expect(host.stored).toBe(0);
  });

  it('takes whatever behaves like a Map, and refuses the rest', async () => {
    const { loader } = setUp();
    const like = { get: () => 1, has: () => true } as unknown as Map<string, number>;
    expect(await loader.getOrSetMany(['a'], () => like)).toEqual([1]);
    for (const wrong of [undefined, null, { b: 1 }, [['b', 1]]]) {
      await expect(
        loader.getOrSetMany(['b'], () => wrong as unknown as Map<string, number>),
      ).rejects.toMatchObject({ code: 'CATZ_TIERS_FACTORY' });
    }
  });

  it('refuses keys, factories and options that are none', async () => {
    const { loader } = setUp();
    const wrong = (keys: unknown, factory: unknown, options?: unknown): Promise<unknown> =>
      loader.getOrSetMany(keys as string[], factory as () => Map<string, 1>, options as object);
    await expect(wrong('a', each([]))).rejects.toMatchObject({ code: 'CATZ_TIERS_OPTION' });
    await expect(wrong(['a', 1], each([]))).rejects.toMatchObject({ code: 'CATZ_TIERS_KEY' });
    await expect(wrong(['a'], {})).rejects.toMatchObject({ code: 'CATZ_TIERS_FACTORY' });
    for (const name of ['softTimeout', 'early', 'lock', 'returnRaw']) {
      await expect(wrong(['a'], each([]), { [name]: true })).rejects.toMatchObject({
        code: 'CATZ_TIERS_OPTION',
      });
    }
  });
});
