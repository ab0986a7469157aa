// Large bodies go to the socket from the cache's own memory: what is sent stays whole whatever happens to the key
// meanwhile, no code of an application gets hold of that memory, and every lease is released, however a response ends.
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { openCache } from '@catzilla/cache-core';
import type { Cache, CacheOptions } from '@catzilla/cache-core';
import { expect, it, vi } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import type { FastifyCacheOptions } from '../src/index.ts';
import { atEnd, get, listen, RawClient, until } from './helpers.ts';

const MiB = 1_048_576;
/** More than the kernel takes from a server whose client does not read. */
const HUGE = 12 * MiB;

type Options = FastifyCacheOptions & { engine?: CacheOptions; http2?: boolean };

interface Site {
  app: FastifyInstance;
  cache: Cache;
  port: number;
  /** What the handler of /large gives, and its ETag; to be changed. */
  body: Buffer;
}

/** An application whose GET /large is stored, and read so often that the next hit has a lease. */
async function makeSite(
  size: number,
  options: Options = {},
  prepare: (app: FastifyInstance) => unknown = () => {},
): Promise<Site> {
  const { engine, http2, ...rest } = options;
  const limits = { maxBytes: 64 * MiB, maxValueBytes: 16 * MiB, leaseLimit: 0.5 };
  const cache = openCache({ ...limits, ...engine });
  atEnd(() => cache.close());
  const app = (http2 ? Fastify({ http2: true }) : Fastify()) as unknown as FastifyInstance;
  atEnd(() => app.close());
  await app.register(fastifyCache, { cache, ttl: 60_000, maxBodyBytes: 16 * MiB, ...rest });
  await prepare(app);
  const site = { app, cache, port: 0, body: bytes(size, 1) };
  app.get('/large', (_request, reply) => reply.type('text/plain').send(site.body));
  const port = (site.port = await listen(app));
  for (let i = 0; i < 6; i++) {
    if (http2) await askHttp2(port);
    else await get(app, '/large', { host: `127.0.0.1:${port}` });
  }
  return site;
}

/** Bytes that differ from those of another seed, and from their neighbours 4 KiB on. */
function bytes(size: number, seed: number): Buffer {
  const made = Buffer.alloc(size, `body ${seed} `);
  for (let i = 0; i + 4 <= size; i += 4096) made.writeUInt32LE(i, i);
  return made;
}

function request(port: number, extra = '', method = 'GET'): string {
  return `${method} /large HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${extra}\r\n`;
}

function askHttp2(port: number): Promise<Buffer> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  return buffer(session.request({ ':path': '/large' })).finally(() => session.destroy());
}

function ask(site: Site, extra = '', method = 'GET'): Promise<{ head: string; body: Buffer }> {
  const client = new RawClient(site.port);
  client.send(request(site.port, extra, method));
  return client.response(method === 'HEAD');
}

/** A client that has asked and does not read. */
async function startSlowly(site: Site, extra = ''): Promise<RawClient> {
  const client = new RawClient(site.port);
  client.socket.pause();
  client.send(request(site.port, extra));
  await until(() => site.cache.stats().leases.open > 0);
  return client;
}

/** Overwrites, purges, clears and fills the cache until all of its memory was used anew. */
async function churn({ app, cache, port }: Site): Promise<void> {
  await app.cache.purge('/large');
  await get(app, '/large', { host: `127.0.0.1:${port}` });
  for (let i = 0; i < 150; i++) cache.set(`other-${i}`, Buffer.alloc(MiB, i));
  cache.clear();
  for (let i = 0; i < 80; i++) cache.set(`more-${i}`, Buffer.alloc(MiB, i));
}

const ways = [
  ['raw', ''],
  ['head', 'Connection: close\r\n'],
] as const;
for (const [way, field] of ways) {
  it(`a body sent ${way} to a slow reader stays whole while the cache is refilled, and pins nothing once it has gone`, async () => {
    const site = await makeSite(HUGE);
    const before = site.app.cache.stats().answers[way];
    const gone = await startSlowly(site, field);
    gone.socket.destroy();
    await until(() => site.cache.stats().leases.open === 0);
    const client = await startSlowly(site, field);
    const sent = site.body;
    site.body = bytes(HUGE, 2);
    await churn(site);
    expect(site.cache.stats().leases.open).toBe(1);
    client.socket.resume();
    expect((await client.response()).body.equals(sent)).toBe(true);
    expect(site.app.cache.stats().answers[way]).toBe(before + 2);
    await until(() => site.cache.stats().leases.open === 0);
  });
}

it('a body under way when its cache is closed stays whole', async () => {
  const site = await makeSite(HUGE);
  const client = await startSlowly(site);
  site.cache.close();
  client.socket.resume();
  expect((await client.response()).body.equals(site.body)).toBe(true);
});

it('after a change, hits give the new body, large or small, with the head that was stored with it', async () => {
  const site = await makeSite(MiB);
  const key = [...site.cache.keys()].find((name) => name.includes('/large')) ?? '';
  const stored = site.cache.get(key, { copy: true }) ?? '';
  const first = await ask(site);
  for (const size of [40_000, 100, 2 * MiB]) {
    site.body = bytes(size, size);
    await site.app.cache.purge('/large');
    for (let i = 0; i < 6; i++) {
      const { head, body } = await ask(site);
      expect(body.equals(site.body)).toBe(true);
      expect(head).toContain(i === 0 ? 'uri-miss; stored' : '; hit');
    }
  }
  // As another thread would.
  site.cache.set(key, stored);
  const last = await ask(site);
  expect(last.body.equals(first.body)).toBe(true);
  // A match holds all that was searched too, and the age moves on.
  expect(/etag: .*/.exec(last.head)?.[0]).toBe(/etag: .*/.exec(first.head)?.[0]);
  await until(() => site.cache.stats().leases.open === 0);
});

it('a hook or inject() that writes into the bytes it was given does not change what others get', async () => {
  const site = await makeSite(MiB, {}, (app) => {
    app.addHook('onSend', async (request, _reply, payload) => {
      if (request.headers['x-spoil'] && Buffer.isBuffer(payload)) payload.fill(0);
      return payload;
    });
  });
  const headers = { host: `127.0.0.1:${site.port}` };
  expect((await ask(site, 'X-Spoil: 1\r\n')).body.equals(Buffer.alloc(MiB))).toBe(true);
  (await site.app.inject({ url: '/large', headers })).rawPayload.fill(0);
  const { head, body } = await ask(site);
  expect(head).toContain('; hit');
  expect(body.equals(site.body)).toBe(true);
  expect(site.cache.stats().leases).toMatchObject({ open: 0, leaked: 0 });
});

it('a res.end() that was replaced gets bytes of its own', async () => {
  const taken: Buffer[] = [];
  const site = await makeSite(MiB, {}, (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      const { raw } = reply;
      const end = raw.end.bind(raw) as (body: unknown) => typeof raw;
      raw.end = ((body: unknown) => {
        if (Buffer.isBuffer(body)) taken.push(body);
        return end(body);
      }) as typeof raw.end;
    });
  });
  expect((await ask(site)).head).toContain('; hit');
  await churn(site);
  expect(taken.at(-2)?.equals(site.body)).toBe(true);
});

const throwing = (request: FastifyRequest): true => {
  if (request.headers['x-throw']) throw new Error('from the application');
  return true;
};
const others: [string, Options, 'GET' | 'HEAD', string][] = [
  ['a HEAD', {}, 'HEAD', ''],
  ['a 304', {}, 'GET', 'If-None-Match: *\r\n'],
  ["a 304 in mode 'send'", { mode: 'send' }, 'GET', 'If-None-Match: *\r\n'],
  ["a hit in mode 'send'", { mode: 'send' }, 'GET', ''],
  ['a hit over HTTP/2', { http2: true }, 'GET', ''],
  ['a hit above leaseLimit', { engine: { leaseLimit: 0 } }, 'GET', ''],
  ['a hit that the request refuses', {}, 'GET', 'Cookie: a=1\r\n'],
  ['a hit whose cacheStatus function throws', { cacheStatus: throwing }, 'GET', 'X-Throw: 1\r\n'],
];

for (const [what, options, method, field] of others) {
  it(`the lease of ${what} is released`, async () => {
    const site = await makeSite(MiB, options);
    const leases = vi.spyOn(site.cache, 'lease');
    const { head, body } = options.http2
      ? { head: ' 200 ', body: await askHttp2(site.port) }
      : await ask(site, field, method);
    const isWhole = method === 'GET' && head.includes(' 200 ');
    if (isWhole) expect(body.equals(site.body)).toBe(true);
    expect(leases).toHaveBeenCalled();
    await until(() => site.cache.stats().leases.open === 0);
    expect(site.cache.stats().leases.leaked).toBe(0);
  });
}

it('the leases of thousands of requests, aborted at random, pipelined or whole, are all released', async () => {
  const site = await makeSite(MiB / 4);
  const { port } = site;
  let seed = 4_711;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed >>> 8) % below;
  };
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const times = 1 + random(3);
      const limit = random(2) ? Infinity : random(MiB / 2);
      let received = 0;
      const end = request(
        port,
        random(2) ? 'Connection: close\r\n' : '',
        random(9) ? 'GET' : 'HEAD',
      );
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(request(port).repeat(times - 1) + end);
        if (limit < 1000) socket.destroy();
      });
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > limit || received > ((times - 1) * MiB) / 4) socket.destroy();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let i = 0; i < 100; i++) await one();
    }),
  );
  await until(() => site.cache.stats().leases.open === 0);
  expect(site.cache.stats().leases.leaked).toBe(0);
  expect(site.app.cache.stats().hits).toBeGreaterThan(2000);
});
