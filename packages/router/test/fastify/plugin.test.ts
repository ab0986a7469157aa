import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { catzillaRouter, checkVersion } from '../../src/fastify/plugin.ts';
import type { CatzillaRouterOptions } from '../../src/fastify/options.ts';

const opened: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
});

async function app(
  options: CatzillaRouterOptions = {},
  routes: readonly string[] = ['/users/:id'],
): Promise<FastifyInstance> {
  const router = catzillaRouter(options);
  const made = Fastify({ routerOptions: router.options() });
  opened.push(made);
  await made.register(router);
  for (const url of routes) made.get(url, async () => ({ url }));
  return made;
}

describe('options', () => {
  test('an unknown option is refused with the nearest known one', () => {
    expect(() => catzillaRouter({ engin: 'native' } as never)).toThrow(
      expect.objectContaining({
        code: 'CATZ_ROUTER_OPTIONS',
        message: expect.stringContaining('did you mean engine?'),
      }),
    );
  });

  test.each([
    [{ engine: 'fast' }, 'options.engine'],
    [{ nativeThreshold: 0 }, 'options.nativeThreshold'],
    [{ compileLimit: -1 }, 'options.compileLimit'],
    [{ verify: 'never' }, 'options.verify'],
    [{ verifyMax: 0 }, 'options.verifyMax'],
    [{ strict: 'yes' }, 'options.strict'],
    [{ onConflict: 'log' }, 'options.onConflict'],
    [{ onFallback: true }, 'options.onFallback'],
  ])('%o is refused, and the message names it', (options, name) => {
    expect(() => catzillaRouter(options as never)).toThrow(
      expect.objectContaining({
        code: 'CATZ_ROUTER_OPTIONS',
        message: expect.stringContaining(name),
      }),
    );
  });

  test('options() keeps what the application gave, and puts compile aside', () => {
    const router = catzillaRouter();
    const given = { ignoreTrailingSlash: true, compile: true };
    expect(router.options(given)).toEqual({
      ignoreTrailingSlash: true,
      buildPrettyMeta: expect.any(Function),
    });
  });

  test("the application's own buildPrettyMeta is still asked", async () => {
    const router = catzillaRouter();
    const made = Fastify({
      routerOptions: router.options({ buildPrettyMeta: () => ({ team: 'blue' }) }),
    });
    opened.push(made);
    await made.register(router);
    made.get('/a', async () => 'a');
    await made.ready();
    expect(made.routerStats().fallback).toBeUndefined();
    expect(made.printRoutes({ includeMeta: ['team'] })).toContain('"blue"');
  });
});

describe('registration', () => {
  test('a second registration is refused', async () => {
    const router = catzillaRouter();
    const made = Fastify({ routerOptions: router.options() });
    opened.push(made);
    await made.register(router);
    await expect((async () => router(made, {}))()).rejects.toMatchObject({
      code: 'CATZ_ROUTER_ALREADY_REGISTERED',
    });
  });

  test('registration below the root is refused', async () => {
    const router = catzillaRouter();
    const made = Fastify({ routerOptions: router.options() });
    opened.push(made);
    made.register(async (child) => {
      await child.register(router);
    });
    await expect(made.ready()).rejects.toMatchObject({ code: 'CATZ_ROUTER_ALREADY_REGISTERED' });
  });

  test.each(['4.29.0', '5.4.9', '6.0.0'])('Fastify %s is refused', (version) => {
    expect(() => checkVersion(version)).toThrow(
      expect.objectContaining({ code: 'CATZ_ROUTER_FASTIFY_VERSION' }),
    );
  });

  test.each(['5.5.0', '5.12.8', '5.13.0-rc.1'])('Fastify %s is taken', (version) => {
    expect(() => checkVersion(version)).not.toThrow();
  });
});

describe('fallback', () => {
  test('without router.options() Fastify finds the routes, and the reason is told once', async () => {
    const onFallback = vi.fn();
    const router = catzillaRouter({ onFallback });
    const made = Fastify();
    opened.push(made);
    await made.register(router);
    made.get('/a', async () => 'a');
    await made.ready();
    expect(onFallback).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('router.options()'));
    expect(made.routerStats()).toMatchObject({
      backend: 'js',
      fallback: expect.stringContaining('router.options()'),
    });
    expect((await made.inject('/a')).body).toBe('a');
  });

  test('with strict the start fails instead', async () => {
    const router = catzillaRouter({ strict: true });
    const made = Fastify();
    opened.push(made);
    await made.register(router);
    made.get('/a', async () => 'a');
    await expect(made.ready()).rejects.toMatchObject({ code: 'CATZ_ROUTER_CAPTURE_FAILED' });
  });

  test('an onFallback that throws fails nothing', async () => {
    const router = catzillaRouter({
      onFallback: () => {
        throw new Error('mine');
      },
    });
    const made = Fastify();
    opened.push(made);
    await made.register(router);
    made.get('/a', async () => 'a');
    await made.ready();
    expect((await made.inject('/a')).body).toBe('a');
  });

  test('an application without routes says so and starts', async () => {
    const made = await app({ onFallback: () => {} }, []);
    await made.ready();
    expect(made.routerStats().fallback).toContain('no routes');
    expect(made.routes()).toEqual([]);
    expect(made.routeConflicts()).toHaveLength(0);
    expect(() => made.matchRoute('GET', '/')).toThrow(
      expect.objectContaining({ code: 'CATZ_ROUTER_CAPTURE_FAILED' }),
    );
  });
});

describe('tools', () => {
  test('native code finds the routes of a method that reaches the threshold', async () => {
    const made = await app({ nativeThreshold: 2 }, ['/users/:id', '/users/me']);
    await made.ready();
    expect((await made.inject('/users/7')).json()).toEqual({ url: '/users/:id' });
    const stats = made.routerStats();
    expect(stats).toMatchObject({
      backend: 'native',
      fallback: undefined,
      nativeFailure: undefined,
    });
    expect(stats.methods['GET']).toMatchObject({
      engine: 'native',
      routes: 2,
      hits: 1,
    });
    expect(stats.compared).toBeGreaterThan(0);
  });

  test('routes, matchRoute and allowedMethods see the routes of the application', async () => {
    const made = await app({}, ['/users/:id', '/users/me']);
    await made.ready();
    expect(made.routes().map(({ method, url }) => `${method} ${url}`)).toContain('GET /users/:id');
    expect(made.matchRoute('GET', '/users/me').outcome).toBe('match');
    expect(made.matchRoute('POST', '/users/me').outcome).toBe('other-method');
    expect(made.allowedMethods('/users/me')).toEqual(['GET', 'HEAD']);
  });

  test('methodNotAllowed answers 405 with Allow, and 404 where no method has a route', async () => {
    const router = catzillaRouter();
    const made = Fastify({ routerOptions: router.options() });
    opened.push(made);
    await made.register(router);
    made.setNotFoundHandler(router.methodNotAllowed());
    made.get('/a', async () => 'a');
    const refused = await made.inject({ method: 'DELETE', url: '/a' });
    expect([refused.statusCode, refused.headers['allow']]).toEqual([405, 'GET, HEAD']);
    expect((await made.inject({ method: 'DELETE', url: '/b' })).statusCode).toBe(404);
  });

  test('methodNotAllowed answers 404 where the application has no routes or the router is not reached', async () => {
    const router = catzillaRouter({ onFallback: () => {} });
    for (const routerOptions of [router.options(), {}]) {
      const made = Fastify({ routerOptions });
      opened.push(made);
      made.setNotFoundHandler(router.methodNotAllowed());
      expect((await made.inject('/a')).statusCode).toBe(404);
    }
  });

  test('a pattern at which find-my-way throws does not fail the start', async () => {
    const made = await app({ engine: 'native', strict: true }, ['/:a/:b/:c/:d/:e(?:x)', '/ok']);
    await made.ready();
    expect(made.routerStats().fallback).toBeUndefined();
    expect((await made.inject('/ok')).statusCode).toBe(200);
  });

  test("onConflict 'error' fails the start with both routes in the message", async () => {
    const made = await app({ onConflict: 'error' }, ['/Users', '/users']);
    await expect(made.ready()).rejects.toMatchObject({
      code: 'CATZ_ROUTER_CONFLICT',
      message: expect.stringMatching(/\/Users.*\/users/s),
    });
  });

  test('constant routes of other methods, dynamic routes and host tables can be had from the router', async () => {
    const router = catzillaRouter();
    const made = Fastify({ routerOptions: router.options() });
    opened.push(made);
    await made.register(router);
    router.constant(made, 'POST', '/ping', 'pong');
    const dynamic = router.dynamic({ name: 'tenants', prefix: '/t' });
    await made.register(dynamic.plugin);
    const hosts = router.hosts({
      'a.example': [{ method: 'GET', url: '/', handler: async () => 'a' }],
    });
    await made.register(hosts.plugin);
    dynamic.add({ method: 'GET', url: '/:id', handler: async (request) => request.params });
    dynamic.commit();
    await made.ready();
    expect((await made.inject({ method: 'POST', url: '/ping' })).body).toBe('pong');
    expect((await made.inject('/t/7')).json()).toEqual({ id: '7' });
    expect((await made.inject({ url: '/', headers: { host: 'a.example' } })).body).toBe('a');
  });
});
