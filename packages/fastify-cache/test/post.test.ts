// POST whose responses answer later GETs (RFC 9110 9.3.3): explicit freshness, and a Content-Location that names the same
// URI. The POST itself always runs its handler, and invalidates before it stores.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { gate, get, makeApp, makeCache, settle, standStill } from './helpers.ts';

standStill();

interface Origin {
  app: FastifyInstance;
  posts: number;
  gets: number;
  post: (reply: FastifyReply, run: number) => unknown;
}

async function makeOrigin(options: FastifyCacheOptions = {}): Promise<Origin> {
  const app = await makeApp({ methods: ['GET', 'HEAD', 'POST'], ...options });
  const origin: Origin = {
    app,
    posts: 0,
    gets: 0,
    post: (reply, run) =>
      reply
        .headers({ 'cache-control': 'max-age=60', 'content-location': '/a' })
        .send(`post ${run}`),
  };
  app.post('/a', (_, reply) => origin.post(reply, ++origin.posts));
  app.get('/a', (_, reply) =>
    reply.header('cache-control', 'max-age=60').send(`get ${++origin.gets}`),
  );
  return origin;
}

describe.each(['auto', 'send'] as const)("a POST in mode '%s'", (mode) => {
  it('is stored for later GET and HEAD, never for another POST', async () => {
    const origin = await makeOrigin({ mode });
    const first = await get(origin.app, '/a', {}, 'POST');
    expect(first).toMatchObject({ body: 'post 1', cache: 'catzilla; fwd=method; stored' });
    expect(await get(origin.app, '/a')).toMatchObject({
      body: 'post 1',
      cache: 'catzilla; hit; ttl=60',
    });
    expect((await get(origin.app, '/a', {}, 'HEAD')).cache).toContain('hit');
    expect((await get(origin.app, '/a', {}, 'POST')).body).toBe('post 2');
    expect((await get(origin.app, '/a')).body).toBe('post 2');
    expect(origin).toMatchObject({ posts: 2, gets: 0 });
  });

  it('takes the place of what GET had stored', async () => {
    const origin = await makeOrigin({ mode });
    await get(origin.app, '/a');
    await get(origin.app, '/a', {}, 'POST');
    expect((await get(origin.app, '/a')).body).toBe('post 1');
    expect(origin.app.cache.stats().invalidations).toBe(1);
  });

  it('has its ranges and conditions given to the GETs that it answers', async () => {
    const origin = await makeOrigin({ mode });
    const { headers } = await get(origin.app, '/a', {}, 'POST');
    const tag = String(headers['etag']);
    expect((await get(origin.app, '/a', { 'if-none-match': tag })).status).toBe(304);
    expect(await get(origin.app, '/a', { range: 'bytes=0-3' })).toMatchObject({ body: 'post' });
  });
});

describe('a POST is not stored', () => {
  const lasting = { 'cache-control': 'max-age=60' };
  it.each([
    ['without Content-Location', lasting, 'method'],
    ['with that of another URI', { ...lasting, 'content-location': '/b' }, 'method'],
    ['with another query', { ...lasting, 'content-location': '/a?q=1' }, 'method'],
    [
      'with that of another origin',
      { ...lasting, 'content-location': 'http://evil.example/a' },
      'method',
    ],
    ['without freshness', { 'content-location': '/a' }, 'no-freshness'],
    ['with no-store', { 'cache-control': 'no-store', 'content-location': '/a' }, 'no-store'],
    ['with a cookie', { ...lasting, 'content-location': '/a', 'set-cookie': 'a=1' }, 'set-cookie'],
  ])('%s', async (_, headers: Record<string, string>, reason) => {
    const origin = await makeOrigin();
    origin.post = (reply) => reply.headers(headers).send('post');
    const { cache } = await get(origin.app, '/a', {}, 'POST');
    expect(cache).toBe(`catzilla; fwd=method; stored=?0; detail=${reason}`);
    expect((await get(origin.app, '/a')).body).toBe('get 1');
  });

  it('where only a ttl would keep it', async () => {
    const origin = await makeOrigin({ ttl: 60_000 });
    origin.post = (reply) => reply.header('content-location', '/a').send('post');
    expect((await get(origin.app, '/a', {}, 'POST')).cache).toContain('detail=no-freshness');
    expect((await get(origin.app, '/a')).body).toBe('get 1');
  });

  it('where the policy does not name it', async () => {
    const origin = await makeOrigin({ methods: ['GET', 'HEAD'] });
    const answer = await get(origin.app, '/a', {}, 'POST');
    expect(answer.headers['cache-status']).toBeUndefined();
    expect((await get(origin.app, '/a')).body).toBe('get 1');
  });

  it.each([
    ['authorization', { authorization: 'bypass' }],
    ['cookie', { cookies: 'bypass' }],
  ] as [string, FastifyCacheOptions][])(
    'with %s, where requests with it pass the cache by',
    async (name, options) => {
      const origin = await makeOrigin(options);
      await get(origin.app, '/a', { [name]: 'mine' }, 'POST');
      expect((await get(origin.app, '/a')).body).toBe('get 1');
    },
  );
});

it.each(['/a', 'a', '//localhost/a', 'http://localhost/a'])(
  'Content-Location %s names the same URI',
  async (location) => {
    const origin = await makeOrigin();
    origin.post = (reply) =>
      reply.headers({ 'cache-control': 'max-age=60', 'content-location': location }).send('post');
    await get(origin.app, '/a', { host: 'localhost' }, 'POST');
    expect((await get(origin.app, '/a', { host: 'localhost' })).body).toBe('post');
  },
);

it('a GET that was under way before a POST does not take its place', async () => {
  const app = await makeApp({ methods: ['GET', 'POST'] });
  const { opened, open } = gate();
  let gets = 0;
  const lasting = { 'cache-control': 'max-age=60' };
  app.get('/a', async (_, reply) => {
    gets++;
    await opened;
    return reply.headers(lasting).send('before');
  });
  app.post('/a', (_, reply) =>
    reply.headers({ ...lasting, 'content-location': '/a' }).send('after'),
  );
  const early = get(app, '/a');
  await settle();
  await get(app, '/a', {}, 'POST');
  open();
  expect((await early).body).toBe('before');
  expect(await get(app, '/a')).toMatchObject({ body: 'after', cache: 'catzilla; hit; ttl=60' });
  expect(gets).toBe(1);
});

it('the variant of a POST is chosen by its own fields', async () => {
  const app = await makeApp({ methods: ['GET', 'POST'] });
  app.post('/a', (request, reply) =>
    reply
      .headers({ 'cache-control': 'max-age=60', 'content-location': '/a', vary: 'x-v' })
      .send(`post ${request.headers['x-v'] as string}`),
  );
  app.get('/a', () => 'get');
  await get(app, '/a', { 'x-v': '1' }, 'POST');
  expect((await get(app, '/a', { 'x-v': '1' })).body).toBe('post 1');
  expect((await get(app, '/a', { 'x-v': '2' })).body).toBe('get');
});

it('a POST that fails stores nothing and invalidates nothing', async () => {
  const origin = await makeOrigin();
  await get(origin.app, '/a');
  origin.post = (reply) =>
    reply.code(500).headers({ 'cache-control': 'max-age=60' }).send('failed');
  await get(origin.app, '/a', {}, 'POST');
  expect(await get(origin.app, '/a')).toMatchObject({ body: 'get 1' });
  expect(origin.gets).toBe(1);
});

it('a POST to a route of several methods is stored, too', async () => {
  const app = await makeApp({ methods: ['GET', 'POST'] });
  let runs = 0;
  app.route({
    method: ['GET', 'POST'],
    url: '/m',
    handler: (_, reply) =>
      reply.headers({ 'cache-control': 'max-age=60', 'content-location': '/m' }).send(`${++runs}`),
  });
  await get(app, '/m', {}, 'POST');
  expect((await get(app, '/m')).body).toBe('1');
  await get(app, '/m', {}, 'POST');
  expect((await get(app, '/m')).body).toBe('2');
});

it('a POST whose cache fails meanwhile is answered all the same, and not stored', async () => {
  const cache = makeCache();
  const app = await makeApp({ cache, methods: ['GET', 'POST'] });
  app.post('/a', (_, reply) => {
    cache.close();
    return reply.headers({ 'cache-control': 'max-age=60', 'content-location': '/a' }).send('x');
  });
  const answer = await get(app, '/a', {}, 'POST');
  expect([answer.status, answer.body]).toEqual([200, 'x']);
  expect(answer.cache).toContain('stored=?0; detail=backend');
});
