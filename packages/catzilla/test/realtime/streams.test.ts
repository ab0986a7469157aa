// Event streams and streamed replies behind the other plugins: helmet, compress, cookie and the response cache change nothing of
// what has to come at once, and nothing of it is kept.
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import fastifyCache from '@catzilla/fastify-cache';
import { realtime } from '@catzilla/realtime';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';

interface Reading {
  readonly headers: IncomingMessage['headers'];
  until(text: string): Promise<void>;
  /** All of it, as it came. */
  body(): Promise<Buffer>;
  leave(): void;
}

async function start(
  routes: (app: FastifyInstance) => void = () => {},
): Promise<{ app: FastifyInstance; read: (path: string) => Promise<Reading> }> {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(helmet);
  await app.register(compress, { threshold: 0 });
  await app.register(cookie);
  await app.register(fastifyCache, { ttl: 60_000 });
  await app.register(realtime, { closeDelay: 0 });
  app.realtime.channel('prices', { public: true });
  routes(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { app, read: (path) => read(port, path) };
}

async function read(port: number, path: string): Promise<Reading> {
  const headers = { 'accept-encoding': 'gzip' };
  const request = get({ port, host: '127.0.0.1', path, agent: false, headers });
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
  return {
    headers: response.headers,
    async until(text) {
      while (!Buffer.concat(chunks).includes(text)) await once(response, 'data');
    },
    async body() {
      if (!response.readableEnded) await once(response, 'end');
      return Buffer.concat(chunks);
    },
    leave: () => void response.destroy(),
  };
}

describe('behind helmet, compress, cookie and the response cache', () => {
  it('an event stream of channels comes at once, to each client its own', async () => {
    const { app, read: open } = await start();
    const path = '/realtime/events?channel=prices';
    const clients = await Promise.all([open(path), open(path), open(path)]);
    await app.realtime.publish('prices', 'now');
    for (const client of clients) {
      await client.until('data: {"channel":"prices","data":"now"}');
      expect(client.headers['content-encoding']).toBeUndefined();
      expect(client.headers['content-type']).toBe('text/event-stream');
      expect(client.headers['cache-control']).toBe('no-store, no-transform');
      expect(client.headers['x-content-type-options']).toBe('nosniff');
      client.leave();
    }
    expect(app.realtime.stats().connections.sse).toBeLessThanOrEqual(3);
  });

  it('streamed replies run each time, at the same time, and come at once', async () => {
    let runs = 0;
    const { read: open } = await start((app) => {
      for (const form of ['events', 'ndjson'] as const) {
        app.get(`/${form}`, (_request, reply) =>
          (form === 'events' ? reply.setCookie('seen', '1') : reply)[form](
            async function* (signal) {
              yield { data: `run ${++runs}` };
              await once(signal, 'abort');
            },
          ),
        );
      }
    });
    for (const path of ['/events', '/ndjson']) {
      runs = 0;
      const clients = await Promise.all([open(path), open(path)]);
      await Promise.all(clients.map((client) => client.until('run')));
      expect(runs).toBe(2);
      for (const client of clients) {
        expect(client.headers['content-encoding']).toBeUndefined();
        if (path === '/events') expect(client.headers['set-cookie']?.[0]).toContain('seen=1');
        client.leave();
      }
    }
  });

  it('a JSON array is compressed whole, and kept only where its Cache-Control says so', async () => {
    let runs = 0;
    const { read: open } = await start((app) => {
      app.get('/rows', (_request, reply) => reply.streamJson([++runs, 'row']));
      app.get('/kept', (_request, reply) =>
        reply.header('cache-control', 'max-age=60').streamJson([++runs, 'row']),
      );
    });
    const answers = async (path: string): Promise<unknown[]> => {
      const all: unknown[] = [];
      for (let i = 0; i < 2; i++) {
        const { headers, body } = await open(path);
        expect(headers['content-encoding']).toBe('gzip');
        all.push(JSON.parse(gunzipSync(await body()).toString()));
      }
      return all;
    };
    expect(await answers('/rows')).toEqual([
      [1, 'row'],
      [2, 'row'],
    ]);
    expect(await answers('/kept')).toEqual([
      [3, 'row'],
      [3, 'row'],
    ]);
  });
});
