// A server that refuses writes, being a replica or out of memory: reads go on, writes fail with their status, and what was
// to be removed is removed once writes are taken again.
import { expect, it } from 'vitest';
import { until as untilTold } from '@catzilla/bus/testing';
import { until } from '../cache/support/open.ts';
import { infoOf, newName, pairOf, server, serves, watched, ways, well } from './support/watch.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

it.each(ways)('a full server has reads go on, over %s', async (_title, way) => {
  const redis = await server({ config: ['maxmemory-policy noeviction'] });
  const [a, b] = pairOf(() => ({ remote: way(redis.port) }));
  await well(a.cache, b.cache);
  await a.cache.setMany(['k', 'gone', 'old'].map((key) => [key, 1] as const));
  await a.cache.set('tagged', 1, { tags: ['t'] });
  await until(async () => (await b.cache.get('gone')) === 1 && b.cache.getSync('gone') === 1);
  await redis.ask('CONFIG', 'SET', 'maxmemory', '1');
  const refused = { ok: false, memory: 'ok', remote: 'failed', bus: 'failed' };
  expect(await a.cache.set('old', 2)).toMatchObject(refused);
  expect(await a.cache.delete('gone')).toMatchObject(refused);
  expect(await a.cache.invalidateTags('t')).toMatchObject(refused);
  expect(await serves(a.cache, 'x', 20)).toBe(20);
  expect(await a.cache.getMany(['k', 'old', 'gone', 'tagged'])).toEqual([
    1,
    2,
    undefined,
    undefined,
  ]);
  expect(await b.cache.get('k', { tiers: ['remote'] })).toBe(1);
  const { remote, status } = await a.cache.health();
  expect(status).toBe('degraded');
  expect(remote).toMatchObject({ state: 'down', lastError: expect.stringContaining('OOM') });
  expect(remote.breaker).toMatchObject({ read: 'closed' });
  expect(remote.breaker?.write).not.toBe('closed');
  const { timeouts } = a.cache.stats().remote;

  await redis.ask('CONFIG', 'SET', 'maxmemory', '0');
  await well(a.cache, b.cache);
  for (const { cache } of [a, b]) {
    await until(async () => (await cache.get('gone')) === undefined);
    await until(async () => (await cache.get('tagged')) === undefined);
  }
  await until(async () => (await b.cache.get('old')) !== 1);
  expect(await b.cache.get('old', { tiers: ['remote'] })).not.toBe(1);
  expect(await a.cache.set('k', 3)).toMatchObject({ ok: true });
  await until(async () => (await b.cache.get('k')) === 3);
  expect(a.states).toEqual(['ready', 'down', 'ready']);
  expect(a.cache.stats().remote.timeouts).toBe(timeouts);
  expect([...a.gaps, ...b.gaps]).toEqual([]);
});

it.each(ways)(
  'a replica has reads go on, without a storm of connections, over %s',
  async (_title, way) => {
    const master = await server({
      config: ['repl-diskless-sync yes', 'repl-diskless-sync-delay 0'],
    });
    const replica = await server({ config: [`replicaof 127.0.0.1 ${master.port}`] });
    await untilTold('the replica to be in step', async () =>
      String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
    );
    const name = newName();
    const writer = watched({ name, remote: { url: master.url } }).cache;
    await well(writer);
    await writer.setMany(['k', 'm', 'gone'].map((key) => [key, 1] as const));
    const { cache, states } = watched({ name, remote: way(replica.port) });
    await well(cache);
    await until(async () => (await cache.get('k', { tiers: ['remote'] })) === 1);
    const before = await infoOf(replica, 'stats', 'total_connections_received');
    expect(await cache.delete('gone')).toMatchObject({ ok: false, memory: 'ok', remote: 'failed' });
    expect(await cache.set('own', 2)).toMatchObject({ ok: false, memory: 'ok', remote: 'failed' });
    const began = performance.now();
    await until(async () => {
      await serves(cache, 'x', 5);
      return performance.now() - began > 1500;
    });
    await until(async () => (await cache.get('m', { tiers: ['remote'] })) === 1);
    expect(await cache.get('gone')).toBeUndefined();
    expect((await cache.health()).remote.breaker?.write).not.toBe('closed');
    // READONLY makes the driver connect anew, once for each refusal: those of two probes and of the log's appends.
    const after = await infoOf(replica, 'stats', 'total_connections_received');
    expect(after - before).toBeLessThanOrEqual(40);

    await replica.ask('REPLICAOF', 'NO', 'ONE');
    await well(cache);
    expect(states.at(-1)).toBe('ready');
    expect(await cache.set('k', 3)).toMatchObject({ ok: true });
    expect(await cache.get('gone', { tiers: ['remote'] })).toBeUndefined();
    expect((await cache.inspect('gone')).remote).toBeUndefined();
  },
);
