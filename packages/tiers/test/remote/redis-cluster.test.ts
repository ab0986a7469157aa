// A cluster of three masters: batches over all of them, slots that move meanwhile, and a master that is killed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisLike } from '@catzilla/bus/redis';
import { startCluster, until } from '@catzilla/bus/testing';
import type { RedisCluster } from '@catzilla/bus/testing';
import type { RemoteStore } from '../../src/remote/remote-tier.ts';
import { collect, open, outcome, stamped } from './_redis.ts';
import { drivers } from '../support/drivers.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

const clients: readonly (readonly [string, (cluster: RedisCluster) => RedisLike | undefined])[] = [
  ['a client of its own', () => undefined],
  ...drivers.map(
    ([name, Driver]) =>
      [`a given ${name}`, ({ seeds }: RedisCluster) => new Driver.Cluster(seeds)] as const,
  ),
];

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startCluster({ config: ['cluster-require-full-coverage no'] });
});
afterAll(() => cluster.stop());

describe.each(clients)('a store over a cluster, with %s', (_name, connect) => {
  const keys = Array.from({ length: 400 }, (_, index) => `k${index}`);
  let client: RedisLike | undefined;
  let store: RemoteStore;

  beforeAll(async () => {
    for (const node of cluster.nodes) await node.ask('FLUSHALL');
    client = connect(cluster);
    client?.on('error', () => undefined);
    const where = client === undefined ? { cluster: { nodes: cluster.seeds } } : { client };
    store = open(where).store;
    await until('the cluster to be ready', () => store.state === 'ready');
  });
  afterAll(async () => {
    await store.close();
    client?.disconnect();
  });

  const put = (ns: string, created = 1): Promise<(Error | undefined)[]> =>
    store.setMany(
      ns,
      keys.map((key) => ({ key, bytes: stamped(created, key), ttl: 600_000 })),
    );
  const valuesOf = (created = 1): Buffer[] => keys.map((key) => stamped(created, key));

  it('spreads batches over the masters', async () => {
    expect(await put('a')).toEqual(keys.map(() => undefined));
    expect(await store.getMany('a', [...keys, 'absent'])).toEqual([...valuesOf(), undefined]);
    const sizes = await Promise.all(cluster.nodes.map((node) => node.ask('DBSIZE')));
    expect(sizes.every((size) => Number(size) > 50)).toBe(true);
    expect(store.backend).toBe('redis cluster');
  });

  it('puts tombstones, discards and fills in any slot', async () => {
    await put('b', 5);
    const tombstone = stamped(9);
    expect(await store.remove('b', keys.slice(0, 50), tombstone, 60_000)).toEqual(
      keys.slice(0, 50).map(() => undefined),
    );
    const fills = await Promise.all(
      keys
        .slice(0, 100)
        .map((key) => store.fill('b', { key, bytes: stamped(7), ttl: 60_000 }, { created: 7 })),
    );
    expect(fills).toEqual(keys.slice(0, 100).map((_, index) => index >= 50));
    for (const key of keys.slice(0, 9)) await store.discard('b', key, tombstone);
    const found = await store.getMany('b', keys.slice(0, 10));
    expect(found).toEqual([...keys.slice(0, 9).map(() => undefined), tombstone]);
  });

  it('keeps value and lock in one slot, also of keys that begin with }', async () => {
    for (const key of ['x', '}x', '{}', '}{', '%7D', 'a}b{c']) {
      expect(await store.lock('', key, 't', 10_000)).toBeGreaterThan(0);
      const write = { key, bytes: stamped(1), ttl: 60_000 };
      expect(await store.fill('', write, { created: 1, token: 't' })).toBe(true);
      expect(await store.extendLock('', key, 't', 10_000)).toBe(false);
      await store.unlock('', key, 't');
    }
  });

  it('raises and reads epochs over all slots', async () => {
    const tags = keys.slice(0, 60);
    await store.raiseEpochs(tags, 'hard', 5, 60_000);
    await store.raiseEpochs(tags.slice(30), 'soft', 6, 60_000);
    expect(await store.readEpochs([...tags, 'none'])).toEqual([
      ...tags.map((_, index) => [5, index < 30 ? 0 : 6]),
      [0, 0],
    ]);
  });

  it('takes a value of another type for absent', async () => {
    await (await cluster.nodeOf('{odd}')).ask('LPUSH', 'cz1:main::{odd}', 'x');
    expect(await outcome(store.get('', 'odd'))).toBeUndefined();
    expect(await store.getMany('', ['odd', 'even'])).toEqual([undefined, undefined]);
  });

  it('scans and sweeps all masters', async () => {
    await put('s', 5);
    await put('s/t', 5);
    expect(await collect(store.scan('s', 'k1'))).toEqual(
      keys.filter((key) => key.startsWith('k1')).toSorted(),
    );
    await store.set('s', { key: 'k0', bytes: stamped(20), ttl: 60_000 });
    expect(await store.sweep('s', 10)).toBe(2 * keys.length - 1);
    expect((await store.getMany('s', keys)).filter((value) => value !== undefined)).toEqual([
      stamped(20),
    ]);
    expect(await store.sweep('s', 10)).toBe(0);
  });

  it('answers pings, the time and probes', async () => {
    await store.ping();
    await store.probeWrite();
    expect(Math.abs((await store.time()) - Date.now())).toBeLessThan(60_000);
  });

  it('fills in a slot that is half moved, whether its value has moved or not', async () => {
    const tag = '{here}';
    const source = await cluster.nodeOf(tag);
    const target = cluster.nodes.find((node) => node !== source)!;
    const slot = String(await source.ask('CLUSTER', 'KEYSLOT', tag));
    const fill = (ns: string, created: number): Promise<boolean> =>
      store.fill(ns, { key: 'here', bytes: stamped(created), ttl: 60_000 }, { created });
    await fill('stays', 1);
    const [from, to] = await Promise.all(
      [source, target].map((node) => node.ask('CLUSTER', 'MYID')),
    );
    await target.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(from));
    await source.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(to));
    try {
      expect([await fill('stays', 2), await fill('stays', 1)]).toEqual([true, false]);
      expect([await fill('moved', 2), await fill('moved', 1)]).toEqual([true, false]);
      expect(
        await store.setMany('moved', [{ key: 'here', bytes: stamped(3), ttl: 60_000 }]),
      ).toEqual([undefined]);
      expect(await store.getMany('moved', ['here'])).toEqual([stamped(3)]);
      expect(await store.getMany('stays', ['here'])).toEqual([stamped(2)]);
      await store.raiseEpochs(['here'], 'hard', 4, 60_000);
      expect(await store.readEpochs(['here'])).toEqual([[4, 0]]);
    } finally {
      await target.ask('FLUSHALL');
      await target.ask('CLUSTER', 'SETSLOT', slot, 'STABLE');
      await source.ask('CLUSTER', 'SETSLOT', slot, 'STABLE');
    }
  });

  it('reads and writes right while slots move to other masters', async () => {
    await put('m', 0);
    let round = 0;
    let isMoving = true;
    const rounds = async (): Promise<void> => {
      while (isMoving) {
        round++;
        expect(await put('m', round)).toEqual(keys.map(() => undefined));
        expect(await store.getMany('m', keys)).toEqual(valuesOf(round));
        await store.raiseEpochs(['e0', 'e1', 'e2'], 'hard', round, 60_000);
        expect(await store.readEpochs(['e1'])).toEqual([[round, 0]]);
      }
    };
    const work = outcome(rounds());
    try {
      for (const key of keys.slice(0, 6)) {
        const source = await cluster.nodeOf(`{${key}}`);
        const target = cluster.nodes[(cluster.nodes.indexOf(source) + 1) % 3]!;
        await cluster.moveSlotOf(`{${key}}`, target);
      }
      const seen = round;
      await until('a round after the last move', () => round > seen + 1);
    } finally {
      isMoving = false;
    }
    expect(await work).toBeUndefined();
    expect(await store.getMany('m', keys)).toEqual(valuesOf(round));
  });

  it('answers what it can while a slot is served by nobody', async () => {
    const owner = await cluster.nodeOf('{k0}');
    const slot = String(await owner.ask('CLUSTER', 'KEYSLOT', '{k0}'));
    await store.setMany('n', [{ key: 'k0', bytes: stamped(1), ttl: 60_000 }]);
    await owner.ask('CLUSTER', 'DELSLOTS', slot);
    try {
      const found = await store.getMany('n', ['k0', 'none']);
      expect(found[1]).toBeUndefined();
      expect(found[0]).toMatchObject({ message: expect.stringMatching(/^CLUSTERDOWN /) });
      expect(store.faultOf(found[0])).toBe('down');
    } finally {
      await owner.ask('CLUSTER', 'ADDSLOTS', slot);
    }
    expect(await store.getMany('n', ['k0'])).toEqual([stamped(1)]);
  });

  it('answers what the other masters have when one is killed', async () => {
    await put('d');
    const owners = await Promise.all(keys.map((key) => cluster.nodeOf(`{${key}}`)));
    const [dead] = cluster.nodes;
    const lost = keys.filter((_, index) => owners[index] === dead);
    expect(lost.length).toBeGreaterThan(50);
    expect(lost.length).toBeLessThan(keys.length);
    await dead!.kill();
    // The first answers come while the driver is losing the node, the later ones when it has lost it.
    for (let round = 0; round < 10; round++) {
      const found = await store.getMany('d', keys);
      const errors = found.filter((value) => value instanceof Error);
      expect(errors.length).toBe(lost.length);
      expect(
        found.map((value, index) => (value instanceof Error ? owners[index] === dead : value)),
      ).toEqual(keys.map((key, index) => (owners[index] === dead ? true : stamped(1, key))));
      expect(errors.map((error) => store.faultOf(error))).toEqual(lost.map(() => 'down'));
    }
    const written = await put('d', 2);
    expect(written.filter((result) => result instanceof Error).length).toBe(lost.length);
    const error = await outcome(store.getMany('d', lost));
    expect(error).toBeInstanceOf(Error);
    expect(await outcome(store.readEpochs(lost))).toBeInstanceOf(Error);
    expect(await outcome(store.raiseEpochs(lost, 'hard', 1, 60_000))).toBeInstanceOf(Error);
    expect(await outcome(store.sweep('d', 10))).toBeInstanceOf(Error);
    expect(await outcome(collect(store.scan('d', '')))).toBeInstanceOf(Error);
    await dead!.restart();
    await until('the master to be back', async () =>
      (
        await store.setMany(
          'd',
          lost.map((key) => ({ key, bytes: stamped(3), ttl: 60_000 })),
        )
      ).every((result) => result === undefined),
    );
  });
});
