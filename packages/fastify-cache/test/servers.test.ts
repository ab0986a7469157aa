// Every kind of server that Fastify has, with the same script: what is answered from the cache is the same on all of them,
// only the way it is written differs. And what has no route of its own.
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, vi } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import { atEnd, get, makeApp, makeCache, until } from './helpers.ts';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}
type Ask = (
  path: string,
  headers?: Record<string, string>,
  method?: 'GET' | 'HEAD' | 'PUT',
) => Promise<Answer>;

const BODY = 'abcdefghij'.repeat(10);
// Made at run time, so that no key lies in the repository; the benchmarks of HTTPS use it too.
const CERTIFICATE = new URL('../../../benchmarks/http/certificate.mjs', import.meta.url).href;
const { makeCertificate } = (await import(CERTIFICATE)) as {
  makeCertificate(): { key: string; cert: string };
};

const kinds = {
  http: { scheme: 'http', options: () => ({}), connect: http1 },
  https: { scheme: 'https', options: () => ({ https: makeCertificate() }), connect: http1 },
  'HTTP/2 in clear': { scheme: 'http', options: () => ({ http2: true }), connect: http2Client },
  'HTTP/2 over TLS': {
    scheme: 'https',
    options: () => ({ http2: true, https: makeCertificate() }),
    connect: http2Client,
  },
};

function http1(origin: string): Ask {
  const { request } = origin.startsWith('https') ? https : http;
  return async (path, headers = {}, method = 'GET') => {
    const sent = request(origin + path, { method, headers, rejectUnauthorized: false });
    sent.end();
    const [answer] = (await once(sent, 'response')) as [http.IncomingMessage];
    const body = String(await buffer(answer));
    return { status: answer.statusCode ?? 0, headers: answer.headers, body };
  };
}

function http2Client(origin: string): Ask {
  const session = http2.connect(origin, { rejectUnauthorized: false });
  atEnd(() => session.destroy());
  return async (path, headers = {}, method = 'GET') => {
    const stream = session.request({ ':path': path, ':method': method, ...headers });
    const [fields] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    const body = String(await buffer(stream));
    return { status: Number(fields[':status']), headers: { ...fields }, body };
  };
}

async function start(kind: keyof typeof kinds): Promise<{ ask: Ask; app: FastifyInstance }> {
  const { scheme, options, connect } = kinds[kind];
  // Ages are exact: time stands, however long the machine takes.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  atEnd(() => vi.useRealTimers());
  const app = Fastify(options()) as unknown as FastifyInstance;
  atEnd(() => app.close());
  await app.register(fastifyCache, { cache: makeCache() });
  let runs = 0;
  app.get('/a', (request, reply) => {
    reply.headers({ 'cache-control': 'max-age=60, stale-while-revalidate=600', etag: '"v1"' });
    reply.header('x-run', String(++runs)).type('text/plain');
    return request.headers['if-none-match'] === '"v1"' ? reply.code(304).send() : BODY;
  });
  app.put('/a', () => 'changed');
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { ask: connect(`${scheme}://127.0.0.1:${port}`), app };
}

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('over %s', (kind) => {
  it('a hit, a 304, a range and a HEAD are answered from what a GET has stored', async () => {
    const { ask, app } = await start(kind);
    expect((await ask('/a')).headers['cache-status']).toBe('catzilla; fwd=uri-miss; stored');
    expect(await ask('/a')).toMatchObject({
      status: 200,
      body: BODY,
      headers: { 'cache-status': 'catzilla; hit; ttl=60', age: '0', etag: '"v1"' },
    });
    expect(await ask('/a', { 'if-none-match': '"v1"' })).toMatchObject({ status: 304, body: '' });
    expect(await ask('/a', { range: 'bytes=10-12' })).toMatchObject({
      status: 206,
      body: 'abc',
      headers: { 'content-range': 'bytes 10-12/100' },
    });
    expect(await ask('/a', {}, 'HEAD')).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '100' },
    });
    expect(app.cache.stats()).toMatchObject({ misses: 1, hits: 4 });
  });

  it('an unsafe request invalidates', async () => {
    const { ask } = await start(kind);
    await ask('/a');
    expect((await ask('/a', {}, 'PUT')).status).toBe(200);
    expect((await ask('/a')).headers).toMatchObject({ 'x-run': '2' });
  });

  it('a stale response is answered, and validated behind the answer, under the key of its scheme', async () => {
    const { ask, app } = await start(kind);
    await ask('/a');
    vi.setSystemTime(Date.now() + 61_000);
    expect(await ask('/a')).toMatchObject({
      status: 200,
      body: BODY,
      headers: { 'cache-status': expect.stringContaining('hit; ttl=-1') },
    });
    await until(() => app.cache.stats().revalidated === 1);
    expect(await ask('/a')).toMatchObject({
      body: BODY,
      headers: { 'cache-status': 'catzilla; hit; ttl=60', 'x-run': '2' },
    });
    expect(app.cache.stats()).toMatchObject({ refreshes: 1, refreshErrors: 0, faults: 0 });
  });
});

describe('a URL without a route', () => {
  it('is answered by the handler for it each time, and never stored', async () => {
    const app = await makeApp({ ttl: { 200: 60_000, 404: 60_000 } });
    let runs = 0;
    app.setNotFoundHandler((_, reply) =>
      reply.code(404).header('cache-control', 'max-age=60').send({ runs: ++runs }),
    );
    for (const run of [1, 2]) {
      const answer = await get(app, '/nothing');
      expect([answer.status, answer.body, answer.cache]).toEqual([404, `{"runs":${run}}`, '']);
    }
  });

  it('is no other than a route that answers 404, which a ttl may keep', async () => {
    const app = await makeApp({ ttl: { 404: 60_000 } });
    let runs = 0;
    app.get('/items/:id', (_, reply) => reply.code(404).send({ runs: ++runs }));
    await get(app, '/items/1');
    expect(await get(app, '/items/1')).toMatchObject({
      status: 404,
      body: '{"runs":1}',
      cache: expect.stringContaining('hit'),
    });
  });

  it('in a scope with its own handler passes it too', async () => {
    const app = await makeApp({ ttl: 60_000 });
    await app.register(
      async (scope) => {
        scope.setNotFoundHandler((_, reply) => reply.code(404).send('none in v1'));
        scope.get('/a', () => 'x');
      },
      { prefix: '/v1' },
    );
    for (const _ of [1, 2]) expect((await get(app, '/v1/b')).body).toBe('none in v1');
    await get(app, '/v1/a');
    expect((await get(app, '/v1/a')).cache).toContain('hit');
  });
});
