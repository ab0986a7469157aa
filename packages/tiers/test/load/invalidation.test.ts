import { describe, expect, it } from 'vitest';
import { Loader } from '../../src/load/get-or-set.ts';
import { deferred, turn } from './support/deferred.ts';
import { FakeHost } from './support/fake-host.ts';

function setUp(): { host: FakeHost; loader: Loader } {
  const host = new FakeHost();
  return { host, loader: new Loader(host) };
}

describe('a load that an invalidation overtakes', () => {
  it('gives its value to who came before, and stores nothing', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    const early = loader.getOrSet('a', () => gate.promise, { tags: ['t'] });
    await turn();
    host.world.invalidate('t');
    gate.resolve('old');
    expect(await early).toBe('old');
    expect(host.peek('a')).toBe(undefined);
  });

  it('gives nothing to who came after: they load anew, once', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    const early = loader.getOrSet('a', () => gate.promise, { tags: ['t'] });
    await turn();
    host.world.invalidate('t');
    let calls = 0;
    const factory = (): string => `new ${++calls}`;
    const late = [1, 2, 3].map(() => loader.getOrSet('a', factory, { tags: ['t'] }));
    gate.resolve('old');
    expect(await early).toBe('old');
    expect(await Promise.all(late)).toEqual(['new 1', 'new 1', 'new 1']);
    expect(host.peek('a')?.value).toBe('new 1');
  });

  it('sees tags that the factory has named', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    const early = loader.getOrSet<string>('a', async (context) => {
      context.tags('t');
      return gate.promise;
    });
    await turn();
    host.world.invalidate('t');
    const late = loader.getOrSet('a', () => 'new');
    gate.resolve('old');
    expect(await early).toBe('old');
    expect(await late).toBe('new');
  });

  it('does not give a value found below to who came after', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old', { tags: ['t'] });
    host.evict('a');
    const gate = deferred();
    host.gate = gate.promise;
    const early = loader.getOrSet('a', () => 'new');
    host.world.invalidate('t');
    const late = loader.getOrSet('a', () => 'new');
    gate.resolve();
    await early;
    expect(await late).toBe('new');
  });

  it('gives its error to who came before, and not to who came after', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    const early = loader.getOrSet('a', () => gate.promise, { tags: ['t'] });
    await turn();
    host.world.invalidate('t');
    const late = loader.getOrSet('a', () => 'new', { tags: ['t'] });
    gate.reject(new Error('not found'));
    await expect(early).rejects.toThrow('not found');
    expect(await late).toBe('new');
  });

  it('takes what is in memory by then, rather than load again', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    const early = loader.getOrSet('a', () => gate.promise, { tags: ['t'] });
    await turn();
    host.world.invalidate('t');
    const late = loader.getOrSet('a', () => 'computed', { tags: ['t'] });
    host.put('a', 'set meanwhile');
    gate.resolve('old');
    expect(await early).toBe('old');
    expect(await late).toBe('set meanwhile');
  });

  it('is not joined after a delete, and stores nothing', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    const early = loader.getOrSet('a', () => gate.promise);
    await turn();
    host.delete('a');
    loader.forget(['a']);
    expect(await loader.getOrSet('a', () => 'new')).toBe('new');
    gate.resolve('old');
    expect(await early).toBe('old');
    expect(host.peek('a')?.value).toBe('new');
  });

  it('is not joined after all keys were forgotten', async () => {
    const { loader } = setUp();
    const gate = deferred<string>();
    const early = loader.getOrSet('a', () => gate.promise);
    loader.forgetAll();
    expect(await loader.getOrSet('a', () => 'new')).toBe('new');
    gate.resolve('old');
    expect(await early).toBe('old');
  });

  it('does not serve an old value that has been invalidated since it was read', async () => {
    const { host, loader } = setUp();
    host.put('a', 'stale', { ttl: 1, grace: 60_000, tags: ['t'] });
    host.world.advance(10);
    const gate = deferred<string>();
    const error = new Error('down');
    const asked = loader.getOrSet('a', () => gate.promise);
    await turn();
    host.world.invalidate('t');
    gate.reject(error);
    await expect(asked).rejects.toBe(error);
  });
});

describe('a load that hangs', () => {
  it('is joined for 30 s, and not after', async () => {
    const { host, loader } = setUp();
    const hung = loader.getOrSet('a', () => new Promise<string>(() => {}));
    await turn();
    host.world.advance(29_000);
    const joined = loader.getOrSet('a', () => 'not called');
    host.world.advance(1001);
    expect(await loader.getOrSet('a', () => 'new')).toBe('new');
    await loader.close();
    await expect(hung).rejects.toMatchObject({ code: 'CATZ_TIERS_CLOSED' });
    await expect(joined).rejects.toMatchObject({ code: 'CATZ_TIERS_CLOSED' });
  });

  it('does not take the place of its successor when it ends', async () => {
    const { host, loader } = setUp();
    const first = deferred<string>();
    const second = deferred<string>();
    const old = loader.getOrSet('a', () => first.promise);
    host.world.advance(31_000);
    const young = loader.getOrSet('a', () => second.promise);
    await turn();
    host.delete('a'); // so that the first stores nothing
    first.resolve('one');
    expect(await old).toBe('one');
    const joiner = loader.getOrSet('a', () => 'not called');
    second.resolve('two');
    expect(await young).toBe('two');
    expect(await joiner).toBe('two');
  });
});
