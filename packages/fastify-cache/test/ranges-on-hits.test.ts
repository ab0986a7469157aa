// Ranges of complete stored responses (RFC 9110 14): what the client of a hit gets, whichever way it is sent.
import { openCache } from '@catzilla/cache-core';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, vi } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import type { FastifyCacheOptions } from '../src/index.ts';
import { atEnd, get, listen, makeApp, RawClient, standStill, until } from './helpers.ts';

standStill();

const MODIFIED = 'Mon, 01 Jan 2024 00:00:00 GMT';
const BODY = '0123456789';
const MiB = 1_048_576;

/** An application whose GET /a is stored. */
async function makeStored(
  options: FastifyCacheOptions = {},
  fields: Record<string, string> = {},
): Promise<{ app: FastifyInstance; runs: () => number }> {
  const app = await makeApp(options);
  let runs = 0;
  app.get('/a', (_, reply) => {
    runs++;
    return reply
      .headers({ 'cache-control': 'max-age=60', etag: '"v1"', 'last-modified': MODIFIED })
      .headers(fields)
      .send(BODY);
  });
  await get(app, '/a');
  return { app, runs: () => runs };
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The ways in which a hit goes out; each asks GET /a with these fields. */
const ways: [
  way: 'raw' | 'head' | 'send',
  open: (app: FastifyInstance) => Promise<(headers: Record<string, string>) => Promise<Answer>>,
][] = [
  ['raw', async (app) => overSocket(await listen(app), '')],
  ['head', async (app) => overSocket(await listen(app), 'Connection: close\r\n')],
  ['send', async (app) => overSocket(await listen(app), '')],
];

function overSocket(port: number, more: string) {
  return async (headers: Record<string, string>): Promise<Answer> => {
    const client = new RawClient(port);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    client.send(`GET /a HTTP/1.1\r\nHost: localhost\r\n${more}${lines.join('')}\r\n`);
    const { head, body } = await client.response();
    const [first = '', ...rest] = head.trimEnd().split('\r\n');
    const fields = rest.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    return {
      status: Number(first.split(' ')[1]),
      headers: Object.fromEntries(fields),
      body: body.toString('latin1'),
    };
  };
}

describe.each(ways)('a hit sent by %s', (way, open) => {
  const start = async (fields: Record<string, string> = {}) => {
    const { app, runs } = await makeStored(way === 'send' ? { mode: 'send' } : {}, fields);
    const ask = await open(app);
    return { app, runs, ask };
  };

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
    ['bytes=0-9', BODY, 'bytes 0-9/10'],
  ])('is a 206 for %s', async (range, body, contentRange) => {
    const { app, ask, runs } = await start();
    const answer = await ask({ range });
    expect(answer).toMatchObject({ status: 206, body });
    expect(answer.headers).toMatchObject({
      'content-range': contentRange,
      'content-length': String(body.length),
      'content-type': 'text/plain; charset=utf-8',
      etag: '"v1"',
      age: '0',
      'cache-status': 'catzilla; hit; ttl=60',
    });
    expect(runs()).toBe(1);
    expect(app.cache.stats().answers[way]).toBe(1);
  });

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('is a 416 for %s', async (range) => {
    const { ask } = await start();
    const answer = await ask({ range });
    expect(answer).toMatchObject({ status: 416, body: '' });
    expect(answer.headers).toMatchObject({ 'content-range': 'bytes */10', 'content-length': '0' });
    for (const name of ['etag', 'cache-control', 'content-type', 'last-modified']) {
      expect(answer.headers[name], name).toBeUndefined();
    }
  });

  it.each(['bytes=5-2', 'lines=0-1', 'bytes=a-b', 'bytes=', 'bytes=0-4,5-9'])(
    'is whole for %s',
    async (range) => {
      const { ask } = await start();
      const answer = await ask({ range });
      expect(answer).toMatchObject({ status: 200, body: BODY });
      expect(answer.headers['content-range']).toBeUndefined();
    },
  );

  it('has several ranges as the parts of a multipart', async () => {
    const { ask } = await start();
    const { status, headers, body } = await ask({ range: 'bytes=0-1, -2' });
    expect(status).toBe(206);
    const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(headers['content-type']!)?.[1];
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['content-range']).toBeUndefined();
    const part = (range: string, bytes: string): string =>
      `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${range}/10\r\n\r\n${bytes}\r\n`;
    expect(body).toBe(`${part('0-1', '01')}${part('8-9', '89')}--${boundary}--\r\n`);
  });

  it('is whole again for the next client', async () => {
    const { ask } = await start();
    await ask({ range: 'bytes=0-3' });
    await ask({ range: 'bytes=99-' });
    await ask({ range: 'bytes=0-1,4-5' });
    expect(await ask({})).toMatchObject({
      status: 200,
      body: BODY,
      headers: { 'content-length': '10', 'content-type': 'text/plain; charset=utf-8' },
    });
  });

  it.each([
    ['its strong ETag', '"v1"', 206],
    ['its ETag called weak', 'W/"v1"', 200],
    ['another ETag', '"v2"', 200],
    ['its date', MODIFIED, 206],
    ['another date', 'Tue, 02 Jan 2024 00:00:00 GMT', 200],
    ['nothing that can be read', 'v1', 200],
  ])('under If-Range with %s (%s) is a %i', async (_, ifRange, status) => {
    const { ask } = await start();
    const answer = await ask({ range: 'bytes=0-3', 'if-range': ifRange });
    expect(answer).toMatchObject({ status, body: status === 206 ? '0123' : BODY });
  });

  it('with a weak ETag of its own is whole under If-Range', async () => {
    const { ask } = await start({ etag: 'W/"v1"', 'last-modified': '' });
    expect((await ask({ range: 'bytes=0-3', 'if-range': 'W/"v1"' })).status).toBe(200);
    expect((await ask({ range: 'bytes=0-3' })).status).toBe(206);
  });

  it('looks at If-None-Match before Range', async () => {
    const { ask } = await start();
    const both = { range: 'bytes=0-3', 'if-none-match': '"v1"' };
    const answer = await ask(both);
    expect(answer).toMatchObject({ status: 304, body: '' });
    expect(answer.headers['content-range']).toBeUndefined();
    expect(await ask({ ...both, 'if-none-match': '"v0"' })).toMatchObject({
      status: 206,
      body: '0123',
    });
    expect(await ask({ ...both, range: 'bytes=99-' })).toMatchObject({
      status: 304,
      headers: { etag: '"v1"', 'cache-control': 'max-age=60' },
    });
  });
});

describe.each(['auto', 'send'] as const)("in mode '%s'", (mode) => {
  it('a HEAD ignores Range', async () => {
    const { app } = await makeStored({ mode });
    const head = await get(app, '/a', { range: 'bytes=0-3' }, 'HEAD');
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe('10');
    expect(head.headers['content-range']).toBeUndefined();
  });

  it('a miss with Range is left to the handler, and a whole answer to it is stored', async () => {
    const app = await makeApp({ mode, ttl: 60_000 });
    const seen: unknown[] = [];
    app.get('/a', (request) => {
      seen.push(request.headers.range);
      return BODY;
    });
    expect(await get(app, '/a', { range: 'bytes=0-3' })).toMatchObject({ status: 200, body: BODY });
    expect(seen).toEqual(['bytes=0-3']);
    expect((await get(app, '/a', { range: 'bytes=0-3' })).status).toBe(206);
  });

  it('only a stored 200 has ranges', async () => {
    const app = await makeApp({ mode });
    app.get('/404', (_, reply) =>
      reply.code(404).header('cache-control', 'max-age=60').send('not found'),
    );
    await get(app, '/404');
    const answer = await get(app, '/404', { range: 'bytes=0-2' });
    expect(answer).toMatchObject({ status: 404, body: 'not found' });
    expect(answer.cache).toContain('hit');
  });

  it('a range keeps the headers of the current request', async () => {
    const app = await makeApp({ mode, ttl: 60_000 });
    let count = 0;
    app.addHook('onRequest', async (_, reply) => {
      reply.headers({ 'x-request-id': `${++count}`, 'content-range': 'of a hook' });
    });
    app.get('/a', (_, reply) => reply.removeHeader('content-range').send(BODY));
    await get(app, '/a');
    const part = await get(app, '/a', { range: 'bytes=0-3' });
    expect(part.headers).toMatchObject({ 'x-request-id': '2', 'content-range': 'bytes 0-3/10' });
  });
});

describe('a large body', () => {
  const size = MiB / 4;
  const body = Buffer.alloc(size);
  for (let i = 0; i < size; i += 4) body.writeUInt32LE(i, i);

  async function makeLarge(options: FastifyCacheOptions) {
    const cache = openCache({ maxBytes: 64 * MiB, maxValueBytes: 16 * MiB, leaseLimit: 0.5 });
    atEnd(() => cache.close());
    const app = Fastify();
    atEnd(() => app.close());
    await app.register(fastifyCache, { cache, ttl: 60_000, ...options });
    app.get('/large', (_, reply) => reply.type('text/plain').send(body));
    const port = await listen(app);
    const ask = async (fields: string) => {
      const client = new RawClient(port);
      client.send(`GET /large HTTP/1.1\r\nHost: x\r\n${fields}\r\n`);
      return client.response();
    };
    for (let i = 0; i < 6; i++) await get(app, '/large', { host: 'x' });
    return { cache, ask };
  }

  const ranges: [string, string, number, Buffer | undefined][] = [
    ['one range', 'bytes=100000-150000', 206, body.subarray(100_000, 150_001)],
    ['several', 'bytes=0-99,200000-200099', 206, undefined],
    ['a range that does not exist', `bytes=${size}-`, 416, Buffer.alloc(0)],
    ['all of it', 'bytes=0-', 206, body],
  ];
  for (const mode of ['auto', 'send'] as const) {
    for (const fields of ['', 'Connection: close\r\n']) {
      it.each(ranges)(
        `in mode '${mode}'${fields && ', on a connection that closes,'} gives %s from the cache's memory, and lets go of it`,
        async (_, range, status, expected) => {
          const { cache, ask } = await makeLarge({ mode });
          const leases = vi.spyOn(cache, 'lease');
          const answer = await ask(`Range: ${range}\r\n${fields}`);
          expect(leases).toHaveBeenCalled();
          expect(answer.head.slice(9, 12)).toBe(String(status));
          if (expected !== undefined) expect(answer.body.equals(expected)).toBe(true);
          else expect(answer.body.includes(body.subarray(200_000, 200_100))).toBe(true);
          await until(() => cache.stats().leases.open === 0);
          expect(cache.stats().leases.leaked).toBe(0);
          expect((await ask('')).body.equals(body)).toBe(true);
        },
      );
    }
  }
});
