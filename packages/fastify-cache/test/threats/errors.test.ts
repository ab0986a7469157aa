// Errors that stick: nothing of the error path is kept, and no request of one client can make an error that others get.
import type { FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import { get, listen, makeApp, RawClient } from '../helpers.ts';

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

describe('a request made to fail', () => {
  const ASKED: Record<string, [path: string, headers: Record<string, string>]> = {
    'an oversized field': ['/a', { 'x-pad': 'x'.repeat(20_000) }],
    'a field the schema refuses': ['/a', { 'x-number': 'none' }],
    'a malformed query': ['/a?n=%ff', {}],
    'a media type nobody knows': ['/a', { accept: 'no/such' }],
    'a malformed range': ['/a', { range: 'bytes=9-1' }],
    'a range beyond the end': ['/a', { range: 'bytes=900-' }],
  };

  // Cache poisoned denial of service: an error for one client’s odd request, kept for all others.
  for (const [name, [url, headers]] of Object.entries(ASKED)) {
    it(`by ${name} leaves nothing behind for the next`, async () => {
      const app = await makeApp({
        ttl: 60_000,
        query: { ignore: ['n'] },
        statuses: [200, 400, 416],
      });
      const schema = {
        headers: { type: 'object', properties: { 'x-number': { type: 'integer' } } },
      };
      app.get('/a', { schema }, async (request, reply) => {
        if (request.headers.accept === 'no/such') {
          throw Object.assign(new Error('not acceptable'), { statusCode: 406 });
        }
        if (request.headers.range !== undefined) {
          return reply.code(416).header('cache-control', 'no-store').send('');
        }
        return 'x';
      });
      const client = new RawClient(await listen(app));
      const fields = Object.entries(headers).map(([field, value]) => `${field}: ${value}\r\n`);
      client.send(`GET ${url} HTTP/1.1\r\nHost: localhost:80\r\n${fields.join('')}\r\n`);
      await client.response();
      expect(await get(app, '/a')).toMatchObject({ status: 200, body: 'x' });
    });
  }

  it('is not stored for a ttl whose statuses do not name it', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get('/:status', (request, reply) => {
      runs++;
      return reply.code(Number((request.params as { status: string }).status)).send('x');
    });
    const refused = [302, 303, 307, 400, 401, 403, 406, 429, 451, 500, 502, 503, 504];
    for (const status of refused) {
      await get(app, `/${status}`);
      expect((await get(app, `/${status}`)).cache).toContain('detail=no-freshness');
    }
    expect(runs).toBe(2 * refused.length);
  });
});

describe('a hook whose field Node refuses', () => {
  it('makes a hit the error it would be without the cache, and the next hit is whole', async () => {
    const app = await makeApp({ ttl: 60_000, query: { ignore: ['q'] } });
    app.addHook('onRequest', async (request, reply) => {
      const reflected = /q=(.*)/.exec(request.raw.url ?? '')?.[1];
      if (reflected !== undefined) void reply.header('x-echo', decodeURIComponent(reflected));
    });
    app.get('/a', () => 'x');
    await app.ready();
    await get(app, '/a');
    const port = await listen(app);
    for (const method of ['GET', 'HEAD']) {
      const client = new RawClient(port);
      client.send(`${method} /a?q=a%0d%0aSet-Cookie:b HTTP/1.1\r\nHost: localhost:80\r\n\r\n`);
      const { head } = await client.response(true);
      expect(head).toMatch(/^HTTP\/1\.1 500 /);
      expect(head.toLowerCase()).not.toContain('set-cookie');
    }
    expect(await get(app, '/a')).toMatchObject({ status: 200, body: 'x' });
    expect((await get(app, '/a?q=fine')).headers['x-echo']).toBe('fine');
  });
});
