// Routes without a ttl, most of whose replies say nothing to caches: they are let by quickly, and still nothing is lost of what
// one of them says later, by whatever way it says it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { get, makeApp } from './helpers.ts';

const UNFRESH = 'catzilla; fwd=uri-miss; stored=?0; detail=no-freshness';

async function makeSilent(
  say: (reply: FastifyReply, request: FastifyRequest) => unknown,
  options: Parameters<typeof makeApp>[0] = {},
  setup: Parameters<typeof makeApp>[1] = {},
): Promise<Awaited<ReturnType<typeof makeApp>>> {
  const app = await makeApp(options, setup);
  let runs = 0;
  app.get('/a', async (request, reply) => {
    if (++runs > 3) say(reply, request);
    return { runs };
  });
  for (let i = 0; i < 3; i++) expect((await get(app, '/a')).cache).toBe(UNFRESH);
  return app;
}

it.each<[string, (reply: FastifyReply) => unknown]>([
  ['Cache-Control', (reply) => reply.header('cache-control', 'max-age=60')],
  ['Cache-Control on the raw response', ({ raw }) => raw.setHeader('Cache-Control', 'max-age=60')],
  ['a targeted field', (reply) => reply.header('Catzilla-Cache-Control', 'max-age=60')],
  ['Expires', (reply) => reply.header('expires', new Date(Date.now() + 60_000).toUTCString())],
  ['reply.cache.ttl', (reply) => reply.cache.ttl(60_000)],
])('stores the reply that brings freshness by %s', async (_, say) => {
  const app = await makeSilent(say);
  expect((await get(app, '/a')).cache).toMatch(/^catzilla; fwd=uri-miss; stored/);
  const { cache, body } = await get(app, '/a');
  expect(cache).toMatch(/^catzilla; hit/);
  expect(body).toBe('{"runs":4}');
});

it.each<[string, (reply: FastifyReply) => unknown, string]>([
  ['Set-Cookie', (reply) => reply.header('set-cookie', 'a=b'), 'set-cookie'],
  ['Set-Cookie on the raw response', ({ raw }) => raw.setHeader('set-cookie', 'a=b'), 'set-cookie'],
  ['no-store', (reply) => reply.header('cache-control', 'no-store'), 'no-store'],
  ['Vary: *', (reply) => reply.header('vary', '*'), 'vary-star'],
  ['reply.cache.skip', (reply) => reply.cache.skip(), 'skip'],
  ['a trailer', (reply) => reply.trailer('x-a', async () => 'b'), 'trailers'],
  [
    'an event stream',
    (reply) => reply.type('text/event-stream').serializer(String),
    'event-stream',
  ],
])('names the veto of %s and not the freshness that is wanting', async (_, say, detail) => {
  const app = await makeSilent(say);
  expect((await get(app, '/a')).cache).toBe(`catzilla; fwd=uri-miss; stored=?0; detail=${detail}`);
  expect(app.cache.stats().reasons).toEqual({ 'no-freshness': 3, [detail]: 1 });
});

it('names the veto of an error, and goes on as before', async () => {
  const app = await makeSilent(() => {
    throw new Error('no');
  });
  expect((await get(app, '/a')).cache).toContain('detail=error');
});

it('names credentials, which keep a reply from being stored whatever it says', async () => {
  const app = await makeSilent(() => undefined);
  const { cache } = await get(app, '/a', { authorization: 'Bearer a' });
  expect(cache).toContain('detail=authorization');
});

it('shows the key where all is shown, and adds to what others say', async () => {
  const app = await makeApp({ cacheStatus: 'full', xCache: true });
  app.get('/a', async (_request, reply) => reply.header('cache-status', 'origin; hit').send('a'));
  for (let i = 0; i < 2; i++) {
    const { cache, headers } = await get(app, '/a');
    expect(cache).toContain('key="');
    expect(headers['cache-status']).toMatch(
      /^origin; hit, catzilla; fwd=uri-miss; stored=\?0; key=/,
    );
    expect(headers['x-cache']).toBe('MISS');
  }
});

it('asks functions that tell tags, as for every reply', async () => {
  let asked = 0;
  const app = await makeApp({
    tags: () => {
      asked++;
      throw new Error('no');
    },
  });
  app.get('/a', async () => 'a');
  expect((await get(app, '/a')).cache).toBe(UNFRESH);
  expect(asked).toBe(1);
  expect(app.cache.stats().faults).toBe(1);
});
