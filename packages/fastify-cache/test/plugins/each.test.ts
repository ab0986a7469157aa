// The plugins people have, registered before and after ours: nothing of one request may stick, nothing may break.
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import etag from '@fastify/etag';
import helmet from '@fastify/helmet';
import jwt from '@fastify/jwt';
import rateLimit from '@fastify/rate-limit';
import { fastifyRequestContext, requestContext } from '@fastify/request-context';
import session from '@fastify/session';
import underPressure from '@fastify/under-pressure';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { fastifyCache } from '../../src/index.ts';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { atEnd, get, makeCache } from '../helpers.ts';

declare module 'fastify' {
  interface Session {
    user: string;
  }
}

declare module '@fastify/request-context' {
  interface RequestContextData {
    tenant: string;
  }
}

const ORDERS = ['before', 'after'] as const;

async function withPlugin(
  order: (typeof ORDERS)[number],
  add: (app: FastifyInstance) => unknown,
  options: FastifyCacheOptions = {},
): Promise<FastifyInstance> {
  const app = Fastify();
  atEnd(() => app.close());
  if (order === 'before') await add(app);
  await app.register(fastifyCache, { cache: makeCache(), ttl: 60_000, ...options });
  if (order === 'after') await add(app);
  return app;
}

for (const order of ORDERS) {
  describe(`registered ${order} the cache`, () => {
    it('@fastify/cookie: a reply that sets a cookie is not stored', async () => {
      const app = await withPlugin(order, (app) => app.register(cookie));
      let runs = 0;
      app.get('/set', (_, reply) => reply.setCookie('session', `${++runs}`).send('x'));
      app.get('/plain', () => `${++runs}`);
      for (let i = 1; i <= 2; i++) {
        const answer = await get(app, '/set');
        expect(answer.headers['set-cookie']).toContain(`session=${i};`);
        expect(answer.cache).toContain('stored=?0; detail=set-cookie');
      }
      await get(app, '/plain');
      const hit = await get(app, '/plain');
      expect(hit.cache).toContain('hit');
      expect(hit.headers['set-cookie']).toBeUndefined();
    });

    it('@fastify/cookie: a cookie set by a hook for this request goes out with a hit and is never stored', async () => {
      const app = await withPlugin(order, (app) => app.register(cookie));
      app.addHook('onRequest', async (request, reply) => {
        const user = request.headers['x-user'];
        if (user) void reply.setCookie('user', String(user));
      });
      app.get('/a', () => 'x');
      await get(app, '/a');
      const ann = await get(app, '/a', { 'x-user': 'ann' });
      expect(ann.cache).toContain('hit');
      expect(ann.headers['set-cookie']).toContain('user=ann;');
      const bob = await get(app, '/a', { 'x-user': 'bob' });
      expect(bob.headers['set-cookie']).toContain('user=bob;');
      expect((await get(app, '/a')).headers['set-cookie']).toBeUndefined();
    });

    it('@fastify/cors: each origin gets its own permission', async () => {
      const app = await withPlugin(order, (app) =>
        app.register(cors, {
          origin: ['https://a.example', 'https://b.example'],
          credentials: true,
        }),
      );
      app.get('/a', () => 'x');
      for (let round = 0; round < 2; round++) {
        for (const origin of ['https://a.example', 'https://b.example', 'https://evil.example']) {
          const answer = await get(app, '/a', { origin });
          const expected = origin.includes('evil') ? undefined : origin;
          expect(answer.headers['access-control-allow-origin']).toBe(expected);
          expect(String(answer.headers['vary'])).toContain('Origin');
          if (round === 1) expect(answer.cache).toContain('hit');
        }
      }
    });

    it('@fastify/helmet: its fields are those of the current request; a page with a nonce is not stored', async () => {
      const app = await withPlugin(order, (app) =>
        app.register(helmet, { global: true, enableCSPNonces: true }),
      );
      app.get('/api', () => ({ a: 1 }));
      app.get('/page', (_, reply) => reply.type('text/html').send('<p>'));
      const miss = await get(app, '/api');
      const hit = await get(app, '/api');
      expect(hit.cache).toContain('hit');
      expect(hit.headers['x-frame-options']).toBe('SAMEORIGIN');
      expect(hit.headers['content-security-policy']).toContain('nonce-');
      expect(hit.headers['content-security-policy']).not.toBe(
        miss.headers['content-security-policy'],
      );
      await get(app, '/page');
      expect((await get(app, '/page')).cache).toContain('detail=nonce');
    });

    it('@fastify/rate-limit: counts and refuses hits, too', async () => {
      const app = await withPlugin(order, (app) =>
        app.register(rateLimit, { max: 3, timeWindow: 60_000 }),
      );
      app.get('/a', () => 'x');
      const left: unknown[] = [];
      for (let i = 0; i < 3; i++)
        left.push((await get(app, '/a')).headers['x-ratelimit-remaining']);
      expect(left.map(Number)).toEqual([2, 1, 0]);
      expect((await get(app, '/a')).status).toBe(429);
      expect(app.cache.stats().hits).toBe(2);
    });

    it('@fastify/etag: its tag is stored, conditions are answered from the cache, a cold one is filled', async () => {
      const app = await withPlugin(order, (app) => app.register(etag));
      let runs = 0;
      app.get('/a', () => {
        runs++;
        return { stable: true };
      });
      const first = await get(app, '/a', { 'if-none-match': '"cold"' });
      const tag = first.headers['etag'] as string;
      expect(first.status).toBe(200);
      expect((await get(app, '/a')).headers['etag']).toBe(tag);
      const notModified = await get(app, '/a', { 'if-none-match': tag });
      expect(notModified).toMatchObject({ status: 304, body: '' });
      expect(notModified.headers['content-length']).toBeUndefined();
      expect(runs).toBe(1);
    });

    it('@fastify/compress: every client gets a coding it asked for', async () => {
      const app = await withPlugin(order, (app) =>
        app.register(compress, { global: true, threshold: 0 }),
      );
      const text = 'compressible '.repeat(500);
      let runs = 0;
      app.get('/a', (_, reply) => {
        runs++;
        return reply.type('text/plain').send(text);
      });
      const decode = { gzip: gunzipSync, br: brotliDecompressSync };
      for (let round = 0; round < 2; round++) {
        for (const coding of ['gzip', 'br', 'identity'] as const) {
          const answer = await app.inject({ url: '/a', headers: { 'accept-encoding': coding } });
          const given = answer.headers['content-encoding'];
          expect(given).toBe(coding === 'identity' ? undefined : coding);
          const body =
            coding === 'identity' ? answer.rawPayload : decode[coding](answer.rawPayload);
          expect(body.toString()).toBe(text);
          if (round === 1 && order === 'before') {
            expect(answer.headers['cache-status']).toContain('hit');
          }
        }
        const none = await app.inject({ url: '/a' });
        expect(none.body).toBe(text);
      }
      if (order === 'before') expect(runs).toBe(4);
    });
  });
}

it('@fastify/etag and @fastify/compress: a tag made before the coding is weak on the coded body', async () => {
  const app = await withPlugin('before', async (app) => {
    await app.register(etag);
    await app.register(compress, { global: true, threshold: 0 });
  });
  app.get('/a', (_, reply) => reply.type('text/plain').send('compressible '.repeat(100)));
  const coded = await get(app, '/a', { 'accept-encoding': 'gzip' });
  const plain = await get(app, '/a', { 'accept-encoding': 'identity' });
  expect(coded.headers['content-encoding']).toBe('gzip');
  expect(coded.headers['etag']).toBe(`W/${plain.headers['etag'] as string}`);
  const hit = await get(app, '/a', { 'accept-encoding': 'gzip' });
  expect(hit.cache).toContain('hit');
  expect(hit.headers['etag']).toBe(coded.headers['etag']);
});

describe('@fastify/session', () => {
  it('keeps a visitor’s own replies out of the cache, and gives the others hits', async () => {
    const app = await withPlugin('before', async (app) => {
      await app.register(cookie);
      const secret = 'a secret with minimum length of 32 characters';
      await app.register(session, { secret, saveUninitialized: false, cookie: { secure: false } });
    });
    app.get('/page', (request) => request.session.get('user') ?? 'nobody');
    app.get('/login/:user', (request, reply) => {
      request.session.set('user', (request.params as { user: string }).user);
      return reply.send('welcome');
    });
    const visit = async (user: string): Promise<{ cookie: string }> => {
      const { headers, cache } = await get(app, `/login/${user}`);
      expect(cache).toContain('detail=set-cookie');
      return { cookie: String(headers['set-cookie']).split(';')[0]! };
    };
    const [ann, bob] = [await visit('ann'), await visit('bob')];
    for (let round = 0; round < 2; round++) {
      expect((await get(app, '/page', ann)).body).toBe('ann');
      expect((await get(app, '/page', bob)).body).toBe('bob');
      expect((await get(app, '/page')).body).toBe('nobody');
    }
    expect((await get(app, '/page')).cache).toContain('hit');
  });

  it('that saves every session keeps every reply out of the cache', async () => {
    const app = await withPlugin('before', async (app) => {
      await app.register(cookie);
      const secret = 'a secret with minimum length of 32 characters';
      await app.register(session, { secret, cookie: { secure: false } });
    });
    app.get('/page', () => 'x');
    for (let i = 0; i < 2; i++) {
      expect((await get(app, '/page')).cache).toContain('detail=set-cookie');
    }
  });
});

describe('@fastify/jwt', () => {
  const make = async (options: FastifyCacheOptions): Promise<FastifyInstance> => {
    const app = await withPlugin(
      'before',
      async (app) => {
        await app.register(jwt, { secret: 'secret' });
        app.addHook('onRequest', async (request) => {
          await request.jwtVerify();
        });
      },
      options,
    );
    app.get('/me', (request) => (request.user as { name: string }).name);
    return app;
  };
  const bearer = (app: FastifyInstance, name: string): Record<string, string> => ({
    authorization: `Bearer ${app.jwt.sign({ name })}`,
  });

  it('shares nothing between users by itself', async () => {
    const app = await make({});
    await app.ready();
    for (const name of ['ann', 'bob', 'ann']) {
      expect((await get(app, '/me', bearer(app, name))).body).toBe(name);
    }
    expect(app.cache.stats().hits).toBe(0);
  });

  it('with identity gives each user hits of their own', async () => {
    const identity: FastifyCacheOptions['identity'] = (request) =>
      (request.user as { name: string } | null)?.name ?? null;
    const app = await make({ identity });
    await app.ready();
    for (const name of ['ann', 'bob']) {
      await get(app, '/me', bearer(app, name));
      const hit = await get(app, '/me', bearer(app, name));
      expect(hit.cache).toContain('hit');
      expect(hit.body).toBe(name);
    }
    expect((await get(app, '/me')).status).toBe(401);
    expect((await get(app, '/me', { authorization: 'Bearer forged.token.here' })).status).toBe(401);
  });
});

it('@fastify/request-context: a hook’s field is that of the current request, as is its context', async () => {
  const app = await withPlugin('before', async (app) => {
    await app.register(fastifyRequestContext, {});
    app.addHook('onRequest', async (request, reply) => {
      requestContext.set('tenant', String(request.headers['x-tenant']));
      void reply.header('x-tenant', requestContext.get('tenant'));
    });
    app.addHook('onResponse', async () => {
      seen.push(requestContext.get('tenant'));
    });
  });
  const seen: unknown[] = [];
  app.get('/a', () => 'x');
  for (const tenant of ['t1', 't2', 't3']) {
    expect((await get(app, '/a', { 'x-tenant': tenant })).headers['x-tenant']).toBe(tenant);
  }
  expect(app.cache.stats().hits).toBe(2);
  expect(seen).toEqual(['t1', 't2', 't3']);
});

it('@fastify/under-pressure: refuses hits too while the process is overloaded', async () => {
  let healthy = true;
  const app = await withPlugin('before', (app) =>
    app.register(underPressure, {
      healthCheck: async () => healthy,
      healthCheckInterval: 10,
      pressureHandler: (_request, reply) => {
        void reply.code(503).send('busy');
      },
    }),
  );
  app.get('/a', () => 'x');
  await get(app, '/a');
  expect((await get(app, '/a')).cache).toContain('hit');
  healthy = false;
  for (let i = 0; i < 100; i++) {
    const { status, body } = await get(app, '/a');
    if (status === 503) return expect(body).toBe('busy');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the handler of pressure was never asked');
});
