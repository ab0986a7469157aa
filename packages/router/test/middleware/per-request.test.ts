// What a cache of replies is given to live with middleware; here a cache of the simplest kind stands for one.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import {
  dynamicRoutes,
  hasLaterPre,
  MIDDLEWARE_HOOK,
  middleware,
  notePerRequestFields,
  perRequestFields,
  postsOf,
  runPerRequest,
} from '../../src/index.ts';
import type { Middleware, MiddlewareOptions } from '../../src/index.ts';
import { makeApp } from '../constant/apps.ts';
import { define } from './support.ts';

/** Sets a header to the number of its calls. */
function counts(name: string, more: object = {}): Middleware {
  let count = 0;
  return define({
    name,
    post: (_request: unknown, reply: FastifyReply) =>
      void reply.header(`x-${name}`, String(++count)),
    ...more,
  });
}

async function appOf(
  options: MiddlewareOptions,
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
) {
  const app = makeApp();
  await app.register(middleware, options);
  app.get('/', async (request, reply) => handler(request, reply));
  return app;
}

async function headersOf(app: FastifyInstance): Promise<Record<string, unknown>> {
  const { statusCode, headers } = await app.inject('/');
  return { status: statusCode, each: headers['x-each'], once: headers['x-once'] };
}

test('a reply from a cache has passed the perRequest posts alone, and those once', async () => {
  const use = [counts('each', { perRequest: true }), counts('once')];
  let isStored = false;
  const app = await appOf({ use }, (request, reply) => {
    if (!isStored) return 'x';
    runPerRequest(request, reply);
    runPerRequest(request, reply);
    expect(reply.getHeader('x-each')).toBe('2');
    return 'x';
  });
  expect(await headersOf(app)).toEqual({ status: 200, each: '1', once: '1' });
  isStored = true;
  expect(await headersOf(app)).toEqual({ status: 200, each: '2', once: undefined });
});

test('the reply to an error behind it is a new one: all posts see it that have not run', async () => {
  const use = [counts('each', { perRequest: true }), counts('once')];
  const app = await appOf({ use }, (request, reply) => {
    runPerRequest(request, reply);
    return 'x';
  });
  let fails = true;
  app.addHook('onSend', async () => {
    if (!fails) return;
    fails = false;
    throw new Error('theirs');
  });
  expect(await headersOf(app)).toEqual({ status: 500, each: '2', once: '1' });
});

test('one that fails is thrown to the cache, and is not called for the error', async () => {
  let asked = 0;
  const fails = (): never => {
    asked++;
    throw new Error('no');
  };
  const use = [define({ name: 'bad', perRequest: true, post: fails }), counts('once')];
  const app = await appOf({ use }, (request, reply) => {
    expect(() => runPerRequest(request, reply)).toThrow('no');
    throw new Error('the cache gives up');
  });
  expect(await headersOf(app)).toEqual({ status: 500, each: undefined, once: '1' });
  expect(asked).toBe(1);
});

test('one that is asynchronous after all is CATZ_MIDDLEWARE_RETURN; one that returns its reply is not', async () => {
  const bad = define({
    name: 'bad',
    perRequest: true,
    post: () => Promise.reject(new Error('late')),
  });
  const code = 'CATZ_MIDDLEWARE_RETURN';
  const refusing = await appOf({ use: [bad] }, (request, reply) => {
    expect(() => runPerRequest(request, reply)).toThrow(expect.objectContaining({ code }) as Error);
    throw new Error('the cache gives up');
  });
  expect((await refusing.inject('/')).statusCode).toBe(500);
  const good = define({
    name: 'good',
    perRequest: true,
    post: (_request: unknown, reply: FastifyReply) => reply.header('x-each', 'g'),
  });
  const giving = await appOf({ use: [good] }, (request, reply) => {
    runPerRequest(request, reply);
    return 'x';
  });
  expect(await headersOf(giving)).toMatchObject({ status: 200, each: 'g' });
});

test('one whose requirement is missing does not run', async () => {
  const pre = (_request: unknown, reply: FastifyReply): unknown => reply.send('short');
  const use = [
    define({ name: 'auth', provides: ['user'], pre }),
    counts('each', { perRequest: true, requires: ['user'] }),
  ];
  const app = makeApp();
  await app.register(middleware, { use });
  // A cache that answers in onRequest.
  app.addHook('onRequest', async (request, reply) => {
    runPerRequest(request, reply);
    return reply.send('stored');
  });
  app.get('/', () => 'x');
  expect(await headersOf(app)).toMatchObject({ status: 200, each: undefined });
});

test('without middleware there is nothing to run, to note, or to see', async () => {
  const app = await appOf({}, (request, reply) => {
    notePerRequestFields(request);
    runPerRequest(request, reply);
    return { posts: postsOf(request), fields: perRequestFields(request) };
  });
  expect((await app.inject('/')).json()).toEqual({ posts: 'none', fields: {} });
});

test('postsOf tells which posts have to see a reply', async () => {
  const seen: string[] = [];
  const pre = define({ name: 'pre', pre: () => undefined });
  for (const options of [
    { use: [pre] },
    { use: [pre, counts('each', { perRequest: true })] },
    { use: [counts('each', { perRequest: true }), counts('once')] },
    { use: [pre], serverTiming: true },
  ]) {
    const app = await appOf(options, (request) => {
      seen.push(postsOf(request));
      return 'x';
    });
    await app.inject('/');
  }
  expect(seen).toEqual(['none', 'perRequest', 'all', 'perRequest']);
});

test('fields are noted that perRequest posts and Server-Timing set, and no others', async () => {
  const adds = (name: string, value: string, more: object = {}): Middleware =>
    define({
      name: value.replace('=', '-'),
      post: (_request: unknown, reply: FastifyReply) => void reply.header(name, value),
      ...more,
    });
  let noted: Readonly<Record<string, unknown>> | undefined;
  const app = await appOf(
    {
      use: [
        adds('x-plain', 'plain'),
        adds('x-own', 'own', { perRequest: true }),
        adds('set-cookie', 'b=2', { perRequest: true }),
        define({
          name: 'same',
          perRequest: true,
          post: (_request: unknown, reply: FastifyReply) => void reply.header('x-plain', 'plain'),
        }),
      ],
      serverTiming: true,
    },
    (request, reply) => {
      notePerRequestFields(request);
      notePerRequestFields(request);
      return reply.header('set-cookie', 'a=1').send('x');
    },
  );
  app.addHook('onSend', async (request) => {
    noted = perRequestFields(request);
  });
  await app.inject('/');
  expect(noted).toEqual({
    'x-own': 'own',
    'set-cookie': ['a=1', 'b=2'],
    'server-timing': expect.stringMatching(/^plain\.post;dur=/) as string,
  });
});

test('perRequest posts are measured, wherever they run', async () => {
  for (const isStored of [false, true]) {
    const use = [counts('each', { perRequest: true })];
    const app = await appOf({ use, timings: 'all' }, (request, reply) => {
      if (isStored) runPerRequest(request, reply);
      return 'x';
    });
    await app.inject('/');
    expect(app.middlewareTimings().series).toMatchObject([
      { middleware: 'each', part: 'post', count: 1 },
    ]);
  }
});

describe('hasLaterPre', () => {
  test('tells of the chain of a route, and nothing of routes it does not know', async () => {
    const app = makeApp();
    const told: Record<string, boolean | undefined> = {};
    const routes: { url: string; config?: object }[] = [];
    app.addHook('onRoute', (route) => void routes.push(route));
    app.get('/unseen', { exposeHeadRoute: false }, () => 'x');
    await app.register(middleware, {
      use: [define({ name: 'a', at: 'onRequest', pre: () => undefined })],
    });
    const own = { middleware: [define({ name: 'b', pre: () => undefined })] };
    app.get('/early', { exposeHeadRoute: false }, () => 'x');
    app.get('/late', { exposeHeadRoute: false, config: own }, () => 'x');
    await app.ready();
    for (const route of routes) told[route.url] = hasLaterPre(app, route);
    expect(told).toEqual({ '/unseen': undefined, '/early': false, '/late': true });
    expect(hasLaterPre(makeApp(), routes[1]!)).toBeUndefined();
  });

  test('reads the config as it is when it is asked', async () => {
    const app = makeApp();
    await app.register(middleware, {});
    const told: unknown[] = [];
    app.addHook('onRoute', (route) => {
      told.push(hasLaterPre(app, route));
      route.config = {
        ...route.config,
        middleware: [define({ name: 'b', pre: () => undefined })],
      };
      told.push(hasLaterPre(app, route));
    });
    app.get('/', { exposeHeadRoute: false }, () => 'x');
    expect(told).toEqual([false, true]);
  });
});

test('all hooks of the plugin go by one name', async () => {
  const app = makeApp();
  await app.register(middleware, {});
  app.get('/', () => 'x');
  await app.ready();
  const hooks = Object.getOwnPropertySymbols(app).find(
    ({ description }) => description === 'fastify.hooks',
  )!;
  const lists = (app as unknown as Record<symbol, Record<string, { name: string }[]>>)[hooks]!;
  for (const stage of ['onRequest', 'preValidation', 'preHandler', 'onSend', 'onError']) {
    expect(lists[stage]!.map(({ name }) => name)).toEqual([MIDDLEWARE_HOOK]);
  }
});

test('requests of dynamic routes have their posts for a cache, too', async () => {
  const app = makeApp();
  await app.register(middleware, { use: [counts('each', { perRequest: true })] });
  const table = dynamicRoutes({ name: 't', prefix: '/t' });
  await app.register(table.plugin);
  table.add({ method: 'GET', url: '/x', handler: async (request) => postsOf(request) });
  table.commit();
  expect((await app.inject('/t/x')).body).toBe('perRequest');
});
