// Validations that are not of one client's GET: by the reply to a HEAD (RFC 9111 4.3.5), for all who wait meanwhile, and of
// what has to be validated each time (5.2.2.4).
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { gate, get, settle } from './helpers.ts';
import { MODIFIED, makeOrigin, makeStale } from './support/stale-origin.ts';

describe('a HEAD', () => {
  const lasting = { 'cache-control': 'max-age=10', etag: '"v1"' };

  it('whose 200 has the same validators and length makes a stale entry fresh', async () => {
    const origin = await makeStale();
    origin.reply = (_, reply) => reply.headers({ ...lasting, 'x-head': '1' }).send('0123456789');
    await get(origin.app, '/a', {}, 'HEAD');
    const hit = await get(origin.app, '/a');
    expect(hit).toMatchObject({ body: '0123456789', cache: 'catzilla; hit; ttl=10' });
    expect(hit.headers['x-head']).toBe('1');
  });

  it.each([
    ['another ETag', { etag: '"v2"' }, '0123456789'],
    ['another length', {}, '012'],
    ['another date', { 'last-modified': MODIFIED }, '0123456789'],
  ])('whose 200 has %s puts a fresh entry out of date', async (_, headers, body) => {
    const origin = await makeOrigin({ requestDirectives: 'full' });
    await get(origin.app, '/a');
    origin.reply = (request, reply) =>
      reply.headers({ ...lasting, ...headers }).send(request.method === 'HEAD' ? body : 'anew');
    expect((await get(origin.app, '/a')).cache).toContain('hit');
    await get(origin.app, '/a', { 'cache-control': 'no-cache' }, 'HEAD');
    await settle();
    const after = await get(origin.app, '/a');
    expect(after).toMatchObject({ body: 'anew', cache: 'catzilla; fwd=stale; stored' });
    expect(origin.asked.at(-1)).toMatchObject({ inm: '"v1"' });
  });

  it('that fails leaves the entry as it is', async () => {
    const origin = await makeOrigin({ requestDirectives: 'full' });
    await get(origin.app, '/a');
    origin.reply = (_, reply) => reply.code(404).send('no');
    await get(origin.app, '/a', { 'cache-control': 'no-cache' }, 'HEAD');
    await settle();
    expect((await get(origin.app, '/a')).cache).toContain('hit');
  });
});

describe('those who wait for a revalidation', () => {
  it('get its result', async () => {
    const origin = await makeStale();
    const { opened, open } = gate();
    origin.reply = async (_, reply) => {
      await opened;
      return reply.code(304).headers({ etag: '"v1"', 'cache-control': 'max-age=10' }).send();
    };
    const all = Array.from({ length: 20 }, () => get(origin.app, '/a'));
    await settle();
    open();
    for (const answer of await Promise.all(all)) {
      expect(answer).toMatchObject({ status: 200, body: '0123456789' });
    }
    expect(origin.asked).toHaveLength(2);
    expect(origin.app.cache.stats()).toMatchObject({ collapsed: 19, revalidated: 1 });
  });

  it('get the new response where there is one', async () => {
    const origin = await makeStale();
    const { opened, open } = gate();
    origin.reply = async (_, reply) => {
      await opened;
      return reply.headers({ etag: '"v2"', 'cache-control': 'max-age=10' }).send('second');
    };
    const all = Array.from({ length: 20 }, () => get(origin.app, '/a'));
    await settle();
    open();
    for (const { body } of await Promise.all(all)) expect(body).toBe('second');
    expect(origin.asked).toHaveLength(2);
  });

  it('get what a foreign 304 has made the handler answer, and do not ask themselves', async () => {
    const origin = await makeStale();
    origin.reply = async (request, reply) => {
      await delay(5);
      void reply.headers({ etag: '"v2"', 'cache-control': 'max-age=10' });
      return request.headers['if-none-match'] ? reply.code(304).send() : reply.send('second');
    };
    const all = await Promise.all(Array.from({ length: 20 }, () => get(origin.app, '/a')));
    for (const answer of all) expect(answer).toMatchObject({ status: 200, body: 'second' });
    expect(origin.asked).toHaveLength(3);
  });

  it('run their own handlers where the 304 took the entry away', async () => {
    const origin = await makeStale();
    const { opened, open } = gate();
    origin.reply = async (request, reply) => {
      await opened;
      void reply.header('cache-control', 'no-store');
      return request.headers['if-none-match'] ? reply.code(304).send() : reply.send('own');
    };
    const all = Array.from({ length: 3 }, () => get(origin.app, '/a'));
    await settle();
    open();
    const bodies = (await Promise.all(all)).map(({ body }) => body);
    expect(bodies.sort()).toEqual(['0123456789', 'own', 'own']);
  });
});

describe('a response with no-cache', () => {
  const options: [string, Record<string, string>][] = [
    ['no-cache', { 'cache-control': 'no-cache' }],
    ['no-cache beside a lifetime', { 'cache-control': 'no-cache, max-age=600' }],
  ];
  it.each(options)('(%s) is validated on every use', async (_, fields) => {
    const origin = await makeOrigin();
    origin.reply = (request, reply) => {
      void reply.headers({ ...fields, etag: '"v1"' });
      return request.headers['if-none-match'] ? reply.code(304).send() : reply.send('x');
    };
    await get(origin.app, '/a');
    for (let i = 2; i < 5; i++) {
      const answer = await get(origin.app, '/a');
      expect(answer).toMatchObject({ status: 200, body: 'x' });
      expect(answer.cache).toContain('fwd=stale; fwd-status=304; stored');
      expect(origin.asked).toHaveLength(i);
    }
    expect(origin.app.cache.stats()).toMatchObject({ hits: 0, revalidated: 3 });
  });

  it('is never waited for, whether or not keys are remembered that nobody should wait for', async () => {
    const origin = await makeOrigin({ collapse: { hitForMiss: false } });
    let most = 0;
    let running = 0;
    origin.reply = async (request, reply) => {
      most = Math.max(most, ++running);
      await delay(5);
      running--;
      void reply.headers({ 'cache-control': 'no-cache', etag: '"v1"' });
      return request.headers['if-none-match'] ? reply.code(304).send() : reply.send('x');
    };
    await get(origin.app, '/a');
    const all = await Promise.all(Array.from({ length: 5 }, () => get(origin.app, '/a')));
    for (const answer of all) expect(answer).toMatchObject({ status: 200, body: 'x' });
    expect(origin.asked).toHaveLength(6);
    expect(most).toBe(5);
    expect(origin.app.cache.stats().collapsed).toBe(0);
  });

  it('is not kept where nothing can be asked', async () => {
    const origin = await makeOrigin();
    origin.reply = (_, reply) => reply.header('cache-control', 'no-cache').send('x');
    expect((await get(origin.app, '/a')).cache).toContain('stored=?0; detail=no-cache');
  });

  it('is not sent in the place of an error', async () => {
    const origin = await makeOrigin({ staleIfError: 600_000 });
    origin.reply = (_, reply, run) =>
      run === 1
        ? reply.headers({ 'cache-control': 'no-cache', etag: '"v1"' }).send('x')
        : reply.code(503).send('down');
    await get(origin.app, '/a');
    expect(await get(origin.app, '/a')).toMatchObject({ status: 503, body: 'down' });
  });
});

it.each([
  ['before `keep` is over', 600_000, '"v1"'],
  ['not after', 20, undefined],
])('a stale response is asked about %s', async (_, keep, inm) => {
  const origin = await makeOrigin({ keep });
  origin.reply = (_request, reply) =>
    reply.headers({ etag: '"v1"', 'cache-control': 'max-age=0' }).send('x');
  await get(origin.app, '/a');
  // The engine's own clock is real.
  await delay(50);
  await get(origin.app, '/a');
  expect(origin.asked[1]).toMatchObject({ inm });
});
