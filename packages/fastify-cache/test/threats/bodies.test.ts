// Memory by bodies: one too large to keep, with or without a length, whole or streamed, is sent as it is, is not stored, and
// its copy is given up as soon as it is known; what all unfinished copies hold together is bounded, too.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import { get, makeApp, until } from '../helpers.ts';

const LIMIT = 10_000;
const SIZE = 25_000;
const BODY = Buffer.alloc(SIZE, 'x');

// In pieces, so that the bound is passed on the way.
function pieces(): Readable {
  return Readable.from([
    BODY.subarray(0, 8_000),
    BODY.subarray(8_000, 16_000),
    BODY.subarray(16_000),
  ]);
}

const REPLIES: Record<string, (reply: FastifyReply) => unknown> = {
  'a buffer': (reply) => reply.send(BODY),
  'a string': (reply) => reply.send(BODY.toString()),
  JSON: (reply) => reply.send({ text: BODY.toString() }),
  'a stream of unknown length': (reply) => reply.send(pieces()),
  'a stream that says its length': (reply) => reply.header('content-length', SIZE).send(pieces()),
  'a web stream': (reply) => reply.send(Readable.toWeb(pieces())),
  'a Response': (reply) => reply.send(new Response(BODY)),
};

describe('a body above maxBodyBytes', () => {
  for (const [name, send] of Object.entries(REPLIES)) {
    it(`as ${name} is sent and not stored`, async () => {
      const app = await makeApp({ ttl: 60_000, maxBodyBytes: LIMIT });
      app.get('/a', (_, reply) => {
        void send(reply);
        return reply;
      });
      for (let i = 0; i < 2; i++) {
        const answer = await get(app, '/a');
        expect(answer.status).toBe(200);
        expect(answer.body.length).toBeGreaterThanOrEqual(SIZE);
      }
      expect(app.cache.stats()).toMatchObject({
        stored: 0,
        hits: 0,
        inflightBytes: 0,
        reasons: { 'too-large': 2 },
      });
    });
  }

  it('in multibyte characters is measured in bytes', async () => {
    const app = await makeApp({ ttl: 60_000, maxBodyBytes: LIMIT });
    app.get('/a', () => 'é'.repeat(LIMIT / 2 + 1));
    app.get('/b', () => 'é'.repeat(LIMIT / 2));
    await get(app, '/a');
    await get(app, '/b');
    expect(app.cache.stats()).toMatchObject({ stored: 1, reasons: { 'too-large': 1 } });
  });

  it('frees those who wait for it before it has ended', async () => {
    const app = await makeApp({ ttl: 60_000, maxBodyBytes: LIMIT });
    let runs = 0;
    const endless: Readable[] = [];
    app.get('/a', (_, reply) => {
      if (++runs > 1) return reply.send('small');
      const stream = new Readable({ read() {} });
      endless.push(stream);
      stream.push(BODY);
      return reply.type('application/octet-stream').send(stream);
    });
    await app.ready();
    const first = get(app, '/a');
    await until(() => endless.length === 1);
    expect((await get(app, '/a')).body).toBe('small');
    endless[0]!.push(null);
    expect((await first).body).toHaveLength(SIZE);
  });

  it('that lies about its length is not stored, whichever way it lies', async () => {
    const app = await makeApp({ ttl: 60_000, maxBodyBytes: LIMIT });
    app.get('/short', (_, reply) => reply.header('content-length', 4).send(Readable.from(['12'])));
    app.get('/large', (_, reply) => reply.header('content-length', 4).send(pieces()));
    for (const url of ['/short', '/large']) await get(app, url).catch(() => undefined);
    expect(app.cache.stats()).toMatchObject({ stored: 0, inflightBytes: 0 });
  });
});

describe('unfinished bodies', () => {
  it('hold no more than maxInflightBytes together, and nothing once they are done', async () => {
    const app = await makeApp({ ttl: 60_000, maxInflightBytes: 50_000, maxBodyBytes: 40_000 });
    const streams: Readable[] = [];
    app.get('/*', (_, reply) => {
      const stream = new Readable({ read() {} });
      streams.push(stream);
      stream.push(BODY);
      return reply.type('application/octet-stream').send(stream);
    });
    await app.ready();
    const all = Array.from({ length: 8 }, (_, i) => get(app, `/${i}`));
    await until(() => streams.length === 8);
    const { stats } = app.cache;
    await until(() => (stats().reasons['inflight-limit'] ?? 0) > 0);
    expect(stats().inflightBytes).toBeLessThanOrEqual(50_000);
    for (const stream of streams) stream.push(null);
    for (const answer of await Promise.all(all)) expect(answer.body).toHaveLength(SIZE);
    expect(stats()).toMatchObject({ inflightBytes: 0, stored: 2 });
  });
});
