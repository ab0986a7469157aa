import { afterEach, describe, expect, it, vi } from 'vitest';
import { get, makeApp } from './helpers.ts';

afterEach(() => vi.useRealTimers());

describe('a cached route', () => {
  it('runs its handler once and answers from the cache after', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get('/a', () => ({ runs: ++runs }));
    const first = await get(app, '/a');
    const second = await get(app, '/a');
    expect(first).toMatchObject({ status: 200, body: '{"runs":1}' });
    expect(first.cache).toBe('catzilla; fwd=uri-miss; stored');
    expect(second).toMatchObject({ status: 200, body: '{"runs":1}' });
    expect(second.cache).toBe('catzilla; hit; ttl=60');
    expect(second.headers['content-type']).toBe(first.headers['content-type']);
    expect(second.headers['etag']).toBe(first.headers['etag']);
    expect(second.headers['date']).toBe(first.headers['date']);
    expect(second.headers['age']).toBe('0');
    expect(first.headers['age']).toBeUndefined();
  });

  it('works on a reply that gives its own freshness and on none that gives none', async () => {
    const app = await makeApp();
    let runs = 0;
    app.get('/own', (_, reply) => reply.header('cache-control', 'max-age=10').send(`${++runs}`));
    app.get('/none', () => `${++runs}`);
    await get(app, '/own');
    expect((await get(app, '/own')).cache).toBe('catzilla; hit; ttl=10');
    await get(app, '/none');
    expect((await get(app, '/none')).cache).toBe(
      'catzilla; fwd=uri-miss; stored=?0; detail=no-freshness',
    );
    expect(runs).toBe(3);
  });

  it('ages a reply, keeps its Date, and runs the handler again when it is stale', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
    const app = await makeApp({ ttl: 10_000 });
    let runs = 0;
    app.get('/a', () => `${++runs}`);
    const { headers } = await get(app, '/a');
    vi.setSystemTime(1_700_000_004_900);
    const hit = await get(app, '/a');
    expect(hit.headers).toMatchObject({ age: '4', date: headers['date'] });
    expect(hit.cache).toBe('catzilla; hit; ttl=6');
    vi.setSystemTime(1_700_000_009_999);
    expect((await get(app, '/a')).cache).toContain('hit');
    vi.setSystemTime(1_700_000_010_000);
    const stale = await get(app, '/a');
    expect(stale).toMatchObject({ body: '2', cache: 'catzilla; fwd=stale; stored' });
  });

  it('counts the Age a reply came with', async () => {
    const app = await makeApp();
    app.get('/a', (_, reply) =>
      reply.headers({ 'cache-control': 'max-age=100', age: '90' }).send('x'),
    );
    expect((await get(app, '/a')).headers['age']).toBe('90');
    const hit = await get(app, '/a');
    expect(hit.headers['age']).toBe('90');
    expect(hit.cache).toBe('catzilla; hit; ttl=10');
  });

  it('keeps different queries and hosts apart', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get<{ Querystring: { q: string } }>(
      '/a',
      (request) => `${request.host} ${request.query.q}`,
    );
    await get(app, '/a?q=1', { host: 'one' });
    expect((await get(app, '/a?q=2', { host: 'one' })).body).toBe('one 2');
    expect((await get(app, '/a?q=1', { host: 'two' })).body).toBe('two 1');
    expect((await get(app, '/a?q=1', { host: 'ONE:80' })).cache).toContain('hit');
  });

  it('answers HEAD from the entry of a GET, and stores nothing for a HEAD', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get('/a', () => ({ runs: ++runs }));
    const cold = await get(app, '/a', {}, 'HEAD');
    expect(cold).toMatchObject({ status: 200, body: '', cache: 'catzilla; fwd=uri-miss' });
    await get(app, '/a');
    expect(runs).toBe(2);
    const head = await get(app, '/a', {}, 'HEAD');
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.cache).toContain('hit');
    expect(head.headers['content-length']).toBe('10');
    expect(runs).toBe(2);
  });

  it('answers a custom HEAD route and a route of several methods', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.route({ method: ['GET', 'HEAD', 'POST'], url: '/m', handler: () => `${++runs}` });
    expect((await get(app, '/m', {}, 'POST')).headers['cache-status']).toBeUndefined();
    await get(app, '/m');
    expect((await get(app, '/m', {}, 'HEAD')).cache).toContain('hit');
    expect((await get(app, '/m')).body).toBe('2');
    await get(app, '/m', {}, 'POST');
    expect((await get(app, '/m')).body).toBe('4');
  });

  it('stores strings, buffers, empty bodies and statuses with a lifetime of their own', async () => {
    const app = await makeApp();
    const fresh = { 'cache-control': 'max-age=60' };
    app.get('/buffer', (_, reply) => reply.headers(fresh).send(Buffer.from([0, 255, 10])));
    app.get('/empty', (_, reply) => reply.headers(fresh).send());
    app.get('/204', (_, reply) => reply.headers(fresh).code(204).send());
    app.get('/404', (_, reply) => reply.headers(fresh).code(404).send({ missing: true }));
    app.get('/301', (_, reply) => reply.headers(fresh).redirect('/buffer', 301));
    for (const url of ['/buffer', '/empty', '/204', '/404', '/301']) {
      const miss = await app.inject(url);
      const hit = await app.inject(url);
      expect(hit.headers['cache-status'], url).toContain('hit');
      expect(hit.statusCode).toBe(miss.statusCode);
      expect(hit.rawPayload).toEqual(miss.rawPayload);
      expect(hit.headers['content-length']).toBe(miss.headers['content-length']);
      expect(hit.headers['content-type']).toBe(miss.headers['content-type']);
      expect(hit.headers['location']).toBe(miss.headers['location']);
    }
  });

  it('leaves bodies above the limit out', async () => {
    const app = await makeApp({ ttl: 60_000, maxBodyBytes: 100 });
    app.get('/small', () => 'x'.repeat(100));
    app.get('/large', () => 'x'.repeat(101));
    await get(app, '/small');
    expect((await get(app, '/small')).cache).toContain('hit');
    const large = await get(app, '/large');
    expect(large.cache).toBe('catzilla; fwd=uri-miss; stored=?0; detail=too-large');
    expect(large.body).toHaveLength(101);
  });
});

describe('conditions of a client', () => {
  it('get 304 from the entry, by ETag or date', async () => {
    const app = await makeApp({ ttl: 60_000 });
    const modified = 'Mon, 01 Jan 2024 00:00:00 GMT';
    app.get('/a', (_, reply) =>
      reply
        .headers({ 'last-modified': modified, vary: 'x-b', 'content-location': '/a' })
        .send('abc'),
    );
    const { headers } = await get(app, '/a');
    const byTag = await get(app, '/a', { 'if-none-match': `"x", W/${headers['etag'] as string}` });
    expect(byTag).toMatchObject({ status: 304, body: '' });
    expect(byTag.headers).toMatchObject({
      etag: headers['etag'],
      date: headers['date'],
      vary: 'x-b',
      'content-location': '/a',
    });
    expect(byTag.headers['content-type']).toBeUndefined();
    expect(byTag.headers['content-length']).toBeUndefined();
    expect((await get(app, '/a', { 'if-modified-since': modified })).status).toBe(304);
    expect((await get(app, '/a', { 'if-none-match': '"other"' })).status).toBe(200);
    const both = { 'if-none-match': '"other"', 'if-modified-since': modified };
    expect((await get(app, '/a', both)).status).toBe(200);
  });

  it('fill a cold cache: the handler sees no condition, the client gets its 304', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let seen: unknown = 'nothing';
    let after: unknown;
    app.addHook('onResponse', async (request) => {
      after = request.headers['if-none-match'];
    });
    app.get('/a', (request, reply) => {
      seen = request.headers['if-none-match'];
      return reply.header('etag', '"v1"').send('body');
    });
    const first = await get(app, '/a', { 'if-none-match': '"v1"' });
    expect(first).toMatchObject({ status: 304, body: '' });
    expect(first.cache).toBe('catzilla; fwd=uri-miss; stored');
    expect(first.headers['content-type']).toBeUndefined();
    expect(first.headers['content-length']).toBeUndefined();
    expect(seen).toBeUndefined();
    expect(after).toBe('"v1"');
    expect(await get(app, '/a')).toMatchObject({ status: 200, body: 'body' });
    expect((await get(app, '/a')).cache).toContain('hit');
  });

  it('are applied to a reply that is not stored, too, but not to an error', async () => {
    const app = await makeApp({ ttl: 60_000 });
    const tagged = { etag: '"v1"', 'cache-control': 'no-store' };
    app.get('/a', (_, reply) => reply.headers(tagged).send('body'));
    app.get('/error', (_, reply) => {
      void reply.headers(tagged);
      throw new Error('broken');
    });
    expect((await get(app, '/a', { 'if-none-match': '"v1"' })).status).toBe(304);
    expect((await get(app, '/error', { 'if-none-match': '"v1"' })).status).toBe(500);
  });

  it('on a lost update go to the handler', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get('/a', () => `${++runs}`);
    await get(app, '/a');
    expect((await get(app, '/a', { 'if-match': '"x"' })).cache).toBe(
      'catzilla; fwd=bypass; detail=precondition',
    );
    const unchanged = { 'if-unmodified-since': 'Mon, 01 Jan 2024 00:00:00 GMT' };
    expect((await get(app, '/a', unchanged)).cache).toBe(
      'catzilla; fwd=bypass; detail=precondition',
    );
    expect(runs).toBe(3);
  });
});

describe('directives of a client', () => {
  it('no-store: nothing is stored, a hit may be served', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', () => 'x');
    const headers = { 'cache-control': 'no-store' };
    expect((await get(app, '/a', headers)).cache).toContain('detail=request-no-store');
    await get(app, '/a');
    expect((await get(app, '/a', headers)).cache).toContain('hit');
  });

  it('only-if-cached: 504 without an entry, and nothing in Cache-Status', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get('/a', () => `${++runs}`);
    const headers = { 'cache-control': 'only-if-cached' };
    expect(await get(app, '/a', headers)).toMatchObject({ status: 504, cache: '' });
    expect(runs).toBe(0);
    await get(app, '/a');
    expect(await get(app, '/a', headers)).toMatchObject({ status: 200, body: '1' });
  });
});

describe('Vary', () => {
  it('keeps one variant per value of the nominated fields', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get('/a', (request, reply) =>
      reply
        .header('vary', 'Accept-Language')
        .send(`${request.headers['accept-language']} ${++runs}`),
    );
    await get(app, '/a', { 'accept-language': 'de' });
    const french = await get(app, '/a', { 'accept-language': 'fr' });
    expect(french).toMatchObject({ body: 'fr 2', cache: 'catzilla; fwd=vary-miss; stored' });
    expect((await get(app, '/a', { 'accept-language': 'de' })).body).toBe('de 1');
    expect((await get(app, '/a', { 'accept-language': 'fr' })).body).toBe('fr 2');
    expect((await get(app, '/a')).body).toBe('undefined 3');
  });

  it('prefers the newest of several that fit, and one with Vary to one without', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
    const app = await makeApp({ ttl: 60_000, vary: { maxVariants: 8 } });
    let vary: string | undefined;
    let runs = 0;
    app.get('/a', (_, reply) => {
      if (vary !== undefined) void reply.header('vary', vary);
      return reply.send(`${++runs} ${vary}`);
    });
    vary = 'x-one';
    await get(app, '/a', { 'x-one': '1', 'x-two': '1' });
    vary = undefined;
    vi.setSystemTime(1_700_000_001_000);
    await get(app, '/a', { 'x-one': '2', 'x-two': '1' });
    expect((await get(app, '/a', { 'x-one': '1', 'x-two': '1' })).body).toBe('1 x-one');
    expect((await get(app, '/a', { 'x-one': '3' })).body).toBe('2 undefined');
  });

  it('keeps at most maxVariants of a URL, the oldest goes', async () => {
    const app = await makeApp({ ttl: 60_000, vary: { add: ['x-v'], maxVariants: 2 } });
    let runs = 0;
    app.get('/a', () => `${++runs}`);
    for (const value of ['1', '2', '3']) await get(app, '/a', { 'x-v': value });
    expect((await get(app, '/a', { 'x-v': '3' })).body).toBe('3');
    expect((await get(app, '/a', { 'x-v': '2' })).body).toBe('2');
    expect((await get(app, '/a', { 'x-v': '1' })).body).toBe('4');
  });

  it('forgets the list of names that was used least recently when there are too many', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get<{ Querystring: { n: string } }>('/a', (request, reply) =>
      reply.header('vary', request.headers['x-vary'] ?? 'x-vary').send(`${++runs}`),
    );
    for (const name of ['x-a', 'x-b', 'x-c', 'x-d', 'x-e']) {
      await get(app, '/a', { 'x-vary': name, [name]: '1' });
    }
    expect((await get(app, '/a', { 'x-e': '1' })).body).toBe('5');
    expect((await get(app, '/a', { 'x-a': '1', 'x-b': '2', 'x-c': '2', 'x-d': '2' })).body).toBe(
      '6',
    );
  });

  it('keeps routes of one URL apart that differ by constraint', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.route({
      method: 'GET',
      url: '/a',
      constraints: { version: '1.0.0' },
      handler: () => 'one',
    });
    app.route({
      method: 'GET',
      url: '/a',
      constraints: { version: '2.0.0' },
      handler: () => 'two',
    });
    for (let round = 0; round < 2; round++) {
      expect((await get(app, '/a', { 'accept-version': '1.x' })).body).toBe('one');
      expect((await get(app, '/a', { 'accept-version': '2.x' })).body).toBe('two');
    }
    expect(app.cache.stats().hits).toBe(2);
  });

  it('keeps routes apart whose constraints are objects or patterns', async () => {
    const strategy = {
      name: 'tenant',
      storage: () => {
        const routes = new Map<string, unknown>();
        return {
          get: (tenant: string) => routes.get(tenant) ?? null,
          set: (tenant: { id: string }, store: unknown) => void routes.set(tenant.id, store),
        };
      },
      deriveConstraint: (request: { headers: Record<string, unknown> }) =>
        request.headers['x-tenant'],
    };
    const app = await makeApp(
      { ttl: 60_000 },
      { before: (app) => app.addConstraintStrategy(strategy as never) },
    );
    for (const id of ['one', 'two']) {
      app.route({ method: 'GET', url: '/a', constraints: { tenant: { id } }, handler: () => id });
    }
    app.route({ method: 'GET', url: '/b', constraints: { host: /^h\d$/ }, handler: () => 'host' });
    for (let round = 0; round < 2; round++) {
      for (const id of ['one', 'two'])
        expect((await get(app, '/a', { 'x-tenant': id })).body).toBe(id);
      expect((await get(app, '/b', { host: 'h1' })).body).toBe('host');
    }
    expect(app.cache.stats().hits).toBe(3);
  });
});

describe('headers of the current request', () => {
  it('never enter the cache, and win on a hit; those of the representation are stored', async () => {
    let count = 0;
    const app = await makeApp(
      { ttl: 60_000 },
      {
        before: (app) =>
          app.addHook('onRequest', async (_, reply) => {
            reply.headers({
              'x-request-id': `${++count}`,
              'x-frame-options': 'DENY',
              vary: 'Origin',
            });
            reply.header('x-list', ['1', `${count}`]);
          }),
      },
    );
    app.get('/a', (_, reply) =>
      reply.headers({ 'x-handler': 'yes', 'x-frame-options': 'SAMEORIGIN' }).send('x'),
    );
    await get(app, '/a');
    const hit = await get(app, '/a');
    expect(hit.cache).toContain('hit');
    expect(hit.headers).toMatchObject({
      'x-request-id': '2',
      'x-list': ['1', '2'],
      'x-handler': 'yes',
      'x-frame-options': 'DENY',
      vary: 'Origin',
    });
  });

  it('join the Vary and the Cache-Status of the entry', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers['x-more'])
        reply.headers({ vary: 'x-more, accept', 'cache-status': 'edge; hit' });
    });
    app.get('/a', (_, reply) =>
      reply.headers({ vary: 'Accept', 'cache-status': 'up; hit' }).send('x'),
    );
    await get(app, '/a');
    const hit = await get(app, '/a', { 'x-more': '1' });
    expect(hit.headers['vary']).toBe('Accept, x-more');
    expect(hit.headers['cache-status']).toBe('up; hit, edge; hit, catzilla; hit; ttl=60');
  });
});
