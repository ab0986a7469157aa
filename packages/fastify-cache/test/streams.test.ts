import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { gate, get, listen, makeApp, RawClient, settle, standStill, until } from './helpers.ts';

standStill();

const FRESH = { 'cache-control': 'max-age=60' };

describe('a streamed reply', () => {
  it('is stored as bytes when a Node stream ends', async () => {
    const app = await makeApp();
    let runs = 0;
    app.get('/a', (_, reply) =>
      reply.headers(FRESH).send(Readable.from(['one ', 'two ', `${++runs}`])),
    );
    const miss = await get(app, '/a');
    expect(miss).toMatchObject({ body: 'one two 1', cache: 'catzilla; fwd=uri-miss; stored' });
    const hit = await get(app, '/a');
    expect(hit).toMatchObject({ body: 'one two 1', cache: 'catzilla; hit; ttl=60' });
    expect(hit.headers['content-length']).toBe('9');
    expect(hit.headers['transfer-encoding']).toBeUndefined();
    expect(hit.headers['etag']).toMatch(/^"[\w-]+"$/);
    expect((await get(app, '/a', { 'if-none-match': hit.headers['etag'] as string })).status).toBe(
      304,
    );
  });

  it('is stored when a web stream ends', async () => {
    const app = await makeApp();
    app.get('/a', (_, reply) => {
      const parts = ['one ', Buffer.from('two')];
      const body = new ReadableStream({
        pull(controller) {
          const part = parts.shift();
          if (part === undefined) controller.close();
          else controller.enqueue(part);
        },
      });
      return reply.headers(FRESH).send(body);
    });
    expect((await get(app, '/a')).body).toBe('one two');
    expect(await get(app, '/a')).toMatchObject({ body: 'one two', cache: 'catzilla; hit; ttl=60' });
  });

  it('a Response gives its status, fields and body to the entry', async () => {
    const app = await makeApp();
    app.get(
      '/a',
      () => new Response('made', { status: 203, headers: { ...FRESH, 'x-own': 'yes' } }),
    );
    app.get('/null', () => new Response(null, { status: 204, headers: FRESH }));
    const miss = await get(app, '/a');
    const hit = await get(app, '/a');
    for (const answer of [miss, hit]) {
      expect(answer).toMatchObject({ status: 203, body: 'made' });
      expect(answer.headers['x-own']).toBe('yes');
    }
    expect(hit.cache).toContain('hit');
    await get(app, '/null');
    expect(await get(app, '/null')).toMatchObject({
      status: 204,
      body: '',
      cache: 'catzilla; hit; ttl=60',
    });
  });

  it('a Response that is private or sets a cookie is judged by its own fields', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/private', () => new Response('x', { headers: { 'cache-control': 'private' } }));
    app.get('/cookie', () => new Response('x', { headers: { 'set-cookie': 'a=1' } }));
    for (let i = 0; i < 2; i++) {
      expect((await get(app, '/private')).cache).toContain('stored=?0; detail=private');
      expect((await get(app, '/cookie')).cache).toContain('stored=?0; detail=set-cookie');
    }
  });

  it('a Response whose body was read before is left to Fastify', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', async () => {
      const response = new Response('x');
      await response.text();
      return response;
    });
    expect((await get(app, '/a')).status).toBe(500);
    expect(app.cache.stats().stored).toBe(0);
  });

  it('goes on to the client when its copy passes the limit', async () => {
    const app = await makeApp({ maxBodyBytes: 1000 });
    app.get('/a', (_, reply) =>
      reply.headers(FRESH).send(Readable.from(Array.from({ length: 30 }, () => 'x'.repeat(100)))),
    );
    app.get('/told', (_, reply) =>
      reply.headers({ ...FRESH, 'content-length': '3000' }).send(Readable.from(['x'.repeat(3000)])),
    );
    for (let i = 0; i < 2; i++) {
      expect((await get(app, '/a')).body).toHaveLength(3000);
      expect((await get(app, '/told')).cache).toContain('stored=?0; detail=too-large');
    }
    const stats = app.cache.stats();
    expect(stats.reasons).toEqual({ 'too-large': 4 });
    expect(stats.inflightBytes).toBe(0);
  });

  it('is not copied beyond what all fills may hold together', async () => {
    const app = await makeApp({ maxInflightBytes: 1000 });
    const held = gate();
    app.get('/a', (_, reply) => {
      const stream = new PassThrough();
      stream.write('x'.repeat(800));
      void held.opened.then(() => stream.end());
      return reply.headers(FRESH).send(stream);
    });
    app.get('/b', (_, reply) => reply.headers(FRESH).send(Readable.from(['y'.repeat(300)])));
    const slow = get(app, '/a');
    await until(() => app.cache.stats().inflightBytes === 800);
    expect((await get(app, '/b')).body).toHaveLength(300);
    expect(app.cache.stats().reasons).toEqual({ 'inflight-limit': 1 });
    held.open();
    await slow;
    expect((await get(app, '/a')).cache).toContain('hit');
    expect(app.cache.stats().inflightBytes).toBe(0);
  });

  it('that fails midway is never stored', async () => {
    const app = await makeApp();
    let runs = 0;
    app.get('/a', (_, reply) => {
      runs++;
      const stream = new PassThrough();
      stream.write('half');
      setImmediate(() => stream.destroy(new Error('broken')));
      return reply.headers(FRESH).send(stream);
    });
    const port = await listen(app);
    for (let i = 0; i < 2; i++) {
      const client = new RawClient(port);
      client.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
      await client.rest();
    }
    expect(runs).toBe(2);
    expect(app.cache.stats()).toMatchObject({
      stored: 0,
      inflightBytes: 0,
      reasons: { incomplete: 2 },
    });
  });

  it('that fails before its first byte is answered 500 and not stored', async () => {
    const app = await makeApp();
    app.get('/a', (_, reply) => {
      const stream = new Readable({ read: () => stream.destroy(new Error('broken')) });
      return reply.headers(FRESH).send(stream);
    });
    expect((await get(app, '/a')).status).toBe(500);
    expect((await get(app, '/a')).status).toBe(500);
    expect(app.cache.stats().stored).toBe(0);
  });

  it('with another length than it promised is never stored', async () => {
    const app = await makeApp();
    app.get('/a', (_, reply) =>
      reply.headers({ ...FRESH, 'content-length': '4' }).send(Readable.from(['longer'])),
    );
    await get(app, '/a').catch(() => undefined);
    await settle();
    expect(app.cache.stats()).toMatchObject({ stored: 0, reasons: { incomplete: 1 } });
  });

  it('is dropped when the client goes away', async () => {
    const app = await makeApp();
    let destroyed = false;
    app.get('/a', (_, reply) => {
      const stream = new Readable({
        read() {
          setImmediate(() => this.push('x'.repeat(10_000)));
        },
        destroy(error, done) {
          destroyed = true;
          done(error);
        },
      });
      return reply.headers(FRESH).send(stream);
    });
    const client = new RawClient(await listen(app));
    client.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => app.cache.stats().inflightBytes > 0);
    client.socket.destroy();
    await until(() => destroyed);
    await until(() => app.cache.stats().inflightBytes === 0);
    expect(app.cache.stats()).toMatchObject({ stored: 0, reasons: { incomplete: 1 } });
  });

  it('waits for a slow client: the source is not read ahead of it', async () => {
    const app = await makeApp({ maxBodyBytes: 1_000_000 });
    let pushed = 0;
    app.get('/a', (_, reply) => {
      const stream = new Readable({
        read() {
          pushed += 65_536;
          this.push(pushed > 60_000_000 ? null : Buffer.alloc(65_536));
        },
      });
      return reply.headers(FRESH).send(stream);
    });
    const client = new RawClient(await listen(app));
    client.socket.pause();
    client.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => pushed > 0);
    await settle(200);
    expect(pushed).toBeLessThan(60_000_000);
  });

  it('of events passes untouched, and frees whoever waits for it at once', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let stream = new PassThrough();
    app.get('/events', (_, reply) => {
      stream = new PassThrough();
      stream.write('data: 1\n\n');
      return reply.type('text/event-stream').send(stream);
    });
    const port = await listen(app);
    const clients = [new RawClient(port), new RawClient(port)];
    for (const client of clients) client.send('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => app.cache.stats().reasons['event-stream'] === 2);
    expect(app.cache.stats().inflightBytes).toBe(0);
  });

  it('fills the cache also when the client gets a 304 at once', async () => {
    const app = await makeApp();
    app.get('/node', (_, reply) =>
      reply.headers({ ...FRESH, etag: '"v1"' }).send(Readable.from(['whole ', 'body'])),
    );
    app.get('/web', (_, reply) =>
      reply.headers({ ...FRESH, etag: '"v1"' }).send(new Response('whole body').body),
    );
    app.get('/broken', (_, reply) => {
      const stream = new Readable({
        read: () => setImmediate(() => stream.destroy(new Error('no'))),
      });
      return reply.headers({ ...FRESH, etag: '"v1"' }).send(stream);
    });
    for (const url of ['/node', '/web']) {
      expect(await get(app, url, { 'if-none-match': '"v1"' })).toMatchObject({
        status: 304,
        body: '',
      });
      await settle();
      expect(await get(app, url)).toMatchObject({
        body: 'whole body',
        cache: 'catzilla; hit; ttl=60',
      });
    }
    expect((await get(app, '/broken', { 'if-none-match': '"v1"' })).status).toBe(304);
    await until(() => app.cache.stats().reasons['incomplete'] === 1);
  });

  it('that is not stored, or too large to be, is ended when the client gets a 304', async () => {
    const app = await makeApp({ maxBodyBytes: 1000 });
    let destroyed = 0;
    const endless = (): Readable =>
      new Readable({
        read() {
          setImmediate(() => this.push('data: 1\n\n'));
        },
        destroy(error, done) {
          destroyed++;
          done(error);
        },
      });
    app.get('/events', (_, reply) => reply.type('text/event-stream').send(endless()));
    app.get('/large', (_, reply) => reply.headers(FRESH).send(endless()));
    for (const url of ['/events', '/large']) {
      expect((await get(app, url, { 'if-none-match': '*' })).status).toBe(304);
    }
    await until(() => destroyed === 2);
    expect(app.cache.stats()).toMatchObject({ stored: 0, inflightBytes: 0 });
  });

  it('of a HEAD request is thrown away and stored by nobody', async () => {
    const app = await makeApp();
    app.get('/a', (_, reply) => reply.headers(FRESH).send(Readable.from(['body'])));
    expect(await get(app, '/a', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(app.cache.stats().stored).toBe(0);
  });
});
