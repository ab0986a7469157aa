// What a refresh behind a stale answer may know and do: nothing of the client who happened to find the entry stale, nothing
// that a client could pretend, and no memory of the cache that is no longer its own.
import { AsyncLocalStorage } from 'node:async_hooks';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { openCache } from '@catzilla/cache-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import type { FastifyCacheOptions } from '../src/index.ts';
import { atEnd, gate, get, listen, makeApp, RawClient, settle, until } from './helpers.ts';

const START = 1_700_000_000_000;
const STALE = START + 15_000;
const MiB = 1_048_576;

afterEach(() => vi.useRealTimers());

interface Origin {
  app: FastifyInstance;
  /** Each run of the handler: its fields, and whether it was called a refresh. */
  runs: { headers: Record<string, unknown>; isCacheRefresh: boolean }[];
  fields: Record<string, string>;
}

/** Fresh for 10 s, then stale for 30 s. */
async function makeOrigin(
  options: FastifyCacheOptions = {},
  setup: Parameters<typeof makeApp>[1] = {},
): Promise<Origin> {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp({ staleWhileRevalidate: 30_000, ...options }, setup);
  const origin: Origin = { app, runs: [], fields: {} };
  app.get('/a', (request: FastifyRequest, reply: FastifyReply) => {
    const { isCacheRefresh } = request;
    const run = origin.runs.push({ headers: { ...request.headers }, isCacheRefresh });
    return reply
      .headers({ 'cache-control': 'public, max-age=10', ...origin.fields })
      .send(`${run}`);
  });
  return origin;
}

/** Fills with a client's fields, lets it become stale, and asks with them again. */
async function refreshed(origin: Origin, headers: Record<string, string>): Promise<void> {
  await get(origin.app, '/a', headers);
  vi.setSystemTime(STALE);
  await get(origin.app, '/a', headers);
  await settle(20);
}

describe.each(['auto', 'send'] as const)("a refresh in mode '%s'", (mode) => {
  it('carries the fields that Vary and the policy name, and no others', async () => {
    const origin = await makeOrigin({ mode, vary: { add: ['x-tenant'] } });
    origin.fields = { vary: 'Accept-Language' };
    await refreshed(origin, {
      'accept-language': 'de',
      'x-tenant': 'one',
      'x-other': '1',
      'user-agent': 'of the client',
      'if-none-match': '"of the client"',
      range: 'bytes=0-0',
    });
    const { headers } = origin.runs[1]!;
    expect(headers).toMatchObject({ 'accept-language': 'de', 'x-tenant': 'one' });
    expect(headers['user-agent']).not.toBe('of the client');
    for (const name of ['x-other', 'if-none-match', 'range']) expect(headers[name]).toBeUndefined();
    expect(Object.keys(headers).filter((name) => name.includes('catzilla'))).toEqual([]);
  });

  it('carries no credentials of the client', async () => {
    const origin = await makeOrigin({ mode, cookies: 'ignore' });
    const credentials = {
      authorization: 'Bearer secret',
      cookie: 'sid=secret',
      'x-api-key': 'secret',
      'proxy-authorization': 'Basic secret',
    };
    await refreshed(origin, credentials);
    expect(origin.runs[0]!.headers).toMatchObject(credentials);
    expect(origin.runs).toHaveLength(2);
    expect(JSON.stringify(origin.runs[1])).not.toContain('secret');
  });

  it.each(['cookie', 'authorization', 'x-api-key'])(
    'is not made for a variant that %s selects: the client waits for its own',
    async (name) => {
      const origin = await makeOrigin({ mode, authorization: 'share', cookies: 'ignore' });
      origin.fields = { vary: name };
      await refreshed(origin, { [name]: 'mine' });
      expect(origin.app.cache.stats()).toMatchObject({ refreshes: 0, stale: 0 });
      expect(origin.runs[1]).toMatchObject({ isCacheRefresh: false, headers: { [name]: 'mine' } });
    },
  );
});

describe('a field that the handler names by reply.cache.vary', () => {
  const named = async (name: string): Promise<Origin> => {
    const origin = await makeOrigin({ authorization: 'share', cookies: 'ignore' });
    origin.app.addHook('preHandler', async (_, reply) => reply.cache.vary(name));
    await refreshed(origin, { [name]: 'mine' });
    return origin;
  };

  it('is carried, so that the variant itself is refreshed', async () => {
    const origin = await named('x-v');
    expect(origin.runs[1]).toMatchObject({ isCacheRefresh: true, headers: { 'x-v': 'mine' } });
    expect(await get(origin.app, '/a', { 'x-v': 'mine' })).toMatchObject({
      body: '2',
      cache: 'catzilla; hit; ttl=10',
    });
  });

  it.each(['cookie', 'authorization'])('is nothing to refresh by where it is %s', async (name) => {
    const origin = await named(name);
    expect(origin.app.cache.stats().refreshes).toBe(0);
    expect(origin.runs[1]).toMatchObject({ isCacheRefresh: false, headers: { [name]: 'mine' } });
  });
});

describe('credentials of the application', () => {
  it('go with a refresh where `refresh.headers` gives them, which is told what it is for', async () => {
    const told: unknown[] = [];
    const headers = (entry: object) => {
      told.push(entry);
      return { authorization: 'Bearer service' };
    };
    const origin = await makeOrigin({ refresh: { headers } });
    await refreshed(origin, { authorization: 'Bearer client' });
    expect(origin.runs[1]!.headers['authorization']).toBe('Bearer service');
    expect(told).toEqual([
      { url: '/a', status: 200, key: expect.stringContaining('localhost|/a') as unknown },
    ]);
    expect((await get(origin.app, '/a', { authorization: 'Bearer client' })).body).toBe('2');
  });

  it("go with a refresh in the place of the client's, where these select the variant", async () => {
    const origin = await makeOrigin({
      cookies: 'ignore',
      refresh: { headers: () => ({ 'x-service': '1' }) },
    });
    origin.fields = { vary: 'cookie, x-v' };
    await refreshed(origin, { cookie: 'sid=secret', 'x-v': '1' });
    expect(origin.runs[1]).toMatchObject({
      isCacheRefresh: true,
      headers: { 'x-service': '1', 'x-v': '1' },
    });
    expect(origin.runs[1]!.headers['cookie']).toBeUndefined();
    // Stored as what it is: the response to nobody's cookie.
    expect(await get(origin.app, '/a', { 'x-v': '1' })).toMatchObject({ body: '2' });
    expect((await get(origin.app, '/a', { cookie: 'sid=secret', 'x-v': '1' })).body).toBe('1');
  });

  it('are what a guard asks of a refresh too; without them the entry stays as it is', async () => {
    const origin = await makeOrigin();
    origin.app.addHook('preHandler', async (request, reply) => {
      if (request.headers.authorization === undefined) return reply.code(401).send('who?');
      return undefined;
    });
    const headers = { authorization: 'Bearer client' };
    await refreshed(origin, headers);
    expect(origin.app.cache.stats().refreshes).toBe(1);
    expect(origin.runs).toHaveLength(1);
    expect(await get(origin.app, '/a', headers)).toMatchObject({
      body: '1',
      cache: 'catzilla; hit; ttl=-5',
    });
    expect((await get(origin.app, '/a')).status).toBe(401);
  });
});

describe('request.isCacheRefresh', () => {
  it('is true in a refresh alone, from its first hook on', async () => {
    const seen: boolean[] = [];
    const origin = await makeOrigin(
      {},
      {
        before: (app) =>
          app.addHook('onRequest', async (request) => {
            seen.push(request.isCacheRefresh);
          }),
      },
    );
    await refreshed(origin, {});
    await get(origin.app, '/a');
    expect(origin.runs.map(({ isCacheRefresh }) => isCacheRefresh)).toEqual([false, true]);
    expect(seen).toEqual([false, false, true, false]);
  });

  it('is false for the client whose request runs beside the refresh of the same URL', async () => {
    const origin = await makeOrigin();
    origin.fields = { vary: 'x-v' };
    await get(origin.app, '/a', { 'x-v': '1' });
    vi.setSystemTime(STALE);
    await Promise.all([
      get(origin.app, '/a', { 'x-v': '1' }),
      get(origin.app, '/a', { 'x-v': '2' }),
    ]);
    await settle(20);
    const kinds = origin.runs
      .slice(1)
      .map(({ headers, isCacheRefresh }) => [headers['x-v'], isCacheRefresh]);
    expect(kinds.sort()).toEqual([
      ['1', true],
      ['2', false],
    ]);
  });

  it('is false for what a handler requests inside the application meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    const app = await makeApp({ ttl: 10_000, staleWhileRevalidate: 30_000 });
    const seen: boolean[] = [];
    app.get('/inner', { config: { cache: false } }, (request) => {
      seen.push(request.isCacheRefresh);
      return 'inner';
    });
    app.get('/outer', async () => (await app.inject('/inner')).body);
    await get(app, '/outer');
    vi.setSystemTime(STALE);
    await get(app, '/outer');
    await until(() => seen.length === 2);
    expect(seen).toEqual([false, false]);
  });

  it('is false where the handler is asked once more for the client itself', async () => {
    const origin = await makeOrigin({ staleWhileRevalidate: 0 });
    const { app, runs } = origin;
    app.addHook('onSend', async (request, reply) => {
      // As a handler whose response has changed meanwhile, and who answers badly.
      if (request.headers['if-none-match'] === '"v1"') {
        reply.code(304).header('etag', '"v2"');
        return null;
      }
      return undefined;
    });
    origin.fields = { etag: '"v1"' };
    await get(app, '/a');
    vi.setSystemTime(STALE);
    await get(app, '/a');
    for (const { isCacheRefresh } of runs) expect(isCacheRefresh).toBe(false);
  });

  it('cannot be pretended by any field that a refresh was seen to send', async () => {
    const sent: Record<string, string>[] = [];
    const origin = await makeOrigin(
      {},
      {
        before: (app) =>
          app.addHook('onRequest', async ({ raw }) => {
            const all: Record<string, string> = {};
            for (let i = 0; i < raw.rawHeaders.length; i += 2) {
              all[raw.rawHeaders[i]!.toLowerCase()] = raw.rawHeaders[i + 1]!;
            }
            sent.push(all);
          }),
      },
    );
    await refreshed(origin, {});
    const forged = sent[2]!;
    // While another refresh is under way, too.
    vi.setSystemTime(STALE + 15_000);
    const port = await listen(origin.app);
    const client = new RawClient(port);
    const lines = Object.entries({ ...forged, host: 'localhost:80' });
    await get(origin.app, '/a');
    client.send(
      `GET /a HTTP/1.1\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join('')}cookie: a=1\r\n\r\n`,
    );
    await client.response();
    await settle(20);
    const { runs } = origin;
    expect(runs.filter(({ headers }) => headers['cookie'] !== undefined)).toEqual([]);
    expect(runs.map(({ isCacheRefresh }) => isCacheRefresh)).toEqual([false, true, true]);
  });
});

it('what a refresh is known by is good for one request: sent again meanwhile, it is nothing', async () => {
  const seen: { isCacheRefresh: boolean; headers: Record<string, string> }[] = [];
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp(
    { ttl: 10_000, staleWhileRevalidate: 30_000 },
    {
      before: (app) =>
        app.addHook('onRequest', async (request) => {
          const { rawHeaders } = request.raw;
          const headers: Record<string, string> = {};
          for (let i = 0; i < rawHeaders.length; i += 2) {
            headers[rawHeaders[i]!.toLowerCase()] = rawHeaders[i + 1]!;
          }
          seen.push({ headers, isCacheRefresh: request.isCacheRefresh });
        }),
    },
  );
  const { opened, open } = gate();
  atEnd(open);
  let runs = 0;
  app.get('/a', async () => {
    if (++runs > 1) await opened;
    return `${runs}`;
  });
  await get(app, '/a');
  vi.setSystemTime(STALE);
  await get(app, '/a');
  await until(() => runs === 2);
  expect(seen[2]).toMatchObject({ isCacheRefresh: true });
  await get(app, '/a', seen[2]!.headers);
  expect(seen[3]).toMatchObject({ isCacheRefresh: false });
});

it("nothing of the client's AsyncLocalStorage reaches the refresh", async () => {
  const users = new AsyncLocalStorage<string>();
  const origin = await makeOrigin(
    {},
    {
      before: (app) =>
        app.addHook('onRequest', (request, _reply, done) => {
          const user = request.headers['x-user'];
          if (typeof user === 'string') users.run(user, done);
          else done();
        }),
    },
  );
  const seen: unknown[] = [];
  origin.app.addHook('preHandler', async () => {
    seen.push(users.getStore());
  });
  await refreshed(origin, { 'x-user': 'anna' });
  expect(origin.runs[1]?.isCacheRefresh).toBe(true);
  expect(seen).toEqual(['anna', 'anna', undefined]);
});

it('a refresh comes from the address of the client, and by its protocol behind a proxy that is trusted', async () => {
  const seen: string[] = [];
  const origin = await makeOrigin({}, { fastify: { trustProxy: true } });
  origin.app.addHook('preHandler', async ({ ip, protocol, host }) => {
    seen.push(`${protocol}://${host} ${ip}`);
  });
  await refreshed(origin, { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example' });
  expect(seen).toHaveLength(3);
  expect(new Set(seen).size).toBe(1);
  const { cache } = await get(origin.app, '/a', {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.example',
  });
  expect(cache).toBe('catzilla; hit; ttl=10');
});

describe('a large body, that lies in the memory of the cache', () => {
  /** Entries of /large are given out as leases; its handler says 304. */
  async function makeLarge(options: FastifyCacheOptions): Promise<{
    app: FastifyInstance;
    body: Buffer;
    ask: (method?: 'GET' | 'HEAD') => Promise<Buffer>;
    churn: () => void;
    open: () => number;
  }> {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    const cache = openCache({ maxBytes: 64 * MiB, maxValueBytes: 16 * MiB, leaseLimit: 0.5 });
    atEnd(() => cache.close());
    const app = Fastify();
    atEnd(() => app.close());
    await app.register(fastifyCache, { cache, ...options });
    const body = Buffer.alloc(MiB / 4, 'large body ');
    let wait: Promise<unknown> = Promise.resolve();
    app.get('/large', async (request, reply) => {
      await wait;
      const { headers } = request;
      void reply.headers({ etag: '"v1"', 'cache-control': 'public, max-age=10' });
      return headers['if-none-match'] === '"v1"' ? reply.code(304).send() : reply.send(body);
    });
    const port = await listen(app);
    const ask = async (): Promise<Buffer> => {
      const client = new RawClient(port);
      client.send('GET /large HTTP/1.1\r\nHost: x\r\nAuthorization: me\r\n\r\n');
      return (await client.response()).body;
    };
    for (let i = 0; i < 6; i++) await ask();
    vi.setSystemTime(STALE);
    const churn = (): void => {
      for (let i = 0; i < 80; i++) cache.set(`other-${i}`, Buffer.alloc(MiB, i));
    };
    // What the handler waits for: all memory of the cache has been used anew meanwhile.
    wait = settle(3).then(churn);
    return { app, body, ask, churn, open: () => cache.stats().leases.open };
  }

  it.each([
    ['by a refresh', { staleWhileRevalidate: 30_000 }, 1],
    [
      'by the client, where nobody may refresh it',
      { staleWhileRevalidate: 30_000, identity: () => 'a' },
      0,
    ],
    ['by the client, where it may not be stale', {}, 0],
  ])('is whole after it was validated %s', async (_, options, refreshes) => {
    const { app, body, ask, open } = await makeLarge(options);
    expect((await ask()).equals(body)).toBe(true);
    await settle(50);
    expect(app.cache.stats()).toMatchObject({ refreshes, revalidated: 1 });
    expect((await ask()).equals(body)).toBe(true);
    await until(() => open() === 0);
  });
});
