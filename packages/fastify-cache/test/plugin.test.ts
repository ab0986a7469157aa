// Registration, encapsulation, options and what the plugin adds to Fastify.
import { createRequire } from 'node:module';
import Fastify from 'fastify';
import { openCache } from '@catzilla/cache-core';
import { describe, expect, it } from 'vitest';
import plugin, { errors, fastifyCache } from '../src/index.ts';
import {
  atEnd,
  get,
  listen,
  makeApp,
  makeCache,
  RawClient,
  settle,
  standStill,
} from './helpers.ts';

standStill();

describe('registration', () => {
  it('works by default, named and required', async () => {
    expect(plugin).toBe(fastifyCache);
    const required: unknown = createRequire(import.meta.url)('@catzilla/fastify-cache');
    expect(typeof required).toBe('function');
    const app = Fastify();
    atEnd(() => app.close());
    await app.register(required as typeof plugin, { ttl: 60_000 });
    app.get('/default', () => 'x');
    await get(app, '/default');
    expect((await get(app, '/default')).cache).toContain('hit');
    expect(app.cache.health()).toMatchObject({ ok: true, backend: 'native' });
  });

  it('closes the cache it opened, and no other', async () => {
    const cache = makeCache();
    const app = await makeApp({ cache });
    await app.close();
    expect(cache.set('still', 'open')).toBe(true);
    const own = Fastify();
    await own.register(fastifyCache, { cache: { maxBytes: 2 ** 20 } });
    await own.ready();
    // While it is open, its name is taken with other options.
    expect(() => openCache('catzilla-http', { maxBytes: 2 ** 21 })).toThrow();
    await own.close();
    openCache('catzilla-http', { maxBytes: 2 ** 21 }).close();
    expect(own.cache.health()).toMatchObject({ ok: false, backend: 'unreachable' });
  });

  it('throws for unknown and contradictory options, of plugin and route', async () => {
    const bad = async (options: object): Promise<unknown> =>
      makeApp(options).then(
        () => 'nothing',
        (error: unknown) => error,
      );
    expect(await bad({ tll: 5 })).toMatchObject({ code: 'CATZ_FASTIFY_CACHE_OPTION' });
    expect(await bad({ ttl: -1 })).toBeInstanceOf(errors.OPTION);
    expect(await bad({ query: 'exact', ignoreQuery: ['a'] })).toBeInstanceOf(errors.OPTION);
    const app = await makeApp();
    const declare = (cache: unknown): void => {
      app.get('/a', { config: { cache: cache as boolean } }, () => 'x');
    };
    expect(() => declare({ tll: 5 })).toThrow(errors.ROUTE_OPTION);
    expect(() => declare('yes')).toThrow(/GET \/a/);
  });

  it('throws when the scope has one already', async () => {
    const app = await makeApp();
    await expect(async () => app.register(fastifyCache)).rejects.toThrow(errors.REGISTERED_TWICE);
  });

  it('leaves routes declared before it alone, and names them in the log', async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const app = await makeApp(
      { ttl: 60_000, purgeRoute: { path: '/purge', authorize: () => false } },
      {
        fastify: { logger: { level: 'info', stream } },
        before: (app) => app.get('/early', () => 'x'),
      },
    );
    const named = lines.filter((line) => line.includes('declared before the cache'));
    expect(named).toHaveLength(1);
    expect(named[0]).toContain('/early (GET');
    expect(named[0]).not.toContain('/purge');
    await get(app, '/early');
    expect((await get(app, '/early')).headers['cache-status']).toBeUndefined();
  });
});

describe('scopes', () => {
  it('a child registers again with its own options and shadows app.cache; a route is wrapped once', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let childRuns = 0;
    await app.register(async (child) => {
      await child.register(fastifyCache, { cache: makeCache(), ttl: 50_000, namespace: 'child' });
      child.get('/child', () => `${++childRuns}`);
      expect(child.cache).not.toBe(app.cache);
    });
    await app.register(async (sibling) => {
      sibling.get('/sibling', () => 'x');
      expect(sibling.cache).toBe(app.cache);
    });
    app.get('/parent', () => 'x');
    for (const url of ['/parent', '/child', '/sibling']) await get(app, url);
    expect((await get(app, '/parent')).cache).toBe('catzilla; hit; ttl=60');
    expect((await get(app, '/sibling')).cache).toBe('catzilla; hit; ttl=60');
    expect((await get(app, '/child')).cache).toBe('catzilla; hit; ttl=50');
    expect(childRuns).toBe(1);
    expect(app.cache.stats().hits).toBe(2);
  });

  it('two siblings may each register', async () => {
    const app = Fastify();
    atEnd(() => app.close());
    for (const name of ['one', 'two']) {
      await app.register(async (scope) => {
        await scope.register(fastifyCache, { cache: makeCache(), ttl: 60_000, namespace: name });
        scope.get(`/${name}`, (_, reply) => {
          reply.cache.ttl(name === 'one' ? 100_000 : 200_000);
          return name;
        });
      });
    }
    await get(app, '/one');
    await get(app, '/two');
    expect((await get(app, '/one')).cache).toBe('catzilla; hit; ttl=100');
    expect((await get(app, '/two')).cache).toBe('catzilla; hit; ttl=200');
  });

  it('a child may switch off what the parent caches', async () => {
    const app = await makeApp({ ttl: 60_000 });
    await app.register(async (child) => {
      await child.register(fastifyCache, { cache: makeCache(), exclude: ['/**'], ttl: 1000 });
      child.get('/off', () => 'x');
    });
    await get(app, '/off');
    expect((await get(app, '/off')).headers['cache-status']).toBeUndefined();
  });

  it('two applications on one cache and host share entries, by namespace they do not', async () => {
    const cache = makeCache();
    const make = async (namespace?: string) => {
      const app = await makeApp({ cache, ttl: 60_000, ...(namespace ? { namespace } : {}) });
      app.get('/a', () => String(namespace));
      return app;
    };
    const [one, two, other] = [await make(), await make(), await make('other')];
    await get(one, '/a');
    expect((await get(two, '/a')).cache).toContain('hit');
    expect((await get(other, '/a')).body).toBe('other');
  });

  it('hook arrays shared between routes are not written to', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let calls = 0;
    const onSend = [
      async () => {
        calls++;
      },
    ];
    for (const url of ['/a', '/b', '/c']) app.get(url, { onSend }, () => 'x');
    await get(app, '/a');
    expect(onSend).toHaveLength(1);
    expect(calls).toBe(1);
    await get(app, '/a', {}, 'HEAD');
    expect(calls).toBe(2);
  });

  it('the handler keeps its `this`, and prefixed roots are cached under both paths', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.decorate('answer', 42);
    await app.register(
      async (child) => {
        child.get('/', function () {
          return String((this as unknown as { answer: number }).answer);
        });
      },
      { prefix: '/p' },
    );
    for (const url of ['/p', '/p/']) {
      expect((await get(app, url)).body).toBe('42');
      expect((await get(app, url)).cache).toContain('hit');
    }
  });
});

describe('options of a route', () => {
  it('true, an object and false', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/true', { config: { cache: true } }, () => 'x');
    app.get('/own', { config: { cache: { ttl: 100_000 } } }, () => 'x');
    app.get('/false', { config: { cache: false } }, () => 'x');
    for (const url of ['/true', '/own', '/false']) await get(app, url);
    expect((await get(app, '/true')).cache).toBe('catzilla; hit; ttl=60');
    expect((await get(app, '/own')).cache).toBe('catzilla; hit; ttl=100');
    expect((await get(app, '/false')).headers['cache-status']).toBeUndefined();
  });

  it('rules, presets, include and exclude by template and by path', async () => {
    const app = await makeApp({
      rules: [
        { path: '/api/**', preset: 'api' },
        { path: '/pages/special', ttl: 70_000 },
        { path: '/pages/*', ttl: 30_000 },
      ],
      exclude: ['/api/admin/**'],
    });
    app.get('/api/:id', () => 'x');
    app.get('/api/admin/:id', () => 'x');
    app.get('/pages/:id', () => 'x');
    app.get('/*', () => 'x');
    const twice = async (url: string): Promise<string> => {
      await get(app, url);
      return (await get(app, url)).cache;
    };
    expect(await twice('/api/1')).toBe('catzilla; hit; ttl=300');
    expect((await get(app, '/api/1?_=2')).cache).toBe('catzilla; hit; ttl=300');
    expect(await twice('/api/admin/1')).toBe('');
    expect(await twice('/pages/special')).toBe('catzilla; hit; ttl=70');
    expect(await twice('/pages/other')).toBe('catzilla; hit; ttl=30');
    expect(await twice('/elsewhere')).toContain('detail=no-freshness');
    expect(await twice('/api/admin%2f1')).not.toContain('hit');
  });

  it('a wildcard route asks by path, and says when a path is excluded', async () => {
    const app = await makeApp({ ttl: 60_000, exclude: ['/private/**'] });
    app.get('/*', () => 'x');
    await get(app, '/public');
    expect((await get(app, '/public')).cache).toContain('hit');
    await get(app, '/private/x');
    expect((await get(app, '/private/x')).cache).toBe('catzilla; fwd=bypass; detail=excluded');
  });

  it('methods: HEAD may be left to the handler', async () => {
    const app = await makeApp({ ttl: 60_000, methods: ['GET'] });
    app.get('/a', () => 'x');
    await get(app, '/a');
    expect((await get(app, '/a', {}, 'HEAD')).cache).toBe('catzilla; fwd=method; detail=method');
  });

  it('types, setCookie and announced Vary', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/css', { config: { cache: { types: ['text/css'] } } }, (request, reply) =>
      reply.type((request.query as { t: string }).t).send('x'),
    );
    app.get('/strip', { config: { cache: { setCookie: 'strip' } } }, (_, reply) =>
      reply.header('set-cookie', 'a=1').send('x'),
    );
    app.get('/vary', { config: { cache: { vary: { add: ['x-v'] } } } }, (request) =>
      String(request.headers['x-v']),
    );
    await get(app, '/css?t=text/css');
    expect((await get(app, '/css?t=text/css')).cache).toContain('hit');
    expect((await get(app, '/css?t=text/html')).cache).toContain('detail=content-type');
    expect((await get(app, '/strip')).headers['set-cookie']).toBe('a=1');
    const stripped = await get(app, '/strip');
    expect(stripped.cache).toContain('hit');
    expect(stripped.headers['set-cookie']).toBeUndefined();
    for (const v of ['1', '2', '1']) {
      const answer = await get(app, '/vary', { 'x-v': v });
      expect(answer.body).toBe(v);
      expect(String(answer.headers['vary']).toLowerCase()).toBe('x-v');
    }
  });
});

describe('reply.cache', () => {
  it('sets the lifetime of this reply, or keeps it out', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/ttl', (_, reply) => {
      reply.cache.ttl(90_000);
      return 'x';
    });
    app.get('/zero', (_, reply) => {
      reply.cache.ttl(0);
      return 'x';
    });
    app.get('/skip', (_, reply) => {
      reply.cache.skip();
      return 'x';
    });
    app.get('/why', (_, reply) => {
      reply.cache.skip('draft, not final');
      return 'x';
    });
    for (const url of ['/ttl', '/zero', '/skip', '/why']) await get(app, url);
    expect((await get(app, '/ttl')).cache).toBe('catzilla; hit; ttl=90');
    expect((await get(app, '/zero')).cache).toContain('detail=no-freshness');
    expect((await get(app, '/skip')).cache).toContain('detail=skip');
    expect((await get(app, '/why')).cache).toContain('detail="draft, not final"');
    expect(app.cache.stats().reasons).toEqual({ 'no-freshness': 2, skip: 4 });
  });

  it('refuses what is no duration, and what comes too late', async () => {
    const app = await makeApp({ ttl: 60_000 });
    const caught: unknown[] = [];
    const attempt = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        caught.push(error);
      }
    };
    app.get('/a', (_, reply) => {
      for (const value of [-1, NaN, '5' as unknown as number])
        attempt(() => reply.cache.ttl(value));
      return 'x';
    });
    app.addHook('onResponse', async (_, reply) => {
      attempt(() => reply.cache.skip());
      attempt(() => reply.cache.ttl(1));
    });
    await get(app, '/a');
    await settle();
    expect(caught.map((error) => (error as { code: string }).code)).toEqual([
      ...Array.from({ length: 3 }, () => 'CATZ_FASTIFY_CACHE_OPTION'),
      ...Array.from({ length: 2 }, () => 'CATZ_FASTIFY_CACHE_TOO_LATE'),
    ]);
  });
});

describe('what operators see', () => {
  it('counts in stats', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', () => 'x');
    app.get('/no', (_, reply) => reply.header('cache-control', 'no-store').send('x'));
    await get(app, '/a');
    await get(app, '/a');
    await get(app, '/a', { 'if-none-match': '*' });
    await get(app, '/no');
    await get(app, '/a', { range: 'bytes=0-0' });
    await get(app, '/a', { 'if-match': '*' });
    expect(app.cache.stats()).toMatchObject({
      hits: 3,
      notModified: 1,
      below: 0,
      stale: 0,
      staleIfError: 0,
      revalidated: 0,
      refreshes: 0,
      refreshErrors: 0,
      misses: 3,
      forwarded: { 'uri-miss': 2, bypass: 1 },
      stored: 1,
      notStored: 1,
      reasons: { 'no-store': 1 },
      faults: 0,
      answers: { raw: 0, head: 3, send: 0 },
    });
  });

  it('x-cache and the key of a full Cache-Status', async () => {
    const app = await makeApp({ ttl: 60_000, cacheStatus: 'full', xCache: true });
    app.get('/a', () => 'x');
    const miss = await get(app, '/a?q="1"');
    const hit = await get(app, '/a?q="1"');
    expect(miss.headers['x-cache']).toBe('MISS');
    expect(hit.headers['x-cache']).toBe('HIT');
    expect(miss.cache).toBe(
      'catzilla; fwd=uri-miss; stored; key="1|http|http|localhost|/a?q=%221%22"',
    );
    expect(hit.cache).toBe('catzilla; hit; ttl=60; key="1|http|http|localhost|/a?q=%221%22"');
  });

  it("mode 'send' has no self-test in health", async () => {
    const app = await makeApp({ mode: 'send' });
    expect(app.cache.health().selfTest).toBe('off');
    expect((await makeApp()).cache.health()).toMatchObject({
      selfTest: 'passed',
      lastFault: undefined,
    });
  });

  it('a hook after ours is named in the log, once per route', async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const app = await makeApp({ ttl: 60_000 }, { fastify: { logger: { level: 'warn', stream } } });
    app.addHook('onRoute', (route) => {
      route.onSend = ([] as unknown[]).concat(route.onSend ?? [], async () => {}) as never;
    });
    app.get('/a', () => 'x');
    for (let i = 0; i < 3; i++) await get(app, '/a');
    expect(lines.filter((line) => line.includes('runs after the cache'))).toHaveLength(1);
  });
});

it('a WebSocket route is left alone', async () => {
  const app = await makeApp({ ttl: 60_000 });
  app.route({ method: 'GET', url: '/ws', handler: () => 'x', websocket: true } as never);
  await get(app, '/ws');
  expect((await get(app, '/ws')).headers['cache-status']).toBeUndefined();
});

it('a route inside a listening application answers raw with its prefix', async () => {
  const app = await makeApp({ ttl: 60_000 });
  await app.register(async (child) => child.get('/a', () => 'x'), { prefix: '/v1' });
  const client = new RawClient(await listen(app));
  for (let i = 0; i < 2; i++) {
    client.send('GET /v1/a HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await client.response()).body.toString()).toBe('x');
  }
  expect(app.cache.stats().answers.raw).toBe(1);
});
