// What must never be stored, and what must never be read with credentials: one user's reply must not reach another.
import { describe, expect, it } from 'vitest';
import type { FastifyReply } from 'fastify';
import { get, makeApp } from '../helpers.ts';

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
