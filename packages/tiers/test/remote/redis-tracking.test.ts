// News of what others change in Redis: which keys, what is told when some may have been missed, and that it comes back.
import { expect, it, onTestFinished } from 'vitest';
import { startProxy, startRedis, until } from '@catzilla/bus/testing';
import type { RedisServer, StartRedisOptions } from '@catzilla/bus/testing';
import type { RedisTierOptions } from '../../src/remote/redis-options.ts';
import { open, stamped } from './_redis.ts';
import { watchSilence } from '../support/silence.ts';
import type { Opened } from './_redis.ts';

watchSilence();

async function server(options: StartRedisOptions = {}): Promise<RedisServer> {
  const started = await startRedis(options);
  onTestFinished(() => started.stop());
  return started;
}

async function tracked(options: RedisTierOptions): Promise<Opened> {
  const opened = open({ ...options, tracking: true });
  onTestFinished(() => opened.store.close());
  await until('tracking', () => isTracking(opened));
  return opened;
}

const isTracking = ({ store }: Opened): boolean => store.backend === 'redis standalone, tracking';

const write = (key: string) => ({ key, bytes: stamped(1), ttl: 60_000 });

// Writes from outside until one of them is told of, and takes what came until then.
async function newsAfter(opened: Opened, redis: RedisServer, mark: string): Promise<void> {
  await until(`news of ${mark}`, async () => {
    await redis.ask('SET', `cz1:main::{${mark}}`, 'x');
    return opened.news.includes(`|${mark}`);
  });
}

it('tells of keys that others set, delete or let expire, and of nothing else', async () => {
  const redis = await server();
  const opened = await tracked({ url: redis.url });
  const { store, news } = opened;
  const neighbour = open({ url: redis.url }, 'main2').store;
  onTestFinished(() => neighbour.close());
  await until('the neighbour', () => neighbour.state === 'ready');
  expect(news).toEqual([null]);
  await store.set('a', write('own'));
  await store.fill('a', write('filled'), { created: 1 });
  await neighbour.set('a', write('theirs'));
  await redis.ask('SET', 'basket:1', 'x');
  await redis.ask('SET', 'cz1:main:@{tag}:e', 'x');
  await redis.ask('SET', 'cz1:main:a:{own}:l', 'x');
  await redis.ask('SET', 'cz1:main:a/b:{}x:{y}', 'x');
  await redis.ask('DEL', 'cz1:main:a:{own}');
  await redis.ask('PEXPIRE', 'cz1:main:a:{filled}', '1');
  await redis.ask('SET', 'cz1:main::{last}', 'x');
  await until('the last', () => news.includes('|last'));
  expect(new Set(news)).toEqual(new Set([null, 'a/b|}x:{y', 'a|own', 'a|filled', '|last']));
});

it('tells that anything may have changed when the database is emptied', async () => {
  const redis = await server();
  const { news } = await tracked({ url: redis.url });
  await redis.ask('FLUSHALL');
  await until('the news', () => news.length === 2);
  expect(news).toEqual([null, null]);
});

it.each(['pubsub', 'normal'])('goes on when its %s connection is lost', async (type) => {
  const redis = await server();
  const opened = await tracked({ url: redis.url });
  expect(Number(await redis.ask('CLIENT', 'KILL', 'TYPE', type))).toBeGreaterThan(0);
  await until('news that some were missed', () => opened.news.length > 1);
  await until('tracking', () => isTracking(opened));
  expect(opened.news).toEqual([null, null]);
  await newsAfter(opened, redis, 'again');
});

it('goes on when the server was gone', async () => {
  const redis = await server();
  const opened = await tracked({ url: redis.url });
  await redis.kill();
  await until('the loss', () => opened.store.backend === 'redis standalone, not tracking');
  await redis.restart();
  await until('tracking', () => isTracking(opened));
  expect(opened.news).toEqual([null, null]);
  await newsAfter(opened, redis, 'again');
});

it('notices a receiver that does not answer', async () => {
  const redis = await server();
  const proxy = await startProxy({ port: redis.port });
  onTestFinished(() => proxy.stop());
  const opened = await tracked({ url: proxy.url });
  await proxy.cut('blackhole');
  await until('the loss', () => opened.store.backend === 'redis standalone, not tracking');
  opened.store.reset();
  await proxy.restore();
  await newsAfter(opened, redis, 'again');
  expect(opened.news.slice(0, 2)).toEqual([null, null]);
});

it('shows where it is not allowed, and does the rest', async () => {
  const acl = 'user me on >pw ~cz1:* &* +@all -client|tracking';
  const redis = await server({ config: [acl] });
  const node = { port: redis.port, username: 'me', password: 'pw' };
  const opened = open({ node, tracking: true });
  onTestFinished(() => opened.store.close());
  await until('the store', () => opened.store.state === 'ready');
  await until('an attempt', async () =>
    String(await redis.ask('ACL', 'LOG')).includes('client|tracking'),
  );
  await opened.store.set('', write('k'));
  expect(await opened.store.get('', 'k')).toEqual(stamped(1));
  expect(opened.store.backend).toBe('redis standalone, not tracking');
  expect(opened.news).toEqual([]);
});

it('ends with the store, also while it begins', async () => {
  const redis = await server();
  const opened = await tracked({ url: redis.url });
  await opened.store.close();
  const early = open({ url: redis.url, tracking: true });
  await until('the store', () => early.store.state === 'ready');
  await early.store.close();
  await until('no connection', async () => {
    const list = String(await redis.ask('CLIENT', 'LIST'))
      .trim()
      .split('\n');
    return list.length === 1;
  });
  await redis.ask('SET', 'cz1:main::{k}', 'x');
  expect(opened.news).toEqual([null]);
});
