// Clients that ask and do not read: what waits for them is the one copy of the body that the cache has, however many they
// are and however many requests they pipeline, and everybody else is served meanwhile.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openCache } from '@catzilla/cache-core';
import type { Cache } from '@catzilla/cache-core';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { atEnd, get, listen, makeApp, RawClient, settle, until } from '../helpers.ts';

const MIB = 1024 * 1024;
// More than the kernel takes from a server whose client does not read.
const HUGE = 12 * MIB;
const READERS = 12;

interface Site {
  readonly app: FastifyInstance;
  readonly cache: Cache;
  readonly port: number;
}

/** An application whose GET /huge is stored, and read so often that hits no longer decode it. */
async function serving(
  options: FastifyCacheOptions = {},
  near = false,
  leaseLimit = 0.5,
): Promise<Site> {
  const nearCache = near ? { maxBytes: 32 * MIB, maxEntryBytes: 16 * MIB } : false;
  const cache = openCache({ maxBytes: 64 * MIB, maxValueBytes: 16 * MIB, nearCache, leaseLimit });
  atEnd(() => cache.close());
  const app = await makeApp({ cache, ttl: 60_000, maxBodyBytes: 16 * MIB, ...options });
  app.get('/huge', (_, reply) =>
    reply.type('application/octet-stream').send(Buffer.alloc(HUGE, 'x')),
  );
  app.get('/small', () => 'x');
  const port = await listen(app);
  for (let i = 0; i < 6; i++) await get(app, '/huge', { range: 'bytes=0-0' });
  for (let i = 0; i < 2; i++) await get(app, '/huge');
  await get(app, '/small');
  return { app, cache, port };
}

async function deaf(port: number, request: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  atEnd(() => socket.destroy());
  socket.on('error', () => {});
  socket.pause();
  await once(socket, 'connect');
  socket.write(request);
  return socket;
}

const ask = (extra = ''): string => `GET /huge HTTP/1.1\r\nHost: localhost:80\r\n${extra}\r\n`;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

// Bodies are outside V8's heap, and go a while after the collector has found that nobody has them.
async function heldBytes(): Promise<number> {
  let least = Infinity;
  for (let calm = 0; calm < 10; calm++) {
    collect();
    await settle(5);
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers < least) calm = 0;
    least = Math.min(least, arrayBuffers);
  }
  return least;
}

async function grown(work: () => Promise<void>): Promise<number> {
  const before = await heldBytes();
  await work();
  return (await heldBytes()) - before;
}

async function expectServed({ port }: Site): Promise<void> {
  const client = new RawClient(port);
  client.send('GET /small HTTP/1.1\r\nHost: localhost:80\r\n\r\n');
  expect((await client.response()).head).toContain('catzilla; hit');
}

describe('readers that do not read', () => {
  for (const [name, options, near] of [
    ['the shortest way', {}, true],
    ['the shortest way, from the memory of the engine', {}, false],
    ['reply.send', { mode: 'send' }, true],
    ['reply.send, from the memory of the engine', { mode: 'send' }, false],
  ] as const) {
    it(`share one body, sent by ${name}`, async () => {
      const site = await serving(options, near);
      const { hits } = site.app.cache.stats();
      const growth = await grown(async () => {
        for (let i = 0; i < READERS; i++) await deaf(site.port, ask());
        await until(() => site.app.cache.stats().hits >= hits + READERS);
        await expectServed(site);
      });
      expect(growth).toBeLessThan(3 * HUGE);
    });
  }

  for (const [name, extra, leaseLimit] of [
    ['', '', 0.5],
    [', for a range', 'Range: bytes=1-\r\n', 0.5],
    [', and no lease is left', '', 0.01],
  ] as const) {
    it(`share it when they pipeline their requests${name}`, async () => {
      // Where leases are used up, each would be a copy.
      const site = await serving({}, false, leaseLimit);
      const { hits } = site.app.cache.stats();
      const growth = await grown(async () => {
        await deaf(site.port, ask(extra).repeat(100));
        await until(() => site.app.cache.stats().hits > hits);
        await settle(10);
        await expectServed(site);
      });
      // A copy for each would be 1200 MiB.
      expect(growth).toBeLessThan(3 * HUGE);
    });
  }

  it('that go away give back what they held', async () => {
    const site = await serving();
    const { hits } = site.app.cache.stats();
    const sockets: Socket[] = [];
    for (let i = 0; i < 3; i++) sockets.push(await deaf(site.port, ask()));
    await until(() => site.app.cache.stats().hits >= hits + 3);
    expect(site.cache.stats().leases.open).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    await until(() => site.cache.stats().leases.open === 0);
  });

  it('of a body that is being filled do not hold up those who ask for it', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: { timeout: 40 } });
    app.get('/huge', (_, reply) =>
      reply.type('application/octet-stream').send(new Response(Buffer.alloc(HUGE, 'x')).body),
    );
    const port = await listen(app);
    await deaf(port, ask());
    await settle(10);
    expect((await get(app, '/huge')).body).toHaveLength(HUGE);
  });
});
