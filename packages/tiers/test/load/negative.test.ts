import { describe, expect, it } from 'vitest';
import { Loader } from '../../src/load/get-or-set.ts';
import { KeyedMemory } from '../../src/load/keyed-memory.ts';
import { FakeHost } from './support/fake-host.ts';

function setUp(): { host: FakeHost; loader: Loader } {
  const host = new FakeHost();
  return { host, loader: new Loader(host) };
}

describe('negative', () => {
  it('keeps undefined for its own ttl, without grace', async () => {
    const { host, loader } = setUp();
    const negative = { ttl: 500 };
    expect(await loader.getOrSet('a', () => undefined, { negative, grace: 60_000 })).toBe(
      undefined,
    );
    expect(host.peek('a')).toMatchObject({ negative: true, value: undefined });
    expect(await loader.getOrSet<unknown>('a', () => 1, { negative })).toBe(undefined);
    host.world.advance(501);
    expect(host.peek('a')).toBe(undefined);
    expect(await loader.getOrSet<unknown>('a', () => 1, { negative })).toBe(1);
    expect(host.peek('a')?.negative).toBe(false);
  });

  it('keeps what `when` says, and nothing else', async () => {
    const { host, loader } = setUp();
    const negative = { ttl: 500, when: (value: unknown) => value === null };
    await loader.getOrSet('a', () => null, { negative });
    expect(host.peek('a')).toMatchObject({ negative: true, value: null });
    await loader.getOrSet('b', () => undefined, { negative });
    expect(host.peek('b')).toBe(undefined);
    await loader.getOrSet('c', () => 1, { negative });
    expect(host.peek('c')?.negative).toBe(false);
  });

  it('leaves the last word to the context of the factory', async () => {
    const { host, loader } = setUp();
    await loader.getOrSet(
      'a',
      (context) => {
        context.setTtl(5000);
        return undefined;
      },
      { negative: { ttl: 10 } },
    );
    host.world.advance(4000);
    expect(host.peek('a')?.stale).toBe(false);
  });

  it('gives what `when` throws to the caller', async () => {
    const { loader } = setUp();
    const when = (): boolean => {
      throw new Error('when');
    };
    await expect(loader.getOrSet('a', () => 1, { negative: { ttl: 1, when } })).rejects.toThrow(
      'when',
    );
  });

  it('keeps an error for as long as `errors` says, in this process', async () => {
    const { host, loader } = setUp();
    const error = new Error('not found');
    const negative = { ttl: 0, errors: () => 1000 };
    const ask = (): Promise<number> =>
      loader.getOrSet('a', () => Promise.reject(error), { negative });
    await expect(ask()).rejects.toBe(error);
    await expect(ask()).rejects.toBe(error);
    expect(host.counters.factoryCalls).toBe(1);
    expect(host.misses).toBe(2);
    expect(await new Loader(host).getOrSet('a', () => 1, { ttl: 0 })).toBe(1);
    host.world.advance(1001);
    await expect(ask()).rejects.toBe(error);
    expect(host.counters.factoryCalls).toBe(3);
  });

  it('keeps no error for which `errors` says nothing, or throws', async () => {
    const { host, loader } = setUp();
    const error = new Error('down');
    const ask = (errors: () => number | undefined): Promise<number> =>
      loader.getOrSet('a', () => Promise.reject(error), { negative: { ttl: 0, errors } });
    await expect(ask(() => undefined)).rejects.toBe(error);
    await expect(ask(() => Number.NaN)).rejects.toBe(error);
    await expect(
      ask(() => {
        throw new Error('mine');
      }),
    ).rejects.toBe(error);
    expect(host.counters.factoryCalls).toBe(3);
  });

  it('forgets an error with its key, with an invalidation, and for who asks for a fresh value', async () => {
    const { host, loader } = setUp();
    const negative = { ttl: 0, errors: () => 60_000 };
    const fail = (): Promise<number> =>
      loader
        .getOrSet('a', () => Promise.reject(new Error('down')), { negative, tags: ['t'] })
        .catch(() => host.counters.factoryCalls);
    expect(await fail()).toBe(1);
    expect(await fail()).toBe(1);
    loader.forget(['a']);
    expect(await fail()).toBe(2);
    host.world.invalidate('t');
    expect(await fail()).toBe(3);
    loader.forgetAll();
    expect(await fail()).toBe(4);
    expect(await loader.getOrSet('a', () => 'new', { negative, fresh: true })).toBe('new');
  });

  it('concerns only those who ask for it', async () => {
    const { loader } = setUp();
    const negative = { ttl: 0, errors: () => 60_000 };
    await expect(
      loader.getOrSet('a', () => Promise.reject(new Error('down')), { negative }),
    ).rejects.toThrow('down');
    expect(await loader.getOrSet('a', () => 1)).toBe(1);
  });
});

describe('the memory of keys', () => {
  it('is bounded: the oldest goes first', () => {
    const memory = new KeyedMemory<number>(2);
    memory.set('a', 1, 10);
    memory.set('b', 2, 10);
    memory.set('a', 3, 10);
    memory.set('c', 4, 10);
    expect(['a', 'b', 'c'].map((key) => memory.get(key, 0))).toEqual([3, undefined, 4]);
  });

  it('forgets at the end of the time', () => {
    const memory = new KeyedMemory<number>();
    memory.set('a', 1, 10);
    expect(memory.get('a', 9)).toBe(1);
    expect(memory.get('a', 10)).toBe(undefined);
    memory.set('a', 1, 10);
    memory.delete('a');
    expect(memory.get('a', 0)).toBe(undefined);
  });
});
