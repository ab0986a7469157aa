import type { FastifyInstance, RouteOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { planOf } from '../../src/constant/plan.ts';
import { group } from '../../src/group/group.ts';
import type { GroupHooks } from '../../src/group/options.ts';
import { makeApp } from '../constant/apps.ts';
import { VERSIONS } from '../fastify/versions.ts';

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const;

describe.each(VERSIONS)('Fastify %s', (_version, make) => {
  test('each method declares a route below the prefix', async () => {
    const app = makeApp(make);
    const users = group({ prefix: '/users' });
    for (const method of METHODS) {
      users[method](`/${method}`, async (request) => ({ method: request.method }));
    }
    await app.register(users.plugin);
    for (const method of METHODS) {
      const answer = await app.inject({
        method: method.toUpperCase() as 'GET',
        url: `/users/${method}`,
      });
      expect(answer.statusCode).toBe(200);
      if (method !== 'head') expect(answer.json()).toEqual({ method: method.toUpperCase() });
    }
    expect((await app.inject('/get')).statusCode).toBe(404);
  });

  test('withTypeProvider gives the group back', () => {
    const any = group({ prefix: '/any' });
    expect(any.withTypeProvider()).toBe(any);
  });

  test('all, route and constant declare routes too, and calls can be chained', async () => {
    const app = makeApp(make);
    const plans: string[] = [];
    app.addHook('onRoute', (route) => void plans.push(planOf(route).kind));
    const any = group({ prefix: '/any' })
      .all('/all', async (request) => request.method)
      .route({ method: ['PUT', 'DELETE'], url: '/route', handler: async () => 'route' })
      .constant('/constant', { status: 'ok' })
      .get('/options', { handler: async () => 'by options' });
    await app.register(any.plugin);
    const ask = async (method: 'PATCH' | 'PUT' | 'GET', url: string) =>
      (await app.inject({ method, url: `/any${url}` })).body;
    expect(await ask('PATCH', '/all')).toBe('PATCH');
    expect(await ask('PUT', '/route')).toBe('route');
    expect(await ask('GET', '/constant')).toBe('{"status":"ok"}');
    expect(await ask('GET', '/options')).toBe('by options');
    expect(plans.filter((kind) => kind === 'constant')).toHaveLength(1);
  });

  test('groups in groups have the prefixes and the hooks of those around them, outer first', async () => {
    const app = makeApp(make);
    const ran: string[] = [];
    const note = (name: string) => async () => {
      ran.push(name);
    };
    app.addHook('preHandler', note('app'));
    const outer = group({
      prefix: '/outer',
      hooks: { preHandler: [note('outer 1'), note('outer 2')], onRequest: note('outer first') },
    });
    const inner = outer.group({ prefix: '/inner', hooks: { preHandler: note('inner') } });
    inner.get('/:id', { preHandler: note('route') }, async () => 'inner');
    outer.get('/', async () => 'outer');
    await app.register(outer.plugin);
    expect((await app.inject('/outer/inner/5')).body).toBe('inner');
    expect(ran).toEqual(['outer first', 'app', 'outer 1', 'outer 2', 'inner', 'route']);
    ran.length = 0;
    expect((await app.inject('/outer')).body).toBe('outer');
    expect(ran).toEqual(['outer first', 'app', 'outer 1', 'outer 2']);
  });

  test('hooks of a group cover its routes and no others', async () => {
    const app = makeApp(make);
    const guarded = group({
      prefix: '/guarded',
      hooks: { onRequest: async (_request, reply) => reply.code(401).send('no') },
    });
    guarded.get('/get', async () => 'never').constant('/constant', 'never');
    guarded.group().get('/below', async () => 'never');
    app.get('/before', async () => 'open');
    await app.register(guarded.plugin);
    app.get('/guarded/after', async () => 'open');
    const statusOf = async (url: string) => (await app.inject(url)).statusCode;
    expect(await statusOf('/guarded/get')).toBe(401);
    expect(await statusOf('/guarded/constant')).toBe(401);
    expect(await statusOf('/guarded/below')).toBe(401);
    expect(await statusOf('/before')).toBe(200);
    expect(await statusOf('/guarded/after')).toBe(200);
    expect(await statusOf('/guarded/unknown')).toBe(404);
  });

  test('hooks run at the point they are named for', async () => {
    const app = makeApp(make);
    const ran: string[] = [];
    const note =
      (name: string) =>
      (...args: unknown[]): void => {
        ran.push(name);
        (args.at(-1) as () => void)();
      };
    const points = [
      'onRequest',
      'preParsing',
      'preValidation',
      'preHandler',
      'preSerialization',
      'onSend',
      'onResponse',
    ];
    const hooks = Object.fromEntries(points.map((point) => [point, note(point)])) as GroupHooks;
    const failed: GroupHooks = {
      onError: (_request, _reply, _error, done) => {
        ran.push('onError');
        done();
      },
    };
    const all = group({ prefix: '/all', hooks: { ...hooks, ...failed } });
    all.get('/ok', async () => ({ ok: true }));
    all.get('/fails', async () => {
      throw new Error('it failed');
    });
    const finished = new Promise<void>((resolve) => {
      app.addHook('onResponse', async () => resolve());
    });
    await app.register(all.plugin);
    expect((await app.inject('/all/ok')).json()).toEqual({ ok: true });
    await finished;
    expect([...ran].sort()).toEqual([...points].sort());
    ran.length = 0;
    expect((await app.inject('/all/fails')).statusCode).toBe(500);
    expect(ran).toContain('onError');
  });

  test('tags add up, outer first and none twice; of security and description the inner word counts', async () => {
    const app = makeApp(make);
    const schemas = schemasOf(app);
    const outer = group({
      prefix: '/outer',
      tags: ['outer', 'shared'],
      description: 'from outside',
      security: [{ bearer: [] }],
    });
    const inner = outer.group({ prefix: '/inner', tags: ['shared', 'inner'], security: [] });
    outer.get('/plain', async () => '');
    const own = { tags: ['own', 'outer'], description: 'of its own', security: [{ key: ['a'] }] };
    inner.get(
      '/',
      { prefixTrailingSlash: 'no-slash', schema: { ...own, hide: true } as object },
      async () => '',
    );
    inner.get('/bare', { schema: { params: { type: 'object' } } }, async () => '');
    group().get('/none', async () => '');
    await app.register(outer.plugin);
    await app.ready();
    expect(schemas.get('/outer/plain')).toEqual({
      tags: ['outer', 'shared'],
      description: 'from outside',
      security: [{ bearer: [] }],
    });
    expect(schemas.get('/outer/inner')).toEqual({
      ...own,
      hide: true,
      tags: ['outer', 'shared', 'inner', 'own'],
    });
    expect(schemas.get('/outer/inner/bare')).toEqual({
      params: { type: 'object' },
      tags: ['outer', 'shared', 'inner'],
      description: 'from outside',
      security: [],
    });
  });

  test('config and constraints are merged name by name, the route over the inner over the outer group', async () => {
    const app = makeApp(make);
    const configs = new Map<string, unknown>();
    app.addHook('onRoute', ({ url, config }) => void configs.set(url, config));
    const mark = Symbol('mark');
    const outer = group({
      prefix: '/outer',
      config: { a: 'outer', b: 'outer', c: 'outer', [mark]: 1 },
      constraints: { host: 'outer.example' },
    });
    const inner = outer.group({
      config: { b: 'inner', c: 'inner' },
      constraints: { version: '1.0.0' },
    });
    outer.get('/plain', async () => 'outer');
    inner.get('/in', { config: { c: 'route' } as object }, async () => 'inner');
    inner.constant('/constant', 'constant', { constraints: { host: 'own.example' } });
    await app.register(outer.plugin);
    const ask = async (url: string, headers: Record<string, string>) =>
      (await app.inject({ url, headers })).statusCode;
    expect(await ask('/outer/plain', { host: 'outer.example' })).toBe(200);
    expect(await ask('/outer/plain', { host: 'other.example' })).toBe(404);
    expect(await ask('/outer/in', { host: 'outer.example', 'accept-version': '1.x' })).toBe(200);
    expect(await ask('/outer/in', { host: 'outer.example', 'accept-version': '2.x' })).toBe(404);
    expect(await ask('/outer/in', { host: 'other.example', 'accept-version': '1.x' })).toBe(404);
    expect(await ask('/outer/constant', { host: 'own.example', 'accept-version': '1.x' })).toBe(
      200,
    );
    expect(configs.get('/outer/plain')).toMatchObject({ a: 'outer', c: 'outer', [mark]: 1 });
    expect(configs.get('/outer/in')).toMatchObject({
      a: 'outer',
      b: 'inner',
      c: 'route',
      [mark]: 1,
    });
    expect(planOf({ config: configs.get('/outer/constant') }).kind).toBe('constant');
  });

  test('a group that says nothing leaves routes as they were declared', async () => {
    const app = makeApp(make);
    const seen: RouteOptions[] = [];
    app.addHook('onRoute', (route) => void seen.push({ ...route }));
    await app.register(group().get('/x', async () => 'x').plugin);
    expect((await app.inject('/x')).body).toBe('x');
    for (const name of ['schema', 'config', 'constraints'])
      expect(seen[0]).not.toHaveProperty(name);
  });

  test.each([
    ['both', [200, 200]],
    ['slash', [404, 200]],
    ['no-slash', [200, 404]],
  ] as const)(
    'the root path follows prefixTrailingSlash: %s',
    async (prefixTrailingSlash, expected) => {
      const app = makeApp(make);
      const root = group({ prefix: '/root' }).get('/', { prefixTrailingSlash }, async () => 'root');
      await app.register(root.plugin);
      const statuses = [];
      for (const url of ['/root', '/root/']) statuses.push((await app.inject(url)).statusCode);
      expect(statuses).toEqual(expected);
    },
  );

  test('a plugin is registered as often as one likes, below prefixes of the application', async () => {
    const app = makeApp(make);
    const schemas = schemasOf(app);
    const users = group({ prefix: '/users', tags: ['users'] });
    users.get('/', { schema: { tags: ['own'] } as object }, async () => 'users');
    users.group({ prefix: '/admin', tags: ['admin'] }).get('/x', async () => 'admin');
    await app.register(users.plugin, { prefix: '/v1' });
    await app.register(users.plugin, { prefix: '/v2' });
    for (const version of ['/v1', '/v2']) {
      expect((await app.inject(`${version}/users`)).body).toBe('users');
      expect((await app.inject(`${version}/users/admin/x`)).body).toBe('admin');
      expect(schemas.get(`${version}/users`)).toEqual({ tags: ['users', 'own'] });
    }
  });

  test('handlers are bound to the scope of the group, and decorators of the application are there', async () => {
    const app = makeApp(make);
    app.decorate('answer', 42);
    const g = group({ prefix: '/g' }).get('/x', async function () {
      return { prefix: this.prefix, answer: (this as unknown as { answer: number }).answer };
    });
    await app.register(g.plugin);
    expect((await app.inject('/g/x')).json()).toEqual({ prefix: '/g', answer: 42 });
  });

  test('what makes no sense as a route is refused by Fastify, when the plugin runs', async () => {
    const cases: [(g: ReturnType<typeof group>) => unknown, string][] = [
      [(g) => g.get('/x', undefined as never), 'FST_ERR_ROUTE_MISSING_HANDLER'],
      [(g) => g.get('/x', null as never, () => 'x'), 'FST_ERR_ROUTE_OPTIONS_NOT_OBJ'],
      [(g) => g.get('/x', (() => 'a') as never, () => 'b'), 'FST_ERR_ROUTE_OPTIONS_NOT_OBJ'],
      [(g) => g.get(5 as never, () => 'x'), 'FST_ERR_INVALID_URL'],
      [
        (g) => g.get('/x', { handler: () => 'a' } as object, () => 'b'),
        'FST_ERR_ROUTE_DUPLICATED_HANDLER',
      ],
      [(g) => g.get('/x', () => 'a').get('/x', () => 'b'), 'FST_ERR_DUPLICATED_ROUTE'],
    ];
    for (const [declare, code] of cases) {
      const app = make();
      const g = group();
      declare(g);
      await expect(async () => app.register(g.plugin)).rejects.toMatchObject({ code });
    }
  });
});

test('routes declared behind the registration are refused, in groups below too', async () => {
  const app = makeApp();
  const outer = group({ prefix: '/outer' });
  const inner = outer.group();
  const closed = expect.objectContaining({ code: 'CATZ_GROUP_OPTIONS' });
  await app.register(outer.plugin);
  for (const declare of [
    () => outer.get('/late', async () => ''),
    () => outer.all('/late', async () => ''),
    () => outer.route({ method: 'GET', url: '/late', handler: async () => '' }),
    () => outer.constant('/late', ''),
    () => outer.group(),
    () => inner.get('/late', async () => ''),
  ]) {
    expect(declare).toThrow(closed);
  }
  expect(() => outer.get('/late', async () => '')).toThrow('the group /outer is in an application');
  expect(() => inner.get('/late', async () => '')).toThrow('the group without a prefix is in');
});

test('a group in another has no plugin, by which it would lose the guards around it', () => {
  expect(group().group()).not.toHaveProperty('plugin');
});

test('what the caller does with its options afterwards changes nothing', async () => {
  const app = makeApp();
  const config = { a: 1 };
  const tags = ['a'];
  const seen: unknown[] = [];
  app.addHook('onRoute', (route) => void seen.push({ config: route.config, ...route.schema }));
  const g = group({ config, tags }).get('/x', { exposeHeadRoute: false }, async () => 'x');
  config.a = 2;
  tags.push('b');
  await app.register(g.plugin);
  expect(seen).toEqual([{ config: { a: 1 }, tags: ['a'] }]);
});

test('a constant that cannot be is refused where it is declared', () => {
  expect(() => group().constant('/x', { status: 99, body: 'x' })).toThrow(
    expect.objectContaining({ code: 'CATZ_ROUTER_BAD_ROUTE' }),
  );
});

test.each(['admin', '/admin/', '/', '', 'https://a', 5, null])(
  'the prefix %j is refused',
  (prefix) => {
    const wrong = expect.objectContaining({
      code: 'CATZ_GROUP_PREFIX',
      message: expect.stringContaining(typeof prefix === 'string' ? `"${prefix}"` : String(prefix)),
    });
    expect(() => group({ prefix: prefix as string })).toThrow(wrong);
    expect(() => group().group({ prefix: prefix as string })).toThrow(wrong);
  },
);

test.each(['/a', '/a/b', '/:tenant', '/a-:b'])('the prefix %s is taken', (prefix) => {
  expect(() => group({ prefix })).not.toThrow();
});

test.each<[object, string]>([
  [{ prefx: '/a' }, 'unknown option options.prefx, did you mean prefix?'],
  [{ tags: 'admin' }, 'options.tags to be an array'],
  [{ tags: [''] }, 'options.tags[0] to be a non-empty string'],
  [{ description: 5 }, 'options.description'],
  [{ security: { bearer: [] } }, 'options.security to be an array'],
  [{ security: ['bearer'] }, 'options.security[0] to be an object'],
  [{ hooks: () => undefined }, 'options.hooks to be an object'],
  [{ hooks: { onReady: () => undefined } }, 'unknown option options.hooks.onReady'],
  [{ hooks: { preHandler: 'auth' } }, 'options.hooks.preHandler to be a function or an array'],
  [{ hooks: { preHandler: [undefined] } }, 'options.hooks.preHandler to be a function or an array'],
  [{ config: [] }, 'options.config to be an object'],
  [{ constraints: 'host' }, 'options.constraints to be an object'],
])('the options %j are refused, and the message says which', (options, message) => {
  expect(() => group(options)).toThrow(
    expect.objectContaining({
      code: 'CATZ_GROUP_OPTIONS',
      message: expect.stringContaining(message),
    }),
  );
});

function schemasOf(app: FastifyInstance): Map<string, unknown> {
  const schemas = new Map<string, unknown>();
  app.addHook('onRoute', ({ url, method, schema }) => {
    if (method === 'GET') schemas.set(url, schema && { ...schema });
  });
  return schemas;
}
