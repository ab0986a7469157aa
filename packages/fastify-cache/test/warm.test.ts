// Warming: what is requested, and that what is said of it is what the cache has, whatever it tells clients.
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { errors } from '../src/index.ts';
import type { FastifyCacheOptions } from '../src/index.ts';
import { gate, get, makeApp, settle } from './helpers.ts';

/** Every way in which Cache-Status is sent, and not. */
const statuses: FastifyCacheOptions[] = [{}, { cacheStatus: false }, { cacheStatus: 'full' }];

async function makeShop(options: FastifyCacheOptions = {}): Promise<FastifyInstance> {
  const app = await makeApp({ ttl: 60_000, ...options });
  app.get('/a', () => 'a');
  app.get('/b', async (request) => ({ q: request.query, host: request.host }));
  app.get('/stream', () => Readable.from(['one', 'two']));
  app.get('/large', { config: { cache: { maxBodyBytes: 4 } } }, () =>
    Readable.from(['one', 'two']),
  );
  app.get('/private', (_, reply) => reply.header('cache-control', 'private').send('x'));
  app.get('/off', { config: { cache: false } }, () => 'x');
  app.get('/error', () => {
    throw new Error('x');
  });
  app.get('/redirect', (_, reply) => reply.redirect('/a', 301));
  app.post('/posted', () => 'x');
  return app;
}

describe('warm', () => {
  for (const options of statuses) {
    it(`says what was stored with ${JSON.stringify(options)}`, async () => {
      const app = await makeShop(options);
      const urls = ['/a', '/b?x=1', '/stream', '/large', '/redirect', '/private', '/off', '/error'];
      const rows = await app.cache.warm([...urls, '/none', '/posted']);
      expect(rows.map(({ url }) => url)).toEqual([...urls, '/none', '/posted']);
      expect(rows.map(({ status, stored }) => [status, stored])).toEqual([
        [200, true],
        [200, true],
        [200, true],
        [200, false],
        [301, true],
        [200, false],
        [200, false],
        [500, false],
        [404, false],
        [404, false],
      ]);
      for (const { ms, stored, reason } of rows) {
        expect(ms).toBeGreaterThan(0);
        expect(reason === undefined).toBe(stored);
      }
      for (const { url, stored } of rows) {
        const before = app.cache.stats().hits;
        await get(app, url);
        expect(app.cache.stats().hits - before, url).toBe(stored ? 1 : 0);
      }
    });
  }

  for (const options of statuses) {
    it(`gives the reason with ${JSON.stringify(options)}`, async () => {
      const app = await makeShop({ ...options, exclude: ['/admin/1'] });
      app.get('/skip', (_, reply) => {
        reply.cache.skip('a "draft" \\ only');
        return 'x';
      });
      app.get('/admin/:id', () => 'x');
      app.get('/cut', (_, reply) => {
        reply.hijack();
        reply.raw.end('x');
      });
      const reasons = {
        '/private': 'private',
        '/large': 'too-large',
        '/error': 'error',
        '/skip': 'a "draft" \\ only',
        '/admin/1': 'excluded',
        '/cut': 'incomplete',
        '/off': 'uncached',
        '/none': 'uncached',
        '/a': undefined,
      };
      const rows = await app.cache.warm(Object.keys(reasons));
      const given = Object.fromEntries(rows.map(({ url, reason }) => [url, reason]));
      expect(given).toEqual(reasons);
    });
  }

  for (const options of statuses) {
    it(`calls stored what was there already, with ${JSON.stringify(options)}`, async () => {
      for (const mode of ['auto', 'send'] as const) {
        const app = await makeShop({ ...options, mode });
        await get(app, '/a');
        const before = app.cache.stats().stored;
        expect(await app.cache.warm(['/a'])).toMatchObject([
          { status: 200, stored: true, reason: undefined },
        ]);
        expect(app.cache.stats().stored).toBe(before);
      }
    });
  }

  it('warms the host of an absolute URL', async () => {
    const app = await makeShop();
    await app.cache.warm(['http://Shop.example:8080/b?x=1']);
    const hit = await get(app, '/b?x=1', { host: 'shop.example:8080' });
    expect(hit.cache).toContain('hit');
    expect(JSON.parse(hit.body)).toEqual({ q: { x: '1' }, host: 'Shop.example:8080' });
    expect((await get(app, '/b?x=1')).cache).not.toContain('hit');
  });

  it('warms a path on the first of the hosts, or the one among the headers', async () => {
    const app = await makeShop({ hosts: ['shop.example', 'other.example'] });
    await app.cache.warm(['/a']);
    expect((await get(app, '/a', { host: 'shop.example' })).cache).toContain('hit');
    expect((await get(app, '/a', { host: 'other.example' })).cache).toContain('uri-miss');
    await app.cache.warm(['/b'], { headers: { Host: 'other.example' } });
    expect((await get(app, '/b', { host: 'other.example' })).cache).toContain('hit');
  });

  it('warms https for what comes by TLS', async () => {
    const app = await makeShop();
    const seen: string[] = [];
    app.get('/tls', (request) => {
      seen.push(request.protocol);
      return 'x';
    });
    const [row] = await app.cache.warm(['https://shop.example/tls']);
    expect(row).toMatchObject({ stored: true });
    expect(seen).toEqual(['https']);
    expect(app.cache.tiers.getEntrySync('1|http|https|shop.example|/tls')).toBeDefined();
  });

  it('warms https for what comes through a trusted proxy', async () => {
    const app = await makeApp({ ttl: 60_000 }, { fastify: { trustProxy: true } });
    app.addHook('onRequest', async (request, reply) => {
      if (request.protocol !== 'https') await reply.redirect(`https://${request.host}/`);
    });
    app.get('/tls', () => 'x');
    expect(await app.cache.warm(['https://shop.example/tls', '/tls'])).toMatchObject([
      { status: 200, stored: true },
      { status: 302, stored: false },
    ]);
    const headers = { host: 'shop.example', 'x-forwarded-proto': 'https' };
    expect((await get(app, '/tls', headers)).cache).toContain('hit');
  });

  it('sends headers, which select the variant and pass guards', async () => {
    const app = await makeApp({ ttl: 60_000, vary: { add: ['accept-language'] } });
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers['x-internal'] !== 'yes') await reply.code(401).send('no');
    });
    app.get('/a', (request) => request.headers['accept-language'] ?? 'none');
    const headers = { 'x-internal': 'yes', 'accept-language': 'de' };
    expect(await app.cache.warm(['/a'])).toMatchObject([{ status: 401, stored: false }]);
    expect(await app.cache.warm(['/a'], { headers })).toMatchObject([{ stored: true }]);
    expect((await get(app, '/a', headers)).cache).toContain('hit');
    expect((await get(app, '/a', { ...headers, 'accept-language': 'fr' })).cache).toContain('fwd');
  });

  it('asks for no more at a time than concurrency', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let running = 0;
    let most = 0;
    app.get('/:id', async () => {
      most = Math.max(most, ++running);
      await settle();
      running--;
      return 'x';
    });
    const urls = Array.from({ length: 20 }, (_, i) => `/${i}`);
    for (const [options, expected] of [
      [undefined, 4],
      [{ concurrency: 1 }, 1],
      [{ concurrency: 7 }, 7],
      [{ concurrency: 50 }, 20],
    ] as const) {
      most = 0;
      await app.cache.purgeAll();
      const rows = await app.cache.warm(urls, options);
      expect(rows.every(({ stored }) => stored)).toBe(true);
      expect(most).toBe(expected);
    }
  });

  it('tells requests of its own from those beside it', async () => {
    const app = await makeShop();
    const held = gate();
    app.get('/slow', async (_, reply) => {
      await held.opened;
      return reply.header('cache-control', 'no-store').send('x');
    });
    const warming = app.cache.warm(['/slow', '/a']);
    await settle();
    await get(app, '/b');
    held.open();
    expect(await warming).toMatchObject([
      { url: '/slow', stored: false, reason: 'no-store' },
      { url: '/a', stored: true },
    ]);
  });

  it('has a row for what never answered', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.get('/gone', (_, reply) => {
      reply.hijack();
      reply.raw.destroy();
    });
    expect(await app.cache.warm(['/gone'])).toMatchObject([
      { url: '/gone', status: 0, stored: false, reason: 'error' },
    ]);
  });

  it('of nothing is nothing', async () => {
    const app = await makeShop();
    expect(await app.cache.warm([])).toEqual([]);
  });

  it('refuses a wrong URL before anything is sent', async () => {
    const app = await makeShop();
    for (const url of ['', 'a', '/a b', '/a#b', '/a\n', 'ftp://x/', 'http://', 'http://a b/', 7]) {
      await expect(app.cache.warm(['/a', url as string])).rejects.toThrow(errors.BAD_URL);
    }
    expect(app.cache.stats().misses).toBe(0);
  });

  it('refuses wrong options', async () => {
    const app = await makeShop();
    for (const [options, sentence] of [
      [{ concurrency: 0 }, 'expected options.concurrency to be an integer of at least 1, got 0'],
      [{ concurency: 1 }, 'unknown option options.concurency, did you mean concurrency?'],
      [{ headers: { a: 1 } }, 'expected options.headers to be an object of request fields'],
      [{ headers: { 'a b': 'x' } }, 'expected options.headers to be an object of request fields'],
      [{ headers: { a: 'x\ny' } }, 'expected options.headers to be an object of request fields'],
      [{ headers: [] }, 'expected options.headers to be an object of request fields'],
    ] as const) {
      await expect(app.cache.warm(['/a'], options as object)).rejects.toThrow(errors.OPTION);
      await expect(app.cache.warm(['/a'], options as object)).rejects.toThrow(sentence);
    }
    await expect(app.cache.warm('/a' as never)).rejects.toThrow(
      'expected urls to be an array of URLs, got "/a"',
    );
  });
});
