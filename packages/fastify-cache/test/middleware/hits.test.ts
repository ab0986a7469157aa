// Hits of the cache and middleware: guards run before each, posts that are perRequest on each, all others where it was made.
import { catzillaRouter, group } from '@catzilla/router';
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { atEnd, get, until } from '../helpers.ts';
import { asker, bothApp, counting, define, guardAt, HOST, watchWrites } from './support.ts';

const POINTS = ['onRequest', 'preValidation', 'preHandler'] as const;

describe.each([false, true])('with the cache registered first: %s', (cacheFirst) => {
  test.each(POINTS)('a guard at %s is asked before every hit, HEAD included', async (at) => {
    const app = await bothApp({ cacheFirst, middleware: { use: [guardAt(at)] } });
    let runs = 0;
    app.get('/', () => `answer ${++runs}`);
    const key = { 'x-key': '1' };
    expect((await get(app, '/')).status).toBe(401);
    expect((await get(app, '/', key)).body).toBe('answer 1');
    expect((await get(app, '/', key)).cache).toContain('hit');
    for (const method of ['GET', 'HEAD'] as const) {
      expect((await get(app, '/', {}, method)).status).toBe(401);
      expect((await get(app, '/', key, method)).cache).toContain('hit');
    }
    expect(runs).toBe(1);
  });

  test('hits are written raw beside middleware, behind its guard', async () => {
    const seen: boolean[] = [];
    const ran: string[] = [];
    const after = (_request: unknown, _reply: unknown, ctx: { outcome: string }): void =>
      void ran.push(ctx.outcome);
    const use = [guardAt('preHandler'), define({ name: 'log', after }), counting()];
    const app = await bothApp({ cacheFirst, middleware: { use } }, (made) =>
      watchWrites(made, seen),
    );
    app.get('/', () => 'x');
    const ask = await asker(app, seen);
    const wanted = [false, true, true];
    for (const wasRaw of wanted) {
      const answer = await ask(`GET / ${HOST}X-Key: 1\r\n\r\n`);
      expect(answer.wasRaw).toBe(wasRaw);
      // What the post had set is stored with the reply.
      expect(answer.text).toContain('x-count: 1\r\n');
    }
    const refused = await ask(`GET / ${HOST}\r\n`);
    expect(refused.text).toMatch(/^HTTP\/1\.1 401 /);
    await until(() => ran.length === 4);
    expect(ran).toEqual(['ok', 'ok', 'ok', 'short']);
  });

  test('a perRequest post runs on each hit, which is written raw all the same', async () => {
    const seen: boolean[] = [];
    const app = await bothApp(
      { cacheFirst, middleware: { use: [counting({ perRequest: true })] } },
      (made) => watchWrites(made, seen),
    );
    app.get('/', () => 'x');
    const ask = await asker(app, seen);
    for (const [count, wasRaw] of [
      [1, false],
      [2, true],
      [3, true],
    ] as const) {
      const answer = await ask(`GET / ${HOST}\r\n`);
      expect([answer.wasRaw, /x-count: \d+/.exec(answer.text)?.[0]]).toEqual([
        wasRaw,
        `x-count: ${count}`,
      ]);
    }
    expect((await ask(`HEAD / ${HOST}\r\n`, true)).text).toContain('x-count: 4\r\n');
    const etag = /etag: (.*)\r\n/.exec((await ask(`GET / ${HOST}\r\n`)).text)![1]!;
    const notModified = await ask(`GET / ${HOST}If-None-Match: ${etag}\r\n\r\n`, true);
    expect(notModified.text).toMatch(/^HTTP\/1\.1 304 [^]*x-count: 6\r\n/);
  });

  test.each(['auto', 'send'] as const)(
    "in mode '%s' through inject, a perRequest post runs once for each hit",
    async (mode) => {
      const post = counting({ perRequest: true });
      const app = await bothApp({ cacheFirst, cache: { mode }, middleware: { use: [post] } });
      app.get('/', () => 'x');
      const counts = [];
      for (let i = 0; i < 3; i++) counts.push((await get(app, '/')).headers['x-count']);
      expect(counts).toEqual(['1', '2', '3']);
    },
  );

  test('beside an onSend hook of somebody else, which sees hits again, posts are not run again', async () => {
    const app = await bothApp(
      {
        cacheFirst,
        middleware: { use: [counting(), counting({ name: 'each', perRequest: true })] },
      },
      (made) => {
        let seen = 0;
        made.addHook(
          'onSend',
          async (_request, reply) => void reply.header('x-seen', String(++seen)),
        );
      },
    );
    app.get('/', () => 'x');
    for (const [seen, count] of [
      ['1', '1'],
      ['2', '2'],
      ['3', '3'],
    ]) {
      const { headers } = await get(app, '/');
      expect([headers['x-seen'], headers['x-count']]).toEqual([seen, count]);
    }
  });

  test('a transform has transformed what is stored, once', async () => {
    for (const mode of ['auto', 'send'] as const) {
      const post = (_request: unknown, _reply: unknown, _ctx: unknown, payload: unknown): string =>
        `(${String(payload)})`;
      const use = [define({ name: 'wrap', transforms: true, post })];
      const app = await bothApp({ cacheFirst, cache: { mode }, middleware: { use } });
      app.get('/', () => 'x');
      for (let i = 0; i < 3; i++) expect((await get(app, '/')).body).toBe('(x)');
      expect(app.cache.stats().hits).toBe(2);
    }
  });
});

test('what a perRequest post sets is not stored: another request does not see it', async () => {
  const post = (
    request: { headers: Record<string, string> },
    reply: { header(name: string, value: string): unknown },
  ): void => {
    const who = request.headers['x-who'];
    if (who !== undefined) reply.header('x-user', who);
  };
  const app = await bothApp({
    middleware: { use: [define({ name: 'who', perRequest: true, post })] },
  });
  app.get('/', () => 'x');
  const users = [];
  for (const who of ['ann', undefined, 'bob']) {
    users.push((await get(app, '/', who === undefined ? {} : { 'x-who': who })).headers['x-user']);
  }
  expect(users).toEqual(['ann', undefined, 'bob']);
  expect(app.cache.stats().hits).toBe(2);
});

test('what a perRequest post sets stays on a reply that a stored one stands in for', async () => {
  const app = await bothApp({
    cache: { ttl: 60_000 },
    middleware: { use: [counting({ perRequest: true })] },
  });
  let fails = false;
  app.get('/', (_request, reply) => {
    if (fails) throw new Error('no');
    return reply
      .header('cache-control', 'max-age=0, stale-if-error=60')
      .header('etag', '"v1"')
      .send('x');
  });
  app.get('/validated', (request, reply) => {
    void reply.header('cache-control', 'max-age=0').header('etag', '"v1"');
    return request.headers['if-none-match'] === '"v1"' ? reply.code(304).send() : reply.send('y');
  });
  expect((await get(app, '/')).headers['x-count']).toBe('1');
  fails = true;
  const instead = await get(app, '/');
  expect([instead.status, instead.body]).toEqual([200, 'x']);
  expect(instead.headers['x-count']).toBe('2');
  expect((await get(app, '/validated')).headers['x-count']).toBe('3');
  const validated = await get(app, '/validated');
  expect([validated.status, validated.body, validated.headers['x-count']]).toEqual([200, 'y', '4']);
  expect(app.cache.stats().revalidated).toBe(1);
});

test('what a perRequest post sets is not stored either by a 304 that makes a stored reply fresh again', async () => {
  const post = (
    request: { headers: Record<string, string> },
    reply: { header(name: string, value: string): unknown },
  ): void => {
    const who = request.headers['x-who'];
    if (who !== undefined) reply.header('x-user', who);
  };
  const app = await bothApp({
    middleware: { use: [define({ name: 'who', perRequest: true, post })] },
  });
  app.get('/', (request, reply) => {
    void reply.header('etag', '"v1"');
    return request.headers['if-none-match'] === '"v1"'
      ? reply.header('cache-control', 'max-age=60').code(304).send()
      : reply.header('cache-control', 'max-age=0').send('x');
  });
  await get(app, '/');
  expect((await get(app, '/', { 'x-who': 'ann' })).headers['x-user']).toBe('ann');
  const hit = await get(app, '/');
  expect([hit.cache.includes('hit'), hit.headers['x-user']]).toEqual([true, undefined]);
});

test('a perRequest post that fails on a hit fails the request, and is not asked again', async () => {
  let fails = false;
  let asked = 0;
  const post = (): void => {
    asked++;
    if (fails) throw new Error('no');
  };
  const use = [define({ name: 'bad', perRequest: true, post }), counting()];
  const app = await bothApp({ middleware: { use } });
  app.get('/', () => 'x');
  await get(app, '/');
  fails = true;
  const failed = await get(app, '/');
  expect([failed.status, asked]).toEqual([500, 2]);
  // The reply to the error is a new one: other posts see it.
  expect(failed.headers['x-count']).toBe('2');
  fails = false;
  expect((await get(app, '/')).cache).toContain('hit');
});

test('a perRequest post that is asynchronous after all fails the hit', async () => {
  let isAsync = false;
  const post = (): unknown => (isAsync ? Promise.resolve() : undefined);
  const app = await bothApp({
    middleware: { use: [define({ name: 'bad', perRequest: true, post })] },
  });
  app.get('/', () => 'x');
  await get(app, '/');
  isAsync = true;
  expect(JSON.parse((await get(app, '/')).body)).toMatchObject({ code: 'CATZ_MIDDLEWARE_RETURN' });
});

test('Server-Timing is of the request, on a hit as well', async () => {
  const app = await bothApp({ middleware: { use: [guardAt('onRequest')], serverTiming: true } });
  app.get('/', () => 'x');
  for (const hits of [0, 1, 2]) {
    const { headers } = await get(app, '/', { 'x-key': '1' });
    expect(headers['server-timing']).toMatch(/^guard;dur=\d+\.\d{3}$/);
    expect(app.cache.stats().hits).toBe(hits);
  }
});

test('hits of many routes, of a group and with the router’s engines, are behind their guards', async () => {
  const router = catzillaRouter({ engine: 'walk' });
  const app = Fastify({ routerOptions: router.options() });
  atEnd(() => app.close());
  await app.register(router);
  const { middleware } = await import('@catzilla/router');
  const { fastifyCache } = await import('../../src/index.ts');
  const { makeCache } = await import('../helpers.ts');
  await app.register(middleware, {});
  await app.register(fastifyCache, { cache: makeCache(), ttl: 60_000 });
  const closed = group({ prefix: '/g', middleware: [guardAt('preHandler')] });
  closed.get('/:id', async () => 'x');
  await app.register(closed.plugin);
  for (let i = 0; i < 3; i++) expect((await get(app, '/g/1', { 'x-key': '1' })).status).toBe(200);
  expect((await get(app, '/g/1')).status).toBe(401);
  expect(app.cache.stats().hits).toBe(2);
});

describe("lookup: 'onRequest'", () => {
  const early = { lookup: 'onRequest' } as const;

  test.each([false, true])(
    'runs guards at onRequest before a hit; cache first: %s',
    async (cacheFirst) => {
      const use = [guardAt('onRequest'), counting({ perRequest: true })];
      const app = await bothApp({ cacheFirst, cache: early, middleware: { use } });
      app.get('/', () => 'x');
      const key = { 'x-key': '1' };
      for (let i = 0; i < 3; i++) {
        expect((await get(app, '/', key)).headers['x-count']).toBe(String(i + 1));
      }
      expect((await get(app, '/')).status).toBe(401);
      expect(app.cache.stats().hits).toBe(2);
    },
  );

  test.each(['preValidation', 'preHandler'] as const)(
    'does not start where a guard at %s would be skipped, be it global, of a group, or of a route',
    async (at) => {
      for (const place of ['global', 'group', 'route']) {
        for (const cacheFirst of [false, true]) {
          const use = place === 'global' ? [guardAt(at)] : [];
          const app = await bothApp({ cacheFirst, cache: early, middleware: { use } });
          const inside = group({
            prefix: '/g',
            ...(place === 'group' && { middleware: [guardAt(at)] }),
          });
          const config = place === 'route' ? { middleware: [guardAt(at)] } : {};
          inside.get('/', { config }, async () => 'x');
          void app.register(inside.plugin);
          await expect(app.ready(), `${place} ${cacheFirst}`).rejects.toMatchObject({
            code: 'CATZ_FASTIFY_CACHE_ROUTE_OPTION',
          });
        }
      }
    },
  );

  test('does not start where a guard of a later point is given to the route behind our back', async () => {
    const app = await bothApp({ cacheFirst: true, cache: early });
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, middleware: [guardAt('preHandler')] };
    });
    app.get('/', () => 'x');
    await expect(app.ready()).rejects.toMatchObject({ code: 'CATZ_FASTIFY_CACHE_ROUTE_OPTION' });
  });

  test('does not start where the route was declared before the middleware plugin', async () => {
    const { middleware } = await import('@catzilla/router');
    const { fastifyCache } = await import('../../src/index.ts');
    const { makeCache } = await import('../helpers.ts');
    const app = Fastify();
    atEnd(() => app.close());
    await app.register(fastifyCache, { cache: makeCache(), ttl: 60_000, ...early });
    app.get('/', () => 'x');
    await app.register(middleware, { use: [guardAt('preHandler')] });
    await expect(app.ready()).rejects.toMatchObject({ code: 'CATZ_FASTIFY_CACHE_ROUTE_OPTION' });
  });
});
