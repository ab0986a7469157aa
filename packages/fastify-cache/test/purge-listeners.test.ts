// onPurge: who is told of what, and when.
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import type { PurgeEvent } from '../src/index.ts';
import { get, makeApp, makeCache, settle, until } from './helpers.ts';
import { makeInstance, newName, useRedis } from './support/instances.ts';
import type { FastifyInstance } from 'fastify';

const redis = useRedis();

async function listening(): Promise<{ app: FastifyInstance; heard: PurgeEvent[] }> {
  const app = await makeApp({
    ttl: 60_000,
    purgeRoute: { path: '/_purge', authorize: () => true, purgeMethod: true },
  });
  let runs = 0;
  app.get('/items/:id', { config: { cache: { tags: ['t'] } } }, () => `${++runs}`);
  app.put('/items/:id', (request, reply) => {
    const { fails } = request.query as { fails?: string };
    return reply.code(fails === undefined ? 200 : 409).send('');
  });
  app.post('/items', (_, reply) =>
    reply
      .code(201)
      .headers({ location: '/items/9', 'cache-group-invalidation': '"shelf"' })
      .send(''),
  );
  const heard: PurgeEvent[] = [];
  app.cache.onPurge((event) => heard.push(event));
  return { app, heard };
}

describe('onPurge tells', () => {
  for (const soft of [false, true]) {
    it(`a ${soft ? 'soft' : 'hard'} purge of each kind`, async () => {
      const { app, heard } = await listening();
      await app.cache.purge('/items/1?a=b', { soft });
      await app.cache.purge('https://shop.example/items/1', { soft });
      await app.cache.purgePath('/items/*', { soft });
      await app.cache.purgeTags(['t', 'u'], { soft });
      await app.cache.purgeTags('shelf', { soft, origin: 'https://shop.example' });
      await app.cache.purgeAll({ soft });
      const rest = { soft, ok: true, tiers: app.cache.tiers };
      expect(heard).toEqual([
        { kind: 'url', urls: [{ target: '/items/1?a=b', origins: undefined }], ...rest },
        {
          kind: 'url',
          urls: [{ target: '/items/1', origins: ['https://shop.example'] }],
          ...rest,
        },
        { kind: 'pattern', pattern: '/items/*', ...rest },
        { kind: 'tags', tags: ['t', 'u'], ...rest },
        { kind: 'tags', tags: ['group|https|shop.example|shelf'], ...rest },
        { kind: 'all', ...rest },
      ]);
    });
  }

  it('what a request that changes things names, and nothing where it failed', async () => {
    const { app, heard } = await listening();
    await get(app, '/items/1?fails', {}, 'PUT');
    await get(app, '/items/1', {}, 'PUT');
    await get(app, '/items', {}, 'POST');
    await settle();
    expect(heard).toEqual([
      expect.objectContaining({
        kind: 'url',
        urls: [{ target: '/items/1', origins: ['http://localhost'] }],
      }),
      expect.objectContaining({ kind: 'tags', tags: ['group|http|localhost|shelf'] }),
      expect.objectContaining({
        kind: 'url',
        urls: [
          { target: '/items', origins: ['http://localhost'] },
          { target: '/items/9', origins: ['http://localhost'] },
        ],
      }),
    ]);
  });

  it('the path of a request whose target is a whole URL', async () => {
    const { app, heard } = await listening();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const origin = `http://127.0.0.1:${port}`;
    const asked = request({ port, host: '127.0.0.1', method: 'PUT', path: `${origin}/items/1?a` });
    const [response] = (await once(asked.end(), 'response')) as [IncomingMessage];
    response.resume();
    await until(() => heard.length > 0);
    expect(heard[0]).toMatchObject({ urls: [{ target: '/items/1?a', origins: [origin] }] });
  });

  it('what the purge route and PURGE purge, each once', async () => {
    const { app, heard } = await listening();
    const payload = { urls: ['/items/1', '/items/2'], tags: ['t'], paths: ['/x/*'] };
    await app.inject({ method: 'POST', url: '/_purge', payload });
    await app.inject({ method: 'POST', url: '/_purge', payload: { all: true } });
    await app.inject({ method: 'PURGE' as 'POST', url: '/items/3' });
    expect(heard.map(({ kind }) => kind)).toEqual(['url', 'tags', 'pattern', 'all', 'url']);
    expect(heard[0]).toMatchObject({ urls: [{ target: '/items/1' }, { target: '/items/2' }] });
  });

  it('purges of scopes within, and not of those around', async () => {
    const heard: string[] = [];
    const app = await makeApp({ ttl: 60_000 });
    app.cache.onPurge(({ kind, tiers }) => {
      heard.push(`outer ${kind}`, tiers === app.cache.tiers ? 'here' : 'within');
    });
    await app.register(async (inner) => {
      await inner.register(fastifyCache, { cache: makeCache(), ttl: 60_000 });
      inner.cache.onPurge(({ kind }) => heard.push(`inner ${kind}`));
      await inner.cache.purgeAll();
    });
    await app.ready();
    await app.cache.purgeTags('t');
    expect(heard).toEqual(['inner all', 'outer all', 'within', 'outer tags', 'here']);
  });

  it('a listener once for each time it was given, until it is ended', async () => {
    const app = await makeApp();
    let count = 0;
    const listener = (): void => {
      count++;
    };
    const ends = [app.cache.onPurge(listener), app.cache.onPurge(listener)];
    await app.cache.purgeAll();
    ends[0]?.();
    ends[0]?.();
    await app.cache.purgeAll();
    ends[1]?.();
    await app.cache.purgeAll();
    expect(count).toBe(3);
  });

  it('nobody more for a listener that throws or rejects: it is a fault, and the others hear', async () => {
    const app = await makeApp();
    let count = 0;
    app.cache.onPurge(() => {
      throw new Error('broken');
    });
    app.cache.onPurge((async () => Promise.reject(new Error('later'))) as () => void);
    app.cache.onPurge(() => count++);
    expect(await app.cache.purge('/a')).toEqual({ purged: 0, ok: true });
    await settle();
    expect(count).toBe(1);
    expect(app.cache.stats().faults).toBe(2);
    expect(app.cache.health().lastFault).toMatchObject({ operation: 'onPurge', message: 'later' });
  });

  it('nothing to what is no function: CATZ_FASTIFY_CACHE_OPTION', async () => {
    const app = await makeApp();
    expect(() => app.cache.onPurge('purged' as never)).toThrowError(
      expect.objectContaining({ code: 'CATZ_FASTIFY_CACHE_OPTION' }),
    );
  });

  it('the instance that purges alone, once the log of purges has it', async () => {
    const name = newName();
    const [one, two] = [await makeInstance(redis.url, name), await makeInstance(redis.url, name)];
    let runs = 0;
    for (const app of [one, two]) {
      app.get('/a', { config: { cache: { tags: ['t'] } } }, () => `${++runs}`);
      app.put('/a', () => '');
    }
    await get(two, '/a');
    const heard: string[] = [];
    const taken: boolean[] = [];
    one.cache.onPurge(({ kind, ok }) => heard.push(`one ${kind} ${ok}`));
    two.cache.onPurge(({ kind }) => heard.push(`two ${kind}`));
    one.cache.tiers.on('invalidate', () => taken.push(heard.length === 0));
    await one.cache.purgeTags('t');
    expect(heard).toEqual(['one tags true']);
    expect(taken).toEqual([true]);
    await until(() => two.cache.tiers.getEntrySync('1|http|http|localhost|/a') === undefined);
    const order: string[] = [];
    one.cache.tiers.on('delete', () => order.push('told to others'));
    one.cache.onPurge(({ kind }) => order.push(kind));
    await one.cache.purge('/a');
    await get(one, '/a', {}, 'PUT');
    const steps = (): string[] => order.filter((step, i) => step !== order[i - 1]);
    await until(() => steps().length === 4);
    // Some keys are told twice.
    expect(steps()).toEqual(['told to others', 'url', 'told to others', 'url']);
    heard.length = 0;
    await redis.server.stop();
    await one.cache.purge('/a');
    expect(heard).toEqual(['one url false']);
  });
});

it('a field of the live log is kept as of the render, whatever the current request has', async () => {
  const app = await makeApp({ ttl: 60_000 });
  let position = 1;
  app.addHook('onRequest', async (_, reply) => {
    reply.header('x-catzilla-stream', `${position}`);
  });
  app.get('/a', () => 'a');
  expect((await get(app, '/a')).headers['x-catzilla-stream']).toBe('1');
  position = 2;
  expect(await get(app, '/a')).toMatchObject({
    cache: expect.stringContaining('hit'),
    headers: { 'x-catzilla-stream': '1' },
  });
});
