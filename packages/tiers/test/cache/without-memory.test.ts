// A cache without memory, over a remote tier alone: every read goes there, and a slow load still undoes no delete.
import { describe, expect, it } from 'vitest';
import { memoryServer, memoryTier } from '../../src/testing/index.ts';
import { open, until } from './support/open.ts';

function remoteOnly() {
  const server = memoryServer();
  const remote = memoryTier({ server });
  return {
    cache: open({ memory: false, remote }),
    other: open({ remote: memoryTier({ server }) }),
  };
}

describe('a cache without memory', () => {
  it('reads and writes the tier below', async () => {
    const { cache, other } = remoteOnly();
    expect(await cache.set('k', 1)).toMatchObject({
      ok: true,
      memory: 'off',
      remote: 'ok',
      bus: 'off',
    });
    expect(cache.getSync('k')).toBeUndefined();
    expect(cache.getEntrySync('k')).toBeUndefined();
    expect(await cache.get('k')).toBe(1);
    expect(await other.get('k')).toBe(1);
    expect(await cache.getOrSet('l', () => 2)).toBe(2);
    await until(async () => (await cache.get('l')) === 2);
    expect(await cache.getOrSet('l', () => 3)).toBe(2);
    expect(await cache.touch('l', { ttl: 5000 })).toBe(true);
    expect(await cache.delete('k')).toMatchObject({ ok: true, memory: 'off' });
    expect(await cache.get('k')).toBeUndefined();
    await cache.set('tagged', 1, { tags: ['t'] });
    expect(await cache.invalidateTags('t')).toMatchObject({ ok: true, memory: 'off' });
    expect(await cache.get('tagged')).toBeUndefined();
    await cache.namespace('n').set('k', 1);
    expect(await cache.namespace('n').clear()).toMatchObject({ ok: true, memory: 'off' });
    expect(await cache.namespace('n').get('k')).toBeUndefined();
    const listed: string[] = [];
    for await (const key of cache.keys({ tier: 'memory' })) listed.push(key);
    expect(listed).toEqual([]);
    expect((await cache.health()).memory).toMatchObject({ state: 'off', backend: 'none' });
    expect(cache.memory).toBeUndefined();
  });

  it.each([
    ['a delete', 'delete'],
    ['a set', 'set'],
    ['an invalidation', 'tags'],
    ['a clear', 'clear'],
  ])('stores no value whose load was overtaken by %s', async (_title, what) => {
    const { cache } = remoteOnly();
    let release: (value: string) => void = () => {};
    const load = cache.getOrSet('k', () => new Promise<string>((give) => (release = give)), {
      tags: ['t'],
    });
    await until(() => cache.stats().factoryCalls === 1);
    if (what === 'delete') await cache.delete('k');
    else if (what === 'set') await cache.set('k', 'newer');
    else if (what === 'tags') await cache.invalidateTags('t');
    else await cache.clear();
    release('older');
    expect(await load).toBe('older');
    expect(await cache.get('k')).toBe(what === 'set' ? 'newer' : undefined);
    const ticket = cache.ticket('m');
    if (what === 'delete') await cache.delete('m');
    const result = await cache.set('m', 1, { ticket });
    expect(result).toMatchObject(
      what === 'delete' ? { remote: 'skipped' } : { memory: 'off', remote: 'queued' },
    );
  });
});
