import { afterEach, describe, expect, it } from 'vitest';
import { cached } from '../../src/wrap/cached.ts';
import type { CachedOptions } from '../../src/wrap/cached.ts';
import { resetCache, setCache } from '../../src/wrap/global.ts';
import { modelCache } from './support.ts';

const WRAP = expect.objectContaining({ code: 'CATZ_TIERS_WRAP' });

afterEach(resetCache);

describe('a cached function', () => {
  it('runs once for equal arguments, and gets its own arguments alone', async () => {
    const calls: unknown[][] = [];
    const find = cached(
      async function find(...args: [{ id: number; lang?: string }, number?]) {
        calls.push(args);
        return args[0].id * 2;
      },
      { cache: modelCache() },
    );
    expect(await find({ id: 7, lang: 'de' })).toBe(14);
    expect(await find({ lang: 'de', id: 7 })).toBe(14);
    expect(await find({ id: 8 })).toBe(16);
    expect(calls).toEqual([[{ id: 7, lang: 'de' }], [{ id: 8 }]]);
  });

  it('has the name and length of the other', () => {
    const sum = cached((a: number, b: number) => a + b, { name: 'sum', cache: modelCache() });
    function find(_a: number, _b: number, ..._rest: number[]): number {
      return 0;
    }
    const wrapped = cached(find, { cache: modelCache() });
    expect([wrapped.name, wrapped.length]).toEqual(['find', 2]);
    expect([sum.name, sum.length]).toEqual(['', 2]);
  });

  it('gives a promise also for a function that gives none, and rejects with what it throws', async () => {
    const cache = modelCache();
    const error = new Error('down');
    const broken = cached(
      (): number => {
        throw error;
      },
      { name: 'broken', cache },
    );
    const call = broken();
    expect(call).toBeInstanceOf(Promise);
    await expect(call).rejects.toBe(error);
    expect(await cached((n: number) => n, { name: 'same', cache })(5)).toBe(5);
  });

  it('passes `this` on', async () => {
    const cache = modelCache();
    const owner = {
      rate: 3,
      times: cached(
        function times(this: { rate: number }, n: number) {
          return this.rate * n;
        },
        { cache },
      ),
    };
    expect(await owner.times(2)).toBe(6);
  });

  it('hands the options of getOrSet through', async () => {
    const cache = modelCache();
    const find = cached((n: number) => n, {
      name: 'find',
      version: 2,
      cache,
      ttl: 5000,
      tags: ['numbers'],
    });
    await find(1);
    expect(cache.asked).toEqual([{ ttl: 5000, tags: ['numbers'] }]);
  });

  it('computes anew on refresh, and again after invalidate', async () => {
    const cache = modelCache();
    let count = 0;
    const next = cached((_of: string) => ++count, { name: 'next', cache });
    expect(await next('a')).toBe(1);
    expect(await next.refresh('a')).toBe(2);
    expect(await next('a')).toBe(2);
    expect(await next.invalidate('a')).toMatchObject({ ok: true });
    expect(await next('a')).toBe(3);
    expect(cache.asked[1]).toEqual({ fresh: true });
  });

  it('rejects, and does not throw, on arguments without key', async () => {
    const find = cached((_f: unknown) => 1, { name: 'find', cache: modelCache() });
    const code = expect.objectContaining({ code: 'CATZ_TIERS_ARGUMENT' });
    const fn = (): number => 1;
    await expect(find(fn)).rejects.toEqual(code);
    await expect(find.refresh(fn)).rejects.toEqual(code);
    await expect(find.invalidate(fn)).rejects.toEqual(code);
    expect(() => find.key(fn)).toThrow(code);
  });
});

describe('the key of a cached function', () => {
  it('is its name, version and arguments', () => {
    const cache = modelCache();
    const find = (id: number, _lang?: string): number => id;
    expect(cached(find, { cache }).key(7, 'de')).toBe('find(7,"de")');
    expect(cached(find, { cache, name: 'User.find', version: 2 }).key(7)).toBe('User.find@2(7)');
  });

  it('is what the user makes of the arguments', async () => {
    const cache = modelCache();
    const find = cached((url: URL) => url.href, { name: 'get', cache, key: (url) => url.href });
    expect(await find(new URL('http://a'))).toBe('http://a/');
    expect([...cache.values.keys()]).toEqual(['get(http://a/)']);
  });

  it('never looks like that of another name or version', () => {
    const cache = modelCache();
    const of = (name: string, version?: string | number): string =>
      cached(() => 1, { cache, name, version }).key();
    const keys = [
      of('a'),
      of('a', 1),
      of('a@1'),
      of('a@1', 1),
      of('a('),
      of('a%28'),
      of('a(', 1),
      of('a"'),
      of('a%22'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is refused when it is no string', async () => {
    const find = cached((n: number) => n, {
      name: 'find',
      cache: modelCache(),
      key: (n) => n as unknown as string,
    });
    await expect(find(1)).rejects.toThrow('the key function of "find" to give a string, got 1');
  });
});

describe('a function cannot be cached', () => {
  it.each<[string, unknown, CachedOptions<[], unknown>]>([
    ['that is none', 'find', {}],
    ['without name', () => 1, {}],
    ['with a name that is no string', () => 1, { name: 5 as never }],
    ['with an empty version', () => 1, { name: 'a', version: '' }],
    ['with a version that is no number', () => 1, { name: 'a', version: NaN }],
    ['with a key that is no function', () => 1, { name: 'a', key: 'id' as never }],
    ['with a cache that is none', () => 1, { name: 'a', cache: new Map() as never }],
    ['with a cache that is null', () => 1, { name: 'a', cache: null as never }],
    ['with options that are none', () => 1, null as never],
  ])('%s', (_what, fn, options) => {
    expect(() => cached(fn as () => unknown, options)).toThrow(WRAP);
  });

  it('by the name of another on the same cache', () => {
    const cache = modelCache();
    const first = (): number => 1;
    cached(first, { name: 'find', cache });
    expect(() => cached(() => 2, { name: 'find', cache })).toThrow(WRAP);
    expect(() => cached(() => 2, { name: 'find', cache })).toThrow('got "find"');
    // the same function again, another version, another cache
    cached(first, { name: 'find', cache, ttl: 5 });
    cached(() => 2, { name: 'find', cache, version: 2 });
    cached(() => 2, { name: 'find', cache: modelCache() });
  });

  it('by the name of another on the global cache, whichever that will be', async () => {
    cached(() => 1, { name: 'find' });
    expect(() => cached(() => 2, { name: 'find' })).toThrow(WRAP);
    setCache(modelCache());
    expect(() => cached(() => 2, { name: 'find' })).toThrow(WRAP);
    await resetCache();
    cached(() => 2, { name: 'find' });
  });
});

describe('without a cache of its own', () => {
  it('a function uses the global one of the moment', async () => {
    let count = 0;
    const next = cached(() => ++count, { name: 'next' });
    const first = modelCache();
    setCache(first);
    expect(await next()).toBe(1);
    expect(first.values.get('next()')).toBe(1);
    const second = modelCache();
    setCache(second);
    expect(await next()).toBe(2);
    expect(await next.refresh()).toBe(3);
    await next.invalidate();
    expect(second.values.size).toBe(0);
  });
});
