// A guard is never skipped: whatever the route, and whenever it was declared.
import Fastify from 'fastify';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import {
  addConstant,
  catzillaRouter,
  dynamicRoutes,
  group,
  hostTables,
  middleware,
} from '../../src/index.ts';
import { makeApp } from '../constant/apps.ts';
import { VERSIONS } from '../fastify/versions.ts';
import { define, guard, noter, statusOf } from './support.ts';

const key = { 'x-key': '1' };
const answer = async (): Promise<string> => 'secret';

/** Status without and with the key. */
async function both(app: FastifyInstance, url: string, method: 'GET' | 'HEAD' | 'POST' = 'GET') {
  return [await statusOf(app, url, { method }), await statusOf(app, url, { method, headers: key })];
}

describe.each(VERSIONS)('with Fastify %s', (_version, make) => {
  test('nor for HEAD', async () => {
    const app = makeApp(make);
    await app.register(middleware, { use: [guard] });
    app.get('/', answer);
    expect(await both(app, '/')).toEqual([401, 200]);
    expect(await both(app, '/', 'HEAD')).toEqual([401, 200]);
  });

  test('nor for HEAD where the guard is the route’s or the group’s', async () => {
    const app = makeApp(make);
    await app.register(middleware, {});
    app.get('/a', { config: { middleware: [guard] } }, answer);
    const closed = group({ prefix: '/g', middleware: [guard] });
    closed.get('/', answer).constant('/c', 'secret');
    await app.register(closed.plugin);
    for (const url of ['/a', '/g', '/g/', '/g/c']) {
      expect(await both(app, url)).toEqual([401, 200]);
      expect(await both(app, url, 'HEAD')).toEqual([401, 200]);
    }
  });

  test('nor for routes declared before the plugin, which the log names', async () => {
    const lines: string[] = [];
    const app = makeApp(() =>
      make({
        logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } },
      }),
    );
    const own = define({ ...guard, name: 'own' });
    app.get('/before', answer);
    app.get('/own/:id', { config: { middleware: [own] } }, answer);
    void app.register(async (scope) => {
      scope.get('/inside', answer);
    });
    await app.after();
    await app.register(middleware, { use: [noter([])('x')] });
    await app.register(async (scope) => {
      scope.get('/after', answer);
    });
    expect(await both(app, '/before')).toEqual([200, 200]);
    expect(await both(app, '/own/5')).toEqual([401, 200]);
    expect(await both(app, '/own/5', 'HEAD')).toEqual([401, 200]);
    expect(await both(app, '/inside')).toEqual([200, 200]);
    expect(await both(app, '/after')).toEqual([200, 200]);
    const named = lines.map((line) => JSON.parse(line) as { method: string; route: string });
    expect(named.map(({ method, route }) => `${method} ${route}`)).toEqual([
      'GET /before',
      'GET /own/:id',
      'HEAD /own/:id',
      'GET /inside',
    ]);
    expect(app.middlewareOrder('GET', '/own/:id')?.onRequest).toEqual(['own']);
  });

  test('nor a global one for routes declared before the plugin, in any scope', async () => {
    const app = makeApp(make);
    app.get('/before', answer);
    void app.register(async (scope) => {
      scope.get('/inside', answer);
    });
    await app.after();
    await app.register(middleware, { use: [guard] });
    for (const url of ['/before', '/inside']) expect(await both(app, url)).toEqual([401, 200]);
  });

  test('nor for an unseen route whose middleware is wrong: its requests fail', async () => {
    const app = makeApp(make);
    app.get('/', { config: { middleware: [{ name: 'guard' }] as never } }, answer);
    await app.register(middleware, {});
    for (let i = 0; i < 2; i++) expect(await both(app, '/')).toEqual([500, 500]);
  });

  test('nor for what is not found, with on404', async () => {
    const app = makeApp(make);
    await app.register(middleware, { use: [define({ ...guard, on404: true })] });
    app.setNotFoundHandler((_request, reply) => reply.code(200).send('page'));
    app.get('/gone', { config: { skip: [] } }, async (_request, reply) => reply.callNotFound());
    expect(await both(app, '/none')).toEqual([401, 200]);
    expect(await both(app, '/gone')).toEqual([401, 200]);
  });

  test('nor where a plain hook asks for the handler of what is not found, with on404', async () => {
    const app = makeApp(make);
    app.addHook('onRequest', async (_request, reply) => reply.callNotFound());
    await app.register(middleware, { use: [define({ ...guard, on404: true })] });
    app.setNotFoundHandler((_request, reply) => reply.code(200).send('page'));
    app.get('/', answer);
    expect(await both(app, '/')).toEqual([401, 200]);
  });

  test('nor for dynamic routes and host tables, globally and by config', async () => {
    const own = define({ ...guard, name: 'own' });
    const app = makeApp(make);
    const ran: string[] = [];
    await app.register(middleware, { use: [noter(ran)('all', { at: 'onRequest' })] });
    const tenants = dynamicRoutes({ name: 'tenants', prefix: '/t' });
    tenants.add({ method: 'GET', url: '/open', handler: answer });
    tenants.add({ method: 'GET', url: '/own/:id', handler: answer, config: { middleware: [own] } });
    tenants.add({ method: 'POST', url: '/own', handler: answer, config: { middleware: [own] } });
    tenants.commit();
    await app.register(tenants.plugin);
    await app.register(
      async (scope) => {
        const route = { method: 'GET', url: '/h', handler: answer, config: { middleware: [own] } };
        await scope.register(hostTables({ default: [route] }).plugin);
      },
      { prefix: '/hosts' },
    );
    expect(await both(app, '/t/open')).toEqual([200, 200]);
    expect(ran.filter((one) => one === 'all')).toHaveLength(2);
    for (const method of ['GET', 'HEAD'] as const) {
      expect(await both(app, '/t/own/5', method)).toEqual([401, 200]);
      expect(await both(app, '/hosts/h', method)).toEqual([401, 200]);
    }
    expect(await both(app, '/t/own', 'POST')).toEqual([401, 200]);
    expect(ran.filter((one) => one === 'all')).toHaveLength(12);
  });

  test('nor for constant routes', async () => {
    const app = makeApp(make);
    await app.register(middleware, { use: [guard] });
    addConstant(app, '/c', 'secret');
    expect(await both(app, '/c')).toEqual([401, 200]);
    expect(await both(app, '/c', 'HEAD')).toEqual([401, 200]);
  });
});

test('nor for a dynamic route whose config is a copy of another route’s', async () => {
  const app = makeApp();
  await app.register(middleware, {});
  let copied: object | undefined;
  app.get('/open', async (request) => {
    copied = { ...request.routeOptions.config };
    return 'open';
  });
  const table = dynamicRoutes({ name: 't', prefix: '/t' });
  await app.register(table.plugin);
  expect(await statusOf(app, '/open')).toBe(200);
  table.add({
    method: 'GET',
    url: '/x',
    handler: answer,
    config: { ...copied, middleware: [guard] },
  });
  table.commit();
  expect(await both(app, '/t/x')).toEqual([401, 200]);
});

test('nor where another plugin gives it to the route, before or behind our onRoute', async () => {
  const give = (route: RouteOptions): void => {
    route.config = { ...route.config, middleware: [guard] };
  };
  for (const first of [true, false]) {
    const app = makeApp();
    if (first) app.addHook('onRoute', give);
    await app.register(middleware, {});
    if (!first) app.addHook('onRoute', give);
    app.get('/', answer);
    await app.ready();
    expect(app.middlewareOrder('GET', '/')?.onRequest).toEqual(['guard']);
    expect(await both(app, '/')).toEqual([401, 200]);
    expect(await both(app, '/', 'HEAD')).toEqual([401, 200]);
  }
});

test('nor where what another plugin gives to the route is wrong: the application does not start', async () => {
  const app = makeApp();
  await app.register(middleware, { use: [guard] });
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, middleware: [guard] };
  });
  app.get('/', answer);
  await expect(app.ready()).rejects.toMatchObject({ code: 'CATZ_MIDDLEWARE_DUPLICATE' });
});

test('nor in a group whose application has not registered the plugin: it does not start', async () => {
  const app = makeApp();
  const closed = group({ prefix: '/g', middleware: [guard] });
  closed.get('/', answer);
  void app.register(closed.plugin);
  await expect(app.ready()).rejects.toMatchObject({
    code: 'CATZ_GROUP_OPTIONS',
    message: expect.stringContaining(
      'the group /g has middleware, which nothing would run',
    ) as string,
  });
});

test('nor in a group inside of one without middleware', async () => {
  const app = makeApp();
  const outer = group({ prefix: '/o' });
  outer.group({ middleware: [guard] }).get('/', answer);
  void app.register(outer.plugin);
  await expect(app.ready()).rejects.toMatchObject({ code: 'CATZ_GROUP_OPTIONS' });
});

test('nor by the config of a group, where a route’s list would take its place', () => {
  expect(() => group({ config: { middleware: [guard] } })).toThrow(
    expect.objectContaining({ code: 'CATZ_GROUP_OPTIONS' }) as Error,
  );
});

test('nor by a second registration, above or below the first', async () => {
  const below = makeApp();
  await below.register(middleware, { use: [guard] });
  const twice = below.register(async (scope) => scope.register(middleware, {}));
  await expect(Promise.resolve(twice)).rejects.toMatchObject({ code: 'CATZ_MIDDLEWARE_DUPLICATE' });
  const above = makeApp();
  await above.register(async (scope) => {
    await scope.register(middleware, {});
  });
  await expect(Promise.resolve(above.register(middleware, { use: [guard] }))).rejects.toMatchObject(
    {
      code: 'CATZ_MIDDLEWARE_DUPLICATE',
    },
  );
});

test('scopes beside each other have registrations of their own', async () => {
  const app = makeApp();
  for (const name of ['a', 'b']) {
    await app.register(async (scope) => {
      await scope.register(middleware, { use: name === 'a' ? [guard] : [] });
      scope.get(`/${name}`, answer);
    });
  }
  app.get('/outside', answer);
  expect(await both(app, '/a')).toEqual([401, 200]);
  expect(await both(app, '/b')).toEqual([200, 200]);
  expect(await both(app, '/outside')).toEqual([200, 200]);
});

test('nor with the engines of catzillaRouter and its 405', async () => {
  const router = catzillaRouter({ engine: 'walk' });
  const app = makeApp(() => Fastify({ routerOptions: router.options() }));
  await app.register(router);
  await app.register(middleware, { use: [define({ ...guard, on404: true })] });
  app.get('/', answer);
  app.constant('/c', 'secret');
  app.setNotFoundHandler(router.methodNotAllowed());
  for (const url of ['/', '/c']) expect(await both(app, url)).toEqual([401, 200]);
  expect(await both(app, '/c', 'POST')).toEqual([401, 405]);
});

describe('skip', () => {
  const loud = define({ ...guard, name: 'loud', skippable: true });

  test('leaves out middleware that is skippable', async () => {
    const app = makeApp();
    await app.register(middleware, { use: [loud] });
    app.get('/a', { config: { skip: ['loud'] } }, answer);
    app.get('/b', answer);
    expect(await both(app, '/a')).toEqual([200, 200]);
    expect(await both(app, '/b')).toEqual([401, 200]);
  });

  test.each<[string, unknown, string]>([
    [
      'a guard',
      ['guard'],
      'expected skip to name middleware that is skippable, which guard is not',
    ],
    ['an unknown name', ['lout'], 'got lout, did you mean loud?'],
    ['a name that is like none', ['something-else'], 'got something-else'],
    ['text', 'loud', 'expected skip to be an array of names'],
    ['a list of others than text', [5], 'expected skip to be an array of names'],
  ])('refuses %s', async (_what, skip, message) => {
    const app = makeApp();
    await app.register(middleware, { use: [guard, loud] });
    expect(() => app.get('/', { config: { skip: skip as [] } }, answer)).toThrow(
      expect.objectContaining({
        code: 'CATZ_MIDDLEWARE_OPTIONS',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });
});

test('middleware of a route that is none is refused where the route is declared', async () => {
  const app = makeApp();
  await app.register(middleware, {});
  for (const list of [guard, [5], [{ name: 'guard' }]]) {
    expect(() => app.get('/', { config: { middleware: list as [] } }, answer)).toThrow(
      expect.objectContaining({ code: 'CATZ_MIDDLEWARE_OPTIONS' }) as Error,
    );
  }
});

test.each<[object, string]>([
  [{ used: [] }, 'did you mean use?'],
  [{ timings: 'some' }, 'options.timings'],
  [{ use: [{}] }, 'options.use[0] to be a middleware made by defineMiddleware'],
])('options %j are refused', async (options, message) => {
  const registered = makeApp().register(middleware, options as never);
  await expect(Promise.resolve(registered)).rejects.toMatchObject({
    code: 'CATZ_MIDDLEWARE_OPTIONS',
    message: expect.stringContaining(message) as string,
  });
});
