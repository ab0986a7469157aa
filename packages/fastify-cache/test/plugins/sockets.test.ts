// What is no response of its own passes the cache untouched: WebSockets, also on a URL that plain requests have cached, and
// events sent as they happen, by a stream or past the reply.
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { fastifyCache } from '../../src/index.ts';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { atEnd, get, listen, makeApp, makeCache } from '../helpers.ts';

async function echoing(
  order: 'before' | 'after',
  options: FastifyCacheOptions,
): Promise<FastifyInstance> {
  const app = Fastify();
  atEnd(() => app.close());
  if (order === 'before') await app.register(websocket);
  await app.register(fastifyCache, { cache: makeCache(), ttl: 60_000, ...options });
  if (order === 'after') await app.register(websocket);
  app.get('/socket', { websocket: true }, (socket) => {
    socket.on('message', (data) => socket.send(`echo ${String(data)}`));
  });
  app.route({
    method: 'GET',
    url: '/both',
    handler: () => 'plain',
    wsHandler: (socket) => {
      socket.on('message', (data) => socket.send(`echo ${String(data)}`));
    },
  });
  await listen(app);
  return app;
}

async function talk(app: FastifyInstance, path: string): Promise<string> {
  const socket = new WebSocket(`${app.listeningOrigin.replace('http', 'ws')}${path}`);
  atEnd(() => socket.terminate());
  await once(socket, 'open');
  const answer = once(socket, 'message');
  socket.send('hello');
  const [data] = (await answer) as [Buffer];
  socket.close();
  await once(socket, 'close');
  return data.toString();
}

describe('a WebSocket', () => {
  for (const order of ['before', 'after'] as const) {
    for (const options of [
      {},
      { mode: 'send' },
      { lookup: 'onRequest' },
    ] as FastifyCacheOptions[]) {
      it(`talks as ever (plugin ${order} the cache, ${JSON.stringify(options)})`, async () => {
        const app = await echoing(order, options);
        for (let i = 0; i < 2; i++) expect(await talk(app, '/socket')).toBe('echo hello');
        expect(app.cache.stats()).toMatchObject({ stored: 0, hits: 0 });
      });

      it(`has its URL beside cached answers to plain requests (plugin ${order} the cache, ${JSON.stringify(options)})`, async () => {
        const app = await echoing(order, options);
        const host = { host: app.listeningOrigin.replace('http://', '') };
        await get(app, '/both', host);
        expect(await get(app, '/both', host)).toMatchObject({ body: 'plain' });
        expect(await talk(app, '/both')).toBe('echo hello');
        expect((await get(app, '/both', host)).cache).toContain('hit');
        expect(await talk(app, '/both')).toBe('echo hello');
      });
    }
  }
});

describe('events', () => {
  const sources: Record<string, (app: FastifyInstance, streams: PassThrough[]) => unknown> = {
    'of a stream': (app, streams) =>
      app.get('/events', (_, reply) => {
        const stream = new PassThrough();
        streams.push(stream);
        return reply.header('cache-control', 'max-age=60').type('text/event-stream').send(stream);
      }),
    'past the reply': (app, streams) =>
      app.get('/events', (_, reply) => {
        const stream = new PassThrough();
        streams.push(stream);
        reply.hijack();
        reply.raw.writeHead(200, {
          'content-type': 'text/event-stream',
          'cache-control': 'max-age=60',
        });
        stream.pipe(reply.raw);
      }),
  };

  for (const [name, declare] of Object.entries(sources)) {
    it(`${name} come when they are sent, to each client its own, and are not stored`, async () => {
      const app = await makeApp({ ttl: 60_000, mode: 'auto' });
      const streams: PassThrough[] = [];
      declare(app, streams);
      await listen(app);
      const abort = new AbortController();
      atEnd(() => abort.abort());
      const open = async (): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
        const wanted = streams.length + 1;
        const response = fetch(`${app.listeningOrigin}/events`, { signal: abort.signal });
        while (streams.length < wanted) await new Promise((resolve) => setImmediate(resolve));
        streams.at(-1)!.write(`data: hello ${wanted}\n\n`);
        return (await response).body!.getReader();
      };
      const read = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> =>
        Buffer.from((await reader.read()).value ?? []).toString();
      const [first, second] = [await open(), await open()];
      expect(await read(first)).toBe('data: hello 1\n\n');
      expect(await read(second)).toBe('data: hello 2\n\n');
      streams[0]!.write('data: more\n\n');
      expect(await read(first)).toBe('data: more\n\n');
      for (const stream of streams) stream.end();
      expect((await first.read()).done).toBe(true);
      expect(app.cache.stats()).toMatchObject({ stored: 0, hits: 0, inflightBytes: 0 });
    });
  }
});
