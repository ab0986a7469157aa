// A cluster of three masters, and a master with a replica and a sentinel.
import { afterAll, expect, onTestFinished } from 'vitest';
import { startCluster, startSentinel, until } from '../../src/testing/index.ts';
import type { RedisCluster } from '../../src/testing/index.ts';
import {
  appendSurely,
  it,
  listen,
  numbers,
  onEachDriver,
  openBus,
  uniquePrefix,
} from '../support/redis.ts';

const TOPICS = ['a', 'b', 'c', 'd', 'e'];

onEachDriver(() => {
  let started: Promise<RedisCluster> | undefined;
  const shared = (): Promise<RedisCluster> => (started ??= startCluster());
  afterAll(async () => (await started)?.stop());

  it('reads and appends topics on all nodes of a cluster', async () => {
    const cluster = await shared();
    const prefix = uniquePrefix();
    const bus = openBus({ cluster: { nodes: cluster.seeds }, prefix, deadline: 5_000 });
    const told = TOPICS.map((topic) => listen(bus, topic));
    await Promise.all(told.map(({ subscription }) => subscription.ready));
    for (const topic of TOPICS) {
      await Promise.all(numbers(0, 50).map((text) => bus.append(topic, text)));
    }
    await until('all', () => told.every(({ log }) => log.includes('49')));
    for (const { log } of told) expect(log).toEqual(['live', ...numbers(0, 50)]);
    const owners = await Promise.all(TOPICS.map((topic) => cluster.nodeOf(`${prefix}:{${topic}}`)));
    expect(new Set(owners).size).toBeGreaterThan(1);
    expect(bus.health().state).toBe('live');
  });

  it('follows a topic whose slot is moved, and tells that another node answers', async () => {
    const cluster = await shared();
    const prefix = uniquePrefix();
    const bus = openBus({ cluster: { nodes: cluster.seeds }, prefix, deadline: 5_000 });
    const key = `${prefix}:{t}`;
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    for (const text of numbers(0, 5)) await bus.append('t', text);
    await until('five', () => log.includes('4'));
    const owner = await cluster.nodeOf(key);
    await cluster.moveSlotOf(
      key,
      cluster.nodes.find((node) => node !== owner)!,
    );
    for (const text of numbers(5, 10)) await appendSurely(bus, 't', text);
    await until('ten', () => log.includes('9'));
    const words = ['live', 'lost', 'gap replaced'];
    expect(log.filter((entry) => !words.includes(entry))).toEqual(numbers(0, 10));
    expect(log).toContain('gap replaced');
  });

  it('fails appends while a cluster is down, and comes back with it', async () => {
    const cluster = await startCluster();
    onTestFinished(() => cluster.stop());
    const bus = openBus({ cluster: { nodes: cluster.seeds } });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    await appendSurely(bus, 't', 'before');
    await until('the message', () => log.includes('before'));
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await until('it to be lost', () => !subscription.isLive);
    await expect(bus.append('t', 'x')).rejects.toMatchObject({ code: 'CATZ_BUS_UNAVAILABLE' });
    await until('it to be down', () => bus.health().state === 'down');
    await Promise.all(cluster.nodes.map((node) => node.restart()));
    await appendSurely(bus, 't', 'after');
    await until('the message', () => log.includes('after'));
    expect(log.filter((entry) => entry !== 'live' && entry !== 'lost')).toEqual([
      'before',
      'gap replaced',
      'after',
    ]);
  });

  it('tells a gap after a failover by a sentinel, and goes on with the new master', async () => {
    const setup = await startSentinel();
    onTestFinished(() => setup.stop());
    const bus = openBus({ sentinels: { nodes: setup.sentinels, name: setup.name } });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    for (const text of numbers(0, 10)) await appendSurely(bus, 't', text);
    await until('ten', () => log.includes('9'));
    await setup.master.kill();
    await until('the failover', async () => (await setup.masterPort()) === setup.replica.port);
    await appendSurely(bus, 't', '10');
    await until('the next', () => log.includes('10'));
    const told = log.filter((entry) => entry !== 'live' && entry !== 'lost');
    expect(told).toEqual([...numbers(0, 10), 'gap replaced', '10']);
    await until('it to be live', () => bus.health().state === 'live');
  });
});
