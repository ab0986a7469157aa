// Stale answers that are refreshed behind (RFC 5861 3): who gets one and until when, how many refreshes there are and how
// long, and what becomes of the entry by what a refresh is answered. Whose request a refresh is, is refresh-safety.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { atEnd, gate, get, listen, makeApp, RawClient, settle, until } from './helpers.ts';

const START = 1_700_000_000_000;
/** The responses here are fresh for 10 s, and may be stale for 30 s. */
const FRESH = 10_000;
const WINDOW = 30_000;
const STALE = START + FRESH + 5_000;

afterEach(() => vi.useRealTimers());

const later = (now: number): void => void vi.setSystemTime(now);

interface Origin {
  app: FastifyInstance;
  runs: number;
  /** Answers all runs but the first. */
  reply: ((request: FastifyRequest, reply: FastifyReply, run: number) => unknown) | undefined;
  /** Fields of every ordinary answer. */
  fields: Record<string, string>;
}

async function makeOrigin(options: FastifyCacheOptions = {}): Promise<Origin> {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp({ ttl: FRESH, staleWhileRevalidate: WINDOW, keep: 0, ...options });
  const origin: Origin = { app, runs: 0, reply: undefined, fields: {} };
  app.get('/a/:id', (request, reply) => {
    const run = ++origin.runs;
    if (run > 1 && origin.reply !== undefined) return origin.reply(request, reply, run);
    return reply.headers(origin.fields).send(`body ${run}`);
  });
  return origin;
}

/** The same, with an entry for /a/1 that is stale, inside its window. */
async function makeStale(options: FastifyCacheOptions = {}): Promise<Origin> {
  const origin = await makeOrigin(options);
  await get(origin.app, '/a/1');
  later(STALE);
  return origin;
}

const ended = async ({ app }: Origin): Promise<void> => {
  await until(() => app.cache.stats().refreshes > 0);
  await settle(20);
};

describe.each(['auto', 'send'] as const)("a stale response in mode '%s'", (mode) => {
  it('is answered at once, while its handler hangs, and the new one after', async () => {
    const origin = await makeStale({ mode });
    const { opened, open } = gate();
    origin.reply = async (_, reply, run) => {
      await opened;
      return reply.send(`body ${run}`);
    };
    const stale = await get(origin.app, '/a/1');
    expect(stale).toMatchObject({ body: 'body 1', cache: 'catzilla; hit; ttl=-5' });
    expect(stale.headers['age']).toBe('15');
    open();
    await ended(origin);
    expect(await get(origin.app, '/a/1')).toMatchObject({
      body: 'body 2',
      cache: 'catzilla; hit; ttl=10',
    });
    const { hits, stale: count, refreshes, refreshErrors, answers } = origin.app.cache.stats();
    expect({ hits, count, refreshes, refreshErrors }).toEqual({
      hits: 2,
      count: 1,
      refreshes: 1,
      refreshErrors: 0,
    });
    expect(answers[mode === 'send' ? 'send' : 'head']).toBe(2);
  });

  it('is a 304 to a client that has it, and a 206 to one that asks for a part', async () => {
    const origin = await makeStale({ mode });
    origin.reply = () => new Promise(() => {});
    expect(await get(origin.app, '/a/1', { 'if-none-match': '*' })).toMatchObject({ status: 304 });
    expect(await get(origin.app, '/a/1', { range: 'bytes=0-3' })).toMatchObject({
      status: 206,
      body: 'body',
    });
    expect(origin.app.cache.stats()).toMatchObject({ stale: 2, refreshes: 1 });
  });

  it('is refreshed by a GET where a HEAD has found it stale', async () => {
    const origin = await makeStale({ mode });
    const methods: string[] = [];
    origin.reply = (request, reply) => {
      methods.push(request.method);
      return reply.send('new');
    };
    expect(await get(origin.app, '/a/1', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    await ended(origin);
    expect(methods).toEqual(['GET']);
    expect((await get(origin.app, '/a/1')).body).toBe('new');
  });
});

it('a stale response is written raw to a socket, and refreshed', async () => {
  const origin = await makeOrigin();
  const client = new RawClient(await listen(origin.app));
  const ask = async () => {
    client.send('GET /a/1 HTTP/1.1\r\nHost: x\r\n\r\n');
    return client.response();
  };
  await ask();
  later(STALE);
  const { text } = await ask();
  expect(text).toContain('cache-status: catzilla; hit; ttl=-5\r\n');
  expect(text).toContain('body 1');
  await ended(origin);
  expect((await ask()).text).toContain('body 2');
  expect(origin.app.cache.stats().answers).toEqual({ raw: 2, head: 0, send: 0 });
});

describe('the window', () => {
  it.each([
    ['is open at its last ms', WINDOW - 1, 'catzilla; hit; ttl=-29'],
    ['ends with its last ms', WINDOW, 'fwd='],
  ])('%s', async (_, staleFor, expected) => {
    // Kept for an error still, so that the engine is not what ends it.
    const origin = await makeOrigin({ staleIfError: 10 * WINDOW });
    await get(origin.app, '/a/1');
    later(START + FRESH + staleFor);
    expect((await get(origin.app, '/a/1')).cache).toContain(expected);
  });

  it.each([
    ['30 s of the response come before none of the policy', 'stale-while-revalidate=30', 0, true],
    [
      '0 s of the response come before those of the policy',
      'stale-while-revalidate=0',
      60_000,
      false,
    ],
    ['those of the policy count where the response says nothing', 'public', 60_000, true],
    ['an invalid one is none', 'stale-while-revalidate=abc', 0, false],
  ])('%s', async (_, more, staleWhileRevalidate, serves) => {
    const origin = await makeOrigin({ staleWhileRevalidate, staleIfError: 60_000 });
    origin.fields = { 'cache-control': `max-age=10, ${more}` };
    await get(origin.app, '/a/1');
    later(STALE);
    expect((await get(origin.app, '/a/1')).body).toBe(serves ? 'body 1' : 'body 2');
  });

  it.each([
    'max-age=10, must-revalidate, stale-while-revalidate=30',
    'max-age=10, proxy-revalidate, stale-while-revalidate=30',
    's-maxage=10, stale-while-revalidate=30',
    'max-age=10, no-cache, stale-while-revalidate=30',
    'max-age=10, must-revalidate',
  ])('is closed by %s', async (value) => {
    const origin = await makeOrigin({ keep: 600_000 });
    origin.fields = { 'cache-control': value, etag: '"v1"' };
    await get(origin.app, '/a/1');
    later(STALE);
    expect(await get(origin.app, '/a/1')).toMatchObject({ body: 'body 2' });
    expect(origin.app.cache.stats()).toMatchObject({ stale: 0, refreshes: 0 });
  });

  it('is not for a client that wants a certain freshness, where that counts', async () => {
    for (const value of ['no-cache', 'max-age=60', 'min-fresh=0']) {
      const full = await makeStale({ requestDirectives: 'full' });
      expect((await get(full.app, '/a/1', { 'cache-control': value })).body).toBe('body 2');
      const safe = await makeStale();
      expect((await get(safe.app, '/a/1', { 'cache-control': value })).body).toBe('body 1');
    }
  });
});

describe('refreshes', () => {
  it('are one for 100 requests at a time', async () => {
    const origin = await makeStale();
    const { opened, open } = gate();
    origin.reply = async (_, reply) => {
      await opened;
      return reply.send('new');
    };
    const all = await Promise.all(Array.from({ length: 100 }, () => get(origin.app, '/a/1')));
    expect(new Set(all.map(({ body }) => body))).toEqual(new Set(['body 1']));
    expect(origin.app.cache.stats()).toMatchObject({ stale: 100, refreshes: 1 });
    open();
    await ended(origin);
    expect(origin.runs).toBe(2);
    expect((await get(origin.app, '/a/1')).body).toBe('new');
  });

  it('are one for each variant', async () => {
    const origin = await makeOrigin();
    origin.fields = { vary: 'x-v' };
    for (const v of ['1', '2']) await get(origin.app, '/a/1', { 'x-v': v });
    later(STALE);
    const seen: unknown[] = [];
    origin.reply = (request, reply) => {
      seen.push(request.headers['x-v']);
      return reply.header('vary', 'x-v').send(`new ${request.headers['x-v'] as string}`);
    };
    for (const v of ['1', '2', '1']) await get(origin.app, '/a/1', { 'x-v': v });
    await ended(origin);
    expect(seen.sort()).toEqual(['1', '2']);
    for (const v of ['1', '2']) {
      expect(await get(origin.app, '/a/1', { 'x-v': v })).toMatchObject({
        body: `new ${v}`,
        cache: 'catzilla; hit; ttl=10',
      });
    }
  });

  it('are no more than `refresh.concurrency`; what is above is left to a later request', async () => {
    const origin = await makeOrigin({ refresh: { concurrency: 2 } });
    const ids = ['1', '2', '3', '4', '5'];
    for (const id of ids) await get(origin.app, `/a/${id}`);
    later(STALE);
    const gates = new Map<string, () => void>();
    let running = 0;
    let most = 0;
    origin.reply = async (request, reply) => {
      const { opened, open } = gate();
      gates.set(request.url, open);
      most = Math.max(most, ++running);
      await opened;
      running--;
      return reply.send('new');
    };
    for (const id of ids) expect((await get(origin.app, `/a/${id}`)).cache).toContain('hit');
    await settle();
    expect([...gates.keys()]).toEqual(['/a/1', '/a/2']);
    gates.get('/a/1')?.();
    await settle(20);
    await get(origin.app, '/a/5');
    await settle();
    expect([...gates.keys()]).toEqual(['/a/1', '/a/2', '/a/5']);
    for (const open of gates.values()) open();
    await settle(20);
    expect(most).toBe(2);
    expect(origin.app.cache.stats().refreshes).toBe(3);
  });

  it('end by their deadline, and the next request starts another', async () => {
    const origin = await makeStale({ refresh: { timeout: 20 } });
    origin.reply = () => new Promise(() => {});
    await get(origin.app, '/a/1');
    await get(origin.app, '/a/1');
    expect(origin.app.cache.stats()).toMatchObject({ refreshes: 1, refreshErrors: 0 });
    await until(() => origin.app.cache.stats().refreshErrors === 1);
    expect((await get(origin.app, '/a/1')).body).toBe('body 1');
    await settle();
    expect(origin.app.cache.stats()).toMatchObject({ refreshes: 2, faults: 0 });
    expect(origin.runs).toBe(3);
  });

  it('end when the application closes, which does not wait for them', async () => {
    const origin = await makeStale();
    let wasAborted = false;
    origin.reply = (_, reply) => {
      reply.raw.on('close', () => (wasAborted = !reply.raw.writableFinished));
      return new Promise(() => {});
    };
    await get(origin.app, '/a/1');
    await until(() => origin.runs === 2);
    await origin.app.close();
    await until(() => wasAborted);
    expect(origin.app.cache.stats()).toMatchObject({ refreshErrors: 1, faults: 0 });
  });

  it('that fail inside the cache are counted as its faults', async () => {
    const headers = (): Record<string, string> => {
      throw new Error('no credentials today');
    };
    const origin = await makeStale({ refresh: { headers } });
    expect((await get(origin.app, '/a/1')).body).toBe('body 1');
    await settle();
    expect(origin.app.cache.stats()).toMatchObject({ refreshErrors: 1, faults: 1 });
    expect(origin.app.cache.health().lastFault).toMatchObject({ operation: 'refresh' });
  });

  it('ask whether the entry is current, where it has a validator of its own', async () => {
    const origin = await makeOrigin({ keep: 600_000 });
    origin.fields = { etag: '"v1"' };
    await get(origin.app, '/a/1');
    later(STALE);
    let asked: unknown;
    origin.reply = (request, reply) => {
      asked = request.headers['if-none-match'];
      return reply.code(304).header('etag', '"v1"').send();
    };
    await get(origin.app, '/a/1', { 'if-none-match': '"of the client"' });
    await ended(origin);
    expect(asked).toBe('"v1"');
    expect(await get(origin.app, '/a/1')).toMatchObject({
      body: 'body 1',
      cache: 'catzilla; hit; ttl=10',
    });
    expect(origin.app.cache.stats()).toMatchObject({ revalidated: 1 });
  });

  it('reach a route below a prefix, on its host, with its query', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    const app = await makeApp({ ttl: FRESH, staleWhileRevalidate: WINDOW });
    const seen: string[] = [];
    await app.register(
      async (child) => {
        child.get('/x', (request) => {
          seen.push(`${request.host}${request.url}`);
          return `${seen.length}`;
        });
      },
      { prefix: '/v1' },
    );
    const ask = () => get(app, '/v1/x?q=%20a&r', { host: 'shop.example:8080' });
    await ask();
    later(STALE);
    await ask();
    await until(() => seen.length === 2);
    expect(seen[1]).toBe(seen[0]);
    await settle();
    expect(await ask()).toMatchObject({ body: '2', cache: 'catzilla; hit; ttl=10' });
  });
});

describe('the entry', () => {
  const keeps = (answer: (reply: FastifyReply) => unknown) => async (): Promise<void> => {
    const origin = await makeStale({ staleIfError: 600_000 });
    origin.reply = (_, reply) => answer(reply);
    await get(origin.app, '/a/1');
    await ended(origin);
    expect(await get(origin.app, '/a/1')).toMatchObject({
      status: 200,
      body: 'body 1',
      cache: 'catzilla; hit; ttl=-5',
    });
    expect(origin.app.cache.stats().staleIfError).toBe(0);
  };

  for (const status of [401, 403, 407, 429, 500, 502, 503, 504]) {
    it(
      `stays where its refresh gets ${status}`,
      keeps((reply) => reply.code(status).header('cache-control', 'max-age=60').send('refused')),
    );
  }

  it(
    'stays where its refresh throws',
    keeps(() => {
      throw new Error('broken');
    }),
  );

  it(
    'stays where its refresh says no-store',
    keeps((reply) => reply.header('cache-control', 'no-store').send('secret')),
  );

  it.each([404, 410])('goes where its refresh gets %i', async (status) => {
    const origin = await makeStale({ ttl: { 200: FRESH }, staleIfError: 600_000 });
    origin.reply = (_, reply) => reply.code(status).send('gone');
    await get(origin.app, '/a/1');
    await ended(origin);
    const after = await get(origin.app, '/a/1');
    expect(after).toMatchObject({ status, body: 'gone' });
    expect(after.cache).toContain('fwd=uri-miss');
  });

  it('is replaced by a 404 that may itself be stored', async () => {
    const origin = await makeStale();
    origin.reply = (_, reply) => reply.code(404).header('cache-control', 'max-age=5').send('gone');
    await get(origin.app, '/a/1');
    await ended(origin);
    expect(await get(origin.app, '/a/1')).toMatchObject({
      status: 404,
      body: 'gone',
      cache: 'catzilla; hit; ttl=5',
    });
  });

  it('does not come back by a refresh that was under way while it was purged', async () => {
    const origin = await makeStale();
    const { opened, open } = gate();
    origin.reply = async (_, reply, run) => {
      if (run > 2) return reply.send('after the purge');
      await opened;
      return reply.send('before the purge');
    };
    await get(origin.app, '/a/1');
    await until(() => origin.runs === 2);
    await origin.app.cache.purge('/a/1');
    open();
    await ended(origin);
    expect((await get(origin.app, '/a/1')).body).toBe('after the purge');
  });

  it('stays the newer one where a refresh ends after its deadline', async () => {
    const origin = await makeStale({ refresh: { timeout: 20 } });
    const { opened, open } = gate();
    atEnd(open);
    origin.reply = async (_, reply, run) => {
      if (run === 2) await opened;
      return reply.send(`new ${run}`);
    };
    await get(origin.app, '/a/1');
    await until(() => origin.app.cache.stats().refreshErrors === 1);
    later(STALE + 1_000);
    await get(origin.app, '/a/1');
    await settle(20);
    expect((await get(origin.app, '/a/1')).body).toBe('new 3');
    open();
    await settle(20);
    expect((await get(origin.app, '/a/1')).body).toBe('new 3');
    expect(origin.app.cache.stats().reasons).toEqual({ 'refresh-refused': 1 });
  });
});
