// What clients are told about keeping a response (`clientCacheControl`), on every way an answer goes out: the told field in
// the place of Cache-Control, no Age, no Expires, and the Date of this moment (RFC 9213 2.3).
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { get, listen, makeApp, RawClient } from './helpers.ts';

const START = 1_700_000_000_000;
const HIT = START + 4_900;
const TOLD = 'private, max-age=7';

afterEach(() => vi.useRealTimers());

const dateOf = (now: number): string => new Date(now).toUTCString();

/** GET /a lives 10 s here; its handler says more. */
async function makeOrigin(
  options: FastifyCacheOptions,
  before: (app: FastifyInstance) => unknown = () => {},
): Promise<FastifyInstance> {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp(options, { before });
  app.get('/a', (_, reply) =>
    reply
      .headers({ 'cache-control': 'max-age=10', expires: dateOf(START + 99_000), etag: '"v1"' })
      .header('age', '2')
      .send('0123456789'),
  );
  return app;
}

function expectTold(headers: Record<string, unknown>, now: number, told = TOLD): void {
  expect(headers['cache-control']).toBe(told);
  expect(headers['date']).toBe(dateOf(now));
  expect(headers['age']).toBeUndefined();
  expect(headers['expires']).toBeUndefined();
}

const forms: [string, NonNullable<FastifyCacheOptions['clientCacheControl']>][] = [
  ['a string', TOLD],
  ['a function', () => TOLD],
];

describe.each(forms)('as %s', (_, clientCacheControl) => {
  it('is told on a miss, and what is stored lives by its own', async () => {
    const app = await makeOrigin({ clientCacheControl });
    const miss = await get(app, '/a');
    expect(miss.cache).toContain('stored');
    expectTold(miss.headers, START);
    vi.setSystemTime(START + 7_999);
    expect((await get(app, '/a')).cache).toBe('catzilla; hit; ttl=1');
    vi.setSystemTime(START + 8_000);
    expect((await get(app, '/a')).cache).toContain('fwd=stale');
  });

  it.each([
    ['head', 'auto'],
    ['send', 'send'],
  ] as const)('is told on a hit by %s, its 304 and its ranges', async (way, mode) => {
    const app = await makeOrigin({ clientCacheControl, mode });
    await get(app, '/a');
    vi.setSystemTime(HIT);
    const hit = await get(app, '/a');
    expect(hit).toMatchObject({ status: 200, cache: 'catzilla; hit; ttl=4' });
    expectTold(hit.headers, HIT);
    const same = await get(app, '/a', { 'if-none-match': '"v1"' });
    expect(same.status).toBe(304);
    expectTold(same.headers, HIT);
    const part = await get(app, '/a', { range: 'bytes=0-1' });
    expect(part).toMatchObject({ status: 206, body: '01' });
    expectTold(part.headers, HIT);
    const head = await get(app, '/a', {}, 'HEAD');
    expectTold(head.headers, HIT);
    expect(app.cache.stats().answers[way]).toBe(4);
  });

  it('is told on a raw hit and its 304', async () => {
    const app = await makeOrigin({ clientCacheControl });
    const client = new RawClient(await listen(app));
    const ask = async (more = '') => {
      client.send(`GET /a HTTP/1.1\r\nHost: x\r\n${more}\r\n`);
      const { head } = await client.response(more !== '');
      const lines = head.split('\r\n').slice(1);
      return Object.fromEntries(
        lines.map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
      );
    };
    await ask();
    vi.setSystemTime(HIT);
    for (let i = 0; i < 2; i++) expectTold(await ask(), HIT);
    expectTold(await ask('If-None-Match: "v1"\r\n'), HIT);
    vi.setSystemTime(HIT + 2_000);
    expectTold(await ask(), HIT + 2_000);
    expect(app.cache.stats().answers).toEqual({ raw: 4, head: 0, send: 0 });
  });

  it("is told beside headers of the current request's hooks", async () => {
    for (const mode of ['auto', 'send'] as const) {
      const app = await makeOrigin({ clientCacheControl, mode }, (app) => {
        app.addHook('onRequest', async (_, reply) => {
          reply.headers({ 'x-request-id': '1', 'cache-control': 'no-cache', expires: '0' });
        });
      });
      await get(app, '/a');
      vi.setSystemTime(HIT);
      const hit = await get(app, '/a');
      expect(hit.headers['x-request-id']).toBe('1');
      expectTold(hit.headers, HIT);
    }
  });

  it("is told on a miss that becomes the client's 304", async () => {
    const app = await makeOrigin({ clientCacheControl });
    const cold = await get(app, '/a', { 'if-none-match': '"v1"' });
    expect(cold.status).toBe(304);
    expectTold(cold.headers, START);
  });

  it('is told where a stale response was validated, or stands in for an error', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    const app = await makeApp({ clientCacheControl, staleIfError: 600_000 });
    let runs = 0;
    app.get('/a', (request, reply) => {
      void reply.headers({ 'cache-control': 'max-age=10', etag: '"v1"' });
      runs++;
      if (runs === 3) throw new Error('broken');
      return request.headers['if-none-match'] ? reply.code(304).send() : reply.send('x');
    });
    await get(app, '/a');
    for (const now of [START + 60_000, START + 120_000]) {
      vi.setSystemTime(now);
      const answer = await get(app, '/a');
      expect(answer).toMatchObject({ status: 200, body: 'x' });
      expectTold(answer.headers, now);
    }
    expect(app.cache.stats()).toMatchObject({ revalidated: 1, staleIfError: 1 });
  });
});

describe('a function', () => {
  it('is told status, url, what is left of the life and all of it', async () => {
    const seen: unknown[] = [];
    const app = await makeOrigin({
      clientCacheControl: (response) => {
        seen.push(response);
        return `max-age=${Math.max(0, Math.floor(response.ttl / 1000))}`;
      },
    });
    expect((await get(app, '/a?q=|x')).headers['cache-control']).toBe('max-age=8');
    vi.setSystemTime(HIT);
    expect((await get(app, '/a?q=|x')).headers['cache-control']).toBe('max-age=3');
    const url = '/a?q=|x';
    expect(seen).toEqual([
      { status: 200, ttl: 8_000, lifetime: 10_000, url },
      { status: 200, ttl: 3_100, lifetime: 10_000, url },
    ]);
  });

  it('is told the url of a variant as every other', async () => {
    const urls: string[] = [];
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    const app = await makeApp({
      ttl: 10_000,
      clientCacheControl: ({ url }) => {
        urls.push(url);
        return TOLD;
      },
    });
    app.get('/a', (_, reply) => reply.header('vary', 'x-v').send('x'));
    await get(app, '/a?q=1', { 'x-v': '1' });
    await get(app, '/a?q=1', { 'x-v': '1' });
    expect(urls).toEqual(['/a?q=1', '/a?q=1']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['gives no string', () => 7 as unknown as string],
    ['gives what is no field value', () => 'max-age=1\r\nx-evil: 1'],
  ])('that %s says no-store', async (_, clientCacheControl) => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const app = await makeOrigin({ clientCacheControl });
    for (let i = 0; i < 2; i++) {
      const answer = await get(app, '/a');
      expect(answer).toMatchObject({ status: 200, body: '0123456789' });
      expectTold(answer.headers, START, 'no-store');
      expect(answer.headers['x-evil']).toBeUndefined();
    }
    warnings.mockRestore();
  });
});

it('a response that is not stored says what its handler said', async () => {
  const app = await makeApp({ clientCacheControl: TOLD, ttl: 10_000 });
  app.get('/a', (_, reply) =>
    reply.headers({ 'cache-control': 'no-store', expires: '0' }).send('x'),
  );
  expect((await get(app, '/a')).headers).toMatchObject({
    'cache-control': 'no-store',
    expires: '0',
  });
});

it.each(['auto', 'send'] as const)(
  "a 416 says nothing of keeping it, in mode '%s'",
  async (mode) => {
    const app = await makeOrigin({ clientCacheControl: TOLD, mode });
    await get(app, '/a');
    const { status, headers } = await get(app, '/a', { range: 'bytes=99-' });
    expect(status).toBe(416);
    expect(headers['cache-control']).toBeUndefined();
  },
);

it('routes of one scope tell what each of them says, or nothing', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp({ ttl: 10_000, clientCacheControl: 'max-age=1' });
  const lasting = { 'cache-control': 'max-age=10' };
  app.get('/plugin', (_, reply) => reply.headers(lasting).send('x'));
  app.get('/own', { config: { cache: { clientCacheControl: 'max-age=2' } } }, () => 'x');
  app.get('/off', { config: { cache: { clientCacheControl: false } } }, (_, reply) =>
    reply.headers(lasting).send('x'),
  );
  for (let i = 0; i < 2; i++) {
    expect((await get(app, '/plugin')).headers['cache-control']).toBe('max-age=1');
    expect((await get(app, '/own')).headers['cache-control']).toBe('max-age=2');
    expect((await get(app, '/off')).headers['cache-control']).toBe('max-age=10');
  }
  expect((await get(app, '/off')).headers['age']).toBe('0');
});
