// purgeAll, purge of a request, and the groups of an origin.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { openCache } from '@catzilla/cache-core';
import { createTieredCache } from '@catzilla/tiers';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { errors } from '../src/index.ts';
import { groupTag } from '../src/rfc/cache-groups.ts';
import { atEnd, get, makeApp } from './helpers.ts';
import { PATIENT } from './support/instances.ts';

async function counting(options: Parameters<typeof makeApp>[0] = {}): Promise<FastifyInstance> {
  const app = await makeApp({ ttl: 60_000, ...options });
  let runs = 0;
  app.get('/items/:id', () => `${++runs}`);
  return app;
}

describe('purgeAll', () => {
  it('removes every response, variants and long URLs included', async () => {
    const app = await counting({ vary: { add: ['x-v'] } });
    const urls = ['/items/1', '/items/2?a=1', `/items/3?q=${'x'.repeat(2000)}`];
    for (const url of urls) for (const v of ['1', '2']) await get(app, url, { 'x-v': v });
    expect(await app.cache.purgeAll()).toEqual({ purged: 6, ok: true });
    for (const url of urls) {
      expect((await get(app, url, { 'x-v': '1' })).cache).toContain('fwd=uri-miss');
    }
    expect(app.cache.stats()).toMatchObject({ purges: 1, purged: 6 });
  });

  it('touches nothing else that a shared tiered cache holds', async () => {
    const memory = openCache({ maxBytes: 8 * 1024 * 1024 });
    const cache = createTieredCache({ memory });
    atEnd(async () => {
      await cache.close();
      memory.close();
    });
    const one = await counting({ cache, namespace: 'one' });
    const longer = await counting({ cache, namespace: 'one-more' });
    await cache.set('user:1', { name: 'x' });
    await cache.namespace('one').set('k', 1);
    for (const app of [one, longer]) await get(app, '/items/1');
    expect(await one.cache.purgeAll()).toEqual({ purged: 1, ok: true });
    expect(await cache.get('user:1')).toEqual({ name: 'x' });
    expect(await cache.namespace('one').get('k')).toBe(1);
    expect((await get(longer, '/items/1')).cache).toContain('hit');
    expect((await get(one, '/items/1')).cache).not.toContain('hit');
  });

  it('concerns the scopes that share its cache and namespace', async () => {
    const outer = await counting();
    const memory = openCache(`all-${process.pid}-${Date.now()}`, { maxBytes: 8 * 1024 * 1024 });
    atEnd(() => memory.close());
    const inner = await counting({ cache: memory });
    const other = await counting({ cache: memory });
    for (const app of [outer, inner, other]) await get(app, '/items/1');
    await other.cache.purgeAll();
    expect((await get(inner, '/items/1')).cache).not.toContain('hit');
    expect((await get(outer, '/items/1')).cache).toContain('hit');
  });

  it('removes what is kept on disk alone', async () => {
    const dir = await mkdtemp(`${tmpdir()}/purge-all-`);
    atEnd(() => rm(dir, { recursive: true, force: true }));
    const memory = openCache({ maxBytes: 8 * 1024 * 1024 });
    atEnd(() => memory.close());
    const app = await counting({
      cache: {
        name: 'purge-all',
        memory,
        disk: { dir, maxBytes: 64 * 1024 * 1024 },
        deadline: PATIENT,
      },
      tiers: ['disk'],
    });
    await app.cache.tiers.ready({ timeout: 30_000 });
    const first = await get(app, '/items/1');
    expect((await get(app, '/items/1')).body).toBe(first.body);
    expect(await app.cache.purgeAll()).toEqual({ purged: 0, ok: true });
    expect((await get(app, '/items/1')).body).not.toBe(first.body);
  });
});

describe('purge of a URL', () => {
  it('reaches what stands under the form of its query that No-Vary-Search gives', async () => {
    const app = await makeApp({ ttl: 60_000, noVarySearch: true });
    let runs = 0;
    app.get('/a', (_, reply) => reply.header('no-vary-search', 'params=("utm")').send(`${++runs}`));
    app.post('/a', () => 'changed');
    const purges = [
      () => app.cache.purge('/a?q=1&utm=9'),
      () => app.cache.purge('http://localhost/a?q=1&utm=9', { soft: false }),
      () => get(app, '/a?q=1&utm=9', {}, 'POST'),
    ];
    for (const purge of purges) {
      const { body } = await get(app, '/a?q=1&utm=1');
      expect((await get(app, '/a?q=1&utm=2')).body).toBe(body);
      await purge();
      expect((await get(app, '/a?q=1&utm=2')).body).not.toBe(body);
    }
  });
});

describe('purge of a request', () => {
  it('purges what it would be answered from, on its own host', async () => {
    const app = await counting();
    app.route({
      method: 'OPTIONS',
      url: '/items/:id',
      handler: (request) => app.cache.purge(request, { soft: false }),
    });
    for (const host of ['one', 'two']) await get(app, '/items/1?a=1', { host });
    const answer = await get(app, '/items/1?a=1', { host: 'ONE' }, 'OPTIONS');
    expect(JSON.parse(answer.body)).toEqual({ purged: 1, ok: true });
    expect((await get(app, '/items/1?a=1', { host: 'two' })).cache).toContain('hit');
    expect((await get(app, '/items/1?a=1', { host: 'one' })).cache).not.toContain('hit');
  });

  it('in its own handler keeps its reply out', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', async (request) => app.cache.purge(request));
    expect((await get(app, '/a')).cache).toContain('detail=purged-meanwhile');
  });

  it('knows the key that a function of the application made for it', async () => {
    const app = await makeApp({ ttl: 60_000, key: () => 'one-for-all', vary: { add: ['x-v'] } });
    app.get('/:id', async (request) => {
      if (request.headers['x-v'] === '2') await app.cache.purge(request);
      return 'x';
    });
    await get(app, '/a', { 'x-v': '1' });
    expect((await get(app, '/b', { 'x-v': '1' })).cache).toContain('hit');
    await get(app, '/c', { 'x-v': '2' });
    expect((await get(app, '/a', { 'x-v': '1' })).cache).not.toContain('hit');
  });

  it('refuses one whose host is none, and what is no request', async () => {
    const app = await counting();
    app.options('/items/:id', (request) => app.cache.purge(request));
    const refused = await get(app, '/items/1', { host: 'a b' }, 'OPTIONS');
    expect(refused).toMatchObject({ status: 500 });
    expect(refused.body).toContain('a request without a valid Host');
    for (const value of [null, {}, { raw: {} }, { raw: 'x' }, 7]) {
      await expect(app.cache.purge(value as never)).rejects.toThrow(errors.BAD_URL);
    }
  });
});

describe('purgeTags with an origin', () => {
  it('purges the cache groups of this origin, by their exact names', async () => {
    const app = await makeApp({ ttl: 60_000 });
    const routes = { '/a': ['one', 'a'], '/upper': ['one', 'A'], '/two': ['two', 'a'] } as const;
    for (const [url, [host, group]] of Object.entries(routes)) {
      app.get(url, { config: { cache: { tags: [groupTag('http', host, group)] } } }, () => 'x');
    }
    for (const url of Object.keys(routes)) await get(app, url);
    const purged = await app.cache.purgeTags(['a', 'none'], { origin: 'HTTP://One:80' });
    expect(purged).toEqual({ ok: true });
    expect((await get(app, '/a')).cache).not.toContain('hit');
    expect((await get(app, '/upper')).cache).toContain('hit');
    expect((await get(app, '/two')).cache).toContain('hit');
    await app.cache.purgeTags('A', { origin: 'https://one' });
    expect((await get(app, '/upper')).cache).toContain('hit');
  });
});
