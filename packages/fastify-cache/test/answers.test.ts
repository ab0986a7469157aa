// Differential test of the answer paths: raw, head and send must put the same bytes on the wire.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FastifyInstance, FastifyReply } from 'fastify';
import fc from 'fast-check';
import type { FastifyCacheOptions } from '../src/index.ts';
import { get, listen, makeApp, makeCache, RawClient } from './helpers.ts';

// Only Date: sockets and timers stay real. Bytes hold Age and ttl.
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 }));
afterEach(() => vi.useRealTimers());

type Path = 'raw' | 'head' | 'send';

interface Case {
  /** What the handler replies. */
  reply: (reply: FastifyReply) => unknown;
  /** What a hook sets on every request. */
  hook?: (reply: FastifyReply) => void;
  options?: FastifyCacheOptions;
}

// One application per path over one cache. 'head' is made by replacing res.write with itself: an instance property, as an
// APM leaves it, which forbids raw; all else is equal.
async function threeApps(
  test: Case,
): Promise<Record<Path, { app: FastifyInstance; port: number }>> {
  const cache = makeCache();
  const make = async (path: Path): Promise<{ app: FastifyInstance; port: number }> => {
    const app = await makeApp({
      cache,
      ttl: 60_000,
      ...test.options,
      mode: path === 'send' ? 'send' : 'auto',
    });
    app.addHook('onRequest', async (_, reply) => {
      if (path === 'head') reply.raw.write = reply.raw.write.bind(reply.raw);
      test.hook?.(reply);
    });
    app.get('/a', (_, reply) => {
      void test.reply(reply);
      return reply;
    });
    return { app, port: await listen(app) };
  };
  return { raw: await make('raw'), head: await make('head'), send: await make('send') };
}

const HOST = 'Host: differential\r\n';

async function exchange(port: number, request: string): Promise<string> {
  const client = new RawClient(port);
  client.send(request);
  const noBody = request.startsWith('HEAD');
  const { text } = await client.response(noBody);
  client.socket.destroy();
  return text;
}

async function compare(
  test: Case,
  requests: readonly string[],
): Promise<Record<Path, string[]> & { rawAnswers: number }> {
  const apps = await threeApps(test);
  await exchange(apps.raw.port, `GET /a HTTP/1.1\r\n${HOST}\r\n`);
  vi.setSystemTime(1_700_000_003_500);
  const all: Record<Path, string[]> = { raw: [], head: [], send: [] };
  for (const path of ['raw', 'head', 'send'] as const) {
    for (const request of requests) all[path].push(await exchange(apps[path].port, request));
  }
  for (const text of all.raw) expect(text).toContain('catzilla; hit; ttl=57');
  expect(all.head).toEqual(all.raw);
  expect(all.send).toEqual(all.raw);
  const answers = (path: Path) => apps[path].app.cache.stats().answers;
  expect(answers('head')).toEqual({ raw: 0, head: requests.length, send: 0 });
  expect(answers('send')).toEqual({ raw: 0, head: 0, send: requests.length });
  return { ...all, rawAnswers: answers('raw').raw };
}

const PLAIN = `GET /a HTTP/1.1\r\n${HOST}\r\n`;
const REQUESTS = [
  PLAIN,
  `HEAD /a HTTP/1.1\r\n${HOST}\r\n`,
  `GET /a HTTP/1.0\r\n${HOST}\r\n`,
  `GET /a HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`,
  `GET /a HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  `GET /a HTTP/1.1\r\n${HOST}Connection: keep-alive\r\n\r\n`,
  `GET /a HTTP/1.1\r\n${HOST}If-None-Match: *\r\n\r\n`,
  `GET /a HTTP/1.1\r\n${HOST}If-None-Match: *\r\nConnection: close\r\n\r\n`,
  `HEAD /a HTTP/1.1\r\n${HOST}If-None-Match: *\r\n\r\n`,
  `GET /a HTTP/1.1\r\n${HOST}If-None-Match: "other"\r\n\r\n`,
];

describe('raw, head and send', () => {
  const cases: Record<string, Case> = {
    json: { reply: (reply) => reply.send({ hello: 'wörld', list: [1, 2, 3] }) },
    text: { reply: (reply) => reply.type('text/plain; charset=utf-8').send('grüße') },
    'bytes without a type': {
      reply: (reply) => {
        reply.header('x-own', '1');
        void reply.send(Buffer.from([0, 1, 2, 255, 13, 10]));
      },
    },
    'an empty body': { reply: (reply) => reply.send() },
    'a large body': { reply: (reply) => reply.send('0123456789'.repeat(10_000)) },
    'a body just over the size rendered whole': {
      reply: (reply) => reply.send('x'.repeat(16_384)),
    },
    'several lines of one field': {
      reply: (reply) =>
        reply.header('link', ['</a>; rel=prefetch', '</b>; rel=prefetch']).send('x'),
    },
    'all validators': {
      reply: (reply) =>
        reply
          .headers({
            etag: 'W/"weak"',
            'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT',
            expires: 'Mon, 01 Jan 2035 00:00:00 GMT',
            'cache-control': 'max-age=60',
            'content-location': '/x',
            vary: 'x-none',
          })
          .send('x'),
    },
    'headers of earlier hooks': {
      hook: (reply) =>
        reply.headers({
          'x-request-id': 'abc',
          'x-number': 12,
          'x-high': 'caf\u00e9',
          'x-empty': '',
        }),
      reply: (reply) => reply.send('x'),
    },
    'header lists of earlier hooks': {
      hook: (reply) => reply.header('x-list', ['one', 'two', 'three']),
      reply: (reply) => reply.send('x'),
    },
    'full cache status and x-cache': {
      options: { cacheStatus: 'full', xCache: true },
      reply: (reply) => reply.send('x'),
    },
  };
  for (const [name, test] of Object.entries(cases)) {
    it(`send equal bytes for ${name}`, async () => {
      const { rawAnswers } = await compare(test, REQUESTS);
      expect(rawAnswers).toBeGreaterThan(0);
    });
  }

  const awkward: Record<string, Case> = {
    'the stored Vary is written without spaces': {
      reply: (reply) => reply.header('vary', 'X-A,X-B').send('x'),
    },
    'a hook sets the Vary that is stored, written without spaces': {
      hook: (reply) => reply.header('vary', 'X-A,X-B'),
      reply: (reply) => reply.header('vary', 'X-A,X-B').send('x'),
    },
    'the stored Vary is a list': {
      reply: (reply) => reply.header('vary', ['X-A', 'X-B']).send('x'),
    },
    'a hook sets headers without a value': {
      hook: (reply) => reply.headers({ 'x-undefined': undefined, 'x-list': [1, 2] } as never),
      reply: (reply) => reply.send('x'),
    },
    'a handler sets many fields': {
      hook: (reply) => reply.headers({ 'x-request-id': 'abc' }),
      reply: (reply) =>
        reply
          .headers(
            Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-field-${i}`, `${i}`])),
          )
          .send('x'),
    },
    'a hook sets a field that is stored': {
      hook: (reply) => reply.headers({ 'x-handler': 'hook', 'content-type': 'text/html' }),
      reply: (reply) => reply.headers({ 'x-handler': 'handler' }).type('text/plain').send('x'),
    },
    'a hook sets Vary and Cache-Status': {
      hook: (reply) => reply.headers({ vary: 'X-Hook', 'cache-status': 'edge; hit' }),
      reply: (reply) => reply.headers({ vary: 'X-Handler' }).send('x'),
    },
    'the raw response has headers': {
      hook: (reply) => reply.raw.setHeader('X-Raw', 'yes'),
      reply: (reply) => reply.send('x'),
    },
    'the raw response has a field of the representation': {
      hook: (reply) => reply.raw.setHeader('Content-Language', 'de'),
      reply: (reply) => reply.header('content-language', 'en').send('x'),
    },
    'a hook sets a cookie': {
      hook: (reply) => {
        if (reply.request.headers['x-cookie']) reply.header('set-cookie', ['a=1', 'b=2']);
      },
      reply: (reply) => reply.send('x'),
    },
    'a hook sets a status and reason': {
      hook: (reply) => {
        reply.code(201);
        if (reply.request.headers['x-reason']) reply.raw.statusMessage = 'Fine';
      },
      reply: (reply) => reply.code(200).send('x'),
    },
    'a hook sets Connection: close': {
      hook: (reply) => reply.header('connection', 'close'),
      reply: (reply) => reply.send('x'),
    },
  };
  for (const [name, test] of Object.entries(awkward)) {
    it(`send equal bytes when ${name}`, async () => {
      const apps = await threeApps(test);
      await exchange(apps.raw.port, PLAIN);
      for (const extra of ['', 'x-cookie: 1\r\n', 'x-reason: 1\r\n']) {
        const request = `GET /a HTTP/1.1\r\n${HOST}${extra}\r\n`;
        const raw = await exchange(apps.raw.port, request);
        expect(raw).toContain('catzilla; hit');
        expect(await exchange(apps.head.port, request)).toBe(raw);
        expect(await exchange(apps.send.port, request)).toBe(raw);
      }
    });
  }

  it('send equal bytes for generated fields, bodies and statuses', async () => {
    const name = fc.stringMatching(/^x-[a-z0-9-]{1,12}$/);
    const value = fc.stringMatching(
      /^[\x21-\x7e\xa0-\xff]([\x20-\x7e\xa0-\xff]{0,30}[\x21-\x7e\xa0-\xff])?$/,
    );
    const fields = fc.dictionary(
      name,
      fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })),
      {
        maxKeys: 6,
        noNullPrototype: true,
      },
    );
    const body = fc.oneof(fc.string({ maxLength: 300 }), fc.constantFrom('', '€', 'L'.repeat(200)));
    const repeat = fc.constantFrom(1, 100);
    const status = fc.constantFrom(200, 203, 301, 404, 410, 451);
    await fc.assert(
      fc.asyncProperty(
        fields,
        fields,
        body,
        repeat,
        status,
        async (own, hooked, text, times, code) => {
          vi.setSystemTime(1_700_000_000_000);
          await compare(
            {
              hook: (reply) => reply.headers(hooked as never),
              reply: (reply) =>
                reply
                  .code(code)
                  .headers({ ...(own as Record<string, string>), 'cache-control': 'max-age=60' })
                  .send(Buffer.from(text.repeat(times))),
            },
            [PLAIN, `HEAD /a HTTP/1.1\r\n${HOST}\r\n`],
          );
        },
      ),
      { numRuns: 25 },
    );
  });
});

const WARM = 8;

// Forms are kept with a decoded entry, and that only once a response is hot; and only for real sockets, since a response
// of inject() has raw headers.
async function warm(port: number): Promise<void> {
  for (let i = 0; i <= WARM; i++) await exchange(port, PLAIN);
}

describe('the way a hit is sent', () => {
  it('is raw for a plain GET, head for inject, HEAD, HTTP/1.0 and closing connections', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', () => 'x');
    const port = await listen(app);
    for (let i = 0; i < 2; i++) await exchange(port, PLAIN);
    expect(app.cache.stats().answers).toEqual({ raw: 1, head: 0, send: 0 });
    await exchange(port, REQUESTS[1] as string);
    await exchange(port, REQUESTS[2] as string);
    await exchange(port, REQUESTS[4] as string);
    await get(app, '/a', { host: 'differential' });
    expect(app.cache.stats().answers).toEqual({ raw: 1, head: 4, send: 0 });
  });

  it('tells a new Age every second, and none in between', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', (_, reply) => reply.header('x-own', '1').send('x'));
    const port = await listen(app);
    await exchange(port, PLAIN);
    const client = new RawClient(port);
    for (const [ms, age] of [
      [0, 0],
      [999, 0],
      [1_000, 1],
      [1_999, 1],
      [59_999, 59],
    ] as const) {
      vi.setSystemTime(1_700_000_000_000 + ms);
      for (const request of [PLAIN, REQUESTS[6] as string]) {
        client.send(request);
        const { head } = await client.response();
        expect(head).toContain(`\r\nage: ${age}\r\n`);
        expect(head).toContain(`hit; ttl=${60 - age}\r\n`);
      }
    }
    expect(app.cache.stats().answers).toEqual({ raw: 10, head: 0, send: 0 });
  });

  it('gives each reply headers of its own, which its hooks may change', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.addHook('onSend', async (request, reply) => {
      if (request.headers['x-change'] === undefined) return;
      (reply.getHeader('link') as unknown as string[]).push('</c>');
      reply.removeHeader('etag').header('x-own', 'changed').header('x-more', '1');
    });
    app.get('/a', (_, reply) => reply.headers({ 'x-own': '1', link: ['</a>', '</b>'] }).send('x'));
    const port = await listen(app);
    await warm(port);
    const first = await exchange(port, PLAIN);
    expect(first).toContain('link: </a>\r\nlink: </b>\r\n');
    const changed = await exchange(port, PLAIN.replace(HOST, `${HOST}X-Change: 1\r\n`));
    expect(changed).toContain('link: </b>\r\nlink: </c>\r\n');
    expect(changed).toContain('x-own: changed\r\n');
    expect(await exchange(port, PLAIN)).toBe(first);
    expect(app.cache.stats().answers.send).toBe(3 + WARM);
  });

  it('tells a new Age every second through reply.send too, 304 included', async () => {
    const app = await makeApp({ ttl: 60_000, mode: 'send' });
    app.get('/a', () => 'x');
    const port = await listen(app);
    await warm(port);
    for (const [ms, age] of [
      [999, 0],
      [1_000, 1],
      [59_999, 59],
    ] as const) {
      vi.setSystemTime(1_700_000_000_000 + ms);
      for (const [request, status] of [
        [PLAIN, 200],
        [REQUESTS[6] as string, 304],
      ] as const) {
        const text = await exchange(port, request);
        expect(text).toContain(`HTTP/1.1 ${status} `);
        expect(text).toContain(`age: ${age}\r\ncache-status: catzilla; hit; ttl=${60 - age}\r\n`);
      }
    }
  });

  it('is send where a cookie waits on the reply', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers['x-cookie']) void reply.header('set-cookie', 'a=1');
    });
    app.get('/a', () => 'x');
    await get(app, '/a');
    expect((await get(app, '/a', { 'x-cookie': '1' })).headers['set-cookie']).toBe('a=1');
    expect(app.cache.stats().answers).toEqual({ raw: 0, head: 0, send: 1 });
  });

  it('is send where an onSend hook of others must see the reply', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let calls = 0;
    app.addHook('onSend', async () => {
      calls++;
    });
    app.get('/a', () => 'x');
    await get(app, '/a');
    await get(app, '/a');
    expect(calls).toBe(2);
    expect(app.cache.stats().answers).toEqual({ raw: 0, head: 0, send: 1 });
  });

  it('skips onSend hooks for a body that one of them has changed already, in both modes', async () => {
    for (const mode of ['auto', 'send'] as const) {
      const app = await makeApp({ ttl: 60_000, mode });
      app.addHook('onRequest', async (request, reply) => {
        if (request.headers['x-cookie']) void reply.header('set-cookie', 'a=1');
      });
      app.addHook('onSend', async (_request, _reply, payload) => `{"data":${String(payload)}}`);
      app.get('/a', () => ({ a: 1 }));
      for (let i = 0; i < 3; i++) expect((await get(app, '/a')).body).toBe('{"data":{"a":1}}');
      const cookie = await get(app, '/a', { 'x-cookie': '1' });
      expect(cookie.body).toBe('{"data":{"a":1}}');
      expect(cookie.headers['set-cookie']).toBe('a=1');
      expect(app.cache.stats().answers).toEqual({ raw: 0, head: 3, send: 0 });
    }
  });

  it('says less where Cache-Status is off or decided by a function', async () => {
    const off = await makeApp({ ttl: 60_000, cacheStatus: false });
    off.get('/a', (_, reply) => reply.header('x-a', '1').send('x'));
    await get(off, '/a');
    expect((await get(off, '/a')).cache).toBe('');
    const chosen = await makeApp({
      ttl: 60_000,
      cacheStatus: (request) => request.headers['x-debug'] !== undefined,
    });
    chosen.get('/a', () => 'x');
    await get(chosen, '/a');
    expect((await get(chosen, '/a')).cache).toBe('');
    expect((await get(chosen, '/a', { 'x-debug': '1' })).cache).toContain('hit');
    const upstream = await makeApp({ ttl: 60_000, cacheStatus: false });
    upstream.get('/a', (_, reply) => reply.header('cache-status', 'up; hit').send('x'));
    await get(upstream, '/a');
    expect((await get(upstream, '/a')).cache).toBe('up; hit');
    const port = await listen(upstream);
    await exchange(port, PLAIN);
    expect(await exchange(port, PLAIN)).toContain('cache-status: up; hit\r\n');
  });

  it('says nothing, and answers, where the function of cacheStatus throws', async () => {
    const app = await makeApp({
      ttl: 60_000,
      cacheStatus: () => {
        throw new Error('whose request is this?');
      },
    });
    app.get('/a', () => 'x');
    for (const _ of ['miss', 'hit']) {
      expect(await get(app, '/a')).toMatchObject({ status: 200, body: 'x', cache: '' });
    }
    expect(app.cache.stats().hits).toBe(1);
    expect(app.cache.health().lastFault).toMatchObject({ operation: 'cacheStatus' });
  });
});
