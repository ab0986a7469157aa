// A server that is not there when the cache is made, and comes later: nothing waits for it, nothing fails for want of it,
// and what was removed meanwhile is removed for all once it is there.
import { streamBus } from '@catzilla/bus';
import { freePort } from '@catzilla/bus/testing';
import { describe, expect, it } from 'vitest';
import { atEnd, open, until } from '../cache/support/open.ts';
import { newName, proxyTo, server, serves, watched, ways, well } from './support/watch.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

/** Of a cache whose server is there: its answers are waited for, however busy the machine. */
const deadline = { remote: 10_000 };

describe.each(ways)('refused at the start, over %s', (_title, way) => {
  it('serves from memory and factories, by every method, and finds the server later', async () => {
    const port = await freePort();
    const { cache, states, gaps } = watched({ name: newName(), remote: way(port) });
    expect(await cache.get('k')).toBeUndefined();
    expect(await cache.getOrSet('k', () => 1, { tags: ['t'] })).toBe(1);
    expect(
      await cache.getOrSetMany(['k', 'm'], (keys) => new Map(keys.map((key) => [key, key]))),
    ).toEqual([1, 'm']);
    const failed = { ok: false, memory: 'ok', remote: 'failed', bus: 'failed' };
    expect(await cache.set('s', 2, { tags: ['t'] })).toMatchObject(failed);
    expect(
      await cache.setMany([
        ['a', 1],
        ['b', 2],
      ]),
    ).toMatchObject(failed);
    expect(await cache.getMany(['s', 'a', 'none'])).toEqual([2, 1, undefined]);
    expect(await cache.has('s')).toBe(true);
    expect(await cache.touch('s', { ttl: 5000 })).toBe(true);
    expect(await cache.expire('a')).toMatchObject({ memory: 'ok' });
    expect(await cache.delete('b')).toMatchObject(failed);
    expect(await cache.invalidateTags('t')).toMatchObject(failed);
    expect(await cache.namespace('n').clear({ wait: true })).toMatchObject(failed);
    expect(await cache.lock('k')).toBe('unavailable');
    expect(await cache.getMany(['k', 's', 'a', 'b'])).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(await cache.inspect('m')).toMatchObject({ memory: { value: 'm' }, remote: undefined });
    const listed: string[] = [];
    for await (const key of cache.keys()) listed.push(key);
    expect(listed).toEqual([]);
    expect(await serves(cache, 'x', 20)).toBe(20);
    const health = await cache.health({ probe: true });
    expect(health).toMatchObject({
      status: 'degraded',
      remote: { state: 'down' },
      memory: { state: 'ok' },
    });
    expect(health.queues.recovery).toBeGreaterThan(0);
    expect(states).toEqual(['down']);

    await server({ port });
    await well(cache);
    expect(states).toEqual(['down', 'ready']);
    expect(gaps).toEqual([]);
    expect(await cache.set('k', 3)).toMatchObject({ ok: true, remote: 'ok', bus: 'ok' });
    expect(await cache.get('k', { tiers: ['remote'] })).toBe(3);
  });

  it('tells the server and the others, once it is reached, what was removed meanwhile', async () => {
    const redis = await server();
    const proxy = await proxyTo(redis.port);
    await proxy.cut();
    const name = newName();
    const b = open({ name, remote: { url: redis.url }, bus: streamBusOf(redis.url), deadline });
    await well(b);
    const done = { ok: true };
    expect(
      await b.setMany([
        ['gone', 1],
        ['newer', 1],
        ['kept', 1],
      ]),
    ).toMatchObject(done);
    expect(await b.set('tagged', 1, { tags: ['t'] })).toMatchObject(done);
    expect(await b.namespace('n').set('k', 1)).toMatchObject(done);
    const { cache: a, states } = watched({ name, remote: way(proxy.port) });
    await a.delete(['gone', 'newer']);
    await a.invalidateTags('t');
    await a.namespace('n').clear();
    // Removals are stamped somewhat ahead: what others store within those ms counts as older.
    const { created } = a.ticket('stamp');
    await until(() => b.ticket('stamp').created > created);
    expect(await b.set('newer', 2)).toMatchObject(done);
    expect(await b.getMany(['gone', 'newer', 'kept', 'tagged'])).toEqual([1, 2, 1, 1]);

    await proxy.restore();
    // Asking all the time, so that what is heard too early is read back at once.
    await until(
      async () => (await b.get('gone')) === undefined && (await a.health()).status === 'ok',
    );
    await well(a, b);
    for (const one of [a, b]) {
      await until(async () => (await one.get('tagged')) === undefined);
      expect(await one.getMany(['gone', 'newer', 'kept'])).toEqual([undefined, 2, 1]);
      expect(await one.namespace('n').get('k')).toBeUndefined();
    }
    expect(states).toEqual(['down', 'ready']);
  });
});

it('a removal that was heard of before the server took it holds when the server has taken it', async () => {
  const redis = await server();
  const proxy = await proxyTo(redis.port);
  await proxy.cut();
  const name = newName();
  // The log can be reached, the tier cannot: the news comes before the deed.
  const b = open({ name, remote: { url: redis.url }, bus: streamBusOf(redis.url), deadline });
  const { cache: a } = watched({
    name,
    remote: { url: proxy.url },
    bus: streamBusOf(redis.url),
  });
  await well(b);
  expect(await b.set('k', 'old')).toMatchObject({ ok: true });
  const heard = b.stats().memory.sets;
  expect(await a.delete('k')).toMatchObject({ remote: 'failed', bus: 'ok' });
  await until(async () => b.getSync('k') === undefined);
  // Read back from the server, which has not been told yet.
  await until(async () => (await b.get('k')) === 'old' && b.getSync('k') === 'old');
  expect(b.stats().memory.sets).toBe(heard);
  await proxy.restore();
  await well(a);
  await until(() => b.getSync('k') === undefined);
  expect(await b.get('k')).toBeUndefined();
});

function streamBusOf(url: string): ReturnType<typeof streamBus> {
  const bus = streamBus({ url, deadline: deadline.remote });
  atEnd(() => bus.close());
  return bus;
}
