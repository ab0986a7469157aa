// How a table lives in its scope: hooks, decorators, plugins that look at routes, and requests that no entry takes.
import cors from '@fastify/cors';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { dynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import { insidesOf } from '../../src/dynamic/insides.ts';
import { catzillaRouter } from '../../src/fastify/plugin.ts';
import { coded, get, listen, makeApp, makeTable, settle } from './apps.ts';

type Done = () => void;
const HOOKS = ['onRequest', 'preValidation', 'preHandler'] as const;

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  test('hooks run in the order of Fastify: application, scope, entry, and what plugins add to routes', async () => {
    const ran: string[] = [];
    const mark = (what: string) => async () => void ran.push(what);
    const app = makeApp(make);
    const table = dynamicRoutes({ name: 'test', prefix: '/t' });
    for (const hook of HOOKS) app.addHook(hook as 'onRequest', mark(`app ${hook}`));
    app.register(async (scope) => {
      for (const hook of HOOKS) scope.addHook(hook as 'onRequest', mark(`scope ${hook}`));
      // As @fastify/rate-limit does it.
      scope.addHook('onRoute', (route) => {
        for (const hook of HOOKS) {
          const own = (route as unknown as Record<string, unknown>)[hook];
          (route as unknown as Record<string, unknown>)[hook] = [own, mark(`plugin ${hook}`)];
        }
      });
      scope.register(table.plugin);
    });
    await app.ready();
    const hooks = Object.fromEntries(
      HOOKS.map((hook) => [
        hook,
        [
          mark(`entry ${hook}`),
          (_: FastifyRequest, __: FastifyReply, done: Done) => {
            ran.push(`entry ${hook} 2`);
            done();
          },
        ],
      ]),
    );
    table.add({
      method: 'GET',
      url: '/a',
      ...hooks,
      handler: async () => void ran.push('handler'),
    });
    await app.inject('/t/a');
    expect(ran).toEqual([
      ...HOOKS.flatMap((hook) => [
        `app ${hook}`,
        `scope ${hook}`,
        `entry ${hook}`,
        `entry ${hook} 2`,
        `plugin ${hook}`,
      ]),
      'handler',
    ]);
  });

  test.each(HOOKS)('nothing of an entry runs behind its %s that has answered', async (hook) => {
    const { app, table } = await makeTable(make);
    const ran: string[] = [];
    const mark = (what: string) => async () => void ran.push(what);
    const hooks = Object.fromEntries(HOOKS.map((name) => [name, mark(name)]));
    const answer = async (_: FastifyRequest, reply: FastifyReply) => reply.send('early');
    const route = { method: 'GET', ...hooks, handler: mark('handler') };
    table.add({ ...route, url: '/async', [hook]: [answer, mark('second')] });
    table.add({
      ...route,
      url: '/callback',
      [hook]: [
        (_: FastifyRequest, reply: FastifyReply, done: Done) => {
          reply.send('early');
          done();
        },
        mark('second'),
      ],
    });
    expect(await get(app, '/t/async')).toBe('early');
    expect(await get(app, '/t/callback')).toBe('early');
    await settle();
    const before = HOOKS.slice(0, HOOKS.indexOf(hook));
    expect(ran).toEqual([...before, ...before]);
  });

  test('what a sibling scope has, a table does not have', async () => {
    const app = makeApp(make);
    const table = dynamicRoutes({ name: 'test', prefix: '/t' });
    app.decorate('shared', 'of the root');
    app.register(async (scope) => {
      scope.decorate('own', 'of the sibling');
      scope.addHook('onRequest', async (_request, reply) => void reply.header('x-sibling', 'yes'));
      scope.setErrorHandler(() => 'sibling');
    });
    app.register(table.plugin);
    await app.ready();
    table.add({
      method: 'GET',
      url: '/a',
      async handler() {
        const { shared, own } = this as unknown as { shared?: string; own?: string };
        return { shared, own: own ?? 'nothing' };
      },
    });
    const { headers, body } = await app.inject('/t/a');
    expect(body).toBe('{"shared":"of the root","own":"nothing"}');
    expect(headers['x-sibling']).toBeUndefined();
  });

  test('hooks and handler are called on the instance, and see what decorators give', async () => {
    const { app, table } = await makeTable(
      make,
      {},
      {
        before: (root) =>
          void root.decorateReply('shout', function (this: FastifyReply, text: string) {
            return this.send(text.toUpperCase());
          }),
      },
    );
    const instances: unknown[] = [];
    table.add({
      method: 'GET',
      url: '/a',
      preHandler(_request, _reply, done) {
        instances.push(this);
        done();
      },
      handler(request, reply) {
        instances.push(this, request.server);
        (reply as unknown as { shout: (text: string) => void }).shout('a');
      },
    });
    expect(await get(app, '/t/a')).toBe('A');
    expect(new Set(instances).size).toBe(1);
  });

  test('request.dynamicRoute labels the request in every hook behind the look-up, and no other request', async () => {
    const seen: unknown[] = [];
    const { app, table } = await makeTable(
      make,
      { name: 'labels' },
      {
        before(root) {
          root.get('/plain', async (request) => String(request.dynamicRoute));
          for (const hook of ['onRequest', 'preParsing', 'preHandler', 'onResponse'] as const) {
            root.addHook(
              hook as 'preHandler',
              async (request) => void seen.push(hook, request.dynamicRoute ?? null),
            );
          }
        },
      },
    );
    table.add({
      method: 'GET',
      url: '/a/:id',
      handler: async (request) => request.routeOptions.url,
    });
    expect(await get(app, '/t/a/1')).toBe('/t/a/:id');
    const label = { id: 0, pattern: '/t/a/:id', name: 'labels' };
    expect(seen).toEqual([
      'onRequest',
      null,
      'preParsing',
      label,
      'preHandler',
      label,
      'onResponse',
      label,
    ]);
    expect(await get(app, '/plain')).toBe('undefined');
    seen.length = 0;
    await app.inject('/t/nothing');
    expect(seen.filter((item) => item !== null && typeof item === 'object')).toEqual([]);
  });

  test('one wildcard per method is mounted, hidden from the OpenAPI document', async () => {
    const routes: RouteOptions[] = [];
    const { app } = await makeTable(
      make,
      {},
      { before: (root) => void root.addHook('onRoute', (route) => void routes.push({ ...route })) },
    );
    const methods = app.supportedMethods;
    expect(routes.map(({ method, url }) => `${String(method)} ${url}`).sort()).toEqual(
      methods.flatMap((method) => [`${method} /t`, `${method} /t/*`]).sort(),
    );
    for (const { schema } of routes) expect(schema).toMatchObject({ hide: true });
  });

  test('what no entry takes goes to the 404 handler of its scope, by whatever method', async () => {
    const app = makeApp(make);
    const table = dynamicRoutes({ name: 'test', prefix: '/t' });
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('root'));
    app.register(
      async (scope) => {
        scope.setNotFoundHandler(
          {
            preHandler: async (_request: FastifyRequest, reply: FastifyReply) =>
              void reply.header('x-hook', 'ran'),
          },
          (_request: FastifyRequest, reply: FastifyReply) => reply.code(404).send('scope'),
        );
        scope.register(table.plugin);
      },
      { prefix: '/s' },
    );
    await app.ready();
    table.add({ method: 'GET', url: '/a', handler: async () => 'a' });
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const) {
      const { statusCode, body, headers } = await app.inject({ method, url: '/s/t/b' });
      expect([statusCode, body, headers['x-hook']]).toEqual([404, 'scope', 'ran']);
    }
    expect(await get(app, '/t/a')).toBe('root');
    expect((await app.inject({ method: 'HEAD', url: '/s/t/b' })).body).toBe('');
  });

  test('nothing of a body is read for a URL without an entry', async () => {
    const { app } = await makeTable(make, {}, { fastify: { bodyLimit: 10 } });
    const answer = await app.inject({
      method: 'POST',
      url: '/t/a',
      payload: { long: 'x'.repeat(100) },
    });
    expect(answer.statusCode).toBe(404);
  });

  test('a URL that cannot be decoded, and a parameter that is too long, are answered as Fastify answers them', async () => {
    const { app, table } = await makeTable(make);
    table.add({ method: 'GET', url: '/a/:id', handler: async () => 'a' });
    expect((await app.inject('/t/a/%zz')).statusCode).toBe(400);
    expect((await app.inject(`/t/a/${'x'.repeat(101)}`)).statusCode).toBe(404);
    expect(await get(app, `/t/a/${'x'.repeat(100)}`)).toBe('a');
  });

  test('rewriteUrl comes before the look-up', async () => {
    const { app, table } = await makeTable(
      make,
      {},
      { fastify: { rewriteUrl: ({ url = '' }) => url.replace('/old', '/t') } },
    );
    table.add({ method: 'GET', url: '/a', handler: async (request) => request.originalUrl });
    expect(await get(app, '/old/a')).toBe('/old/a');
  });

  test('real sockets are served as inject is', async () => {
    const { app, table } = await makeTable(make);
    table.add({
      method: 'POST',
      url: '/a/:id',
      schema: { body: { type: 'object', properties: { n: { type: 'integer' } } } },
      handler: async (request) => ({ params: request.params, body: request.body }),
    });
    const port = await listen(app);
    const answer = await fetch(`http://127.0.0.1:${port}/t/a/%20x?q=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"n":"7"}',
    });
    expect(await answer.json()).toEqual({ params: { id: ' x' }, body: { n: 7 } });
  });
});

const [, make] = VERSIONS.at(-1)!;

test('preflights are answered by @fastify/cors that was registered before', async () => {
  const app = makeApp(make);
  await app.register(cors, { origin: 'https://a.example' });
  const table = dynamicRoutes({ name: 'test', prefix: '/t' });
  app.register(table.plugin);
  await app.ready();
  table.add({ method: 'PUT', url: '/a', handler: async () => 'a' });
  const headers = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
  const answer = await app.inject({ method: 'OPTIONS', url: '/t/a', headers });
  expect(answer.statusCode).toBe(204);
  expect(answer.headers['access-control-allow-origin']).toBe('https://a.example');
});

test('catzillaRouter in the application changes nothing', async () => {
  const router = catzillaRouter({ engine: 'native', strict: true, verify: 'always' });
  const app = makeApp(make, { routerOptions: router.options({}) as never });
  await app.register(router);
  const table = dynamicRoutes({ name: 'test', prefix: '/:tenant/t' });
  app.register(table.plugin);
  await app.ready();
  table.add({ method: 'GET', url: '/a/:id', handler: async (request) => request.params });
  expect(await get(app, '/acme/t/a/%2F7')).toBe('{"tenant":"acme","id":"/7"}');
  expect((await app.inject('/acme/t/b')).statusCode).toBe(404);
});

test('over HTTP/2 requests are served, and none stays in flight', async () => {
  const { connect } = await import('node:http2');
  const app = make({ http2: true } as never) as unknown as FastifyInstance;
  const table = dynamicRoutes({ name: 'test', prefix: '/t' });
  app.register(table.plugin);
  await app.ready();
  table.add({ method: 'GET', url: '/a', handler: async () => 'a' });
  const client = connect(`http://127.0.0.1:${await listen(app)}`);
  try {
    let text = '';
    const stream = client.request({ ':path': '/t/a' }).setEncoding('utf8');
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('a');
    await table.drained(table.commit());
    expect(table.stats().inFlight).toEqual({});
  } finally {
    client.destroy();
    await app.close();
  }
});

describe('a Fastify whose insides are others', () => {
  const found = async (
    change: (app: Record<symbol, unknown>, keyOf: (name: string) => symbol) => void,
  ) => {
    const app = makeApp(make);
    await app.ready();
    const keyOf = (name: string) =>
      Object.getOwnPropertySymbols(app).find(({ description }) => description === name)!;
    change(app as unknown as Record<symbol, unknown>, keyOf);
    return insidesOf(app);
  };

  test.each(['fastify.Request', 'fastify.Reply', 'fastify.schemaController', 'fastify.options'])(
    'is refused without %s',
    async (name) => {
      await expect(found((app, keyOf) => void delete app[keyOf(name)])).rejects.toThrow(
        coded('CATZ_ROUTER_CAPTURE_FAILED', name) as Error,
      );
    },
  );

  test('is refused where requests do not tell their validators', async () => {
    await expect(
      found((app, keyOf) => {
        const silent = { prototype: { getValidationFunction: () => undefined } };
        app[keyOf('fastify.Request')] = silent;
      }),
    ).rejects.toThrow(
      coded('CATZ_ROUTER_CAPTURE_FAILED', /where the validator of params is/) as Error,
    );
  });

  test('is refused where replies have no context', async () => {
    await expect(
      found((app, keyOf) => void (app[keyOf('fastify.Reply')] = { prototype: {} })),
    ).rejects.toThrow(coded('CATZ_ROUTER_CAPTURE_FAILED', /fastify\.context/) as Error);
  });
});
