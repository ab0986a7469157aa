// Routes as data: of find-my-way, of a RouteTable, and of Fastify with hooks, schemas and prefixes.
import { expect, test } from 'vitest';
import { makeEngines } from '../../src/engine/choose.ts';
import type { MethodEngine } from '../../src/engine/engine.ts';
import { encodeTree } from '../../src/image/encode.ts';
import { describeRoutes } from '../../src/introspect/route-info.ts';
import { randomTable } from '../support/random-tables.ts';
import { randomFrom } from '../support/random.ts';
import { makeRouter } from '../support/routers.ts';
import { fastifyWith, getRoutes, routerOf } from './support.ts';

test('a route of find-my-way is described in full, and frozen', () => {
  const router = routerOf([['GET', '/a/:b/*', { host: 'a.example' }]]);
  const [info] = describeRoutes(router);
  expect(info).toEqual({
    id: 0,
    method: 'GET',
    url: '/a/:b/*',
    params: ['b', '*'],
    kind: 'wildcard',
    constraints: { host: 'a.example' },
    prefix: undefined,
    hooks: {},
    schema: [],
    engine: 'walk',
    deferReason: undefined,
    plan: 'js',
  });
  for (const value of [info, info!.params, info!.hooks, info!.schema, info!.constraints]) {
    expect(Object.isFrozen(value)).toBe(true);
  }
  expect(Object.isFrozen(describeRoutes(router))).toBe(true);
});

test('the kind is that of the most general part', () => {
  const kinds = describeRoutes(
    getRoutes('/a', '/a/:b', '/a/:b(\\d+)/:c', '/:a-:b', '/:a-:b/*', '*', '/c*'),
  ).map(({ url, kind }) => `${url} ${kind}`);
  expect(kinds).toEqual([
    '/a static',
    '/a/:b parametric',
    '/a/:b(\\d+)/:c regex',
    '/:a-:b regex',
    '/:a-:b/* wildcard',
    '* wildcard',
    '/c* wildcard',
  ]);
});

test('engines and plans are told as they are given', () => {
  const router = routerOf([
    ['GET', '/a'],
    ['POST', '/a'],
  ]);
  const engines = makeEngines(router, { engine: 'walk', nativeThreshold: 1, compileLimit: 1 });
  const get = { ...engines.get('GET')!, name: 'compile' } satisfies MethodEngine;
  const infos = describeRoutes(router, {
    engines: new Map([['GET', get]]),
    planOf: ({ method }) => (method === 'POST' ? 'constant' : undefined),
  });
  expect(infos.map(({ engine, plan }) => [engine, plan])).toEqual([
    ['compile', 'js'],
    ['walk', 'constant'],
  ]);
});

test("a Fastify route tells its hooks, its schema's parts, and its plugin's prefix", async () => {
  const { app, router } = await fastifyWith((it) => {
    it.addHook('onRequest', async () => {});
    it.get('/a/:id', {
      schema: {
        querystring: { type: 'object' },
        params: { type: 'object' },
        response: { 200: { type: 'object' } },
      },
      preHandler: [async () => {}, async () => {}],
      handler: async () => ({}),
    });
    it.post('/b', {
      schema: { body: { type: 'object' }, headers: { type: 'object' }, tags: ['x'] } as object,
      handler: async () => ({}),
    });
    it.register(
      async (child) => {
        child.addHook('onRequest', async () => {});
        child.addHook('onSend', async () => {});
        child.get('/', async () => 'both');
        child.get('/c/', async () => 'c');
      },
      { prefix: '/v1' },
    );
  });
  const infos = describeRoutes(router);
  expect(infos.map(({ id }) => id)).toEqual(infos.map((_, i) => i));
  const told = infos
    .filter(({ method }) => method !== 'HEAD')
    .map(({ method, url, prefix, hooks, schema }) => ({ method, url, prefix, hooks, schema }));
  const child = { prefix: '/v1', hooks: { onRequest: 2, onSend: 1 }, schema: [] };
  expect(told).toEqual([
    {
      method: 'GET',
      url: '/a/:id',
      prefix: undefined,
      hooks: { onRequest: 1, preHandler: 2 },
      schema: ['querystring', 'params', 'response'],
    },
    {
      method: 'POST',
      url: '/b',
      prefix: undefined,
      hooks: { onRequest: 1 },
      schema: ['body', 'headers'],
    },
    { method: 'GET', url: '/v1', ...child },
    { method: 'GET', url: '/v1/', ...child },
    { method: 'GET', url: '/v1/c/', ...child },
  ]);
  await app.close();
});

test('before an application is ready the old name of querystring is understood', () => {
  const router = routerOf([]);
  const config = { url: '/a', method: 'GET' };
  const context = { config, schema: { query: {}, body: undefined }, onRequest: [], onSend: null };
  router.on('GET', '/a', {}, () => {}, context);
  router.on('POST', '/a', {}, () => {}, context);
  const [get, post] = describeRoutes(router);
  expect([get?.schema, get?.hooks]).toEqual([['querystring'], {}]);
  // What is stored beside a route of another method is no context of it.
  expect(post).toMatchObject({ schema: [], url: '/a' });
});

test.each([
  ['/a/:b', undefined, undefined],
  ['/a/:b(\\d+)', undefined, 'regex'],
  ['/a/:b(\\d+)/c', undefined, 'regex'],
  ['/a', { host: 'a.example' }, 'constraint'],
  ['/caf\u00e9', undefined, 'encoded'],
  ['/a%20b/:c', undefined, 'encoded'],
  [`/${Array.from({ length: 33 }, (_, i) => `:p${i}`).join('/')}`, undefined, 'paramCount'],
  [`/${Array.from({ length: 32 }, (_, i) => `:p${i}`).join('/')}`, undefined, undefined],
])('on native code %s %o is deferred for %s', (path, constraints, reason) => {
  const router = routerOf([['GET', path, constraints]]);
  const engines = makeEngines(router, { engine: 'walk', nativeThreshold: 1, compileLimit: 1 });
  const native: MethodEngine = { ...engines.get('GET')!, name: 'native' };
  const [info] = describeRoutes(router, { engines: new Map([['GET', native]]) });
  expect(info?.deferReason).toBe(reason);
  // Without native code there is nothing to defer.
  expect(describeRoutes(router, { engines })[0]?.deferReason).toBeUndefined();
});

test('a parameter beside a regular expression is deferred with it', () => {
  const router = getRoutes('/a/:b(\\d+)', '/a/:c', '/a/*', '/a/d');
  const native = { name: 'native' } as MethodEngine;
  const infos = describeRoutes(router, { engines: new Map([['GET', native]]) });
  expect(infos.map(({ deferReason }) => deferReason)).toEqual([
    'regex',
    'regex',
    undefined,
    undefined,
  ]);
});

test('over random tables as many routes are deferred as the image defers or leaves out', () => {
  let deferred = 0;
  for (let seed = 0; seed < 300; seed++) {
    const random = randomFrom(seed);
    const router = makeRouter(randomTable(random, { isConstrained: random.once(2) }));
    const native = { name: 'native' } as MethodEngine;
    const engines = new Map(Object.keys(router.trees).map((method) => [method, native]));
    const infos = describeRoutes(router, { engines });
    for (const [method, tree] of Object.entries(router.trees)) {
      const image = encodeTree(router, tree);
      const decided = infos.filter(
        (info) =>
          info.method === method &&
          // The image does not know that such a route has too many parameters: each lookup defers.
          (info.deferReason === undefined || info.deferReason === 'paramCount'),
      );
      expect(decided.length, `seed ${seed}, ${method}`).toBe(image.decided);
      deferred += image.deferred + image.omitted;
    }
  }
  console.log({ deferred });
  expect(deferred).toBeGreaterThan(500);
});

test('a route that is in no tree any more is told without its engine', () => {
  const router = getRoutes('/a');
  const [route] = router.routes;
  (router.routes as unknown[]).push({ ...route, path: '/b', params: ['x'] });
  expect(describeRoutes(router)[1]).toMatchObject({ url: '/b', kind: 'parametric' });
});
