// Floods: clients that choose values of Vary fields, queries, hosts or tags of conditions so that each request is another
// entry. Each URL keeps a bounded number of variants, the cache a bounded number of bytes, and nothing beside it grows.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openCache } from '@catzilla/cache-core';
import type { FastifyInstance } from 'fastify';
import { atEnd, get, makeApp, settle } from '../helpers.ts';

afterEach(() => vi.useRealTimers());

const MIB = 1024 * 1024;

async function small(
  maxBytes = 2 * MIB,
): Promise<{ app: FastifyInstance; entries: () => number; bytes: () => number }> {
  const cache = openCache({ maxBytes });
  atEnd(() => cache.close());
  const app = await makeApp({ cache, ttl: 60_000 });
  const entries = (): number => cache.stats().entries;
  return { app, entries, bytes: () => cache.stats().bytes.live };
}

describe('a Vary on a field that clients choose', () => {
  it('keeps 32 variants of a URL, the newest ones', async () => {
    const { app, entries } = await small();
    let runs = 0;
    app.get('/a', (request, reply) => {
      runs++;
      return reply.header('vary', 'x-client').send(String(request.headers['x-client']));
    });
    for (let i = 0; i < 500; i++) {
      expect((await get(app, '/a', { 'x-client': `${i}` })).body).toBe(`${i}`);
    }
    expect(runs).toBe(500);
    // With the index of the URL.
    expect(entries()).toBeLessThanOrEqual(33);
    expect((await get(app, '/a', { 'x-client': '499' })).cache).toContain('hit');
    expect((await get(app, '/a', { 'x-client': '0' })).cache).toContain('fwd=vary-miss');
  });

  it('keeps as few as the option says', async () => {
    const { app, entries } = await small();
    app.get('/a', { config: { cache: { vary: { maxVariants: 4 } } } }, (_, reply) =>
      reply.header('vary', 'x-client').send('x'),
    );
    for (let i = 0; i < 100; i++) await get(app, '/a', { 'x-client': `${i}` });
    expect(entries()).toBeLessThanOrEqual(5);
  });

  it('leaves other URLs alone', async () => {
    const { app } = await small();
    app.get('/a', (_, reply) => reply.header('vary', 'x-client').send('x'));
    app.get('/b', () => 'x');
    await get(app, '/b');
    for (let i = 0; i < 200; i++) {
      await get(app, '/a', { 'x-client': `${i}` });
      if (i % 10 === 0) expect((await get(app, '/b')).cache).toContain('hit');
    }
  });

  it('costs a bounded number of bytes, also with long values', async () => {
    const { app, bytes } = await small();
    app.get('/a', (_, reply) => reply.header('vary', 'x-client').send('x'.repeat(1000)));
    for (let i = 0; i < 200; i++) await get(app, '/a', { 'x-client': `${i}`.repeat(2000) });
    expect(bytes()).toBeLessThanOrEqual(2 * MIB);
  });

  it('by names that change with each response keeps bounded entries, too', async () => {
    const { app, entries } = await small();
    let runs = 0;
    app.get('/a', (_, reply) => reply.header('vary', `x-${runs++}`).send('x'));
    for (let i = 0; i < 300; i++) await get(app, '/a', { [`x-${i}`]: '1' });
    expect(entries()).toBeLessThanOrEqual(40);
  });

  it('on Accept-Encoding is not flooded by spellings of one choice', async () => {
    const { app } = await small();
    let runs = 0;
    app.get('/a', (_, reply) => {
      runs++;
      return reply.header('vary', 'accept-encoding').send('x');
    });
    for (let i = 1; i < 200; i++) {
      const weight = (i / 1000).toFixed(3);
      await get(app, '/a', { 'accept-encoding': `gzip;q=1, unknown-${i};q=${weight}, br;q=0` });
    }
    expect(runs).toBe(1);
  });
});

describe('a flood', () => {
  it('of queries stays within the bytes of the cache, and forgets the key lists of none', async () => {
    const { app, bytes } = await small(MIB);
    app.get('/a', () => 'x'.repeat(2000));
    app.get('/hot', () => 'hot');
    await get(app, '/hot');
    for (let i = 0; i < 1500; i++) {
      await get(app, `/a?q=${i}`);
      if (i % 20 === 0) await get(app, '/hot');
    }
    expect(bytes()).toBeLessThanOrEqual(MIB);
    // What is asked for again and again outlives what is asked for once.
    expect((await get(app, '/hot')).cache).toContain('hit');
  });

  it('of queries does not reach the handler where only named parameters count', async () => {
    const app = await makeApp({ ttl: 60_000, query: { allow: ['page'] } });
    let runs = 0;
    app.get('/a', () => `${++runs}`);
    for (let i = 0; i < 200; i++) await get(app, `/a?q=${i}&page=1&${i}`);
    expect(runs).toBe(1);
  });

  it('of hosts does not reach the cache where hosts are named', async () => {
    const app = await makeApp({ ttl: 60_000, hosts: ['good.example'] });
    app.get('/a', () => 'x');
    for (let i = 0; i < 100; i++) await get(app, '/a', { host: `h${i}.example` });
    expect(app.cache.stats().stored).toBe(0);
  });

  it('of very long URLs keeps their answers apart', async () => {
    const { app } = await small();
    app.get('/a', (request) => String(request.raw.url?.slice(-8)));
    const long = `/a?${'x'.repeat(4000)}`;
    for (let i = 0; i < 20; i++) await get(app, `${long}${String(i).padStart(8, '0')}`);
    for (let i = 0; i < 20; i++) {
      const tail = String(i).padStart(8, '0');
      const hit = await get(app, `${long}${tail}`);
      expect(hit.body).toBe(tail);
      expect(hit.cache).toContain('hit');
    }
  });

  it('of misses of one URL runs one handler, and those beyond maxWaiters their own', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: { maxWaiters: 10 } });
    let runs = 0;
    app.get('/a', async () => {
      runs++;
      await settle(3);
      return 'x';
    });
    await app.ready();
    await Promise.all(Array.from({ length: 50 }, () => get(app, '/a')));
    expect(app.cache.stats().collapsed).toBe(10);
    expect(runs).toBe(40);
  });

  it('of misses that cannot be stored makes nobody wait for another', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let running = 0;
    let most = 0;
    app.get('/a', async (_, reply) => {
      most = Math.max(most, ++running);
      await settle(3);
      running--;
      return reply.header('cache-control', 'no-store').send('x');
    });
    await get(app, '/a');
    await Promise.all(Array.from({ length: 20 }, () => get(app, '/a')));
    expect(most).toBe(20);
    expect(app.cache.stats().collapsed).toBe(0);
  });
});
