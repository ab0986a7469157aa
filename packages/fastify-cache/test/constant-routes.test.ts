// Constant routes of @catzilla/router behind the cache: not stored, written raw where hits are, and the same answer in any case.
import Fastify from 'fastify';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { describe, expect, test, vi } from 'vitest';
import { addConstant } from '@catzilla/router';
import { fastifyCache } from '../src/index.ts';
import { atEnd, get, listen, makeApp, makeCache, RawClient, until } from './helpers.ts';

const BODY = { id: 5, name: 'Zürich' };
const HOST = 'HTTP/1.1\r\nHost: x\r\n';

/** Two applications that differ in the cache's mode alone, and how the answers of one that may write raw were written. */
async function twins(
  declare: (app: FastifyInstance) => unknown,
  before?: (app: FastifyInstance) => unknown,
): Promise<(request: string, noBody?: boolean) => Promise<{ text: string; wasRaw: boolean }>> {
  const seen: boolean[] = [];
  const clients: RawClient[] = [];
  for (const mode of ['auto', 'send'] as const) {
    const app = await makeApp(
      { mode, ttl: 60_000 },
      {
        before: async (made) => {
          if (mode === 'auto') watchWrites(made, seen);
          await before?.(made);
        },
      },
    );
    await declare(app);
    clients.push(new RawClient(await listen(app)));
  }
  return async (request, noBody) => {
    const texts = [];
    for (const client of clients) {
      client.send(request);
      texts.push((await client.response(noBody)).text.replace(/^date: .*\r\n/im, 'date\r\n'));
    }
    expect(texts[0]).toBe(texts[1]);
    await until(() => seen.length === 1);
    return { text: texts[0]!, wasRaw: seen.pop()! };
  };
}

/** What is left of a head that Node has not written: raw.ts sets it to a mark. */
function watchWrites(app: FastifyInstance, seen: boolean[]): void {
  app.addHook('onResponse', async (_request, { raw }) => {
    seen.push((raw as unknown as { _header: string })._header === 'x');
  });
}

describe('a constant route', () => {
  test('is written raw, again and again on one connection, as reply.send would write it', async () => {
    const ask = await twins((app) =>
      addConstant(app, '/x', {
        body: BODY,
        headers: { 'cache-control': 'max-age=5', 'set-cookie': ['a=1', 'b=2'], 'x-name': 'Zürich' },
      }),
    );
    for (let round = 0; round < 3; round++) {
      const { text, wasRaw } = await ask(`GET /x ${HOST}\r\n`);
      expect(wasRaw).toBe(true);
      expect(text).toMatch(
        /^HTTP\/1\.1 200 OK\r\ncontent-type: application\/json; charset=utf-8\r\n/,
      );
      expect(text).toContain('set-cookie: a=1\r\nset-cookie: b=2\r\nx-name: Zürich\r\netag: "');
      expect(text).toMatch(
        /date\r\nConnection: keep-alive\r\nKeep-Alive: timeout=72\r\n\r\n\{"id":5/,
      );
    }
  });

  test('is dated by the second in which it is sent', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const app = await makeApp();
      addConstant(app, '/x', 'x');
      const client = new RawClient(await listen(app));
      for (const time of ['10:00:00.100', '10:00:00.900', '10:00:01.000', '09:59:59.000']) {
        vi.setSystemTime(new Date(`2026-03-01T${time}Z`));
        client.send(`GET /x ${HOST}\r\n`);
        const { head } = await client.response();
        expect(head).toContain(`\r\nDate: Sun, 01 Mar 2026 ${time.slice(0, 8)} GMT\r\n`);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test('has nothing of the cache about it, and is neither stored nor counted', async () => {
    const app = await makeApp({ ttl: 60_000 });
    addConstant(app, '/x', 'x');
    for (const method of ['GET', 'HEAD', 'GET'] as const) {
      const { headers } = await get(app, '/x', {}, method);
      expect(headers).not.toHaveProperty('cache-status');
      expect(headers).not.toHaveProperty('age');
    }
    const { hits, misses, stored } = app.cache.stats();
    expect([hits, misses, stored]).toEqual([0, 0, 0]);
    expect(app.cache.routeStats()).toEqual([]);
  });

  test('of any size and any status is written raw', async () => {
    const large = 'ü'.repeat(20_000);
    const ask = await twins((app) => {
      addConstant(app, '/large', large);
      addConstant(app, '/gone', { status: 410, body: 'gone' });
      addConstant(app, '/moved', { status: 301, body: null, headers: { location: '/gone' } });
      addConstant(app, '/empty', { status: 204, body: null });
    });
    for (const url of ['/large', '/gone', '/moved', '/empty', '/large']) {
      expect(await ask(`GET ${url} ${HOST}\r\n`)).toMatchObject({ wasRaw: true });
    }
  });

  test('answers conditions and content codings with the same bytes', async () => {
    const response = { body: 'text '.repeat(100), etag: '"v1"' };
    const ask = await twins((app) => addConstant(app, '/x', response, { compress: true }));
    for (const [fields, start] of [
      ['', 'HTTP/1.1 200'],
      ['Accept-Encoding: gzip\r\n', 'HTTP/1.1 200'],
      ['Accept-Encoding: br, gzip\r\n', 'HTTP/1.1 200'],
      ['If-None-Match: "v1"\r\n', 'HTTP/1.1 304'],
      ['If-None-Match: "v1-gzip"\r\nAccept-Encoding: gzip\r\n', 'HTTP/1.1 304'],
      ['If-None-Match: "v1"\r\nAccept-Encoding: gzip\r\n', 'HTTP/1.1 200'],
    ] as const) {
      const { text, wasRaw } = await ask(`GET /x ${HOST}${fields}\r\n`);
      expect(wasRaw).toBe(true);
      expect(text.startsWith(start)).toBe(true);
    }
  });

  test('is sent by its own handler where a raw write is not allowed', async () => {
    const ask = await twins((app) => addConstant(app, '/x', BODY));
    expect(await ask(`HEAD /x ${HOST}\r\n`, true)).toMatchObject({ wasRaw: false });
    expect(await ask(`GET /x ${HOST}\r\n`)).toMatchObject({ wasRaw: true });
    expect(await ask(`GET /x ${HOST}Connection: close\r\n\r\n`)).toMatchObject({ wasRaw: false });
    const old = await twins((app) => addConstant(app, '/x', BODY));
    expect(await old('GET /x HTTP/1.0\r\n\r\n')).toMatchObject({ wasRaw: false });
  });

  test('keeps its place among pipelined requests', async () => {
    const app = await makeApp({ ttl: 60_000 });
    addConstant(app, '/x', 'constant');
    app.get('/slow', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return 'slow';
    });
    const client = new RawClient(await listen(app));
    client.send(['/slow', '/x', '/x'].map((url) => `GET ${url} ${HOST}\r\n`).join(''));
    const bodies = [];
    for (let i = 0; i < 3; i++) bodies.push((await client.response()).body.toString());
    expect(bodies).toEqual(['slow', 'constant', 'constant']);
  });
});

describe('headers that hooks have set', () => {
  const asked = async (
    headers: Record<string, string | number | string[]>,
    own: Record<string, string> = {},
  ) => {
    const ask = await twins(
      (app) => addConstant(app, '/x', { body: BODY, headers: own }),
      (app) => {
        app.addHook('onRequest', async (_request, reply) => {
          reply.headers(headers);
        });
      },
    );
    return ask(`GET /x ${HOST}\r\n`);
  };

  test.each<[string, Record<string, string | number | string[]>, string]>([
    ['text', { 'x-a': 'Zurich' }, 'x-a: Zurich\r\n'],
    ['a number', { 'x-a': 5 }, 'x-a: 5\r\n'],
    ['a list', { 'x-a': ['1', '2'] }, 'x-a: 1\r\nx-a: 2\r\n'],
    ['Vary', { vary: 'Origin' }, 'vary: Origin\r\n'],
  ])('are written raw before those of the route: %s', async (_what, headers, lines) => {
    const { text, wasRaw } = await asked(headers);
    expect(wasRaw).toBe(true);
    expect(text).toContain(`HTTP/1.1 200 OK\r\n${lines}content-type: `);
  });

  test('go before a large body too', async () => {
    const ask = await twins(
      (app) => addConstant(app, '/x', 'x'.repeat(40_000)),
      (app) => {
        app.addHook('onRequest', async (_request, reply) => void reply.header('x-a', '1'));
      },
    );
    expect(await ask(`GET /x ${HOST}\r\n`)).toMatchObject({ wasRaw: true });
  });

  test.each<[string, Record<string, string | string[]>, Record<string, string>]>([
    ['one that the route has as well', { 'x-a': '1' }, { 'x-a': '2' }],
    ['a Vary beside its own', { vary: 'Origin' }, { vary: 'accept' }],
    ['a cookie', { 'set-cookie': 'a=1' }, {}],
    ['one that describes the content', { 'content-language': 'de' }, {}],
    ['text beyond ASCII', { 'x-a': 'Zürich' }, {}],
    ['a list of others than text', { 'x-a': [5 as unknown as string] }, {}],
  ])('leave it to the handler: %s', async (_what, headers, own) => {
    expect(await asked(headers, own)).toMatchObject({ wasRaw: false });
  });

  test('leave it to the handler where they were set on the raw response', async () => {
    const ask = await twins(
      (app) => addConstant(app, '/x', BODY),
      (app) => {
        app.addHook('onRequest', async (_request, reply) => {
          reply.raw.setHeader('x-raw', '1');
        });
      },
    );
    expect(await ask(`GET /x ${HOST}\r\n`)).toMatchObject({ wasRaw: false });
  });

  test('are followed by the trailers that a hook has promised', async () => {
    const app = await makeApp();
    addConstant(app, '/x', BODY, {
      onRequest: async (_request, reply) => {
        reply.trailer('x-sum', (_reply, _payload, done) => done(null, '1'));
      },
    });
    const client = new RawClient(await listen(app));
    client.send(`GET /x ${HOST}\r\n`);
    client.send(`GET /x ${HOST}Connection: close\r\n\r\n`);
    expect((await client.rest()).split('x-sum: 1')).toHaveLength(3);
  });
});

describe('hooks of others', () => {
  test('guards come first, onResponse hooks after', async () => {
    const ran: string[] = [];
    const app = await makeApp(
      {},
      {
        before: (made) => {
          made.addHook('onRequest', async (request, reply) =>
            request.headers['x-key'] === 'no' ? reply.code(401).send('no') : undefined,
          );
          made.addHook('onResponse', async () => void ran.push('onResponse'));
        },
      },
    );
    addConstant(app, '/x', 'x', { preHandler: async () => void ran.push('preHandler') });
    const client = new RawClient(await listen(app));
    client.send(`GET /x ${HOST}X-Key: no\r\n\r\n`);
    expect((await client.response()).text).toMatch(/^HTTP\/1\.1 401/);
    client.send(`GET /x ${HOST}\r\n`);
    expect((await client.response()).body.toString()).toBe('x');
    await until(() => ran.length === 3);
    expect(ran).toEqual(['onResponse', 'preHandler', 'onResponse']);
  });

  test.each(['before', 'after'])(
    'an onSend hook declared %s the cache sees the reply',
    async (when) => {
      const add = (made: FastifyInstance): unknown =>
        made.addHook('onSend', async (_request, _reply, payload) => `${String(payload)}, seen`);
      const app = await makeApp({}, when === 'before' ? { before: add } : {});
      if (when === 'after') add(app);
      addConstant(app, '/x', 'x');
      const client = new RawClient(await listen(app));
      client.send(`GET /x ${HOST}\r\n`);
      expect((await client.response()).body.toString()).toBe('x, seen');
    },
  );
});

describe('where the cache is told to leave a route alone', () => {
  const wasRaw = async (
    options: Parameters<typeof makeApp>[0],
    declare: (app: FastifyInstance) => unknown,
  ): Promise<boolean> => {
    const seen: boolean[] = [];
    const app = await makeApp(options, { before: (made) => watchWrites(made, seen) });
    await declare(app);
    const client = new RawClient(await listen(app));
    client.send(`GET /x ${HOST}\r\n`);
    expect((await client.response()).body.toString()).toBe('x');
    await until(() => seen.length === 1);
    return seen[0]!;
  };

  test('config.cache: false and an excluded path are left to the handler', async () => {
    const off = { config: { cache: false } };
    expect(await wasRaw({}, (app) => addConstant(app, '/x', 'x', off))).toBe(false);
    expect(await wasRaw({ exclude: ['/x'] }, (app) => addConstant(app, '/x', 'x'))).toBe(false);
  });

  test('options that are none are refused, as of any route', async () => {
    const app = await makeApp();
    expect(() => addConstant(app, '/x', 'x', { config: { cache: { tll: 5 } as object } })).toThrow(
      expect.objectContaining({ code: 'CATZ_FASTIFY_CACHE_ROUTE_OPTION' }),
    );
  });

  test('the innermost registration decides', async () => {
    const inner =
      (mode: 'auto' | 'send', more: object = {}): FastifyPluginAsync =>
      async (scope) => {
        await scope.register(fastifyCache, { cache: makeCache(), mode, ...more });
        addConstant(scope, '/x', 'x');
      };
    expect(await wasRaw({ mode: 'auto' }, (app) => app.register(inner('send')))).toBe(false);
    expect(await wasRaw({ mode: 'send' }, (app) => app.register(inner('auto')))).toBe(true);
    const excluded = inner('auto', { exclude: ['/x'] });
    expect(await wasRaw({ mode: 'auto' }, (app) => app.register(excluded))).toBe(false);
  });
});

test('a constant answer to another method than GET still invalidates', async () => {
  const app = await makeApp({ ttl: 60_000 });
  let runs = 0;
  app.get('/x', async () => ++runs);
  addConstant(app, '/x', { status: 202, body: null }, { method: 'POST' });
  expect((await get(app, '/x')).body).toBe('1');
  expect((await get(app, '/x')).body).toBe('1');
  expect((await get(app, '/x', {}, 'POST')).status).toBe(202);
  expect((await get(app, '/x')).body).toBe('2');
});

test('what looks like a plan and is none is an ordinary route', async () => {
  const plan = Symbol.for('catzilla.router.plan');
  const app = Fastify();
  atEnd(() => app.close());
  await app.register(fastifyCache, { cache: makeCache(), ttl: 60_000 });
  let runs = 0;
  const configs = [{ [plan]: { kind: 'js' } }, { [plan]: { kind: 'constant' } }, { [plan]: null }];
  for (const [at, config] of configs.entries()) {
    app.get(`/${at}`, { config: config as object }, async () => ++runs);
  }
  for (const at of configs.keys()) {
    expect((await get(app, `/${at}`)).cache).toContain('fwd=uri-miss');
    expect((await get(app, `/${at}`)).cache).toContain('hit');
  }
});
