// A thousand event streams, and the application closes.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { realtime } from '../../src/plugin.ts';

const CLIENTS = 1_000;
const CLOSE_DELAY = 1_000;
/** What hangs never ends; how long it took is printed, for a busy machine may take longer. */
const HANGS = CLOSE_DELAY + 20_000;

interface Listener {
  readonly socket: Socket;
  text: string;
}

async function start(): Promise<{ app: FastifyInstance; port: number }> {
  const app = Fastify();
  await app.register(realtime, { closeDelay: CLOSE_DELAY });
  app.realtime.channel('prices', { public: true });
  app.get('/endless', (_request, reply) =>
    reply.events(async function* (signal) {
      yield { data: 'first' };
      await once(signal, 'abort');
    }),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, port: (app.server.address() as AddressInfo).port };
}

async function openAll(port: number, path: string, reads: boolean): Promise<Listener[]> {
  const all: Listener[] = [];
  while (all.length < CLIENTS) {
    all.push(...(await Promise.all(Array.from({ length: 50 }, () => openOne(port, path, reads)))));
  }
  return all;
}

async function openOne(port: number, path: string, reads: boolean): Promise<Listener> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
  const listener = { socket, text: '' };
  await once(socket, 'readable');
  if (reads) socket.on('data', (chunk: Buffer) => (listener.text += chunk.toString()));
  return listener;
}

describe('with 1,000 event streams, the application closes within closeDelay and a little', () => {
  it('and each is complete, told when to come back', async (context) => {
    const { app, port } = await start();
    const all = await openAll(port, '/realtime/events?channel=prices', true);
    expect(app.realtime.stats().connections.sse).toBe(CLIENTS);
    const ended = Promise.all(all.map(({ socket }) => once(socket, 'close')));
    const began = performance.now();
    await app.close();
    const took = performance.now() - began;
    await ended;
    const retries = new Set<string>();
    for (const { text } of all) {
      expect(text).toMatch(/retry: \d+\n\n\r\n0\r\n\r\n$/);
      retries.add(/retry: (\d+)/.exec(text)![1]!);
    }
    expect(retries.size).toBeGreaterThan(CLIENTS / 10);
    expect(app.realtime.stats().connections.sse).toBe(0);
    await context.annotate(`closed in ${Math.round(took)} ms`);
    expect(took).toBeLessThan(HANGS);
  });

  it('though none of them reads', async (context) => {
    const { app, port } = await start();
    const all = await openAll(port, '/realtime/events?channel=prices', false);
    const began = performance.now();
    await app.close();
    const took = performance.now() - began;
    for (const { socket } of all) socket.destroy();
    await context.annotate(`closed in ${Math.round(took)} ms`);
    expect(took).toBeLessThan(HANGS);
  });

  it('and streams of reply.events() are cut', async (context) => {
    const { app, port } = await start();
    const all = await openAll(port, '/endless', true);
    const ended = Promise.all(all.map(({ socket }) => once(socket, 'close')));
    const began = performance.now();
    await app.close();
    const took = performance.now() - began;
    await ended;
    for (const { text } of all) expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
    await context.annotate(`closed in ${Math.round(took)} ms`);
    expect(took).toBeLessThan(HANGS);
  });
});
