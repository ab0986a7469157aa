// request.ctx: its keys, who may provide and require them, and what pre may return.
import { describe, expect, test } from 'vitest';
import type { FastifyRequest } from 'fastify';
import { contextOf, dynamicRoutes, group, middleware } from '../../src/index.ts';
import type { Middleware } from '../../src/index.ts';
import { makeApp } from '../constant/apps.ts';
import { VERSIONS } from '../fastify/versions.ts';
import { define } from './support.ts';
import type { Loose } from './support.ts';

const gives = (name: string, key: string, more: Loose = {}): Middleware =>
  define({ name, provides: [key], pre: () => ({ [key]: `${key} of ${name}` }), ...more });
const wants = (name: string, key: string, more: Loose = {}): Middleware =>
  define({ name, requires: [key], pre: () => undefined, ...more });

describe.each(VERSIONS)('with Fastify %s', (_version, make) => {
  test('what pre returns, at once or later, is in ctx for all that comes behind', async () => {
    const app = makeApp(make);
    const seen: unknown[] = [];
    await app.register(middleware, {
      use: [
        gives('a', 'user', { at: 'onRequest' }),
        gives('b', 'tenant', { pre: async () => ({ tenant: 't' }) }),
        define({
          name: 'c',
          requires: ['user', 'tenant'],
          pre: (_request: unknown, _reply: unknown, ctx: object) => void seen.push({ ...ctx }),
          post: (_request: unknown, _reply: unknown, ctx: object) => void seen.push({ ...ctx }),
        }),
      ],
    });
    app.get('/', async (request) => ({ ...request.ctx }));
    const ctx = { outcome: 'ok', user: 'user of a', tenant: 't' };
    expect((await app.inject('/')).json()).toEqual(ctx);
    expect(seen).toEqual([ctx, ctx]);
  });

  test('ctx is there without any middleware, one object for a request, a new one for the next', async () => {
    const app = makeApp(make);
    await app.register(middleware, {});
    const seen = new Set<unknown>();
    app.addHook('onRequest', async (request) => void seen.add(request.ctx));
    app.get('/', async (request) => {
      seen.add(request.ctx);
      return request.ctx;
    });
    for (let i = 1; i < 3; i++) {
      expect((await app.inject('/')).json()).toEqual({ outcome: 'ok' });
      expect(seen.size).toBe(i);
    }
  });
});

test('all contexts of a route have the same keys in the same order, whatever has run', async () => {
  const app = makeApp();
  const keys: string[][] = [];
  await app.register(middleware, {
    use: [
      gives('a', 'user', {
        pre: (request: FastifyRequest, reply: { send(x: string): unknown }) =>
          request.headers['x-cut'] === undefined ? { user: 1 } : reply.send('cut'),
      }),
      gives('b', 'tenant'),
      define({
        name: 'c',
        post: (_request: unknown, _reply: unknown, ctx: object) => void keys.push(Object.keys(ctx)),
      }),
    ],
  });
  app.get('/', () => 'x');
  await app.inject('/');
  await app.inject({ url: '/', headers: { 'x-cut': '1' } });
  expect(keys).toEqual([
    ['user', 'tenant', 'outcome'],
    ['user', 'tenant', 'outcome'],
  ]);
});

test('a post whose pre failed runs without what it provides; one whose requirement is missing does not run', async () => {
  const app = makeApp();
  const ran: unknown[] = [];
  const post = (_request: unknown, _reply: unknown, ctx: { user?: unknown }): void =>
    void ran.push(ctx.user ?? 'none');
  const fails = (): never => {
    throw new Error('no');
  };
  await app.register(middleware, {
    use: [
      gives('a', 'user', { pre: fails, post }),
      define({ name: 'b', requires: ['user'], post: () => void ran.push('b') }),
      define({ name: 'c', post: () => void ran.push('c') }),
    ],
  });
  app.get('/', () => 'x');
  expect((await app.inject('/')).statusCode).toBe(500);
  expect(ran).toEqual(['c', 'none']);
});

describe('CATZ_MIDDLEWARE_CONTEXT at the declaration', () => {
  test.each<[string, Middleware[], string]>([
    [
      'a key that nobody provides',
      [wants('a', 'user')],
      'GET /: expected user, which middleware a requires, to be provided by one that runs before it',
    ],
    [
      'a key that is provided later',
      [gives('b', 'user', { priority: 501 }), wants('a', 'user')],
      'a requires',
    ],
    [
      'a key of a later point',
      [gives('b', 'user'), wants('a', 'user', { at: 'onRequest' })],
      'a requires',
    ],
    [
      'a key that a post alone requires',
      [define({ name: 'a', requires: ['user'], post: () => {} })],
      'a requires',
    ],
    [
      'two providers',
      [gives('a', 'user'), gives('b', 'user')],
      'GET /: expected one provider of user, got middleware a and b',
    ],
  ])('refuses %s', async (_what, list, message) => {
    const app = makeApp();
    await app.register(middleware, {});
    expect(() => app.get('/', { config: { middleware: list } }, () => 'x')).toThrow(
      expect.objectContaining({
        code: 'CATZ_MIDDLEWARE_CONTEXT',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });

  test('refuses a route that skips what another requires', async () => {
    const app = makeApp();
    await app.register(middleware, {
      use: [gives('a', 'user', { skippable: true }), wants('b', 'user')],
    });
    app.get('/a', () => 'x');
    expect(() => app.get('/b', { config: { skip: ['a'] } }, () => 'x')).toThrow(
      expect.objectContaining({ code: 'CATZ_MIDDLEWARE_CONTEXT' }) as Error,
    );
  });

  test('refuses middleware for what is not found that requires what is not there then', async () => {
    const registered = makeApp().register(middleware, {
      use: [gives('a', 'user'), wants('b', 'user', { on404: true })],
    });
    await expect(Promise.resolve(registered)).rejects.toMatchObject({
      code: 'CATZ_MIDDLEWARE_CONTEXT',
    });
  });

  test('a group may require what is provided globally', async () => {
    const app = makeApp();
    await app.register(middleware, { use: [gives('a', 'user')] });
    const inside = group({ prefix: '/g', middleware: [wants('b', 'user')] });
    inside.get('/', async () => 'x');
    await app.register(inside.plugin);
    expect((await app.inject('/g')).body).toBe('x');
  });
});

describe('CATZ_MIDDLEWARE_DUPLICATE', () => {
  test.each<[string, Middleware[]]>([
    ['one given twice', [...Array<Middleware>(2).fill(gives('a', 'user'))]],
    ['two of one name', [wants('a', 'x'), gives('a', 'x')]],
  ])('refuses %s', async (_what, list) => {
    const app = makeApp();
    await app.register(middleware, {});
    expect(() => app.get('/', { config: { middleware: list } }, () => 'x')).toThrow(
      expect.objectContaining({
        code: 'CATZ_MIDDLEWARE_DUPLICATE',
        message:
          'GET /: expected each middleware to have a name of its own and to be given once, got a twice',
      }) as Error,
    );
  });

  test('refuses a global one twice where the plugin is registered', async () => {
    const twice = gives('a', 'user');
    const registered = makeApp().register(middleware, { use: [twice, twice] });
    await expect(Promise.resolve(registered)).rejects.toMatchObject({
      code: 'CATZ_MIDDLEWARE_DUPLICATE',
    });
  });
});

describe('CATZ_MIDDLEWARE_RETURN', () => {
  const returns = async (
    value: unknown,
    provides: string[] = [],
  ): Promise<{ code: string; message: string }> => {
    for (const pre of [() => value, async () => value]) {
      const app = makeApp();
      await app.register(middleware, { use: [define({ name: 'a', provides, pre })] });
      let ran = false;
      app.get('/', () => {
        ran = true;
        return 'x';
      });
      const answered = await app.inject('/');
      expect([answered.statusCode, ran]).toEqual([500, false]);
      if (pre.constructor.name === 'AsyncFunction') return answered.json();
    }
    throw new Error('unreachable');
  };

  test.each<[string, unknown, string[], string]>([
    [
      'something, where it provides nothing',
      true,
      [],
      'to return nothing, or reply after sending it, got true',
    ],
    ['an object, where it provides nothing', { user: 1 }, [], 'got an object with user'],
    [
      'nothing, where it provides something',
      undefined,
      ['user'],
      'to return an object with user, or reply after sending it, got undefined',
    ],
    ['null', null, ['user'], 'got null'],
    ['text', 'secret', ['user'], 'got "secret"'],
    ['an object without the key', { usr: 1 }, ['user'], 'got an object with usr'],
    ['an object with another key', { user: 1, role: 2 }, ['user'], 'got an object with user, role'],
    ['an empty object', {}, ['user'], 'got an object'],
  ])('a pre that returns %s fails the request', async (_what, value, provides, message) => {
    const error = await returns(value, provides);
    expect(error.code).toBe('CATZ_MIDDLEWARE_RETURN');
    expect(error.message).toContain(
      `expected pre of middleware a ${message.startsWith('to') ? message : ''}`,
    );
    expect(error.message).toContain(message);
  });
});

describe('contextOf', () => {
  test('gives ctx where the middleware has run, and refuses where it has not', async () => {
    const auth = gives('auth', 'user', { at: 'onRequest' });
    const other = gives('other', 'tenant');
    const app = makeApp();
    await app.register(middleware, {});
    const seen: string[] = [];
    const hook = async (request: FastifyRequest): Promise<void> => {
      try {
        contextOf(request, other);
        seen.push('there');
      } catch (error) {
        seen.push((error as Error).message);
      }
    };
    app.get(
      '/a',
      { config: { middleware: [auth, other] }, onRequest: hook, preHandler: hook },
      async (request) => contextOf(request, auth, other),
    );
    app.get('/b', async (request) => contextOf(request, auth));
    expect((await app.inject('/a')).json()).toEqual({
      outcome: 'ok',
      user: 'user of auth',
      tenant: 'tenant of other',
    });
    expect(seen).toEqual([
      'GET /a: expected middleware other to have run for the request',
      'there',
    ]);
    const refused = await app.inject('/b');
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([
      500,
      'CATZ_MIDDLEWARE_CONTEXT',
    ]);
  });

  test('knows middleware without a pre once what it requires is there', async () => {
    const auth = gives('auth', 'user');
    const tail = define({ name: 'tail', requires: ['user'], post: () => undefined });
    const app = makeApp();
    await app.register(middleware, { use: [auth, tail] });
    app.get('/', async (request) => contextOf(request, tail).outcome);
    expect((await app.inject('/')).body).toBe('ok');
  });

  test('knows what a dynamic route has of its own', async () => {
    const auth = gives('auth', 'user');
    const app = makeApp();
    await app.register(middleware, { use: [gives('global', 'id', { at: 'onRequest' })] });
    const table = dynamicRoutes({ name: 't', prefix: '/t' });
    await app.register(table.plugin);
    table.add({
      method: 'GET',
      url: '/x',
      config: { middleware: [auth] },
      handler: async (request) => contextOf(request, auth),
    });
    table.commit();
    expect((await app.inject('/t/x')).json()).toEqual({
      outcome: 'ok',
      id: 'id of global',
      user: 'user of auth',
    });
  });
});
