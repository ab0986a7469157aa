// Poisoning by input that the key does not see: forwarded fields, forms of the host and of the target, bodies of GET,
// method overrides, parameters that do not count. Whatever the handler can see of these is in the key, or the request
// passes the cache by.
import { describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { get, listen, makeApp, RawClient } from '../helpers.ts';

// Replies with what a page builds its links from.
async function linking(
  options: FastifyCacheOptions = {},
  trustProxy: boolean | string = false,
): Promise<FastifyInstance> {
  const app = await makeApp({ ttl: 60_000, ...options }, { fastify: { trustProxy } });
  app.get('/a', (request) => `${request.protocol}://${request.host}${request.url}`);
  return app;
}

async function wire(app: FastifyInstance): Promise<(lines: string) => Promise<string>> {
  const port = await listen(app);
  return async (lines) => {
    const client = new RawClient(port);
    client.send(`${lines}\r\n\r\n`);
    const { text } = await client.response();
    client.socket.destroy();
    return text;
  };
}

describe('X-Forwarded-Host and X-Forwarded-Proto', () => {
  const EVIL = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };

  it('are not read without trustProxy', async () => {
    const app = await linking();
    expect((await get(app, '/a', EVIL)).body).toBe('http://localhost:80/a');
    expect((await get(app, '/a')).body).toBe('http://localhost:80/a');
  });

  it('are in the key with trustProxy', async () => {
    const app = await linking({}, true);
    expect((await get(app, '/a', EVIL)).body).toBe('https://evil.example/a');
    expect(await get(app, '/a')).toMatchObject({ body: 'http://localhost:80/a' });
    expect((await get(app, '/a', EVIL)).cache).toContain('hit');
  });

  it('are not read from an address that is not trusted', async () => {
    const app = await linking({}, '10.0.0.0/8');
    expect((await get(app, '/a', EVIL)).body).toBe('http://localhost:80/a');
    expect((await get(app, '/a')).body).toBe('http://localhost:80/a');
  });

  for (const scheme of ['http|localhost:80|/a', 'javascript', 'HTTPS', 'https, ftp', '|']) {
    it(`pass the cache by with the scheme "${scheme}"`, async () => {
      const app = await linking({}, true);
      const forged = { 'x-forwarded-proto': scheme };
      for (let i = 0; i < 2; i++) {
        expect((await get(app, '/a', forged)).cache).toBe('catzilla; fwd=bypass; detail=host');
      }
      expect((await get(app, '/a')).body).toBe('http://localhost:80/a');
    });
  }

  it('the last of several counts, for the key as for the handler', async () => {
    const app = await linking({}, true);
    const twice = { 'x-forwarded-host': 'evil.example, good.example', 'x-forwarded-proto': 'http' };
    expect((await get(app, '/a', twice)).body).toBe('http://good.example/a');
    expect((await get(app, '/a', { host: 'good.example' })).cache).toContain('hit');
    expect((await get(app, '/a', { host: 'evil.example' })).cache).toContain('fwd=uri-miss');
  });

  it('select a variant where the handler reads them itself and says so', async () => {
    const app = await makeApp({ ttl: 60_000, vary: { add: ['x-forwarded-host'] } });
    app.get('/option', (request) => String(request.headers['x-forwarded-host']));
    app.get('/reply', { config: { cache: { vary: { add: [] } } } }, (request, reply) => {
      reply.cache.vary('X-Forwarded-Host', 'X-Original-Host');
      const { 'x-forwarded-host': forwarded, 'x-original-host': original } = request.headers;
      return `${String(forwarded)} ${String(original)}`;
    });
    await get(app, '/option', { 'x-forwarded-host': 'evil' });
    expect((await get(app, '/option')).body).toBe('undefined');
    await get(app, '/reply', { 'x-original-host': 'evil' });
    expect((await get(app, '/reply')).body).toBe('undefined undefined');
  });
});

describe('the host', () => {
  it('in any case, and with the port of its scheme, is one host; any other is another', async () => {
    const app = await linking();
    await get(app, '/a', { host: 'good.example' });
    for (const host of ['GOOD.example', 'good.example:80', 'good.example:']) {
      expect((await get(app, '/a', { host })).body).toBe('http://good.example/a');
    }
    for (const host of ['good.example:81', 'good.example:443', 'good.example.', 'evil.example']) {
      expect((await get(app, '/a', { host })).body).toBe(`http://${host}/a`);
    }
  });

  for (const host of [
    'a|b',
    'a b',
    'a/b',
    'a@b',
    'a#b',
    'a?b',
    'a\\b',
    'a%00b',
    '[::1',
    'a:b',
    'é',
  ]) {
    it(`"${host}" is none, and passes the cache by`, async () => {
      const app = await linking();
      for (let i = 0; i < 2; i++) {
        expect((await get(app, '/a', { host })).cache).toBe('catzilla; fwd=bypass; detail=host');
      }
    });
  }

  it('not in the option hosts is not served from the cache', async () => {
    const app = await linking({ hosts: ['good.example'] });
    for (let i = 0; i < 2; i++) {
      const answer = await get(app, '/a', { host: `evil${i}.example` });
      expect(answer.cache).toBe('catzilla; fwd=bypass; detail=host');
    }
    await get(app, '/a', { host: 'good.example' });
    expect((await get(app, '/a', { host: 'good.example' })).cache).toContain('hit');
    expect(app.cache.stats().stored).toBe(1);
  });

  it('given twice counts as the one that the handler sees', async () => {
    const app = await linking();
    const ask = await wire(app);
    const both = await ask('GET /a HTTP/1.1\r\nHost: good\r\nHost: evil');
    if (both.startsWith('HTTP/1.1 200')) expect(both).toContain('http://good/a');
    expect(await ask('GET /a HTTP/1.1\r\nHost: evil')).toContain('http://evil/a');
    expect(await ask('GET /a HTTP/1.1\r\nHost: good')).toContain('http://good/a');
  });

  it('absent, as HTTP/1.0 may leave it, passes the cache by', async () => {
    const ask = await wire(await linking());
    expect(await ask('GET /a HTTP/1.0')).toContain('fwd=bypass; detail=host');
  });
});

describe('an absolute target', () => {
  it('of another authority or scheme passes the cache by', async () => {
    const ask = await wire(await linking());
    await ask('GET /a HTTP/1.1\r\nHost: good');
    for (const target of [
      'http://evil/a',
      'https://good/a',
      'http://good:81/a',
      'http://good@evil/a',
      'http://user@good/a',
      'http://good%2f/a',
    ]) {
      const answer = await ask(`GET ${target} HTTP/1.1\r\nHost: good`);
      expect(answer, target).not.toMatch(/catzilla; (?:hit|fwd=uri-miss)/);
    }
    expect(await ask('GET /a HTTP/1.1\r\nHost: good')).toContain('http://good/a');
  });

  it('of the same authority reads what was stored of the path, and stores nothing else than that', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', () => 'x');
    const ask = await wire(app);
    await ask('GET /a HTTP/1.1\r\nHost: good');
    const hit = await ask('GET http://good/a HTTP/1.1\r\nHost: good');
    expect(hit).toContain('catzilla; hit');
  });
});

describe('what a GET should not have', () => {
  const FAT = ['content-length: 3\r\n\r\nfat', 'transfer-encoding: chunked\r\n\r\n3\r\nfat\r\n0'];

  for (const body of FAT) {
    it(`a body (${body.slice(0, 17)}) passes the cache by`, async () => {
      const app = await linking();
      const ask = await wire(app);
      await ask('GET /a HTTP/1.1\r\nHost: good');
      const client = new RawClient(Number(/\d+$/.exec(app.listeningOrigin)?.[0]));
      client.send(`GET /a HTTP/1.1\r\nHost: good\r\n${body}`);
      if (body.includes('chunked')) client.send('\r\n\r\n');
      expect((await client.response()).head).toContain('fwd=bypass; detail=request-body');
      expect(app.cache.stats().stored).toBe(1);
    });
  }

  it('an upgrade passes the cache by', async () => {
    const app = await linking();
    expect((await get(app, '/a', { upgrade: 'h2c' })).cache).toContain('detail=upgrade');
  });

  it('a method override is not read: neither as a change nor as another method', async () => {
    const app = await linking();
    app.delete('/a', () => 'gone');
    await get(app, '/a');
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      expect((await get(app, '/a', { [name]: 'DELETE' })).cache).toContain('hit');
    }
    expect((await get(app, '/a?_method=DELETE')).cache).toContain('fwd=uri-miss');
    expect((await get(app, '/a')).cache).toContain('hit');
  });

  it('another URL in X-Original-URL or X-Rewrite-URL is not read', async () => {
    const app = await linking();
    app.get('/b', () => 'b');
    await get(app, '/b');
    const forged = { 'x-original-url': '/b', 'x-rewrite-url': '/b' };
    expect((await get(app, '/a', forged)).body).toBe('http://localhost:80/a');
    expect((await get(app, '/a')).body).toBe('http://localhost:80/a');
  });
});

describe('a parameter that does not count', () => {
  it('never reaches the handler', async () => {
    const app = await makeApp({ ttl: 60_000, ignoreQuery: ['utm_*'] });
    const schema = {
      querystring: { type: 'object', properties: { q: { type: 'string', default: 'none' } } },
    };
    app.get('/a', { schema }, (request) => request.query);
    for (const name of ['utm_source', '%75tm_source', 'utm_source[]', 'utm_source[a]', 'utm_']) {
      expect((await get(app, `/a?${name}=evil`)).body, name).toBe('{"q":"none"}');
    }
    const hit = await get(app, '/a?utm_medium=other');
    expect(hit).toMatchObject({ body: '{"q":"none"}' });
    expect(hit.cache).toContain('hit');
    expect((await get(app, '/a?q=1&utm_source=x')).body).toBe('{"q":"1"}');
  });

  it('does not reach it either where only named ones are allowed', async () => {
    const app = await makeApp({ ttl: 60_000, query: { allow: ['q'], sort: true } });
    app.get('/a', (request) => request.query);
    expect((await get(app, '/a?q=1&evil=2')).body).toBe('{"q":"1"}');
    expect((await get(app, '/a?q=1')).cache).toContain('hit');
    expect((await get(app, '/a?q=1&q=2')).body).toBe('{"q":["1","2"]}');
    expect((await get(app, '/a?q=2&q=1')).body).toBe('{"q":["2","1"]}');
  });
});
