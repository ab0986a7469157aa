import { Worker } from 'node:worker_threads';
import { openCache } from '@catzilla/cache-core';
import { describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { errors } from '../src/index.ts';
import { PurgeTokens } from '../src/purge-token.ts';
import { groupTag } from '../src/rfc/cache-groups.ts';
import { atEnd, gate, get, makeApp, makeCache, settle } from './helpers.ts';

async function counting(options: Parameters<typeof makeApp>[0] = {}): Promise<FastifyInstance> {
  const app = await makeApp({ ttl: 60_000, ...options });
  let runs = 0;
  app.get('/items/:id', () => `${++runs}`);
  app.get('/list', () => `${++runs}`);
  return app;
}

describe('an unsafe request', () => {
  it('invalidates its URI when it succeeds, by any method, also on routes not cached', async () => {
    const app = await counting();
    const methods = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
    const config = { cache: false };
    app.route({ method: [...methods], url: '/items/:id', config, handler: () => 'done' });
    for (const method of methods) {
      const before = (await get(app, '/items/1')).body;
      expect((await get(app, '/items/1')).body).toBe(before);
      await get(app, '/items/1', {}, method);
      expect((await get(app, '/items/1')).body, method).not.toBe(before);
    }
    expect(app.cache.stats().invalidations).toBe(4);
  });

  it('invalidates for 2xx and 3xx only', async () => {
    const app = await counting();
    app.post<{ Querystring: { status: number } }>('/items/:id', (request, reply) =>
      reply.code(Number(request.headers['x-status'])).send('x'),
    );
    await get(app, '/items/1');
    for (const status of ['400', '404', '500', '503']) {
      await get(app, '/items/1', { 'x-status': status }, 'POST');
      expect((await get(app, '/items/1')).cache, status).toContain('hit');
    }
    for (const status of ['201', '303']) {
      await get(app, '/items/1', { 'x-status': status }, 'POST');
      expect((await get(app, '/items/1')).cache, status).not.toContain('hit');
    }
  });

  it('goes by the status of a Response', async () => {
    const app = await counting();
    app.post('/items/:id', () => new Response('no', { status: 500 }));
    app.post('/list', (_, reply) => {
      reply.code(500);
      return new Response('yes', { status: 200 });
    });
    await get(app, '/items/1');
    await get(app, '/list');
    await get(app, '/items/1', {}, 'POST');
    await get(app, '/list', {}, 'POST');
    expect((await get(app, '/items/1')).cache).toContain('hit');
    expect((await get(app, '/list')).cache).not.toContain('hit');
  });

  it('invalidates Location and Content-Location of the same origin only', async () => {
    const app = await counting();
    app.post('/items', (request, reply) =>
      reply
        .headers({ location: String(request.headers['x-to']), 'content-location': '/list#top' })
        .send('x'),
    );
    for (const to of ['/items/1', 'http://localhost:80/items/1', '../items/1', './items/1']) {
      await get(app, '/items/1');
      await get(app, '/list');
      await get(app, '/items', { 'x-to': to }, 'POST');
      expect((await get(app, '/items/1')).cache, to).not.toContain('hit');
      expect((await get(app, '/list')).cache, to).not.toContain('hit');
    }
    for (const to of [
      'http://other/items/1',
      'https://localhost/items/1',
      '//other/items/1',
      'http://[',
      '',
    ]) {
      await get(app, '/items/1');
      await get(app, '/items', { 'x-to': to }, 'POST');
      expect((await get(app, '/items/1')).cache, to).toContain('hit');
    }
  });

  it('removes all variants and leaves other hosts alone', async () => {
    const app = await makeApp({ ttl: 60_000, vary: { add: ['x-v'] } });
    let runs = 0;
    app.get('/a', () => `${++runs}`);
    app.delete('/a', () => 'gone');
    for (const host of ['one', 'two']) {
      for (const v of ['1', '2']) await get(app, '/a', { host, 'x-v': v });
    }
    await get(app, '/a', { host: 'one' }, 'DELETE');
    expect((await get(app, '/a', { host: 'one', 'x-v': '1' })).cache).not.toContain('hit');
    expect((await get(app, '/a', { host: 'one', 'x-v': '2' })).cache).not.toContain('hit');
    expect((await get(app, '/a', { host: 'two', 'x-v': '1' })).cache).toContain('hit');
  });

  it('a safe method invalidates nothing', async () => {
    const app = await counting();
    app.options('/items/:id', () => 'x');
    await get(app, '/items/1');
    await get(app, '/items/1', {}, 'OPTIONS');
    await get(app, '/items/1', {}, 'HEAD');
    expect((await get(app, '/items/1')).cache).toContain('hit');
  });
});

describe('Cache-Group-Invalidation', () => {
  async function grouped(): Promise<FastifyInstance> {
    const app = await makeApp({ ttl: 60_000 });
    const groups: Record<string, readonly string[]> = {
      '/a': ['a'],
      '/upper': ['A'],
      '/both': ['a', 'b'],
      '/b': ['b'],
      '/spaced': ['a b'],
    };
    for (const [url, names] of Object.entries(groups)) {
      const tags = names.map((name) => groupTag('http', 'localhost', name));
      app.get(url, { config: { cache: { tags } } }, () => 'x');
    }
    const other = groupTag('http', 'other', 'a');
    app.get('/other', { config: { cache: { tags: [other] } } }, () => 'x');
    app.route({
      method: ['POST', 'OPTIONS', 'GET'],
      url: '/change',
      config: { cache: false },
      handler: (request, reply) =>
        reply
          .code(Number(request.headers['x-status'] ?? 200))
          .header('cache-group-invalidation', request.headers['x-groups'])
          .send('x'),
    });
    for (const url of [...Object.keys(groups), '/other']) await get(app, url);
    return app;
  }

  async function gone(app: FastifyInstance): Promise<string[]> {
    const urls = ['/a', '/upper', '/both', '/b', '/spaced', '/other'];
    const seen = await Promise.all(urls.map((url) => get(app, url)));
    return urls.filter((_, i) => !seen[i]!.cache.includes('hit'));
  }

  for (const [groups, expected] of [
    ['"a"', ['/a', '/both']],
    ['"A";x=1', ['/upper']],
    ['"b", "a b"', ['/both', '/b', '/spaced']],
    ['"none"', []],
    ['a', []],
    ['"a', []],
    ['"a", 1', []],
    ['', []],
  ] as const) {
    it(`${groups || 'without a member'} invalidates ${expected.join(' ') || 'nothing'}`, async () => {
      const app = await grouped();
      await get(app, '/change', { 'x-groups': groups }, 'POST');
      expect(await gone(app)).toEqual(expected);
    });
  }

  it('does not cascade to other groups of what it invalidates', async () => {
    const app = await grouped();
    await get(app, '/change', { 'x-groups': '"a"' }, 'POST');
    expect((await get(app, '/b')).cache).toContain('hit');
  });

  it('counts on unsafe methods only', async () => {
    const app = await grouped();
    await get(app, '/change', { 'x-groups': '"a"' }, 'OPTIONS');
    await get(app, '/change', { 'x-groups': '"a"' });
    expect(await gone(app)).toEqual([]);
  });

  it('counts for 2xx and 3xx only', async () => {
    const app = await grouped();
    for (const status of ['400', '404', '500']) {
      await get(app, '/change', { 'x-groups': '"a"', 'x-status': status }, 'POST');
    }
    expect(await gone(app)).toEqual([]);
    await get(app, '/change', { 'x-groups': '"a"', 'x-status': '303' }, 'POST');
    expect(await gone(app)).toEqual(['/a', '/both']);
  });

  it('is of the origin that sends it', async () => {
    const app = await grouped();
    await get(app, '/change', { 'x-groups': '"a"', host: 'other' }, 'POST');
    expect(await gone(app)).toEqual(['/other']);
  });

  it('is no error where the cache fails', async () => {
    const cache = makeCache();
    const app = await makeApp({ cache });
    app.post('/a', (_, reply) => reply.header('cache-group-invalidation', '"a"').send('x'));
    await app.ready();
    cache.close();
    expect((await get(app, '/a', {}, 'POST')).body).toBe('x');
    expect(app.cache.stats().faults).toBeGreaterThan(0);
  });
});

describe('purge', () => {
  it('removes a URL on every host, or on one', async () => {
    const app = await counting();
    for (const host of ['one', 'two:8080']) await get(app, '/items/1?a=1', { host });
    expect(await app.cache.purge('/items/1?a=2')).toEqual({ purged: 0, ok: true });
    expect(await app.cache.purge('http://ONE/items/1?a=1')).toEqual({ purged: 1, ok: true });
    expect((await get(app, '/items/1?a=1', { host: 'two:8080' })).cache).toContain('hit');
    await get(app, '/items/1?a=1', { host: 'one' });
    expect(await app.cache.purge('/items/1?a=1#top')).toEqual({ purged: 2, ok: true });
    expect((await get(app, '/items/1?a=1', { host: 'two:8080' })).cache).not.toContain('hit');
    expect(app.cache.stats()).toMatchObject({ purges: 3, purged: 3 });
  });

  it('knows the hosts of the option without a walk', async () => {
    const app = await counting({ hosts: ['two:8080'] });
    await get(app, '/list', { host: 'two:8080' });
    expect((await get(app, '/list', { host: 'three' })).cache).toBe(
      'catzilla; fwd=bypass; detail=host',
    );
    expect(await app.cache.purge('/list')).toEqual({ purged: 1, ok: true });
  });

  it('removes every variant', async () => {
    const app = await makeApp({ ttl: 60_000, vary: { add: ['x-v'] } });
    app.get('/a', () => 'x');
    for (const v of ['1', '2', '3']) await get(app, '/a', { 'x-v': v });
    expect(await app.cache.purge('/a')).toEqual({ purged: 3, ok: true });
    expect((await get(app, '/a', { 'x-v': '2' })).cache).toContain('fwd=uri-miss');
  });

  it('finds a URL however its routes write the query into keys', async () => {
    const app = await makeApp({ ttl: 60_000, rules: [{ path: '/sorted', query: { sort: true } }] });
    let runs = 0;
    app.get('/sorted', () => `${++runs}`);
    app.get('/allow', { config: { cache: { query: { allow: ['id'] } } } }, () => `${++runs}`);
    app.get('/exact', () => `${++runs}`);
    await get(app, '/sorted?b=1&a=2');
    await get(app, '/allow?id=1&utm=x');
    await get(app, '/exact?b=1&a=2');
    expect(await app.cache.purge('/sorted?a=2&b=1')).toEqual({ purged: 1, ok: true });
    expect(await app.cache.purge('/allow?id=1&other=y')).toEqual({ purged: 1, ok: true });
    expect(await app.cache.purge('/exact?a=2&b=1')).toEqual({ purged: 0, ok: true });
    expect(await app.cache.purge('/exact?b=1&a=2')).toEqual({ purged: 1, ok: true });
  });

  it('finds long URLs, which are kept under a digest', async () => {
    const app = await counting();
    const long = `/items/1?q=${'x'.repeat(2000)}`;
    await get(app, long);
    expect((await get(app, long)).cache).toContain('hit');
    expect((await get(app, `${long}y`)).cache).not.toContain('hit');
    expect(await app.cache.purge(long)).toEqual({ purged: 1, ok: true });
    expect((await get(app, long)).cache).not.toContain('hit');
    expect(await app.cache.purgePath('/items/*')).toEqual({ purged: 2, ok: true });
  });

  it('refuses what is no URL', async () => {
    const app = await counting();
    for (const url of ['', 'items/1', 'ftp://x/y', 'http://a b/', 7, undefined]) {
      await expect(app.cache.purge(url as string)).rejects.toThrow(errors.BAD_URL);
    }
  });
});

describe('purgePath', () => {
  it('removes every path a pattern matches, raw or decoded', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/*', (_, reply) => reply.header('vary', 'x-v').send('x'));
    const urls = ['/p/1', '/p/2?x=1', '/p/3/deep', '/%70/4', '/other', '/P/5', '/p/6;v=1'];
    for (const url of urls) await get(app, url);
    expect(await app.cache.purgePath('/p/*')).toEqual({ purged: 5, ok: true });
    expect((await get(app, '/p/3/deep')).cache).toContain('hit');
    expect((await get(app, '/other')).cache).toContain('hit');
    expect(await app.cache.purgePath(/^\/p\//)).toEqual({ purged: 1, ok: true });
    expect(await app.cache.purgePath('/**')).toEqual({ purged: 1, ok: true });
    expect((await get(app, '/other')).cache).not.toContain('hit');
  });

  it('walks through many keys in slices', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/:id', () => 'x');
    for (let i = 0; i < 2500; i++) await get(app, `/${i}`);
    let turns = 0;
    setImmediate(() => turns++);
    expect(await app.cache.purgePath('/*')).toEqual({ purged: 2500, ok: true });
    expect(turns).toBeGreaterThan(0);
  });

  it('refuses what is no pattern', async () => {
    const app = await counting();
    await expect(app.cache.purgePath('p/*')).rejects.toThrow(errors.OPTION);
    await expect(app.cache.purgePath('/:id')).rejects.toThrow(
      'expected pattern to be a path pattern',
    );
  });
});

describe('a purge during a fill', () => {
  const purges: Record<string, (app: FastifyInstance) => Promise<unknown>> = {
    'of the URL': (app) => app.cache.purge('/slow?q=1'),
    'of its path with another query': (app) => app.cache.purge('/slow'),
    'by pattern': (app) => app.cache.purgePath('/slow'),
    'by an unsafe request': (app) => get(app, '/slow?q=1', {}, 'POST'),
  };
  for (const [name, purge] of Object.entries(purges)) {
    it(`${name} is not undone by it`, async () => {
      const app = await makeApp({ ttl: 60_000 });
      let held = gate();
      let value = 'old';
      app.get('/slow', async () => {
        const read = value;
        await held.opened;
        return read;
      });
      app.post('/slow', () => 'x');
      const slow = get(app, '/slow?q=1');
      await settle();
      value = 'new';
      await purge(app);
      held.open();
      expect(await slow).toMatchObject({
        body: 'old',
        cache: 'catzilla; fwd=uri-miss; stored=?0; detail=purged-meanwhile',
      });
      held = gate();
      held.open();
      expect((await get(app, '/slow?q=1')).body).toBe('new');
      expect((await get(app, '/slow?q=1')).cache).toContain('hit');
    });
  }

  it('known before the store leaves nothing to be seen even for a moment', async () => {
    const cache = makeCache();
    const written: string[] = [];
    const { set } = cache;
    cache.set = function (key, value, options) {
      written.push(String(key));
      return set.call(this, key, value, options);
    };
    const app = await makeApp({ cache, ttl: 60_000 });
    const held = gate();
    app.get('/a', async () => {
      await held.opened;
      return 'old';
    });
    const slow = get(app, '/a');
    await settle();
    await app.cache.purge('/a');
    held.open();
    await slow;
    expect(written.filter((key) => key.startsWith('1|'))).toEqual([]);
  });

  it('between the two looks of a store takes the entry back', async () => {
    const cache = makeCache();
    const app = await makeApp({ cache, ttl: 60_000, vary: { add: ['x-v'] } });
    app.get('/a', () => 'x');
    await app.ready();
    const other = new PurgeTokens(cache, 'http');
    const { set } = cache;
    cache.set = function (key, value, options) {
      const done = set.call(this, key, value, options);
      if (String(key).startsWith('1|')) {
        cache.set = set;
        other.announce('/a');
      }
      return done;
    };
    expect((await get(app, '/a')).cache).toContain('detail=purged-meanwhile');
    expect([...cache.keys({ prefix: '1|' })]).toEqual([]);
  });

  it('in another thread is not undone by it', async () => {
    const name = `purge-${process.pid}-${Date.now()}`;
    const cache = openCache(name, { maxBytes: 8 * 1024 * 1024 });
    atEnd(() => cache.close());
    const app = await makeApp({ cache, ttl: 60_000 });
    const held = gate();
    app.get('/slow', async () => {
      await held.opened;
      return 'old';
    });
    app.get('/fast', () => 'x');
    await get(app, '/fast');
    const slow = get(app, '/slow');
    await settle();
    // The built package: a worker gets no transformed sources.
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads');
       const fastify = require('fastify');
       const { openCache } = require('@catzilla/cache-core');
       const plugin = require('@catzilla/fastify-cache');
       (async () => {
         const app = fastify();
         const cache = openCache(workerData);
         await app.register(plugin, { cache });
         await app.ready();
         await app.cache.purge('http://localhost/slow');
         await app.cache.purge('http://localhost/fast');
         await app.close();
         cache.close();
       })();`,
      { eval: true, workerData: name },
    );
    const code = await new Promise((resolve, reject) => {
      worker.once('exit', resolve);
      worker.once('error', reject);
    });
    expect(code).toBe(0);
    held.open();
    expect((await slow).cache).toContain('detail=purged-meanwhile');
    expect((await get(app, '/fast')).cache).not.toContain('hit');
  });

  it('is certain also for a fill that took longer than any token lives', async () => {
    const { vi } = await import('vitest');
    const app = await makeApp({ ttl: 60_000_000 });
    const held = gate();
    app.get('/a', async () => {
      await held.opened;
      return 'x';
    });
    vi.useFakeTimers({ toFake: ['Date'] });
    const slow = get(app, '/a');
    await settle();
    vi.setSystemTime(Date.now() + 600_001);
    held.open();
    expect((await slow).cache).toContain('detail=purged-meanwhile');
    vi.useRealTimers();
  });

  it('is heard in this thread even if its token was evicted meanwhile', async () => {
    const cache = makeCache();
    const app = await makeApp({ cache, ttl: 60_000 });
    const held = gate();
    app.get('/a', async () => {
      await held.opened;
      return 'x';
    });
    const slow = get(app, '/a');
    await settle();
    await app.cache.purge('/a');
    cache.clear();
    held.open();
    expect((await slow).cache).toContain('detail=purged-meanwhile');
  });
});
