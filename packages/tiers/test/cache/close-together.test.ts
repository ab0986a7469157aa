// What two caches change within moments of each other: within one ms of their clocks, and before one has heard of the other.
import { streamBus } from '@catzilla/bus';
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock, RemoteTier, TieredCache, TieredOptions } from '../../src/index.ts';
import { chaosTier, memoryServer, memoryTier } from '../../src/testing/index.ts';
import { atEnd, open, until } from './support/open.ts';

let redis: RedisServer;
let count = 0;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function opened(
  name: string,
  remote: RemoteTier,
  options: TieredOptions,
): Promise<TieredCache> {
  const bus = streamBus({ url: redis.url, deadline: 10_000 });
  atEnd(() => bus.close());
  const cache = open({ name, remote, bus, ...options });
  await cache.ready({ timeout: 10_000 });
  await until(async () => (await cache.health()).bus?.state === 'live');
  return cache;
}

/** A wall clock that stands; each look at its fraction finds a microsecond gone. */
function slowClock(): Clock {
  const wall = Date.now();
  let micros = 0;
  return {
    mono: () => performance.now(),
    wall: () => wall,
    exact: () => wall + Math.min(++micros, 999) / 1000,
  };
}

describe('within one ms', () => {
  it.each<readonly [string, (cache: TieredCache) => Promise<unknown>]>([
    ['a removal', (cache) => cache.delete('k')],
    ['an invalidation', (cache) => cache.invalidateTags('t')],
    ['a clear', (cache) => cache.clear()],
  ])('%s holds for what the other has set before', async (_title, remove) => {
    const clock = slowClock();
    const server = memoryServer({ clock });
    const name = `close-${count++}`;
    const a = await opened(name, memoryTier({ server }), { clock });
    const b = await opened(name, memoryTier({ server }), { clock });
    expect(await b.set('k', 1, { tags: ['t'] })).toMatchObject({ ok: true });
    expect(await remove(a)).toMatchObject({ ok: true });
    await until(() => b.getSync('k') === undefined);
    expect(await b.get('k')).toBeUndefined();
    expect(await a.get('k')).toBeUndefined();
  });

  it('what the other sets later is read', async () => {
    const clock = slowClock();
    const server = memoryServer({ clock });
    const name = `close-${count++}`;
    const a = await opened(name, memoryTier({ server }), { clock });
    const b = await opened(name, memoryTier({ server }), { clock });
    for (let i = 0; i < 10; i++) {
      await a.set('k', `a${i}`);
      await b.set('k', `b${i}`);
      await until(async () => (await a.get('k')) === `b${i}`);
      expect(await b.get('k')).toBe(`b${i}`);
    }
  });
});

it('what waits to be written stands, though the other tells of an older change beside a newer one', async () => {
  const server = memoryServer();
  const name = `close-${count++}`;
  const behind: TieredOptions = { write: { remote: 'behind' }, deadline: { remote: 10_000 } };
  const remote = chaosTier(memoryTier({ server }));
  const a = await opened(name, remote, behind);
  const b = await opened(name, memoryTier({ server }), behind);
  await a.set('heard', 1);
  await until(() => a.stats().queued === 0);
  // As long as a flush does not end, what is set meanwhile waits.
  remote.set({ hang: true });
  await a.set('hanging', 1);
  await until(() => remote.hanging > 0);
  await b.set('k', 'older');
  await a.set('k', 'newer');
  await b.set('heard', 2);
  await until(() => a.getSync('heard') === undefined);
  expect(a.getSync('k')).toBe('newer');
  remote.set({ hang: false });
  remote.disconnect(true);
  remote.disconnect(false);
  await until(async () => (await b.get('k')) === 'newer');
  expect(await a.get('k')).toBe('newer');
});
