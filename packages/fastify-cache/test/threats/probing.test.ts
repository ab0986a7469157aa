// Probing: what a client learns of others from Cache-Status. Nothing by which a key could be read unless it is asked for,
// nothing at all where the field is off, and what was stored for one who may read it is not shown to one who may not.
// (How long an answer takes still tells whether somebody has asked before: what must not be known belongs behind a guard.)
import { describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { get, listen, makeApp, RawClient } from '../helpers.ts';

async function serving(options: FastifyCacheOptions): Promise<FastifyInstance> {
  const app = await makeApp({ ttl: 60_000, ...options });
  app.get('/a', (request, reply) =>
    reply.header('vary', 'accept-language').send(request.headers['x-fail'] ? new Error('x') : 'x'),
  );
  app.get('/off', { config: { cache: false } }, () => 'x');
  app.get('/skipped', (_, reply) => {
    reply.cache.skip('secret reason');
    return 'x';
  });
  return app;
}

const TELLING = [
  'cache-status',
  'x-cache',
  'x-cache-hits',
  'x-cache-key',
  'via',
  'catzilla-cache-control',
];

describe('Cache-Status', () => {
  it('names no key, host or variant by default', async () => {
    const app = await serving({});
    for (let i = 0; i < 2; i++) {
      const { cache } = await get(app, '/a', { 'accept-language': 'de', host: 'hidden.example' });
      expect(cache).toMatch(/^catzilla; (?:hit; ttl=\d+|fwd=uri-miss; stored)$/);
    }
  });

  for (const mode of ['auto', 'send'] as const) {
    it(`is on no answer where it is off (${mode})`, async () => {
      const app = await serving({ cacheStatus: false, mode });
      const port = await listen(app);
      for (const url of ['/a', '/a', '/off', '/skipped', '/none']) {
        const answer = await get(app, url);
        for (const name of TELLING)
          expect(answer.headers[name], `${name} of ${url}`).toBeUndefined();
        const client = new RawClient(port);
        client.send(`GET ${url} HTTP/1.1\r\nHost: localhost:80\r\n\r\n`);
        const { head } = await client.response();
        expect(head.toLowerCase()).not.toMatch(/cache-status|x-cache|catzilla/);
        client.socket.destroy();
      }
      for (const fields of [{ 'if-none-match': '*' }, { range: 'bytes=0-0' }, { 'x-fail': '1' }]) {
        const answer = await get(app, '/a', fields as Record<string, string>);
        for (const name of TELLING) expect(answer.headers[name]).toBeUndefined();
      }
    });
  }

  it('is shown to whom a function says, on hits and misses alike', async () => {
    const app = await serving({ cacheStatus: (request) => request.headers['x-debug'] === 'key' });
    const debug = { 'x-debug': 'key' };
    for (const url of ['/a', '/a', '/skipped', '/off']) {
      expect((await get(app, url)).headers['cache-status']).toBeUndefined();
    }
    expect((await get(app, '/a', debug)).cache).toContain('hit');
    expect((await get(app, '/skipped', debug)).cache).toContain('secret reason');
    expect((await get(app, '/a', { 'x-debug': 'no' })).headers['cache-status']).toBeUndefined();
  });

  it('does not tell one without credentials of what was stored for one with them', async () => {
    const app = await makeApp({ identity: (request) => request.headers.authorization ?? null });
    app.get('/me', (_, reply) => reply.header('cache-control', 'private, max-age=60').send('x'));
    await get(app, '/me', { authorization: 'ann' });
    const [bob, nobody] = [await get(app, '/me', { authorization: 'bob' }), await get(app, '/me')];
    expect(bob.cache).not.toContain('hit');
    expect(nobody.cache).toBe('catzilla; fwd=bypass; detail=identity');
  });
});

describe('our own targeted field', () => {
  it('goes to no client, on no answer', async () => {
    const app = await makeApp();
    app.get('/a', (_, reply) => reply.header('catzilla-cache-control', 'max-age=60').send('x'));
    app.get('/b', (_, reply) => reply.header('catzilla-cache-control', 'no-store').send('x'));
    for (const url of ['/a', '/a', '/b']) {
      expect((await get(app, url)).headers['catzilla-cache-control']).toBeUndefined();
    }
    const bypassed = await get(app, '/a', { upgrade: 'h2c' });
    expect(bypassed.headers['catzilla-cache-control']).toBeUndefined();
    expect(app.cache.stats().hits).toBe(1);
  });
});
