// Wrapped functions over a real cache, in memory.
import { afterEach, describe, expect, it } from 'vitest';
import { cached } from '../../src/wrap/cached.ts';
import { Cached } from '../../src/wrap/cached-decorator.ts';
import { getCache, resetCache } from '../../src/wrap/global.ts';

afterEach(resetCache);

describe('over a real cache', () => {
  it('a function runs once however many call it at once', async () => {
    let calls = 0;
    const find = cached(
      async (id: number) => {
        calls++;
        await new Promise((resolve) => setImmediate(resolve));
        return { id, at: new Date(0) };
      },
      { name: 'find', ttl: 60_000, tags: ['found'] },
    );
    const results = await Promise.all(Array.from({ length: 50 }, () => find(7)));
    expect(calls).toBe(1);
    // as the codec has it, for the first caller too
    expect(new Set(results.map((result) => JSON.stringify(result.at)))).toEqual(
      new Set([JSON.stringify(new Date(0).toISOString())]),
    );
    expect(await getCache().has(find.key(7))).toBe(true);
  });

  it('a result goes by tag, by its arguments, and by refresh', async () => {
    let count = 0;
    const next = cached((_of: string) => ++count, { name: 'next', tags: ['counts'] });
    expect([await next('a'), await next('a')]).toEqual([1, 1]);
    await getCache().invalidateTags('counts');
    expect(await next('a')).toBe(2);
    await next.invalidate('a');
    expect(await next('a')).toBe(3);
    expect([await next.refresh('a'), await next('a')]).toEqual([4, 4]);
  });

  it('wrong options of getOrSet reject with what is wrong', async () => {
    const find = cached(() => 1, { name: 'find', tll: 5 } as object);
    await expect(find()).rejects.toMatchObject({ code: 'CATZ_TIERS_OPTION' });
  });

  it('a method keeps the values of instances apart', async () => {
    async function find(this: { tenant: string }, id: number): Promise<string> {
      return `${this.tenant}${id}`;
    }
    const decorated = Cached<{ tenant: string }, [number], string>({
      instanceKey: (self) => self.tenant,
    })(find, { kind: 'method', name: 'find', static: false });
    expect(await decorated.call({ tenant: 'a' }, 1)).toBe('a1');
    expect(await decorated.call({ tenant: 'b' }, 1)).toBe('b1');
  });

  it('resetCache closes the cache that was made, and the next call makes another', async () => {
    const find = cached(() => 1, { name: 'find' });
    await find();
    const first = getCache();
    await resetCache();
    await expect(first.get('x')).rejects.toMatchObject({ code: 'CATZ_TIERS_CLOSED' });
    expect(await find()).toBe(1);
    expect(getCache()).not.toBe(first);
  });
});
