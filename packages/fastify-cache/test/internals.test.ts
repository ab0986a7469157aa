// The careful ways, taken where Fastify or Node do not show what we look for.
import { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type * as Helpers from './helpers.ts';

const describeSymbol = Object.getOwnPropertySymbols;

/** Loads the plugin anew with some symbols hidden. */
async function withHidden(names: readonly string[]): Promise<typeof Helpers> {
  vi.resetModules();
  vi.spyOn(Object, 'getOwnPropertySymbols').mockImplementation((target) =>
    describeSymbol(target).filter((symbol) => !names.includes(symbol.description ?? '')),
  );
  const helpers = await import('./helpers.ts');
  onTestFinished(helpers.closeAll);
  return helpers;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

describe('without the symbols of Fastify', () => {
  it('hits are sent through the reply, with the same fields', async () => {
    const { get, makeApp } = await withHidden([
      'fastify.reply.headers',
      'fastify.reply.trailers',
      'fastify.context',
    ]);
    const app = await makeApp({});
    app.get('/a', (_, reply) => reply.header('cache-control', 'max-age=60').send({ a: 1 }));
    // Trailers that cannot be seen could be there: such a reply is not stored.
    expect((await get(app, '/a')).cache).toContain('detail=trailers');
  });

  it('hidden hooks count as foreign', async () => {
    const { get, makeApp } = await withHidden(['fastify.context']);
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', () => ({ a: 1 }));
    const miss = await get(app, '/a');
    const hit = await get(app, '/a');
    expect(hit.cache).toContain('hit');
    expect(hit.headers['content-type']).toBe(miss.headers['content-type']);
    expect(app.cache.stats().answers).toEqual({ raw: 0, head: 0, send: 1 });
  });

  it('hidden reply headers are read the public way', async () => {
    const { get, makeApp } = await withHidden(['fastify.reply.headers']);
    const app = await makeApp({ ttl: 60_000, mode: 'send' });
    app.addHook('onRequest', async (_, reply) => void reply.header('x-hook', '1'));
    app.get('/a', (_, reply) => reply.header('x-own', '2').send({ a: 1 }));
    await get(app, '/a');
    const hit = await get(app, '/a');
    expect(hit.headers).toMatchObject({ 'x-hook': '1', 'x-own': '2' });
  });
});

it('without the symbol of raw headers nothing is written raw', async () => {
  const { listen, makeApp, RawClient } = await withHidden(['kOutHeaders']);
  const app = await makeApp({ ttl: 60_000 });
  app.get('/a', () => 'x');
  expect(app.cache.health().selfTest).toBe('failed');
  expect(app.cache.health().ok).toBe(false);
  const client = new RawClient(await listen(app));
  for (let i = 0; i < 2; i++) {
    client.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await client.response()).body.toString()).toBe('x');
  }
  expect(app.cache.stats().answers).toEqual({ raw: 0, head: 1, send: 0 });
});

it('an own ServerResponse method on the prototype forbids raw answers', async () => {
  const { listen, makeApp, RawClient } = await withHidden([]);
  const app = await makeApp({ ttl: 60_000 });
  app.get('/a', () => 'x');
  const client = new RawClient(await listen(app));
  const { end } = ServerResponse.prototype;
  ServerResponse.prototype.end = function (this: ServerResponse, ...args: unknown[]) {
    return Reflect.apply(end, this, args) as ServerResponse;
  } as typeof end;
  try {
    for (let i = 0; i < 2; i++) {
      client.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
      await client.response();
    }
  } finally {
    ServerResponse.prototype.end = end;
  }
  expect(app.cache.stats().answers.raw).toBe(0);
});
