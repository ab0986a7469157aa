import { Redis as Redis6, Cluster as Cluster6 } from 'ioredis';
import { Redis as Redis5, Cluster as Cluster5 } from 'ioredis5';
import { expect, it, onTestFinished } from 'vitest';
import { checkRedisOptions } from '../../src/redis/index.ts';
import type { RedisLike, RedisOptions } from '../../src/redis/index.ts';

const site = { path: 'options.redis', error: (message: string) => new TypeError(message) };
const check = (value: unknown): RedisOptions => checkRedisOptions(value, site);

it('takes exactly one place', () => {
  const nodes = [{ host: 'h', port: 1 }];
  expect(check({ url: 'rediss://user:pass@h:1/2' })).toMatchObject({
    url: 'rediss://user:pass@h:1/2',
  });
  expect(check({ url: 'redis://[::1]' })).toMatchObject({ url: 'redis://[::1]' });
  expect(check({ node: {}, connectTimeout: 5, autoPipelining: true })).toMatchObject({
    connectTimeout: 5,
    autoPipelining: true,
  });
  expect(check({ node: { path: '/run/redis.sock', tls: true, db: 3 } })).toBeDefined();
  expect(
    check({ sentinels: { nodes, name: 'g', tls: { ca: 'x' }, natMap: { 'a:1': nodes[0] } } }),
  ).toBeDefined();
  expect(Object.isFrozen(check({ cluster: { nodes } }))).toBe(true);
});

it('refuses what is unknown, ill-typed, missing or contradictory, and shows no password', () => {
  const nodes = [{ host: 'h' }];
  const wrong: readonly (readonly [unknown, string])[] = [
    [
      undefined,
      'expected options.redis to have one of url, node, sentinels, cluster, client, got none of them',
    ],
    [{ url: 'redis://h', cluster: { nodes } }, 'got url and cluster'],
    [{ uri: 'redis://h' }, 'unknown option options.redis.uri, did you mean url?'],
    [{ url: 'http://h' }, 'expected options.redis.url to be a URL redis://host:port'],
    [{ url: 'redis://:secret@' }, 'expected options.redis.url to be a URL'],
    [{ url: 'redis://h/name' }, 'expected options.redis.url to be a URL'],
    [{ url: 'redis://h?db=1' }, 'expected options.redis.url to be a URL'],
    [{ url: 7 }, 'expected options.redis.url to be a URL'],
    [
      { node: { port: 0 } },
      'expected options.redis.node.port to be an integer from 1 to 65535, got 0',
    ],
    [
      { node: { tls: 1 } },
      'expected options.redis.node.tls to be true or options of tls.connect, got 1',
    ],
    [{ node: { db: -1 } }, 'expected options.redis.node.db'],
    [{ sentinels: { nodes } }, 'expected options.redis.sentinels.name'],
    [{ sentinels: { nodes: [], name: 'g' } }, 'to be a list with at least one address'],
    [{ cluster: { nodes: [{ port: 1 }] } }, 'expected options.redis.cluster.nodes[0].host'],
    [
      { cluster: { nodes, natMap: [] } },
      'expected options.redis.cluster.natMap to be addresses by host:port',
    ],
    [
      { cluster: { nodes, natMap: { 'a:1': {} } } },
      'expected options.redis.cluster.natMap["a:1"].host',
    ],
    [{ cluster: { nodes, password: 1 } }, 'expected options.redis.cluster.password'],
    [{ client: {} }, 'expected options.redis.client to be an ioredis client, got an object'],
    [{ client: null }, 'expected options.redis.client to be an ioredis client, got null'],
    [{ node: {}, connectTimeout: 0 }, 'expected options.redis.connectTimeout'],
    [{ node: {}, autoPipelining: 1 }, 'expected options.redis.autoPipelining'],
  ];
  for (const [value, message] of wrong) {
    expect(() => check(value)).toThrow(message);
    expect(() => check(value)).not.toThrow(/secret/);
  }
});

it('takes clients of both versions, and refuses those that change keys or replies', () => {
  const lazy = { lazyConnect: true };
  const seeds = [{ host: '127.0.0.1', port: 1 }];
  // The types are the point of this list: each must be a RedisLike.
  const good: RedisLike[] = [
    new Redis5(lazy),
    new Redis6(lazy),
    new Cluster5(seeds, lazy),
    new Cluster6(seeds, lazy),
  ];
  const prefixed = [
    new Redis5({ ...lazy, keyPrefix: 'p' }),
    new Redis6({ ...lazy, keyPrefix: 'p' }),
    new Cluster5(seeds, { ...lazy, redisOptions: { keyPrefix: 'p' } }),
    new Cluster6(seeds, { ...lazy, keyPrefix: 'p' }),
  ];
  const remapped = new Redis6({ ...lazy, replyMapping: 'resp3' });
  onTestFinished(() => {
    for (const client of [...good, ...prefixed, remapped]) client.disconnect();
  });
  for (const client of good) {
    expect(check({ client }).client).toBe(client);
    expect(() => check({ client, connectTimeout: 1 })).toThrow('no connectTimeout beside client');
    expect(() => check({ client, autoPipelining: true })).toThrow(
      'no autoPipelining beside client',
    );
  }
  for (const client of prefixed) expect(() => check({ client })).toThrow('to have no keyPrefix');
  expect(() => check({ client: remapped })).toThrow('replyMapping "legacy", got "resp3"');
});
