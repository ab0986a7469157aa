// A cluster of three masters: every method, slots that move meanwhile, a master that is killed and comes back.
import { streamBus } from '@catzilla/bus';
import { startCluster } from '@catzilla/bus/testing';
import type { RedisCluster } from '@catzilla/bus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisTierOptions, TieredCache } from '../../src/index.ts';
import { atEnd, open, until } from '../cache/support/open.ts';
import { given, infoOf, newName, pairOf, watched, well } from './support/watch.ts';
import { drivers } from '../support/drivers.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startCluster({ config: ['cluster-require-full-coverage no'] });
});
afterAll(() => cluster.stop());

const waysIn: readonly (readonly [string, () => RedisTierOptions])[] = [
  ['a client of its own', () => ({ cluster: { nodes: cluster.seeds } })],
  ...drivers.map(
    ([name, Driver]) =>
      [`a given ${name}`, () => ({ client: given(new Driver.Cluster(cluster.seeds)) })] as const,
  ),
];

const KEYS = Array.from({ length: 300 }, (_, i) => `k${i}`);

// Replies with an error, by their first word, of all nodes.
async function refusals(): Promise<string> {
  const all = await Promise.all(cluster.nodes.map((node) => node.ask('INFO', 'errorstats')));
  return all.map(String).join('\n');
}

describe.each(waysIn)('a cache over a cluster, with %s', (_title, remote) => {
  it('does by every method what it does over one server', async () => {
    const name = newName();
    // All is to be answered, however busy the machine.
    const patient = (): TieredCache => {
      const bus = streamBus({ ...remote(), deadline: 10_000 });
      atEnd(() => bus.close());
      return open({ name, remote: remote(), bus, deadline: { remote: 10_000 } });
    };
    const [a, b] = [patient(), patient()];
    await well(a, b);
    const entries = KEYS.map((key, i) => [key, i] as const);
    expect(await a.setMany(entries, { tags: ['t', 'u'] })).toMatchObject({
      ok: true,
      remote: 'ok',
      bus: 'ok',
    });
    expect(await b.getMany([...KEYS, 'none'])).toEqual([...KEYS.map((_, i) => i), undefined]);
    const sizes = await Promise.all(cluster.nodes.map((node) => node.ask('DBSIZE')));
    expect(sizes.every((size) => Number(size) > 50)).toBe(true);
    expect(await a.set('one', { n: 1 })).toMatchObject({ ok: true });
    expect(await b.getEntry('one')).toMatchObject({ value: { n: 1 }, tier: 'remote' });
    expect(await b.has('one')).toBe(true);
    expect(await b.touch('one', { ttl: 90_000_000 })).toBe(true);
    expect(await a.getOrSet('loaded', () => 'x', { lock: true })).toBe('x');
    await until(async () => (await b.get('loaded')) === 'x');
    const many = await a.getOrSetMany(
      [...KEYS.slice(0, 5), 'more'],
      (keys) => new Map(keys.map((key) => [key, key])),
    );
    expect(many).toEqual([0, 1, 2, 3, 4, 'more']);
    const lock = await a.lock('l');
    expect(await b.lock('l')).toBeUndefined();
    if (typeof lock === 'object') await lock.release();
    expect(await a.delete(KEYS.slice(0, 100))).toMatchObject({ ok: true });
    expect(await a.expire('one')).toMatchObject({ ok: true });
    await until(async () =>
      (await b.getMany(KEYS.slice(0, 100))).every((value) => value === undefined),
    );
    expect(await b.get('one')).toBeUndefined();
    expect(await a.invalidateTags(['u'])).toMatchObject({ ok: true, remote: 'ok', bus: 'ok' });
    await until(async () => (await b.getMany(KEYS)).every((value) => value === undefined));
    await a.namespace('n').setMany(entries);
    const listed = new Set<string>();
    for await (const key of b.namespace('n').keys({ prefix: 'k1' })) listed.add(key);
    expect([...listed].toSorted()).toEqual(KEYS.filter((key) => key.startsWith('k1')).toSorted());
    expect((await b.inspect('more')).remote).toMatchObject({ value: 'more' });
    expect(await a.namespace('n').clear({ wait: true })).toMatchObject({ ok: true });
    await until(async () =>
      (await b.namespace('n').getMany(KEYS)).every((value) => value === undefined),
    );
    expect((await a.health({ probe: true })).remote).toMatchObject({
      state: 'ready',
      backend: 'redis cluster',
    });
    expect(await refusals()).not.toMatch(/CROSSSLOT/);
  });

  it('goes on while slots move to other masters', async () => {
    // All is to be answered, however busy the machine.
    const deadline = { remote: 3000 };
    const [a, b] = pairOf(() => ({ remote: remote(), deadline }));
    await well(a.cache, b.cache);
    let round = 0;
    let isMoving = true;
    const rounds = async (): Promise<void> => {
      while (isMoving) {
        round++;
        const value = round;
        expect(await a.cache.setMany(KEYS.map((key) => [key, value] as const))).toMatchObject({
          remote: 'ok',
        });
        const remoteOnly = { tiers: ['remote'] } as const;
        expect(await b.cache.getMany(KEYS, remoteOnly)).toEqual(KEYS.map(() => value));
        expect(await a.cache.delete('gone')).toMatchObject({ remote: 'ok' });
        expect(await b.cache.getOrSet(`r${value}`, () => value)).toBe(value);
      }
    };
    const work = rounds();
    const ended = work.then(
      () => undefined,
      (error: unknown) => {
        isMoving = false;
        return error;
      },
    );
    for (const key of KEYS.slice(0, 4)) {
      const source = await cluster.nodeOf(`{${key}}`);
      const target = cluster.nodes[(cluster.nodes.indexOf(source) + 1) % 3]!;
      await cluster.moveSlotOf(`{${key}}`, target);
    }
    const seen = round;
    await until(() => round > seen + 1 || !isMoving);
    isMoving = false;
    expect(await ended).toBeUndefined();
    expect(await refusals()).not.toMatch(/CROSSSLOT/);
    expect(a.states).toEqual(['ready']);
    expect(a.cache.stats().remote).toMatchObject({ corrupt: 0, foreign: 0 });
  });
});

it('gives what the other masters have when one is killed, and heals when it is back', async () => {
  const name = newName();
  const remote = { cluster: { nodes: cluster.seeds } };
  const [a, b] = [watched({ name, remote }), watched({ name, remote })];
  await well(a.cache, b.cache);
  await a.cache.setMany(KEYS.map((key) => [key, 1] as const));
  await b.cache.getMany(KEYS.slice(0, 1), { tiers: ['remote'] });
  const owners = await Promise.all(KEYS.map((key) => cluster.nodeOf(`{${key}}`)));
  // Not the one that holds the log, nor the root's epoch: those are killed in their own tests.
  const log = await cluster.nodeOf(`{tiers:${name}}`);
  const dead = cluster.nodes.find((node) => node !== log)!;
  const isLost = owners.map((owner) => owner === dead);
  await dead.kill();
  for (let i = 0; i < 5; i++) {
    const found = await b.cache.getMany(KEYS, { tiers: ['remote'] });
    expect(found.every((value, at) => value === undefined || (value === 1 && !isLost[at]))).toBe(
      true,
    );
  }
  await until(async () => {
    const found = await b.cache.getMany(KEYS, { tiers: ['remote'] });
    return found.every((value, at) => value === (isLost[at] ? undefined : 1));
  });
  for (let i = 0; i < 30; i++) {
    expect(await b.cache.getOrSet(`new${i}`, () => i)).toBe(i);
  }
  const result = await a.cache.setMany(KEYS.map((key) => [key, 2] as const));
  expect(result).toMatchObject({ ok: false, memory: 'ok', remote: 'failed' });
  expect(await a.cache.getMany(KEYS)).toEqual(KEYS.map(() => 2));
  await dead.restart();
  await until(async () =>
    String(await log.ask('CLUSTER', 'INFO')).includes('cluster_slots_fail:0'),
  );
  await well(a.cache, b.cache);
  await until(
    async () =>
      (await a.cache.set('k0', 3)).ok &&
      (await a.cache.setMany(KEYS.map((key) => [key, 4] as const))).ok,
  );
  await until(async () => (await b.cache.getMany(KEYS)).every((value) => value === 4));
  expect(await refusals()).not.toMatch(/CROSSSLOT/);
  expect(await infoOf(log, 'stats', 'total_connections_received')).toBeLessThan(1000);
});

it('forgets what it heard of when the master of its log is killed, and hears again when that is back', async () => {
  const name = newName();
  const remote = { cluster: { nodes: cluster.seeds } };
  const [a, b] = [watched({ name, remote }), watched({ name, remote })];
  await well(a.cache, b.cache);
  const both: readonly TieredCache[] = [a.cache, b.cache];
  await a.cache.set('k', 1);
  await until(async () => (await b.cache.get('k')) === 1 && b.cache.getSync('k') === 1);
  const log = await cluster.nodeOf(`{tiers:${name}}`);
  await log.kill();
  for (let i = 0; i < 20; i++) {
    for (const cache of both) expect(await cache.getOrSet(`new${i}`, () => i)).toBe(i);
  }
  await a.cache.delete('k');
  expect(await a.cache.get('k')).toBeUndefined();
  await log.restart();
  await well(...both);
  await until(async () => (await b.cache.get('k')) === undefined);
  for (const { gaps } of [a, b]) expect(gaps.length).toBeGreaterThanOrEqual(1);
  await b.cache.set('k', 2);
  await until(async () => (await a.cache.get('k')) === 2);
});
