// `lookup: 'onRequest'`: what a hit skips and what it never skips, and that an application with a guard that hits would
// skip does not start, whoever adds the guard and whenever.
import Fastify from 'fastify';
import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import type { FastifyCacheOptions } from '../src/index.ts';
import { atEnd, get, listen, makeApp, makeCache, RawClient, standStill } from './helpers.ts';

standStill();

const early = { ttl: 60_000, lookup: 'onRequest' } as const satisfies FastifyCacheOptions;
const STAGES = ['preParsing', 'preValidation', 'preHandler'] as const;
type Stage = (typeof STAGES)[number];

const ROUTE_OPTION = { code: 'CATZ_FASTIFY_CACHE_ROUTE_OPTION' };

/** A hook for any of the stages, that counts. */
function counter(): { hook: () => Promise<undefined>; calls: () => number } {
  let calls = 0;
  return {
    hook: async () => {
      calls++;
      return undefined;
    },
    calls: () => calls,
  };
}

const add = (app: FastifyInstance, stage: Stage, hook: () => Promise<undefined>): void => {
  app.addHook(stage as 'preHandler', hook);
};

describe.each(['auto', 'send'] as const)("a hit in mode '%s'", (mode) => {
  it('is answered before validation, preHandlers and the handler', async () => {
    const config = { cache: { skipGuards: true } };
    const app = await makeApp({ ...early, mode });
    const hooks = counter();
    for (const stage of STAGES) add(app, stage, hooks.hook);
    let runs = 0;
    const schema = { querystring: { type: 'object', required: ['q'] } };
    app.get('/a', { config, schema }, () => `${++runs}`);
    expect((await get(app, '/a?q=1')).cache).toBe('catzilla; fwd=uri-miss; stored');
    expect(hooks.calls()).toBe(3);
    expect(await get(app, '/a?q=1')).toMatchObject({
      body: '1',
      cache: 'catzilla; hit; ttl=60',
    });
    expect(await get(app, '/a?q=1', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(hooks.calls()).toBe(3);
    expect((await get(app, '/a?x=1')).status).toBe(400);
    expect(runs).toBe(1);
  });

  it('comes after every onRequest hook, of instance and route, registered before and after', async () => {
    const calls: string[] = [];
    const hook = (name: string) => async (): Promise<void> => void calls.push(name);
    const app = await makeApp(
      { ...early, mode },
      { before: (app) => app.addHook('onRequest', hook('before')) },
    );
    app.get('/a', { onRequest: [hook('route 1'), hook('route 2')] }, () => 'x');
    app.addHook('onRequest', hook('after'));
    await get(app, '/a');
    calls.length = 0;
    expect((await get(app, '/a')).cache).toContain('hit');
    expect(calls).toEqual(['before', 'after', 'route 1', 'route 2']);
  });

  it('is not given to whom an onRequest hook refuses', async () => {
    const app = await makeApp({ ...early, mode });
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers['x-key'] !== 'right') return reply.code(401).send('no');
      return undefined;
    });
    app.get('/a', () => 'secret');
    await get(app, '/a', { 'x-key': 'right' });
    expect((await get(app, '/a', { 'x-key': 'right' })).cache).toContain('hit');
    expect(await get(app, '/a')).toMatchObject({ status: 401, body: 'no' });
  });

  it('is a 304 or a 206 where the request says so, and has the headers of its hooks', async () => {
    const app = await makeApp({ ...early, mode });
    let count = 0;
    app.addHook('onRequest', async (_, reply) => {
      reply.header('x-request-id', `${++count}`);
    });
    app.get('/a', () => '0123456789');
    await get(app, '/a');
    expect(await get(app, '/a', { 'if-none-match': '*' })).toMatchObject({
      status: 304,
      headers: { 'x-request-id': '2' },
    });
    expect(await get(app, '/a', { range: 'bytes=1-2' })).toMatchObject({
      status: 206,
      body: '12',
      headers: { 'x-request-id': '3' },
    });
  });

  it('is counted and logged as every other', async () => {
    const app = await makeApp({ ...early, mode });
    let responses = 0;
    app.addHook('onResponse', async () => void responses++);
    app.get('/a', () => 'x');
    await get(app, '/a');
    await get(app, '/a');
    expect(app.cache.stats()).toMatchObject({ hits: 1, misses: 1 });
    expect(responses).toBe(2);
  });
});

it('a hit on a socket is written raw', async () => {
  const app = await makeApp(early);
  app.get('/a', () => 'x');
  const client = new RawClient(await listen(app));
  for (let i = 0; i < 3; i++) {
    client.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await client.response()).body.toString()).toBe('x');
  }
  expect(app.cache.stats().answers).toEqual({ raw: 2, head: 0, send: 0 });
});

describe('requests that pass the cache by', () => {
  it.each([
    ['a credential that a ttl does not cover', { authorization: 'x' }],
    ['a precondition', { 'if-match': '*' }],
    ['an upgrade', { upgrade: 'h2c' }],
  ])('with %s run their handler', async (_, headers) => {
    const app = await makeApp(early);
    let runs = 0;
    app.get('/a', () => `${++runs}`);
    await get(app, '/a');
    expect((await get(app, '/a', headers as Record<string, string>)).body).toBe('2');
  });

  it('by method, host, path and identity run their handler', async () => {
    const app = await makeApp({
      ...early,
      exclude: ['/*/out'],
      hosts: ['in.example'],
      identity: ({ headers }) => (headers['x-user'] as string | undefined) ?? null,
    });
    let runs = 0;
    app.route({ method: ['GET', 'POST'], url: '/:a/:b', handler: () => `${++runs}` });
    const inside = { host: 'in.example', 'x-user': 'anna' };
    await get(app, '/x/in', inside);
    expect((await get(app, '/x/in', inside)).body).toBe('1');
    expect((await get(app, '/x/in', { ...inside, 'x-user': 'berta' })).body).toBe('2');
    expect((await get(app, '/x/in', { host: 'in.example' })).body).toBe('3');
    expect((await get(app, '/x/in', { ...inside, host: 'out.example' })).body).toBe('4');
    for (const body of ['5', '6']) expect((await get(app, '/x/out', inside)).body).toBe(body);
    expect((await get(app, '/x/in', inside, 'POST')).body).toBe('7');
  });
});

describe('the start of an application', () => {
  const start = async (
    build: (app: FastifyInstance) => unknown,
    options: FastifyCacheOptions = early,
    before: (app: FastifyInstance) => unknown = () => {},
  ): Promise<unknown> => {
    const app = await makeApp(options, { before });
    await build(app);
    return Promise.resolve(app.ready()).then(
      () => 'ready',
      (error: unknown) => error,
    );
  };
  const { hook } = counter();
  const route = (app: FastifyInstance, options: RouteShorthandOptions = {}): void => {
    app.get('/a', options, () => 'x');
  };

  it('works where no hook would be skipped', async () => {
    expect(await start((app) => route(app, { onRequest: hook, onSend: hook }))).toBe('ready');
    const pruning = { ...early, ignoreQuery: ['utm_*'] };
    expect(await start((app) => route(app), pruning)).toBe('ready');
  });

  describe.each(STAGES)('fails for a %s hook', (stage) => {
    it('of the instance, added before the cache', async () => {
      const before = (app: FastifyInstance): void => add(app, stage, hook);
      expect(await start((app) => route(app), early, before)).toMatchObject(ROUTE_OPTION);
    });

    it('of the instance, added before the route', async () => {
      const build = (app: FastifyInstance): void => {
        add(app, stage, hook);
        route(app);
      };
      expect(await start(build)).toMatchObject(ROUTE_OPTION);
    });

    it('of the instance, added after the route', async () => {
      const build = (app: FastifyInstance): void => {
        route(app);
        add(app, stage, hook);
      };
      expect(await start(build)).toMatchObject(ROUTE_OPTION);
    });

    it('of an instance further out, added after', async () => {
      const build = async (app: FastifyInstance): Promise<void> => {
        add(app, stage, hook);
        await app.register(async (child) => route(child));
      };
      expect(await start(build)).toMatchObject(ROUTE_OPTION);
    });

    it.each([
      ['one', hook],
      ['a list', [hook]],
    ])('of the route, as %s', async (_, hooks) => {
      const error = await start((app) => route(app, { [stage]: hooks }));
      expect(error).toMatchObject(ROUTE_OPTION);
      expect(String(error)).toContain('GET /a');
      expect(String(error)).toContain(stage);
    });

    it("that another plugin's onRoute hook adds, registered before and after the cache", async () => {
      const onRoute = (app: FastifyInstance): void => {
        app.addHook('onRoute', (options) => {
          options[stage] = [hook] as never;
        });
      };
      const after = (app: FastifyInstance): void => {
        onRoute(app);
        route(app);
      };
      expect(await start(after)).toMatchObject(ROUTE_OPTION);
      expect(await start((app) => route(app), early, onRoute)).toMatchObject(ROUTE_OPTION);
    });

    it('unless the route says skipGuards', async () => {
      const config = { cache: { lookup: 'onRequest', skipGuards: true } } as const;
      const build = (app: FastifyInstance): void => {
        add(app, stage, hook);
        route(app, { config, [stage]: hook });
      };
      expect(await start(build)).toBe('ready');
    });

    it('but not for one that covers other routes only', async () => {
      const build = async (app: FastifyInstance): Promise<void> => {
        route(app);
        await app.register(async (child) => {
          add(child, stage, hook);
          child.get('/b', { config: { cache: { lookup: 'handler' } } }, () => 'x');
        });
        app.get('/c', { config: { cache: { lookup: 'handler' } }, [stage]: hook }, () => 'x');
        app.post('/d', { [stage]: hook }, () => 'x');
        app.get('/e', { config: { cache: false }, [stage]: hook }, () => 'x');
      };
      expect(await start(build)).toBe('ready');
    });
  });

  it("fails for an onRequest hook that another plugin's onRoute hook adds behind the lookup", async () => {
    const build = (app: FastifyInstance): void => {
      app.addHook('onRoute', (options) => {
        options.onRequest = [...([options.onRequest ?? []].flat() as never[]), hook as never];
      });
      route(app);
    };
    expect(await start(build)).toMatchObject(ROUTE_OPTION);
  });

  it('fails where one rule that a route can meet looks up early', async () => {
    const rules = [{ path: '/x/early', lookup: 'onRequest' as const }];
    const build = (app: FastifyInstance): void => {
      app.get('/x/:id', { preHandler: hook }, () => 'x');
    };
    expect(await start(build, { ttl: 60_000, rules })).toMatchObject(ROUTE_OPTION);
    const other = (app: FastifyInstance): void => {
      app.get('/y/:id', { preHandler: hook }, () => 'x');
    };
    expect(await start(other, { ttl: 60_000, rules })).toBe('ready');
  });

  it('fails for the routes of a scope further in that registers the cache again', async () => {
    const build = async (app: FastifyInstance): Promise<void> => {
      await app.register(async (child) => {
        await child.register(fastifyCache, { cache: makeCache(), ...early });
        add(child, 'preHandler', hook);
        route(child);
      });
    };
    expect(await start(build, { ttl: 60_000 })).toMatchObject(ROUTE_OPTION);
  });

  it('does not listen either', async () => {
    const app = Fastify();
    atEnd(() => app.close());
    await app.register(fastifyCache, { cache: makeCache(), ...early });
    app.get('/a', { preHandler: hook }, () => 'x');
    await expect(app.listen({ port: 0 })).rejects.toMatchObject(ROUTE_OPTION);
  });
});

it('only the paths of a rule are looked up early', async () => {
  const app = await makeApp({
    ttl: 60_000,
    rules: [{ path: '/x/early', lookup: 'onRequest' }],
  });
  const calls: string[] = [];
  app.addHook('onRequest', async (request) => void calls.push(`request ${request.url}`));
  app.get('/x/:id', { onError: async () => {} }, (request) => request.url);
  for (const id of ['early', 'late']) {
    await get(app, `/x/${id}`);
    expect((await get(app, `/x/${id}`)).cache).toContain('hit');
  }
  expect(calls).toHaveLength(4);
});

it('a scope further in may look up in the handler again', async () => {
  const app = await makeApp(early);
  const guard = counter();
  await app.register(async (child) => {
    await child.register(fastifyCache, { cache: makeCache(), ttl: 60_000, lookup: 'handler' });
    child.get('/a', { preHandler: guard.hook }, () => 'x');
  });
  await get(app, '/a');
  expect((await get(app, '/a')).cache).toContain('hit');
  expect(guard.calls()).toBe(2);
});
