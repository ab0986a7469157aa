// app.cache.routeStats(): counts by method and template, never by URL.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import type { RouteCacheStats } from '../src/stats.ts';
import { get, makeApp, makeCache, settle } from './helpers.ts';

const START = 1_700_000_000_000;

afterEach(() => vi.useRealTimers());

const only = (stats: readonly RouteCacheStats[], method: string, url: string): RouteCacheStats => {
  const found = stats.filter((route) => route.method === method && route.url === url);
  expect(found).toHaveLength(1);
  return found[0]!;
};

describe.each(['auto', 'send'] as const)("in mode '%s'", (mode) => {
  it('hits, misses, stored and not stored are counted by template', async () => {
    const app = await makeApp({ mode, ttl: 60_000 });
    app.get('/item/:id', (request) => (request.params as { id: string }).id);
    app.get('/no', (_, reply) => reply.header('cache-control', 'no-store').send('x'));
    for (const id of ['1', '2', '1', '1']) await get(app, `/item/${id}?q=${id}`);
    for (let i = 0; i < 3; i++) await get(app, '/no');
    const stats = app.cache.routeStats();
    expect(only(stats, 'GET', '/item/:id')).toEqual({
      method: 'GET',
      url: '/item/:id',
      hits: 2,
      misses: 2,
      stored: 2,
      notStored: 0,
    });
    expect(only(stats, 'GET', '/no')).toMatchObject({
      hits: 0,
      misses: 3,
      stored: 0,
      notStored: 3,
    });
    expect(JSON.stringify(stats)).not.toContain('/item/1');
  });

  it('304, ranges and requests that pass the cache by are counted too', async () => {
    const app = await makeApp({ mode, ttl: 60_000 });
    app.get('/a', () => 'x');
    await get(app, '/a');
    await get(app, '/a', { 'if-none-match': '*' });
    await get(app, '/a', { range: 'bytes=0-0' });
    await get(app, '/a', { 'if-match': '*' });
    expect(only(app.cache.routeStats(), 'GET', '/a')).toMatchObject({
      hits: 2,
      misses: 2,
      stored: 1,
      notStored: 0,
    });
  });
});

it('HEAD is a route of its own', async () => {
  const app = await makeApp({ ttl: 60_000 });
  app.get('/a', () => 'x');
  await get(app, '/a');
  await get(app, '/a', {}, 'HEAD');
  const stats = app.cache.routeStats();
  expect(only(stats, 'GET', '/a')).toMatchObject({ hits: 0, misses: 1 });
  expect(only(stats, 'HEAD', '/a')).toMatchObject({ hits: 1, misses: 0 });
});

it('a route of several methods is one', async () => {
  const app = await makeApp({ ttl: 60_000 });
  app.route({ method: ['GET', 'HEAD'], url: '/m', handler: () => 'x' });
  await get(app, '/m');
  await get(app, '/m', {}, 'HEAD');
  expect(only(app.cache.routeStats(), 'GET,HEAD', '/m')).toMatchObject({ hits: 1, misses: 1 });
});

it('a stale answer is a hit, its refresh a miss that was stored', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp({ ttl: 10_000, staleWhileRevalidate: 30_000 });
  app.get('/a', () => 'x');
  await get(app, '/a');
  vi.setSystemTime(START + 15_000);
  await get(app, '/a');
  await settle(20);
  expect(only(app.cache.routeStats(), 'GET', '/a')).toMatchObject({
    hits: 1,
    misses: 2,
    stored: 2,
    notStored: 0,
  });
});

it('a revalidation is a miss that was stored, one that is not kept was not', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp();
  let cacheControl = 'max-age=10';
  app.get('/a', (request, reply) => {
    void reply.headers({ etag: '"v1"', 'cache-control': cacheControl });
    return request.headers['if-none-match'] ? reply.code(304).send() : reply.send('x');
  });
  await get(app, '/a');
  vi.setSystemTime(START + 15_000);
  await get(app, '/a');
  expect(only(app.cache.routeStats(), 'GET', '/a')).toMatchObject({ misses: 2, stored: 2 });
  vi.setSystemTime(START + 30_000);
  cacheControl = 'no-store';
  await get(app, '/a');
  expect(only(app.cache.routeStats(), 'GET', '/a')).toMatchObject({ stored: 2, notStored: 1 });
});

it('an error that a stale response stands in for was not stored', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp({ ttl: 10_000, staleIfError: 30_000 });
  let runs = 0;
  app.get('/a', () => {
    if (++runs > 1) throw new Error('broken');
    return 'x';
  });
  await get(app, '/a');
  vi.setSystemTime(START + 15_000);
  expect((await get(app, '/a')).status).toBe(200);
  const stats = only(app.cache.routeStats(), 'GET', '/a');
  expect(stats).toMatchObject({ hits: 0, misses: 2, stored: 1, notStored: 1 });
});

it('a route that a scope further in has taken over counts there', async () => {
  const app = await makeApp({ ttl: 60_000 });
  let inner: () => readonly RouteCacheStats[] = () => [];
  await app.register(
    async (child) => {
      await child.register(fastifyCache, { cache: makeCache(), ttl: 60_000 });
      child.get('/in', () => 'x');
      inner = () => child.cache.routeStats();
    },
    { prefix: '/v1' },
  );
  app.get('/out', () => 'x');
  for (const url of ['/v1/in', '/v1/in', '/out']) await get(app, url);
  expect(only(inner(), 'GET', '/v1/in')).toMatchObject({ hits: 1, misses: 1 });
  expect(only(app.cache.routeStats(), 'GET', '/out')).toMatchObject({ hits: 0, misses: 1 });
  const sums = (stats: readonly RouteCacheStats[]): number =>
    stats.reduce((sum, { hits, misses }) => sum + hits + misses, 0);
  expect(sums(inner())).toBe(2);
  expect(inner().some(({ url }) => url === '/out')).toBe(false);
  // Taken over means gone from here: nothing is counted twice.
  expect(app.cache.routeStats().some(({ url }) => url === '/v1/in')).toBe(false);
});

it('routes that are not cached are not there, and what is given is a copy', async () => {
  const app = await makeApp({ ttl: 60_000 });
  app.get('/a', () => 'x');
  app.post('/b', () => 'x');
  app.get('/off', { config: { cache: false } }, () => 'x');
  await get(app, '/a');
  await get(app, '/off');
  const stats = app.cache.routeStats();
  expect(stats.map(({ method, url }) => `${method} ${url}`)).not.toContain('POST /b');
  expect(stats.map(({ url }) => url)).not.toContain('/off');
  (stats[0] as { hits: number }).hits = 99;
  expect(app.cache.routeStats()[0]!.hits).not.toBe(99);
});

it('adds up to stats()', async () => {
  const app = await makeApp({ ttl: 60_000 });
  app.get('/a/:id', (_, reply) => reply.send('x'));
  app.get('/b', (_, reply) => reply.header('cache-control', 'no-store').send('x'));
  for (const url of ['/a/1', '/a/2', '/a/1', '/b', '/b']) {
    await get(app, url);
    await get(app, url, {}, 'HEAD');
  }
  const sums = { hits: 0, misses: 0, stored: 0, notStored: 0 };
  for (const route of app.cache.routeStats()) {
    for (const name of ['hits', 'misses', 'stored', 'notStored'] as const) {
      sums[name] += route[name];
    }
  }
  expect(app.cache.stats()).toMatchObject(sums);
});
