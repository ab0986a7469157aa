// What must never be stored, and what must never be read with credentials: one user's reply must not reach another.
import { describe, expect, it } from 'vitest';
import type { FastifyReply } from 'fastify';
import { get, listen, makeApp, RawClient } from './helpers.ts';

type Handler = (reply: FastifyReply) => unknown;

const NEVER: Record<string, [reason: string, handler: Handler]> = {
  'Set-Cookie': ['set-cookie', (reply) => reply.header('set-cookie', 'session=1').send('x')],
  'Set-Cookie through reply.raw': [
    'set-cookie',
    (reply) => {
      reply.raw.setHeader('Set-Cookie', 'session=1');
      return reply.send('x');
    },
  ],
  private: ['private', (reply) => reply.header('cache-control', 'private, max-age=60').send('x')],
  'no-store': ['no-store', (reply) => reply.header('cache-control', 'no-store').send('x')],
  'no-cache': ['no-cache', (reply) => reply.header('cache-control', 'no-cache').send('x')],
  'Vary: *': ['vary-star', (reply) => reply.header('vary', 'accept, *').send('x')],
  206: ['status', (reply) => reply.code(206).header('content-range', 'bytes 0-0/2').send('x')],
  302: ['no-freshness', (reply) => reply.redirect('/login')],
  500: ['no-freshness', (reply) => reply.code(500).send('x')],
  'an expired reply': [
    'no-freshness',
    (reply) => reply.header('cache-control', 'max-age=0').send('x'),
  ],
  'a page with a CSP nonce': [
    'nonce',
    (reply) =>
      reply.header('content-security-policy', "script-src 'nonce-abc'").type('text/html').send('x'),
  ],
  trailers: [
    'trailers',
    (reply) => reply.trailer('x-sum', (_reply, _payload, done) => done(null, '1')).send('x'),
  ],
};

describe('a reply with', () => {
  for (const [name, [reason, handler]] of Object.entries(NEVER)) {
    it(`${name} is not stored, and Cache-Status says why`, async () => {
      const app = await makeApp({ ttl: 60_000 });
      let runs = 0;
      app.get('/a', (_, reply) => {
        runs++;
        void handler(reply);
        return reply;
      });
      for (let i = 0; i < 2; i++) {
        expect((await get(app, '/a')).cache).toBe(
          `catzilla; fwd=uri-miss; stored=?0; detail=${reason}`,
        );
      }
      expect(runs).toBe(2);
      expect(app.cache.stats()).toMatchObject({
        stored: 0,
        notStored: 2,
        reasons: { [reason]: 2 },
      });
    });
  }
});

describe('the error path', () => {
  const FRESH = { 'cache-control': 'public, max-age=3600' };

  it('is never stored, whatever headers were set before', async () => {
    const app = await makeApp({ ttl: { '5xx': 60_000, 200: 60_000 } });
    let runs = 0;
    app.get('/throws', (_, reply) => {
      runs++;
      void reply.headers(FRESH);
      throw new Error('broken');
    });
    app.get('/sends', (_, reply) => reply.headers(FRESH).send(new Error(`broken ${++runs}`)));
    app.get('/rejects', async (_, reply) => {
      void reply.headers(FRESH);
      throw Object.assign(new Error(`broken ${++runs}`), { statusCode: 404 });
    });
    app.get(
      '/serializer',
      {
        serializerCompiler: () => () => {
          throw new Error('no');
        },
        schema: { response: { 200: {} } },
      },
      (_, reply) => {
        runs++;
        return reply.headers(FRESH).send({ a: 1 });
      },
    );
    for (const url of ['/throws', '/sends', '/rejects', '/serializer']) {
      for (let i = 0; i < 2; i++)
        expect((await get(app, url)).cache, url).toContain('detail=error');
    }
    expect(runs).toBe(8);
    expect(app.cache.stats().stored).toBe(0);
  });

  it('is not stored when an error handler answers 200', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.setErrorHandler((_error, _request, reply) => reply.code(200).send('fine'));
    app.get('/a', () => {
      throw new Error('broken');
    });
    expect((await get(app, '/a')).cache).toContain('detail=error');
    expect((await get(app, '/a')).cache).toContain('detail=error');
  });

  it('takes back what was stored when a hook after ours fails', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let fails = true;
    app.addHook('onRoute', (route) => {
      route.onSend = ([] as unknown[]).concat(route.onSend ?? [], async () => {
        if (fails) throw new Error('late');
      }) as never;
    });
    app.get('/a', () => 'x');
    expect((await get(app, '/a')).status).toBe(500);
    expect(app.cache.stats().stored).toBe(0);
    fails = false;
    expect((await get(app, '/a')).cache).toContain('fwd=uri-miss; stored');
    expect((await get(app, '/a')).cache).toContain('hit');
  });

  it('takes back what was stored when Node refuses a header', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.addHook('onRoute', (route) => {
      route.onSend = ([] as unknown[]).concat(
        route.onSend ?? [],
        async (_: unknown, reply: FastifyReply) => {
          void reply.header('x-bad', 'line\nfeed');
        },
      ) as never;
    });
    app.get('/a', () => 'x');
    app.get('/own', (_, reply) => reply.header('x-bad', 'line\nfeed').send('x'));
    await get(app, '/a').catch(() => undefined);
    await get(app, '/own').catch(() => undefined);
    expect(app.cache.stats().stored).toBe(0);
  });
});

describe('a request with credentials', () => {
  it('Authorization neither reads nor stores without permission', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/ttl', (request) => String(request.headers.authorization));
    app.get('/fresh', (request, reply) =>
      reply.header('cache-control', 'max-age=60').send(String(request.headers.authorization)),
    );
    for (const url of ['/ttl', '/fresh']) {
      for (const user of ['ann', 'bob']) {
        const answer = await get(app, url, { authorization: user });
        expect(answer).toMatchObject({ body: user });
        expect(answer.cache).toContain('detail=authorization');
      }
      await get(app, url);
      expect((await get(app, url, { authorization: 'ann' })).body).toBe('ann');
      expect((await get(app, url)).body).toBe('undefined');
    }
  });

  it('Authorization reads and stores what is public, must-revalidate or s-maxage', async () => {
    const app = await makeApp();
    for (const [i, control] of [
      'public, max-age=60',
      'must-revalidate, max-age=60',
      's-maxage=60',
    ].entries()) {
      app.get(`/${i}`, (_, reply) => reply.header('cache-control', control).send('shared'));
    }
    await app.ready();
    for (const url of ['/0', '/1', '/2']) {
      await get(app, url, { authorization: 'ann' });
      expect((await get(app, url, { authorization: 'bob' })).cache).toContain('hit');
    }
  });

  for (const name of ['cookie', 'x-api-key', 'x-auth-token', 'x-access-token']) {
    it(`${name} neither reads nor stores what only a ttl makes fresh`, async () => {
      const app = await makeApp({ ttl: 60_000 });
      app.get('/a', (request) => String(request.headers[name]));
      app.get('/own', (request, reply) =>
        reply.header('cache-control', 'public, max-age=60').send(String(request.headers[name])),
      );
      expect((await get(app, '/a', { [name]: 'ann' })).body).toBe('ann');
      expect((await get(app, '/a', { [name]: 'bob' })).body).toBe('bob');
      expect((await get(app, '/a')).body).toBe('undefined');
      expect((await get(app, '/a', { [name]: 'ann' })).cache).toContain('fwd=request');
      await get(app, '/own', { [name]: 'ann' });
      expect((await get(app, '/own', { [name]: 'bob' })).cache).toContain('hit');
    });
  }

  it('is served where the route allows it', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/cookies', { config: { cache: { cookies: 'ignore' } } }, () => 'x');
    app.get('/share', { config: { cache: { authorization: 'share' } } }, () => 'x');
    app.get(
      '/bypass',
      { config: { cache: { cookies: 'bypass', authorization: 'bypass' } } },
      () => 'x',
    );
    app.get('/by', { config: { cache: { cookies: { key: ['lang'] } } } }, (request) =>
      String(request.headers.cookie),
    );
    await get(app, '/cookies', { cookie: 'a=1' });
    expect((await get(app, '/cookies', { cookie: 'a=2' })).cache).toContain('hit');
    await get(app, '/share', { authorization: 'ann' });
    expect((await get(app, '/share', { authorization: 'bob' })).cache).toContain('hit');
    expect((await get(app, '/bypass', { cookie: 'a=1' })).cache).toBe(
      'catzilla; fwd=bypass; detail=cookie',
    );
    expect((await get(app, '/bypass', { authorization: 'a' })).cache).toContain(
      'detail=authorization',
    );
    await get(app, '/by', { cookie: 'lang=de; session=1' });
    expect((await get(app, '/by', { cookie: 'session=2; lang=de' })).cache).toContain('hit');
    expect((await get(app, '/by', { cookie: 'lang=fr' })).body).toBe('lang=fr');
  });
});

describe('input that the key does not see', () => {
  it('X-Forwarded-Host and -Proto count only under trustProxy, and then they are in the key', async () => {
    const forwarded = { 'x-forwarded-host': 'evil', 'x-forwarded-proto': 'https' };
    const plain = await makeApp({ ttl: 60_000 });
    plain.get('/a', (request) => `${request.protocol}://${request.host}`);
    expect((await get(plain, '/a', forwarded)).body).toBe('http://localhost:80');
    expect((await get(plain, '/a')).body).toBe('http://localhost:80');
    const trusting = await makeApp({ ttl: 60_000 }, { fastify: { trustProxy: true } });
    trusting.get('/a', (request) => `${request.protocol}://${request.host}`);
    expect((await get(trusting, '/a', forwarded)).body).toBe('https://evil');
    expect((await get(trusting, '/a')).body).toBe('http://localhost:80');
    expect((await get(trusting, '/a', forwarded)).cache).toContain('hit');
  });

  it('an absolute target of another authority passes the cache by', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', (request) => request.raw.url ?? '');
    const port = await listen(app);
    const client = new RawClient(port);
    const ask = async (target: string): Promise<string> => {
      client.send(`GET ${target} HTTP/1.1\r\nHost: good\r\n\r\n`);
      return (await client.response()).text;
    };
    expect(await ask('http://evil/a')).toContain('fwd=bypass; detail=url');
    await ask('/a');
    expect(await ask('/a')).toContain('hit');
    expect(await ask('http://evil/a')).toContain('fwd=bypass; detail=url');
  });

  it('a body, a method override and a broken host pass the cache by or change nothing', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', () => 'x');
    await get(app, '/a');
    const fat = await app.inject({ method: 'GET', url: '/a', payload: 'fat' });
    expect(fat.headers['cache-status']).toBe('catzilla; fwd=bypass; detail=request-body');
    const override = { 'x-http-method-override': 'DELETE', 'x-original-url': '/b' };
    expect((await get(app, '/a', override)).cache).toContain('hit');
    expect((await get(app, '/a', { host: 'a|b' })).cache).toBe('catzilla; fwd=bypass; detail=host');
    expect((await get(app, '/a', { upgrade: 'h2c' })).cache).toContain('detail=upgrade');
  });

  it('ignored parameters never reach the handler', async () => {
    const app = await makeApp({ ttl: 60_000, ignoreQuery: ['utm_*'] });
    const schema = {
      querystring: { type: 'object', properties: { q: { type: 'string', default: 'none' } } },
    };
    app.get('/a', { schema }, (request) => request.query);
    expect((await get(app, '/a?utm_source=evil')).body).toBe('{"q":"none"}');
    const hit = await get(app, '/a?utm_medium=other');
    expect(hit).toMatchObject({ body: '{"q":"none"}' });
    expect(hit.cache).toContain('hit');
    expect((await get(app, '/a?q=1&utm_source=x')).body).toBe('{"q":"1"}');
  });

  it('dots, encoded slashes, semicolons and fragments are different URLs or none', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/*', (request) => request.raw.url ?? '');
    for (const url of [
      '/account',
      '/account/x.css',
      '/account;x.css',
      '/account%2fx.css',
      '/account/../x',
    ]) {
      const answer = await app.inject({ method: 'GET', url });
      expect(answer.headers['cache-status'], url).not.toContain('hit');
    }
    const client = new RawClient(await listen(app));
    client.send('GET /account#x.css HTTP/1.1\r\nHost: localhost:80\r\n\r\n');
    const answer = await client.response();
    expect(answer.head).not.toContain('hit');
  });
});
