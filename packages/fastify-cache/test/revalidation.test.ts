// What becomes of a stale entry whose handler can be asked whether it is still current (RFC 9111 4.3): which validators the
// handler sees, whom its 304 is about, and what the client gets of it. HEAD, and others who wait: revalidation-others.test.ts.
import etag from '@fastify/etag';
import { describe, expect, it, vi } from 'vitest';
import { get, listen, makeApp, RawClient, settle } from './helpers.ts';
import { START, STALE, MODIFIED, later, makeOrigin, makeStale } from './support/stale-origin.ts';

describe.each(['auto', 'send'] as const)("a 304 in mode '%s'", (mode) => {
  it('makes the entry fresh, and the client gets the whole response', async () => {
    const { app, asked } = await makeStale({ mode });
    const first = await get(app, '/a');
    expect(first).toMatchObject({ status: 200, body: '0123456789' });
    expect(first.cache).toBe('catzilla; fwd=stale; fwd-status=304; stored');
    expect(first.headers).toMatchObject({ 'x-run': '2', etag: '"v1"', age: '0' });
    later(STALE + 9_000);
    const hit = await get(app, '/a');
    expect(hit).toMatchObject({ status: 200, body: '0123456789' });
    expect(hit.cache).toBe('catzilla; hit; ttl=1');
    expect(hit.headers).toMatchObject({ 'x-run': '2', age: '9' });
    expect(asked).toHaveLength(2);
    expect(app.cache.stats()).toMatchObject({ revalidated: 1, stored: 2 });
  });

  it('becomes the 304 of a client whose own condition holds', async () => {
    const { app } = await makeStale({ mode });
    const own = await get(app, '/a', { 'if-none-match': 'W/"v1"' });
    expect(own).toMatchObject({ status: 304, body: '' });
    expect(own.headers['content-length']).toBeUndefined();
    expect(own.headers['content-type']).toBeUndefined();
    expect(own.headers['etag']).toBe('"v1"');
    expect(await get(app, '/a')).toMatchObject({ status: 200, body: '0123456789' });
  });

  it('becomes a 200 for a client whose ETag is another', async () => {
    const { app } = await makeStale({ mode });
    const other = await get(app, '/a', { 'if-none-match': '"v0"' });
    expect(other).toMatchObject({ status: 200, body: '0123456789' });
  });

  it('becomes a 206 for a client that asks for a range', async () => {
    const { app } = await makeStale({ mode });
    const part = await get(app, '/a', { range: 'bytes=2-4' });
    expect(part).toMatchObject({ status: 206, body: '234' });
    expect(part.headers).toMatchObject({
      'content-range': 'bytes 2-4/10',
      'content-length': '3',
    });
    expect((await get(app, '/a')).cache).toContain('hit');
  });

  it('is answered without a body to a HEAD', async () => {
    const { app } = await makeStale({ mode });
    const head = await get(app, '/a', {}, 'HEAD');
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers).toMatchObject({ 'content-length': '10', etag: '"v1"' });
    expect((await get(app, '/a')).cache).toBe('catzilla; hit; ttl=10');
  });

  it('that names another strong ETag updates nothing: the handler runs again without conditions', async () => {
    const origin = await makeStale({ mode });
    origin.reply = (request, reply) => {
      void reply.headers({ etag: '"v2"', 'cache-control': 'max-age=10', 'x-v': '2' });
      return request.headers['if-none-match'] === undefined
        ? reply.send('the second')
        : reply.code(304).header('x-wrong', '1').send();
    };
    const answer = await get(origin.app, '/a', { 'if-none-match': '"v0"', range: 'bytes=0-1' });
    expect(answer).toMatchObject({ status: 200, body: 'the second' });
    expect(answer.headers).toMatchObject({ etag: '"v2"', 'content-length': '10' });
    expect(answer.headers['x-wrong']).toBeUndefined();
    expect(origin.asked.slice(1)).toEqual([
      { inm: '"v1"', ims: undefined, range: 'bytes=0-1' },
      { inm: undefined, ims: undefined, range: undefined },
    ]);
    expect(origin.app.cache.stats().revalidated).toBe(0);
    const hit = await get(origin.app, '/a');
    expect(hit).toMatchObject({ body: 'the second', cache: 'catzilla; hit; ttl=10' });
  });

  it('that says no-store removes the entry, and this client still gets it', async () => {
    const origin = await makeStale({ mode });
    origin.reply = (_, reply, run) =>
      run === 2
        ? reply.code(304).headers({ etag: '"v1"', 'cache-control': 'no-store' }).send()
        : reply.header('cache-control', 'max-age=10').send('anew');
    const last = await get(origin.app, '/a');
    expect(last).toMatchObject({ status: 200, body: '0123456789' });
    expect(last.cache).toBe('catzilla; fwd=stale; fwd-status=304; stored=?0; detail=no-store');
    const next = await get(origin.app, '/a');
    expect(next).toMatchObject({ body: 'anew', cache: 'catzilla; fwd=uri-miss; stored' });
    expect(origin.asked[2]).toMatchObject({ inm: undefined });
  });
});

describe('what the handler is asked by', () => {
  it.each([
    ['a strong ETag', { etag: '"v1"' }, { inm: '"v1"', ims: undefined }],
    ['a weak ETag, which stays weak', { etag: 'W/"v1"' }, { inm: 'W/"v1"', ims: undefined }],
    ['Last-Modified', { 'last-modified': MODIFIED }, { inm: undefined, ims: MODIFIED }],
    [
      'a date in another form, as it came',
      { 'last-modified': 'Monday, 01-Jan-24 00:00:00 GMT' },
      { inm: undefined, ims: 'Monday, 01-Jan-24 00:00:00 GMT' },
    ],
    ['both', { etag: '"v1"', 'last-modified': MODIFIED }, { inm: '"v1"', ims: MODIFIED }],
  ])('is %s', async (_, validators, expected) => {
    const origin = await makeOrigin();
    origin.reply = (request, reply) => {
      const { headers } = request;
      const isAsked = headers['if-none-match'] ?? headers['if-modified-since'];
      void reply.headers({ ...validators, 'cache-control': 'max-age=10' });
      return isAsked === undefined ? reply.send('x') : reply.code(304).send();
    };
    await get(origin.app, '/a');
    later(STALE);
    const conditions = {
      'if-none-match': '"of the client"',
      'if-modified-since': 'Sun, 01 Jan 2023 00:00:00 GMT',
    };
    expect(await get(origin.app, '/a', conditions)).toMatchObject({ status: 200, body: 'x' });
    expect(origin.asked[1]).toMatchObject(expected);
    expect(origin.app.cache.stats().revalidated).toBe(1);
  });

  it('is nothing where the ETag was made here', async () => {
    const origin = await makeOrigin({ ttl: 10_000, staleIfError: 600_000 });
    origin.reply = (_, reply) => reply.send('x');
    const { headers } = await get(origin.app, '/a');
    expect(headers['etag']).toMatch(/^"/);
    later(STALE);
    await get(origin.app, '/a', { 'if-none-match': '"v0"' });
    expect(origin.asked[1]).toMatchObject({ inm: undefined, ims: undefined });
  });

  it("is put away again: the client's own conditions stand there after", async () => {
    const { app } = await makeOrigin();
    const seen: unknown[] = [];
    app.addHook('onResponse', async ({ headers }) => {
      seen.push(headers['if-none-match']);
    });
    await get(app, '/a');
    later(STALE);
    await get(app, '/a', { 'if-none-match': '"v0"' });
    later(STALE + 60_000);
    await get(app, '/a');
    await settle();
    expect(seen).toEqual([undefined, '"v0"', undefined]);
    expect(app.cache.stats().revalidated).toBe(2);
  });

  it("stands beside the fields that Vary names, which stay the client's", async () => {
    const origin = await makeOrigin();
    const languages: unknown[] = [];
    origin.reply = (request, reply) => {
      const { headers } = request;
      languages.push(headers['accept-language']);
      void reply.headers({ etag: '"v1"', 'cache-control': 'max-age=10', vary: 'accept-language' });
      return headers['if-none-match'] === undefined ? reply.send('x') : reply.code(304).send();
    };
    await get(origin.app, '/a', { 'accept-language': 'de' });
    later(STALE);
    expect((await get(origin.app, '/a', { 'accept-language': 'de' })).body).toBe('x');
    expect(languages).toEqual(['de', 'de']);
    expect((await get(origin.app, '/a', { 'accept-language': 'de' })).cache).toContain('hit');
  });

  it("is not a POST's to see: it keeps its own", async () => {
    const { app } = await makeOrigin({ methods: ['GET', 'POST'] });
    let seen: unknown = 'nothing';
    app.post('/a', ({ headers }) => {
      seen = headers['if-none-match'];
      return 'x';
    });
    await get(app, '/a');
    later(STALE);
    await get(app, '/a', { 'if-none-match': '"mine"' }, 'POST');
    expect(seen).toBe('"mine"');
  });
});

describe('a 304', () => {
  it.each([
    ['without any validator', {}, true],
    ['with the same ETag', { etag: '"v1"' }, true],
    ['with the same ETag, weak', { etag: 'W/"v1"' }, true],
    ['with another weak ETag', { etag: 'W/"v2"' }, false],
    ['with a malformed ETag', { etag: 'v1' }, false],
  ])('%s is about the entry: %s', async (_, headers, isAbout) => {
    const origin = await makeStale();
    origin.reply = (request, reply) => {
      void reply.headers({ 'cache-control': 'max-age=10', ...headers });
      return request.headers['if-none-match'] === undefined
        ? reply.send('another')
        : reply.code(304).send();
    };
    const { body, headers: got } = await get(origin.app, '/a');
    expect(body).toBe(isAbout ? '0123456789' : 'another');
    // A weak tag may take the place of a strong one; the body is the same.
    if (isAbout) expect(String(got['etag'])).toContain('"v1"');
    expect(origin.asked).toHaveLength(isAbout ? 2 : 3);
  });

  it('replaces and adds fields, but for those of the bytes', async () => {
    const origin = await makeOrigin();
    const own = { etag: '"v1"', 'cache-control': 'max-age=10' };
    origin.reply = (_, reply, run) =>
      run === 1
        ? reply.headers({ ...own, 'x-old': '1', 'x-changed': '1' }).send('0123456789')
        : reply
            .code(304)
            .headers({ ...own, 'cache-control': 'max-age=99', 'x-changed': '2', 'x-new': '3' })
            .headers({ 'content-length': '3', 'content-range': 'bytes 0-2/3' })
            .header('content-encoding', 'gzip')
            .send();
    await get(origin.app, '/a');
    later(STALE);
    for (const cache of ['catzilla; fwd=stale; fwd-status=304; stored', 'catzilla; hit; ttl=99']) {
      const answer = await get(origin.app, '/a');
      expect(answer).toMatchObject({ status: 200, body: '0123456789', cache });
      expect(answer.headers).toMatchObject({
        'x-old': '1',
        'x-changed': '2',
        'x-new': '3',
        'content-length': '10',
        'cache-control': 'max-age=99',
      });
      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(answer.headers['content-range']).toBeUndefined();
    }
  });

  it('keeps the headers that hooks set for this request, and stores none of them', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    let count = 0;
    const app = await makeApp(
      {},
      {
        before: (app) =>
          app.addHook('onRequest', async (_, reply) => {
            reply.header('x-request-id', `${++count}`);
          }),
      },
    );
    app.get('/a', (request, reply) => {
      void reply.headers({ etag: '"v1"', 'cache-control': 'max-age=10' });
      return request.headers['if-none-match'] === undefined
        ? reply.send('x')
        : reply.code(304).send();
    });
    await get(app, '/a');
    later(STALE);
    for (const id of ['2', '3']) {
      expect(await get(app, '/a')).toMatchObject({ body: 'x', headers: { 'x-request-id': id } });
    }
  });

  it('gives its own client the cookie it sets, and nobody else', async () => {
    const origin = await makeStale();
    origin.reply = (_, reply) =>
      reply
        .code(304)
        .headers({ etag: '"v1"', 'cache-control': 'max-age=10', 'set-cookie': 'a=1' })
        .send();
    const first = await get(origin.app, '/a');
    expect(first).toMatchObject({ status: 200, body: '0123456789' });
    expect(first.headers['set-cookie']).toBe('a=1');
    const hit = await get(origin.app, '/a');
    expect(hit.cache).toContain('hit');
    expect(hit.headers['set-cookie']).toBeUndefined();
  });

  it('to a client that said no-store is used and not kept', async () => {
    const { app, asked } = await makeStale();
    const answer = await get(app, '/a', { 'cache-control': 'no-store' });
    expect(answer).toMatchObject({ status: 200, body: '0123456789' });
    expect(answer.cache).toContain('detail=request-no-store');
    await get(app, '/a');
    expect(asked).toHaveLength(3);
    expect(asked[2]).toMatchObject({ inm: '"v1"' });
  });

  it('may come from @fastify/etag', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    const app = await makeApp({ ttl: 10_000 }, { before: (app) => app.register(etag) });
    let runs = 0;
    let body = 'first';
    app.get('/a', () => {
      runs++;
      return body;
    });
    const { headers } = await get(app, '/a');
    later(STALE);
    const same = await get(app, '/a');
    expect(same).toMatchObject({ status: 200, body: 'first' });
    expect(same.cache).toBe('catzilla; fwd=stale; fwd-status=304; stored');
    expect(same.headers['etag']).toBe(headers['etag']);
    expect((await get(app, '/a')).cache).toContain('hit');
    body = 'second';
    later(STALE + 60_000);
    const other = await get(app, '/a');
    expect(other).toMatchObject({ status: 200, body: 'second' });
    expect(other.cache).toBe('catzilla; fwd=stale; stored');
    expect(runs).toBe(3);
  });

  it('that a handler gives a client by itself is not taken for one of ours', async () => {
    const origin = await makeOrigin({ conditionalMiss: 'forward' });
    const cold = await get(origin.app, '/a', { 'if-none-match': '"v1"' });
    expect(cold).toMatchObject({ status: 304 });
    expect(cold.cache).toContain('detail=status');
    expect(origin.app.cache.stats()).toMatchObject({ revalidated: 0, stored: 0 });
  });

  it('to an unconditional request made in its place is sent as it is', async () => {
    const origin = await makeStale();
    origin.reply = (_, reply) => reply.code(304).header('etag', '"v2"').send();
    const answer = await get(origin.app, '/a');
    expect(answer).toMatchObject({ status: 304, body: '' });
    expect(answer.headers['content-length']).toBeUndefined();
    expect(origin.asked).toHaveLength(3);
  });
});

it('a handler is not asked at a URL at which it could not be asked again', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp();
  const asked: unknown[] = [];
  app.get('/*', (request, reply) => {
    asked.push(request.headers['if-none-match']);
    void reply.headers({ etag: asked.length === 1 ? '"v1"' : '"v2"' });
    void reply.header('cache-control', 'max-age=10');
    return request.headers['if-none-match'] === undefined
      ? reply.send(`${asked.length}`)
      : reply.code(304).send();
  });
  const client = new RawClient(await listen(app));
  const ask = async (): Promise<string> => {
    client.send('GET /a/../"b" HTTP/1.1\r\nHost: x\r\n\r\n');
    return (await client.response()).text;
  };
  await ask();
  later(STALE);
  expect(await ask()).toMatch(/^HTTP\/1.1 200 [^]*\r\n\r\n2$/);
  expect(asked).toEqual([undefined, undefined]);
});

describe('the response that comes instead of a 304', () => {
  it('takes the place of the entry', async () => {
    const origin = await makeStale();
    origin.reply = (_, reply) =>
      reply.headers({ etag: '"v2"', 'cache-control': 'max-age=10' }).send('second');
    const answer = await get(origin.app, '/a');
    expect(answer).toMatchObject({ body: 'second', cache: 'catzilla; fwd=stale; stored' });
    expect(await get(origin.app, '/a')).toMatchObject({
      body: 'second',
      cache: 'catzilla; hit; ttl=10',
    });
  });

  it("is the client's 304 where its own condition holds", async () => {
    const origin = await makeStale();
    origin.reply = (_, reply) =>
      reply.headers({ etag: '"v2"', 'cache-control': 'max-age=10' }).send('second');
    expect((await get(origin.app, '/a', { 'if-none-match': '"v2"' })).status).toBe(304);
    expect((await get(origin.app, '/a')).body).toBe('second');
  });

  it('goes through where it is an error, and the entry stays to be asked for again', async () => {
    const origin = await makeStale();
    origin.reply = (_, reply, run) =>
      run === 2
        ? reply.code(500).send('broken')
        : reply.code(304).header('cache-control', 'max-age=10').send();
    expect(await get(origin.app, '/a')).toMatchObject({ status: 500, body: 'broken' });
    expect(await get(origin.app, '/a')).toMatchObject({ status: 200, body: '0123456789' });
    expect(origin.asked[2]).toMatchObject({ inm: '"v1"' });
  });

  it('may be a stream, in the second run that a foreign 304 leads to as well', async () => {
    const { Readable } = await import('node:stream');
    const origin = await makeStale();
    origin.reply = (request, reply) => {
      void reply.headers({ etag: '"v2"', 'cache-control': 'max-age=10' });
      return request.headers['if-none-match'] === undefined
        ? reply.type('text/plain').send(Readable.from(['the ', 'second']))
        : reply.code(304).send();
    };
    const answer = await get(origin.app, '/a');
    expect(answer).toMatchObject({ status: 200, body: 'the second' });
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    expect(answer.headers['content-length']).toBe('10');
  });
});
