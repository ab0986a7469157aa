// Response splitting: no byte of an application's or a client's making may end a line of a head that the cache writes.
// Node checks what goes through writeHead; raw answers, entries and merged 304s are checked here. A peer that reads the
// socket must find exactly the fields that were meant.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { get, listen, makeApp, RawClient, standStill } from '../helpers.ts';

standStill();

const BREAKS = [
  'a\r\nx-evil: 1',
  'a\nx-evil: 1',
  'a\rx-evil: 1',
  'a\0b',
  'a\u0085b\u2028',
  'a\u010ab',
  '\x7f',
];

async function send(app: FastifyInstance, url = '/a', lines = ''): Promise<string> {
  const client = new RawClient(Number(/\d+$/.exec(app.listeningOrigin)?.[0]));
  client.send(`GET ${url} HTTP/1.1\r\nHost: localhost:80\r\n${lines}\r\n`);
  const { text } = await client.response();
  client.socket.destroy();
  return text;
}

async function serving(
  handler: (reply: FastifyReply, url: string) => unknown,
  options: FastifyCacheOptions = {},
): Promise<FastifyInstance> {
  const app = await makeApp({ ttl: 60_000, ...options });
  app.get('/*', (request, reply) => handler(reply, request.raw.url ?? ''));
  await listen(app);
  return app;
}

/** Each name in the head, once per line. */
function names(text: string): string[] {
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  const lines = head.split('\r\n').slice(1);
  for (const line of lines) expect(line).toMatch(/^[!-9;-~]+: [\t\x20-\x7e\x80-\xff]*$/);
  return lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
}

describe('a field value that ends its line', () => {
  for (const [i, value] of BREAKS.entries()) {
    it(`is not stored, in no field (${i})`, async () => {
      const app = await makeApp({ ttl: 60_000 });
      app.get('/line', (_, reply) => reply.header('x-a', value).send('x'));
      app.get('/lines', (_, reply) => reply.header('link', ['<a>', value]).send('x'));
      app.get('/type', (_, reply) => reply.header('content-type', `text/plain;${value}`).send('x'));
      app.get('/stream', (_, reply) =>
        reply.header('etag', value).send(new Response('x').body as ReadableStream),
      );
      await app.ready();
      for (const url of ['/line', '/lines', '/type', '/stream']) {
        await get(app, url).catch(() => undefined);
      }
      expect(app.cache.stats()).toMatchObject({ stored: 0 });
    });

    it(`in a 304 removes the entry instead of updating it (${i})`, async () => {
      const app = await makeApp({ keep: 60_000 });
      let split = true;
      app.get('/a', (request, reply) => {
        void reply.headers({ etag: '"1"', 'cache-control': 'no-cache' });
        if (request.headers['if-none-match'] !== '"1"') return reply.send('x');
        return reply
          .code(304)
          .header('x-a', split ? value : 'fine')
          .send();
      });
      await listen(app);
      await send(app);
      const merged = await send(app, '/a', 'If-None-Match: "1"\r\n');
      expect(names(merged)).not.toContain('x-evil');
      expect(merged).toContain('stored=?0; detail=field');
      split = false;
      expect(await send(app)).not.toContain('evil');
      expect(names(await send(app))).not.toContain('x-evil');
    });
  }

  it('in the name of a field is not stored either', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', (_, reply) => reply.header('x-a: 1\r\nx-evil', '1').send('x'));
    await get(app, '/a').catch(() => undefined);
    expect(app.cache.stats().stored).toBe(0);
  });
});

describe('what the cache writes of words it was given', () => {
  for (const emitTags of ['surrogate-key', 'cache-tag', 'cache-groups'] as const) {
    it(`tags in ${emitTags} are the ones that were named, whatever characters they have`, async () => {
      const odd = ['plain', 'é', 'a\u2028b', 'a"b\\c', 'a,b', 'a;b', 'a: b', ...BREAKS];
      const app = await serving(
        (reply) => {
          reply.cache.tags(...odd.map((tag) => `own-${tag}`));
          return reply.send('x');
        },
        { emitTags, tags: () => odd },
      );
      for (let i = 0; i < 2; i++) {
        const text = await send(app);
        expect(names(text).filter((name) => name === emitTags)).toHaveLength(1);
        expect(names(text)).not.toContain('x-evil');
        expect(text).toContain('plain');
        expect(text).toContain('own-plain');
      }
      expect(app.cache.stats().hits).toBe(1);
    });
  }

  it('a reason to skip is one value in Cache-Status', async () => {
    const app = await serving((reply, url) => {
      reply.cache.skip(BREAKS[Number(url.slice(1))]!);
      return reply.send('x');
    });
    for (const i of BREAKS.keys()) {
      const text = await send(app, `/${i}`);
      expect(names(text)).not.toContain('x-evil');
      expect(text).toContain('stored=?0');
    }
  });

  it('a key in Cache-Status is one quoted string', async () => {
    const app = await serving(() => 'x', { cacheStatus: 'full' });
    for (const target of ['/a"b', '/a\\b', '/a";hit;x="', '/a,b;c', "/'a'", '/|a|', '/a%0d%0ab']) {
      for (let i = 0; i < 2; i++) {
        const text = await send(app, target);
        if (!text.startsWith('HTTP/1.1 200')) continue;
        const member = /cache-status: (.*)\r/.exec(text)?.[1] ?? '';
        expect(member).toMatch(
          /^catzilla; (?:hit; ttl=60|fwd=uri-miss; stored); key="(?:[^"\\]|\\["\\])*"$/,
        );
      }
    }
  });

  it('what clients are told to keep is a field value, or no-store', async () => {
    const app = await serving(() => 'x', { clientCacheControl: () => 'max-age=1\r\nx-evil: 1' });
    for (let i = 0; i < 2; i++) {
      const text = await send(app);
      expect(text).toContain('cache-control: no-store\r\n');
      expect(names(text)).not.toContain('x-evil');
    }
  });

  it('names of reply.cache.vary are names', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', (_, reply) => {
      expect(() => reply.cache.vary('x\r\nx-evil: 1')).toThrow('the name of a request field');
      return 'x';
    });
    expect((await get(app, '/a')).status).toBe(200);
  });
});

describe('a raw answer', () => {
  it('has the fields that were set, for any value a handler or a hook may set', async () => {
    const value = fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 20 }) },
      fc.constantFrom(...BREAKS, '', ' ', '\t', 'é', 'x: y'),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: fc.constantFrom('\r', '\n', ':', ' ', 'a', '\0', 'ÿ', 'Ā'), maxLength: 8 }),
    );
    const app = await makeApp({ ttl: 60_000 });
    let fields: { stored: string; hook: string } = { stored: '', hook: '' };
    app.addHook('onRequest', async (_, reply) => {
      void reply.header('x-hook', fields.hook);
    });
    app.get('/*', (_, reply) => reply.header('x-stored', fields.stored).send('body'));
    await listen(app);
    let i = 0;
    let written = 0;
    await fc.assert(
      fc.asyncProperty(value, value, async (stored, hook) => {
        const url = `/${i++}`;
        fields = { stored, hook: 'fine' };
        await send(app, url).catch(() => undefined);
        fields = { stored, hook };
        const text = await send(app, url).catch(() => '');
        if (!text.includes('catzilla; hit')) return;
        written++;
        const own = names(text).filter((name) => name.startsWith('x-'));
        expect(own.sort()).toEqual(['x-hook', 'x-stored']);
        expect(text.endsWith('\r\n\r\nbody')).toBe(true);
      }),
      { numRuns: 150 },
    );
    expect(written).toBeGreaterThan(10);
  });
});
