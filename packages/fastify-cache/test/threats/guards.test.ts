// A hit must never skip a guard: at every hook a guard can stand in, of instance and route, before and after the plugin, and
// with hits answered in onRequest as far as the application starts with them at all.
import rateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { fastifyCache } from '../../src/index.ts';
import type { RouteCacheOptions } from '../../src/index.ts';
import { atEnd, get, listen, makeApp, makeCache, RawClient } from '../helpers.ts';

const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;
const LATER = HOOKS.slice(1);
const PLACES = [
  'instance, before',
  'instance, after',
  'instance, after the route',
  'route',
  'outer scope',
  'route, by a plugin before',
  'route, by a plugin after',
] as const;
type Hook = (typeof HOOKS)[number];
type Place = (typeof PLACES)[number];

const allowed = (request: FastifyRequest): boolean => request.headers['x-pass'] === 'yes';

// Three ways to refuse: throw, answer by oneself, call back with an error.
const GUARDS = {
  throws: async (request: FastifyRequest) => {
    if (!allowed(request)) throw Object.assign(new Error('refused'), { statusCode: 403 });
  },
  answers: async (request: FastifyRequest, reply: FastifyReply) => {
    if (!allowed(request)) return reply.code(403).send('refused');
    return undefined;
  },
  'calls back': (request: FastifyRequest, _reply: FastifyReply, ...rest: unknown[]) => {
    const done = rest.at(-1) as (error?: Error) => void;
    if (allowed(request)) done();
    else done(Object.assign(new Error('refused'), { statusCode: 403 }));
  },
};

async function guarded(
  hook: Hook,
  place: Place,
  guard: unknown,
  cached: RouteCacheOptions | true = true,
): Promise<FastifyInstance> {
  const app = Fastify();
  atEnd(() => app.close());
  const add = (instance: FastifyInstance): unknown =>
    instance.addHook(hook as 'onRequest', guard as never);
  // As @fastify/rate-limit does it.
  const addToRoutes = (instance: FastifyInstance): unknown =>
    instance.addHook('onRoute', (route) => {
      const present = ([] as unknown[]).concat(route[hook] ?? []);
      route[hook] = [...present, guard] as never;
    });
  const cache = makeCache();
  const build = async (scope: FastifyInstance): Promise<void> => {
    if (place === 'instance, before') add(scope);
    if (place === 'route, by a plugin before') addToRoutes(scope);
    await scope.register(fastifyCache, { cache, ttl: 60_000, cookies: 'ignore' });
    if (place === 'instance, after') add(scope);
    if (place === 'route, by a plugin after') addToRoutes(scope);
    const options = {
      config: { cache: cached },
      ...(place === 'route' ? { [hook]: guard } : {}),
    };
    scope.get('/secret', options as RouteShorthandOptions, () => 'the secret');
    if (place === 'instance, after the route') add(scope);
  };
  if (place === 'outer scope') {
    add(app);
    await app.register(build);
  } else await build(app);
  return app;
}

// Filled by somebody who may, then asked for by somebody who may not.
async function expectGuarded(app: FastifyInstance): Promise<void> {
  expect((await get(app, '/secret')).status).toBe(403);
  expect((await get(app, '/secret', { 'x-pass': 'yes' })).body).toBe('the secret');
  const hit = await get(app, '/secret', { 'x-pass': 'yes' });
  expect(hit).toMatchObject({ status: 200, body: 'the secret' });
  expect(hit.cache).toContain('hit');
  const etag = String(hit.headers['etag']);
  const forms = [{}, { 'if-none-match': etag }, { range: 'bytes=0-2' }, { pragma: 'no-cache' }];
  for (const method of ['GET', 'HEAD'] as const) {
    for (const form of forms) {
      const refused = await get(app, '/secret', form as Record<string, string>, method);
      expect(refused.status).toBe(403);
      expect(refused.body).not.toContain('the');
      expect(refused.headers['etag']).toBeUndefined();
    }
  }
}

describe('a guard', () => {
  for (const hook of HOOKS) {
    for (const place of PLACES) {
      for (const [kind, guard] of Object.entries(GUARDS)) {
        it(`in ${hook} (${place}) that ${kind} is asked before every hit`, async () => {
          await expectGuarded(await guarded(hook, place, guard));
        });
      }
    }
  }

  it('is asked on the wire before every raw answer, too', async () => {
    const app = await guarded('preHandler', 'route', GUARDS.throws);
    const client = new RawClient(await listen(app));
    const pass = 'GET /secret HTTP/1.1\r\nHost: x\r\nX-Pass: yes\r\n\r\n';
    const fail = 'GET /secret HTTP/1.1\r\nHost: x\r\n\r\n';
    client.send(pass);
    await client.response();
    client.send(pass);
    expect((await client.response()).head).toContain('catzilla; hit');
    expect(app.cache.stats().answers.raw).toBe(1);
    client.send(fail);
    expect((await client.response()).head).toContain('403');
  });

  it('by schema validation is asked before every hit', async () => {
    const app = await makeApp({ ttl: 60_000 });
    const schema = {
      headers: { type: 'object', required: ['x-pass'], properties: { 'x-pass': { const: 'yes' } } },
    };
    app.get('/secret', { schema }, () => 'the secret');
    await get(app, '/secret', { 'x-pass': 'yes' });
    expect((await get(app, '/secret', { 'x-pass': 'yes' })).cache).toContain('hit');
    expect((await get(app, '/secret', { 'x-pass': 'no' })).status).toBe(400);
  });

  it('that refuses an unsafe request keeps it from purging anything', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.addHook('preHandler', async (request) => {
      if (request.method !== 'GET' && !allowed(request)) {
        throw Object.assign(new Error('refused'), { statusCode: 403 });
      }
    });
    app.get('/a', () => 'x');
    app.post('/a', () => 'done');
    await get(app, '/a');
    expect((await get(app, '/a', {}, 'POST')).status).toBe(403);
    expect((await get(app, '/a')).cache).toContain('hit');
    await get(app, '/a', { 'x-pass': 'yes' }, 'POST');
    expect((await get(app, '/a')).cache).toContain('fwd=uri-miss');
  });

  it('is asked by background refreshes, which carry nobody else’s pass', async () => {
    const app = await makeApp();
    const asked: unknown[] = [];
    app.addHook('preHandler', async (request) => {
      if (request.isCacheRefresh) asked.push(request.headers['x-pass']);
      if (!allowed(request)) throw Object.assign(new Error('refused'), { statusCode: 403 });
    });
    let runs = 0;
    app.get('/secret', (_, reply) =>
      reply.header('cache-control', 'max-age=0, stale-while-revalidate=60').send(`${++runs}`),
    );
    const pass = { 'x-pass': 'yes' };
    await get(app, '/secret', pass);
    expect((await get(app, '/secret', pass)).body).toBe('1');
    while (app.cache.stats().refreshes === 0 || asked.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(asked).toEqual([undefined]);
    // Refused, so the entry is as it was, and still nobody's who may not see it.
    expect((await get(app, '/secret', pass)).body).toBe('1');
    expect((await get(app, '/secret')).status).toBe(403);
    expect(runs).toBe(1);
  });
});

describe('with lookup "onRequest"', () => {
  for (const place of PLACES.filter((place) => place !== 'route, by a plugin after')) {
    for (const [kind, guard] of Object.entries(GUARDS)) {
      it(`a guard in onRequest (${place}) that ${kind} is asked before every hit`, async () => {
        await expectGuarded(await guarded('onRequest', place, guard, { lookup: 'onRequest' }));
      });
    }
  }

  for (const hook of LATER) {
    for (const place of PLACES) {
      it(`the application does not start with a guard in ${hook} (${place})`, async () => {
        const app = await guarded(hook, place, GUARDS.throws, { lookup: 'onRequest' });
        await expect(app.ready()).rejects.toMatchObject({
          code: 'CATZ_FASTIFY_CACHE_ROUTE_OPTION',
          message: expect.stringContaining(hook),
        });
      });
    }

    it(`a guard in ${hook} is skipped by hits, and by them alone, where the route says skipGuards`, async () => {
      const cached: RouteCacheOptions = { lookup: 'onRequest', skipGuards: true };
      const app = await guarded(hook, 'route', GUARDS.throws, cached);
      expect((await get(app, '/secret')).status).toBe(403);
      await get(app, '/secret', { 'x-pass': 'yes' });
      expect(await get(app, '/secret')).toMatchObject({ status: 200, body: 'the secret' });
    });
  }

  for (const skipGuards of [false, true]) {
    it(`the application does not start with a guard behind the lookup (skipGuards: ${skipGuards})`, async () => {
      const cached: RouteCacheOptions = { lookup: 'onRequest', skipGuards };
      const app = await guarded('onRequest', 'route, by a plugin after', GUARDS.throws, cached);
      await expect(app.ready()).rejects.toMatchObject({
        code: 'CATZ_FASTIFY_CACHE_ROUTE_OPTION',
        message: expect.stringContaining('register that plugin before the cache'),
      });
    });
  }

  it('@fastify/rate-limit counts hits if it was registered before, and else the application does not start', async () => {
    const build = async (isFirst: boolean): Promise<FastifyInstance> => {
      const app = Fastify();
      atEnd(() => app.close());
      if (isFirst) await app.register(rateLimit, { max: 2, timeWindow: 60_000 });
      await app.register(fastifyCache, { cache: makeCache(), ttl: 60_000 });
      if (!isFirst) await app.register(rateLimit, { max: 2, timeWindow: 60_000 });
      app.get('/a', { config: { cache: { lookup: 'onRequest' } } }, () => 'x');
      return app;
    };
    const app = await build(true);
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await get(app, '/a')).status);
    expect(statuses).toEqual([200, 200, 429]);
    const late = await build(false);
    await expect(late.ready()).rejects.toMatchObject({ code: 'CATZ_FASTIFY_CACHE_ROUTE_OPTION' });
  });
});
