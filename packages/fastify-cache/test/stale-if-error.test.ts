// Stale answers in the place of errors (RFC 5861 4): which errors, until when, and what of the error is left in the answer.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { gate, get, makeApp, settle } from './helpers.ts';

const START = 1_700_000_000_000;
/** The responses here are fresh for 10 s, and may stand in for an error for 30 s. */
const FRESH = 10_000;
const WINDOW = 30_000;
const STALE = START + FRESH + 5_000;

afterEach(() => vi.useRealTimers());

const later = (now: number): void => void vi.setSystemTime(now);

interface Origin {
  app: FastifyInstance;
  runs: number;
  /** Answers all runs but the first. */
  fail: (reply: FastifyReply, run: number) => unknown;
  fields: Record<string, string>;
}

async function makeOrigin(
  options: FastifyCacheOptions = {},
  before: (app: FastifyInstance) => unknown = () => {},
): Promise<Origin> {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp({ ttl: FRESH, staleIfError: WINDOW, ...options }, { before });
  const origin: Origin = {
    app,
    runs: 0,
    fail: (reply) => reply.code(500).send('failed'),
    fields: {},
  };
  app.get('/a', (_, reply) => {
    const run = ++origin.runs;
    return run > 1 ? origin.fail(reply, run) : reply.headers(origin.fields).send('good body');
  });
  return origin;
}

async function makeStale(
  options: FastifyCacheOptions = {},
  before: (app: FastifyInstance) => unknown = () => {},
): Promise<Origin> {
  const origin = await makeOrigin(options, before);
  await get(origin.app, '/a');
  later(STALE);
  return origin;
}

const unavailable = (reply: FastifyReply): FastifyReply => reply.code(503).send('down');

describe.each(['auto', 'send'] as const)("an error in mode '%s'", (mode) => {
  it.each([500, 502, 503, 504])('%i is answered by the stale response', async (status) => {
    const origin = await makeStale({ mode });
    origin.fail = (reply) => reply.code(status).send('failed');
    const answer = await get(origin.app, '/a');
    expect(answer).toMatchObject({ status: 200, body: 'good body' });
    expect(answer.cache).toBe(
      `catzilla; fwd=stale; fwd-status=${status}; ttl=-5; detail=stale-if-error`,
    );
    expect(answer.headers).toMatchObject({ age: '15', 'content-length': '9' });
    expect(origin.runs).toBe(2);
    expect(origin.app.cache.stats()).toMatchObject({ staleIfError: 1, hits: 0, stored: 1 });
  });

  it.each([400, 401, 403, 404, 429, 501, 505])('%i is answered as it is', async (status) => {
    const origin = await makeStale({ mode });
    origin.fail = (reply) => reply.code(status).send('failed');
    expect(await get(origin.app, '/a')).toMatchObject({ status, body: 'failed' });
    expect(origin.app.cache.stats().staleIfError).toBe(0);
  });

  it.each([
    [
      'thrown',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejected', () => Promise.reject(new Error('broken'))],
    ['sent', (reply: FastifyReply) => reply.send(new Error('broken'))],
    ['of a status', () => Promise.reject(Object.assign(new Error('x'), { statusCode: 503 }))],
    [
      'of a stream before its first byte',
      (reply: FastifyReply) => {
        const stream = Readable.from([Buffer.from('partly')]);
        void reply.code(502);
        return reply.send(stream);
      },
    ],
  ] as [string, (reply: FastifyReply) => unknown][])(
    '%s is answered by the stale response',
    async (_, fail) => {
      const origin = await makeStale({ mode });
      origin.fail = fail;
      expect(await get(origin.app, '/a')).toMatchObject({ status: 200, body: 'good body' });
      expect(origin.app.cache.stats()).toMatchObject({ staleIfError: 1, inflightBytes: 0 });
    },
  );

  it('leaves nothing of itself in the answer, what was set before a throw included', async () => {
    const origin = await makeStale({ mode });
    origin.fields = {};
    origin.fail = (reply) => {
      void reply
        .type('text/html')
        .headers({ 'x-error': '1', 'retry-after': '60', 'cache-control': 'no-store' })
        .headers({ etag: '"of the error"', 'content-language': 'tlh', 'set-cookie': 'debug=1' })
        .header('content-security-policy', "default-src 'none'");
      throw new Error('secret of the handler');
    };
    const good = await get(origin.app, '/a');
    expect(good).toMatchObject({ status: 200, body: 'good body' });
    for (const name of [
      'x-error',
      'retry-after',
      'cache-control',
      'content-language',
      'set-cookie',
      'content-security-policy',
    ]) {
      expect(good.headers[name], name).toBeUndefined();
    }
    expect(good.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(good.headers['etag']).not.toBe('"of the error"');
    expect(JSON.stringify(good)).not.toContain('secret');
  });

  it("keeps the headers of the current request's hooks", async () => {
    let count = 0;
    const origin = await makeStale({ mode }, (app) => {
      app.addHook('onRequest', async (_, reply) => {
        reply.header('x-request-id', `${++count}`);
      });
    });
    const answer = await get(origin.app, '/a');
    expect(answer).toMatchObject({ status: 200, headers: { 'x-request-id': '2' } });
  });

  it("of the application's own error handler is answered by the stale response", async () => {
    const origin = await makeStale({ mode }, (app) => {
      app.setErrorHandler((error, _, reply) => {
        void reply.header('x-handled', '1');
        return reply.code(503).send({ oops: String(error) });
      });
    });
    origin.fail = () => {
      throw new Error('broken');
    };
    const answer = await get(origin.app, '/a');
    expect(answer).toMatchObject({ status: 200, body: 'good body' });
    expect(answer.headers['x-handled']).toBeUndefined();
  });

  it("that the application's error handler turns into a 404 is answered as that", async () => {
    const origin = await makeStale({ mode }, (app) => {
      app.setErrorHandler((_error, _request, reply) => reply.code(404).send('not here'));
    });
    origin.fail = () => {
      throw new Error('broken');
    };
    expect(await get(origin.app, '/a')).toMatchObject({ status: 404, body: 'not here' });
  });

  it("is a 304 or a 206 where the client's own request says so", async () => {
    const origin = await makeStale({ mode });
    const { headers } = await get(origin.app, '/a');
    const tag = String(headers['etag']);
    expect((await get(origin.app, '/a', { 'if-none-match': tag })).status).toBe(304);
    const part = await get(origin.app, '/a', { range: 'bytes=0-3' });
    expect(part).toMatchObject({ status: 206, body: 'good' });
    expect(part.headers['content-range']).toBe('bytes 0-3/9');
    expect(await get(origin.app, '/a', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });
});

describe('the window', () => {
  it.each([
    ['is open at its last ms', WINDOW - 1, 200],
    ['ends with its last ms', WINDOW, 503],
  ])('%s', async (_, staleFor, status) => {
    const origin = await makeOrigin();
    origin.fields = { etag: '"v1"' };
    origin.fail = unavailable;
    await get(origin.app, '/a');
    later(START + FRESH + staleFor);
    expect((await get(origin.app, '/a')).status).toBe(status);
  });

  it.each([
    ['of the response comes before none of the policy', 'stale-if-error=30', 0, 200],
    ['of 0 s comes before that of the policy', 'stale-if-error=0', 60_000, 503],
    ['of stale-while-revalidate alone is none for errors', 'stale-while-revalidate=1', 0, 503],
  ])('%s', async (_, more, staleIfError, status) => {
    const origin = await makeOrigin({ staleIfError });
    origin.fields = { 'cache-control': `max-age=10, ${more}`, etag: '"v1"' };
    origin.fail = unavailable;
    await get(origin.app, '/a');
    later(STALE);
    expect((await get(origin.app, '/a')).status).toBe(status);
  });

  it.each([
    'max-age=10, must-revalidate, stale-if-error=30',
    'max-age=10, proxy-revalidate, stale-if-error=30',
    's-maxage=10, stale-if-error=30',
    'max-age=10, no-cache, stale-if-error=30',
  ])('is closed by %s', async (value) => {
    const origin = await makeOrigin();
    origin.fields = { 'cache-control': value, etag: '"v1"' };
    origin.fail = unavailable;
    await get(origin.app, '/a');
    later(STALE);
    expect(await get(origin.app, '/a')).toMatchObject({ status: 503, body: 'down' });
  });

  it('opens for every request anew, and ends when the handler is well again', async () => {
    const origin = await makeStale();
    origin.fail = (reply, run) => (run < 4 ? unavailable(reply) : reply.send('well again'));
    const bodies: string[] = [];
    for (let i = 0; i < 4; i++) bodies.push((await get(origin.app, '/a')).body);
    expect(bodies).toEqual(['good body', 'good body', 'well again', 'well again']);
    expect(origin.runs).toBe(4);
    expect((await get(origin.app, '/a')).cache).toBe('catzilla; hit; ttl=10');
  });
});

it('those who waited for a handler that fails get the stale response too', async () => {
  const origin = await makeStale();
  const { opened, open } = gate();
  origin.fail = async (reply) => {
    await opened;
    return unavailable(reply);
  };
  const all = Array.from({ length: 10 }, () => get(origin.app, '/a'));
  await settle();
  open();
  for (const answer of await Promise.all(all)) {
    expect(answer).toMatchObject({ status: 200, body: 'good body' });
  }
});

it('a validation that fails is answered by the stale response', async () => {
  const origin = await makeOrigin();
  origin.fields = { etag: '"v1"', 'cache-control': 'max-age=10' };
  await get(origin.app, '/a');
  later(STALE);
  origin.fail = unavailable;
  expect(await get(origin.app, '/a', { 'if-none-match': '"v0"' })).toMatchObject({
    status: 200,
    body: 'good body',
  });
});

it('without an entry an error is an error, and is not stored', async () => {
  const origin = await makeOrigin();
  origin.runs = 1;
  origin.fail = (reply) => reply.code(500).header('cache-control', 'no-store').send('failed');
  expect(await get(origin.app, '/a')).toMatchObject({ status: 500, body: 'failed' });
  expect(origin.app.cache.stats()).toMatchObject({ stored: 0, staleIfError: 0 });
});

it('a purged response does not stand in for an error', async () => {
  const origin = await makeStale();
  await origin.app.cache.purge('/a');
  expect((await get(origin.app, '/a')).status).toBe(500);
});

it('a guard that fails is not answered from the cache: it never got there', async () => {
  const origin = await makeOrigin();
  let isDown = false;
  origin.app.addHook('preHandler', async (_, reply) => {
    if (isDown) return reply.code(503).send('guard is down');
    return undefined;
  });
  await get(origin.app, '/a');
  later(STALE);
  isDown = true;
  expect(await get(origin.app, '/a')).toMatchObject({ status: 503, body: 'guard is down' });
});

it('an onSend hook that fails on the way of the stale response leaves an error', async () => {
  let isBroken = false;
  const origin = await makeOrigin({}, (app) => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      if (isBroken) throw new Error('hook is broken');
      return payload;
    });
  });
  await get(origin.app, '/a');
  later(STALE);
  isBroken = true;
  // The hook fails on the error's way too, so nothing of ours is reached.
  expect((await get(origin.app, '/a')).status).toBe(500);
});
