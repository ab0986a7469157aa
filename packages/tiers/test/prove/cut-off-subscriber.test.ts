// A process that is cut off from the server and its log, with another that goes on: what it has it keeps serving, and
// before it says that it hears again it has heard of all that changed meanwhile, or has forgotten everything.
import { streamBus } from '@catzilla/bus';
import type { Bus } from '@catzilla/bus';
import type { Proxy, RedisServer } from '@catzilla/bus/testing';
import { describe, expect, it } from 'vitest';
import type { TieredCache } from '../../src/index.ts';
import { atEnd, open, until } from '../cache/support/open.ts';
import { newName, proxyTo, server, watched, ways, well } from './support/watch.ts';
import { watchSilence } from '../support/silence.ts';
import type { Watched, Way } from './support/watch.ts';

watchSilence();

interface Pair {
  readonly redis: RedisServer;
  readonly proxy: Proxy;
  /** Reaches the server. */
  readonly a: TieredCache;
  /** Reaches it through the proxy. */
  readonly b: Watched;
}

const CUT = 10_000;
const KEYS = Array.from({ length: 500 }, (_, i) => `k${i}`);

async function pair(way: Way, maxLen?: number): Promise<Pair> {
  const redis = await server();
  const proxy = await proxyTo(redis.port);
  const name = newName();
  const busOf = (port: number, deadline?: number): Bus => {
    const bus = streamBus({ node: { port }, maxLen, deadline });
    atEnd(() => bus.close());
    return bus;
  };
  // All that is done here is to succeed, however busy the machine.
  const a = open({
    name,
    remote: { url: redis.url },
    bus: busOf(redis.port, 10_000),
    deadline: { remote: 10_000 },
  });
  const far = maxLen === undefined ? 'auto' : busOf(proxy.port);
  const b = watched({ name, remote: way(proxy.port), bus: far });
  await well(a, b.cache);
  await a.setMany(KEYS.map((key) => [key, 1] as const));
  await a.setMany(
    KEYS.map((key) => [`tagged ${key}`, 1] as const),
    { tags: ['t'] },
  );
  await a.namespace('n').set('k', 1);
  await until(async () => {
    await b.cache.getMany([...KEYS, 'tagged k0']);
    await b.cache.namespace('n').get('k');
    return KEYS.every((key) => b.cache.getSync(key) === 1) && b.cache.getSync('tagged k0') === 1;
  });
  return { redis, proxy, a, b };
}

// Deletes the even ones, sets every fifth anew, and invalidates a tag and a namespace.
async function change(a: TieredCache): Promise<void> {
  for (let i = 0; i < KEYS.length; i += 2) {
    const key = KEYS[i] as string;
    const result = i % 5 === 0 ? await a.set(key, 2) : await a.delete(key);
    expect(result).toMatchObject({ ok: true });
  }
  expect(await a.invalidateTags('t')).toMatchObject({ ok: true });
  expect(await a.namespace('n').clear()).toMatchObject({ ok: true });
}

const wanted = KEYS.map((_, i) => (i % 2 === 1 ? 1 : i % 5 === 0 ? 2 : undefined));

// Asked once, in the very turn in which the bus says that it is live: nothing may be old by then.
async function expectNothingStale(cache: TieredCache): Promise<void> {
  for (;;) {
    const { bus } = await cache.health();
    if (bus?.state === 'live') break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const near = KEYS.map((key) => cache.getSync(key));
  const stale = near.filter((value, i) => value !== undefined && value !== wanted[i]);
  expect(stale).toHaveLength(0);
  expect(cache.getSync('tagged k0')).toBeUndefined();
  expect(cache.namespace('n').getSync('k')).toBeUndefined();
}

describe.each(ways)('cut off, over %s', (title, way) => {
  it('goes on with what it has, and has caught up when it says that it hears again', async () => {
    const { proxy, a, b } = await pair(way);
    await proxy.cut();
    const cut = performance.now();
    await until(async () => (await b.cache.health()).remote.state === 'down');
    await change(a);
    // Old, for nobody can tell it otherwise.
    expect(b.cache.getSync('k2')).toBe(1);
    const long = title.includes('own') ? CUT : 1000;
    while (performance.now() - cut < long) {
      expect(await b.cache.getOrSet('k1', () => 'never')).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await proxy.restore();
    await expectNothingStale(b.cache);
    await well(b.cache);
    expect(await b.cache.getMany(KEYS)).toEqual(wanted);
    expect(await b.cache.getMany(KEYS.map((key) => `tagged ${key}`))).toEqual(
      KEYS.map(() => undefined),
    );
    expect(await b.cache.namespace('n').get('k')).toBeUndefined();
    // Replayed, not forgotten: what was not changed is still in memory.
    expect(b.cache.getSync('k1')).toBe(1);
    expect(b.gaps).toEqual([]);
    expect(b.states).toEqual(['ready', 'down', 'ready']);
  });
});

it('forgets all when the log was trimmed meanwhile', async () => {
  const { redis, proxy, a, b } = await pair((port) => ({ node: { port } }), 10);
  await proxy.cut();
  await until(async () => (await b.cache.health()).remote.state === 'down');
  await change(a);
  const length = Number(await redis.ask('XLEN', `czbus1:{tiers:${a.name}}`));
  expect(length).toBeLessThan(300);
  await proxy.restore();
  await expectNothingStale(b.cache);
  expect(b.gaps).toEqual(['trimmed']);
  expect(b.cache.getSync('k1')).toBeUndefined();
  expect(b.cache.stats().busGaps).toBe(1);
  await well(b.cache);
  expect(await b.cache.getMany(KEYS)).toEqual(wanted);
  expect(await b.cache.getMany(KEYS.map((key) => `tagged ${key}`))).toEqual(
    KEYS.map(() => undefined),
  );
});

it('swallowed by a black hole it answers within its deadlines, and catches up too', async () => {
  const { proxy, a, b } = await pair((port) => ({ node: { port } }));
  await proxy.cut('blackhole');
  await change(a);
  for (let i = 0; i < 50; i++) {
    expect(await b.cache.getOrSet(`new ${i}`, () => i)).toBe(i);
  }
  expect(b.cache.stats().remote.timeouts).toBeLessThanOrEqual(30);
  expect((await b.cache.health()).remote.state).toBe('down');
  // What it does itself meanwhile is done for the other once it is back.
  expect(await b.cache.delete('k1')).toMatchObject({ memory: 'ok', remote: 'failed' });
  // The reader waits for its block and 2 s more before it gives the connection up.
  await until(async () => (await b.cache.health()).bus?.state === 'down');
  await proxy.restore();
  await expectNothingStale(b.cache);
  await well(b.cache);
  await until(async () => (await a.get('k1')) === undefined);
  const expected = wanted.map((value, i) => (i === 1 ? undefined : value));
  await until(async () => (await b.cache.get('k1')) === undefined);
  expect(await b.cache.getMany(KEYS)).toEqual(expected);
  expect(b.gaps).toEqual([]);
});
