// Abuse of ranges and conditions: fields of a client that would cost far more to obey than to send. At most 8 ranges are
// answered, never more bytes than the body has, and lists of tags and ranges are read once, from left to right.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { get, listen, makeApp, RawClient } from '../helpers.ts';
import { processorTime } from '../support/processor-time.ts';

const SIZE = 10_000;
const BODY = Array.from({ length: SIZE }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');

async function cached(): Promise<FastifyInstance> {
  const app = await makeApp({ ttl: 60_000 });
  app.get('/a', (_, reply) => reply.type('text/plain').send(BODY));
  await get(app, '/a');
  return app;
}

const list = (count: number, range: (i: number) => string): string =>
  `bytes=${Array.from({ length: count }, (_, i) => range(i)).join(',')}`;

const ABUSES: Record<string, string> = {
  'hundreds of single bytes': list(800, (i) => `${2 * i}-${2 * i}`),
  'hundreds of the whole body': list(900, () => '0-'),
  'hundreds of overlapping ones': list(700, (i) => `${i}-`),
  'hundreds of suffixes': list(900, (i) => `-${i + 1}`),
  'the same byte again and again': list(900, () => '5-5'),
  'nine that are apart': list(9, (i) => `${100 * i}-${100 * i + 1}`),
  'one that is backwards among many': list(500, (i) => (i === 400 ? '9-1' : `${i}-${i}`)),
};

describe('a Range of', () => {
  for (const [name, range] of Object.entries(ABUSES)) {
    it(`${name} costs no more than the body`, async () => {
      const app = await cached();
      const answer = await get(app, '/a', { range });
      expect(answer.cache).toContain('hit');
      expect([200, 206]).toContain(answer.status);
      expect(answer.body.length).toBeLessThanOrEqual(SIZE);
    });
  }

  it('eight that are apart is still answered in parts', async () => {
    const app = await cached();
    const answer = await get(app, '/a', { range: list(8, (i) => `${100 * i}-${100 * i + 1}`) });
    expect(answer.status).toBe(206);
    expect(answer.body.match(/Content-Range/g)).toHaveLength(8);
  });

  it('any kind answers no more than the body and the heads of eight parts', async () => {
    const app = await cached();
    const bound = fc.oneof(
      fc.nat(SIZE + 10),
      fc.constantFrom('', 0, SIZE - 1, '99999999999999999999'),
    );
    const spec = fc.tuple(bound, bound).map(([start, end]) => `${start}-${end}`);
    await fc.assert(
      fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 40 }), async (specs) => {
        const answer = await get(app, '/a', { range: `bytes=${specs.join(',')}` });
        expect([200, 206, 416]).toContain(answer.status);
        expect(answer.body.length).toBeLessThan(SIZE + 8 * 200);
        if (answer.status === 200) expect(answer.body).toBe(BODY);
      }),
      { numRuns: 150 },
    );
  });

  it('several lines, or of a unit nobody knows, is ignored', async () => {
    const app = await cached();
    expect((await get(app, '/a', { range: 'lines=1-2' })).status).toBe(200);
    const client = new RawClient(await listen(app));
    client.send(
      'GET /a HTTP/1.1\r\nHost: localhost:80\r\nRange: bytes=0-1\r\nRange: bytes=5-6\r\n\r\n',
    );
    const { head, body } = await client.response();
    expect(head).toMatch(/ 20[06] /);
    expect(body.length).toBeLessThanOrEqual(SIZE);
  });

  it('a miss reaches the handler, and its 206 does not become the whole', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', (request, reply) =>
      request.headers.range === undefined
        ? reply.send(BODY)
        : reply.code(206).header('content-range', `bytes 0-1/${SIZE}`).send('ab'),
    );
    expect((await get(app, '/a', { range: 'bytes=0-1' })).status).toBe(206);
    expect((await get(app, '/a')).body).toBe(BODY);
  });
});

describe('an If-None-Match', () => {
  // As long as Node takes it.
  const tags = (count: number, tag: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => tag(i)).join(', ');
  const LISTS: Record<string, string> = {
    'of hundreds of tags': tags(900, (i) => `"${i}"`),
    'of hundreds of weak tags': tags(900, (i) => `W/"${i}"`),
    'of quotes alone': '"'.repeat(12_000),
    'of commas and blanks alone': ', '.repeat(6_000),
    'of an open quote': `"${'a'.repeat(12_000)}`,
    'of slashes': 'W/'.repeat(6_000),
  };

  for (const [name, value] of Object.entries(LISTS)) {
    it(`${name} is answered with the body, at once`, async () => {
      const app = await cached();
      const took = await processorTime(async () => {
        for (let i = 0; i < 50; i++) {
          expect((await get(app, '/a', { 'if-none-match': value })).status).toBe(200);
        }
      });
      // Quadratic time would be seconds.
      expect(took).toBeLessThan(1_500);
    });
  }

  it('of hundreds of tags finds the one that is current', async () => {
    const app = await cached();
    const etag = String((await get(app, '/a')).headers['etag']);
    const value = `${tags(700, (i) => `"${i}"`)}, ${etag}`;
    expect((await get(app, '/a', { 'if-none-match': value })).status).toBe(304);
  });

  it('of a cold cache does not keep it cold', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', (request, reply) => {
      void reply.header('etag', '"1"');
      return request.headers['if-none-match'] === '"1"' ? reply.code(304).send() : reply.send('x');
    });
    expect((await get(app, '/a', { 'if-none-match': '"1"' })).status).toBe(304);
    expect(await get(app, '/a')).toMatchObject({ status: 200, body: 'x' });
    expect(app.cache.stats().hits).toBe(1);
  });
});

describe('If-Modified-Since and If-Range', () => {
  it('that cannot be read as dates count for nothing', async () => {
    const app = await cached();
    for (const value of ['x'.repeat(8_000), '99999999999', 'Thu, 99 Foo 9999 99:99:99 GMT', '']) {
      expect((await get(app, '/a', { 'if-modified-since': value })).status).toBe(200);
      expect((await get(app, '/a', { 'if-range': value, range: 'bytes=0-1' })).status).toBe(200);
    }
  });
});
