// A tier below memory that is away, slow to answer or lost never fails a request, and costs it one deadline at most.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryBus } from '@catzilla/bus';
import { freePort, startRedis } from '@catzilla/bus/testing';
import { chaosBus, chaosTier, memoryDisk, memoryServer, memoryTier } from '@catzilla/tiers/testing';
import type { FastifyInstance } from 'fastify';
import { expect, it } from 'vitest';
import { errors } from '../src/index.ts';
import { atEnd, gate, get, listen, makeApp, makeCache, RawClient, until } from './helpers.ts';
import { makeInstance, newName, PATIENT } from './support/instances.ts';

function count(app: FastifyInstance, url = '/a'): { runs: number } {
  const seen = { runs: 0 };
  app.get(url, () => `${++seen.runs}`);
  return seen;
}

it('a server that is not there when the application starts: memory and handlers serve', async () => {
  const url = `redis://127.0.0.1:${await freePort()}`;
  const app = await makeApp({
    ttl: 60_000,
    cache: { name: newName(), memory: makeCache(), remote: { url } },
  });
  const seen = count(app);
  expect(await get(app, '/a')).toMatchObject({ status: 200, body: '1' });
  expect((await get(app, '/a')).cache).toContain('hit');
  expect(await app.cache.purge('/a')).toEqual({ purged: 1, ok: false });
  expect(await app.cache.purgeTags('a')).toEqual({ ok: false });
  expect((await get(app, '/a')).body).toBe('2');
  expect(seen.runs).toBe(2);
  expect(app.cache.health()).toMatchObject({ ok: true, tiers: { memory: 'ok', remote: 'down' } });
  expect(app.cache.stats().faults).toBe(0);
});

it('a server that is killed: requests go on, and nothing that was purged meanwhile comes back with it', async () => {
  const server = await startRedis();
  atEnd(() => server.stop());
  const app = await makeInstance(server.url, newName());
  count(app);
  await get(app, '/a');
  await server.kill();
  await until(() => app.cache.health().tiers.remote !== 'ready');
  expect((await get(app, '/a')).cache).toContain('hit');
  await app.cache.purge('/a');
  expect((await get(app, '/a')).body).toBe('2');
  await server.restart();
  await until(() => app.cache.health().tiers.remote === 'ready');
  expect((await get(app, '/a')).status).toBe(200);
});

it('a server that hangs: each miss waits for one deadline at most, later ones for none, and every one is answered', async () => {
  const server = await startRedis();
  atEnd(() => server.stop());
  const app = await makeInstance(server.url, newName(), {}, { deadline: { remote: 50 } });
  const seen = { runs: 0 };
  app.get('/:id', (request) => `${(request.params as { id: string }).id} ${++seen.runs}`);
  await get(app, '/first');
  server.pause();
  atEnd(() => server.resume());
  for (let i = 0; i < 40; i++) expect(await get(app, `/${i}`)).toMatchObject({ status: 200 });
  expect(seen.runs).toBe(41);
  const { remote } = app.cache.tiers.stats();
  expect(remote.timeouts).toBeGreaterThan(0);
  expect(remote.timeouts).toBeLessThan(40);
  expect(remote.skipped).toBeGreaterThan(0);
  expect(app.cache.stats()).toMatchObject({ faults: 0, stored: 41 });
});

it('a client that goes away while a tier is asked frees those who wait for its answer', async () => {
  const tier = chaosTier(memoryTier());
  const app = await makeApp({
    ttl: 60_000,
    cache: {
      name: newName(),
      memory: makeCache(),
      remote: tier,
      bus: false,
      deadline: { remote: 400 },
    },
  });
  const seen = count(app);
  const port = await listen(app);
  tier.set({ hang: 1 });
  const gone = new RawClient(port);
  gone.send(`GET /a HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(() => tier.hanging > 0);
  const second = get(app, '/a', { host: 'x' });
  await until(() => app.cache.stats().collapsed === 1);
  gone.socket.destroy();
  expect(await second).toMatchObject({ status: 200, body: '1' });
  expect(app.cache.stats().timeouts).toBe(0);
  expect(seen.runs).toBe(1);
});

it('purges that were lost on the bus while a handler ran: its answer is not kept', async () => {
  const bus = chaosBus(memoryBus());
  const app = await makeApp({
    ttl: 60_000,
    cache: { name: newName(), memory: makeCache(), remote: memoryTier(), bus },
  });
  const held = gate();
  let runs = 0;
  app.get('/a', async () => {
    if (++runs === 1) await held.opened;
    return `${runs}`;
  });
  const first = get(app, '/a');
  await until(() => runs === 1);
  bus.cut();
  bus.mend('trimmed');
  await until(() => app.cache.tiers.stats().busGaps === 1);
  held.open();
  expect((await first).cache).toContain('detail=purged-meanwhile');
  expect((await get(app, '/a')).body).toBe('2');
});

it('a cache that is emptied while a handler runs does not keep its answer', async () => {
  const app = await makeApp({
    ttl: 60_000,
    cache: { name: newName(), memory: makeCache(), remote: memoryTier(), bus: false },
  });
  const held = gate();
  let runs = 0;
  app.get('/a', async () => {
    if (++runs === 1) await held.opened;
    return `${runs}`;
  });
  const { tiers } = app.cache;
  const first = get(app, '/a');
  await until(() => runs === 1);
  await tiers.clear();
  held.open();
  await first;
  expect((await get(app, '/a')).body).toBe('2');
});

it('an index that memory does not keep goes on as it stands below', async () => {
  const memory = makeCache();
  const forgetful = new Proxy(memory, {
    get(target, name) {
      if (name === 'getRecord') {
        return (key: string) => (key.includes('\n') ? target.getRecord(key) : undefined);
      }
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const app = await makeApp({
    ttl: 60_000,
    vary: { add: ['x-v'] },
    cache: { name: newName(), memory: forgetful, remote: memoryTier(), bus: false },
  });
  const seen = count(app);
  for (const value of ['a', 'b', 'c', 'a', 'b', 'c']) await get(app, '/a', { 'x-v': value });
  expect(seen.runs).toBe(3);
});

it('tags that another thread invalidates while a handler runs keep its answer out', async () => {
  // Two registrations over one engine are to each other what threads are.
  const cache = makeCache();
  const [app, thread] = await Promise.all([
    makeApp({ ttl: 60_000, cache }),
    makeApp({ ttl: 60_000, cache }),
  ]);
  const held = gate();
  let runs = 0;
  for (const [url, tag] of [
    ['/a', 'one'],
    ['/b', 'other'],
  ] as const) {
    app.get(url, { config: { cache: { tags: [tag] } } }, async () => {
      runs++;
      await held.opened;
      return url;
    });
  }
  const answers = ['/a', '/b'].map((url) => get(app, url));
  await until(() => runs === 2);
  await thread.cache.purgeTags('one');
  held.open();
  const [purged, kept] = await Promise.all(answers);
  expect(purged?.cache).toContain('detail=purged-meanwhile');
  expect(kept?.cache).toContain('; stored');
});

it('an application that starts again answers from its disk', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fastify-cache-disk-'));
  atEnd(() => rmSync(dir, { recursive: true, force: true }));
  const name = newName();
  const start = async (): Promise<{ app: FastifyInstance; seen: { runs: number } }> => {
    const app = await makeApp({
      ttl: 60_000,
      cache: {
        name,
        memory: { maxBytes: 8 * 2 ** 20 },
        disk: { dir, maxBytes: 64 * 2 ** 20 },
        deadline: PATIENT,
      },
    });
    // The start waits for a disk, but not for long.
    await app.cache.tiers.ready({ timeout: 30_000 });
    app.get('/v', (request, reply) => {
      reply.header('vary', 'x-v');
      return `variant ${String(request.headers['x-v'])}`;
    });
    return { app, seen: count(app) };
  };
  const before = await start();
  await get(before.app, '/a');
  await get(before.app, '/v', { 'x-v': '1' });
  await before.app.close();
  const { app, seen } = await start();
  expect(app.cache.health().tiers).toEqual({ memory: 'ok', remote: 'off', disk: 'ready' });
  expect(await get(app, '/a')).toMatchObject({ body: '1', cache: expect.stringContaining('hit') });
  expect((await get(app, '/v', { 'x-v': '1' })).cache).toContain('hit');
  expect((await get(app, '/v', { 'x-v': '2' })).cache).toContain('vary-miss; stored');
  expect(seen.runs).toBe(0);
  expect(app.cache.stats().below).toBe(2);
  // One process, one disk: nothing of a purge is left for the next start.
  expect(await app.cache.purgePath('/**')).toEqual({ purged: 3, ok: true });
  await app.close();
  const after = await start();
  expect((await get(after.app, '/a')).cache).toContain('uri-miss');
});

it('a response that is written behind to a disk is found there when memory has let it go', async () => {
  const app = await makeApp({
    ttl: 60_000,
    cache: { name: newName(), memory: makeCache(), disk: memoryDisk(), bus: false },
  });
  const seen = count(app);
  await get(app, '/a');
  app.cache.tiers.memory?.clear();
  expect((await get(app, '/a')).body).toBe('1');
  expect(seen.runs).toBe(1);
});

it('an entry that may not answer a request is not looked for below', async () => {
  const server = memoryServer();
  const app = await makeApp({
    cache: { name: newName(), memory: makeCache(), remote: memoryTier({ server }), bus: false },
  });
  let runs = 0;
  app.get('/a', (_, reply) => reply.header('cache-control', 'max-age=60').send(`${++runs}`));
  await get(app, '/a');
  const before = app.cache.tiers.stats().remote;
  const credentials = { authorization: 'Bearer x' };
  expect((await get(app, '/a', credentials)).cache).toContain('fwd=request');
  const { hits, misses } = app.cache.tiers.stats().remote;
  expect([hits, misses]).toEqual([before.hits, before.misses]);
  app.cache.tiers.memory?.clear();
  expect((await get(app, '/a', credentials)).body).toBe('3');
});

it('a key that could not be stored is not asked for below either, for a while', async () => {
  const app = await makeApp({
    cache: { name: newName(), memory: makeCache(), remote: memoryTier(), bus: false },
  });
  app.get('/a', () => 'no freshness');
  for (let i = 0; i < 5; i++) await get(app, '/a');
  expect(app.cache.tiers.stats().remote.misses).toBe(1);
});

it('a tiered cache that was closed by its owner is a miss, counted', async () => {
  const app = await makeApp({
    ttl: 60_000,
    cache: { name: newName(), memory: makeCache(), remote: memoryTier(), bus: false },
  });
  app.get('/a', () => 'x');
  await app.cache.tiers.close();
  expect((await get(app, '/a')).status).toBe(200);
  expect(app.cache.stats().faults).toBeGreaterThan(0);
  expect(await app.cache.purge('/a')).toEqual({ purged: 0, ok: false });
  expect(await app.cache.purgeTags('a')).toEqual({ ok: false });
  expect(new errors.TAG('x', 'y', 'z').code).toBe('CATZ_FASTIFY_CACHE_TAG');
});
