// Hazards of writing to the socket ourselves: pipelines, limits, slow readers, broken connections, a closing server.
import { describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { atEnd, listen, makeApp, RawClient, settle, until } from './helpers.ts';

const REQUEST = 'GET /a HTTP/1.1\r\nHost: raw\r\n\r\n';
const MISS = 'GET /miss HTTP/1.1\r\nHost: raw\r\n\r\n';
const HEAD = 'HEAD /a HTTP/1.1\r\nHost: raw\r\n\r\n';

async function warm(body = 'cached body'): Promise<{ app: FastifyInstance; port: number }> {
  const app = await makeApp({ ttl: 60_000 });
  app.get('/a', () => body);
  let runs = 0;
  app.get('/miss', async (_, reply) => {
    await settle(2);
    return reply.header('cache-control', 'no-store').send(`miss ${++runs}`);
  });
  const port = await listen(app);
  const client = new RawClient(port);
  client.send(REQUEST);
  await client.response();
  client.socket.destroy();
  return { app, port };
}

describe('pipelined requests', () => {
  it('are answered in order, hits, misses and HEAD mixed', async () => {
    const { app, port } = await warm();
    const client = new RawClient(port);
    client.send(REQUEST + MISS + REQUEST + HEAD + REQUEST + MISS + REQUEST);
    for (const expected of [
      'cached body',
      'miss 1',
      'cached body',
      '',
      'cached body',
      'miss 2',
      'cached body',
    ]) {
      const { body, head } = await client.response(expected === '');
      expect(body.toString()).toBe(expected);
      expect(head).toContain('HTTP/1.1 200 OK');
    }
    expect(app.cache.stats().answers.raw).toBeGreaterThanOrEqual(1);
  });

  it('are answered 1500 deep', async () => {
    const { app, port } = await warm();
    const client = new RawClient(port);
    client.send(REQUEST.repeat(1500));
    for (let i = 0; i < 1500; i++) {
      expect((await client.response()).body.toString()).toBe('cached body');
    }
    expect(app.cache.stats().hits).toBe(1500);
  });

  it('are answered when they come byte by byte', async () => {
    const { port } = await warm();
    const client = new RawClient(port);
    for (const byte of REQUEST + REQUEST) {
      client.send(byte);
      await settle(1);
    }
    expect((await client.response()).body.toString()).toBe('cached body');
    expect((await client.response()).body.toString()).toBe('cached body');
  });
});

describe('a connection', () => {
  it('lives on after raw answers and can be closed by the client in the last request', async () => {
    const { app, port } = await warm();
    const client = new RawClient(port);
    for (let i = 0; i < 5; i++) {
      client.send(REQUEST);
      expect((await client.response()).head).toContain('Connection: keep-alive\r\n');
    }
    expect(app.cache.stats().answers.raw).toBe(5);
    client.send('GET /a HTTP/1.1\r\nHost: raw\r\nConnection: close\r\n\r\n');
    expect((await client.response()).head).toContain('Connection: close\r\n');
    await client.rest();
  });

  it('is told of its limit of requests, and refused beyond it, as Node does', async () => {
    const { app, port } = await warm();
    app.server.maxRequestsPerSocket = 3;
    const client = new RawClient(port);
    for (let i = 0; i < 2; i++) {
      client.send(REQUEST);
      expect((await client.response()).head).toContain('Keep-Alive: timeout=72, max=3\r\n');
    }
    client.send(REQUEST);
    expect((await client.response()).head).toContain('Connection: close\r\n');
    client.send(REQUEST);
    expect((await client.response()).head).toContain('503');
    expect(app.cache.stats().answers).toMatchObject({ raw: 2, head: 1 });
  });

  it('is closed by the keep-alive timer after a raw answer', async () => {
    const { app, port } = await warm();
    // Node waits a second longer than it announces; the announced one may be short.
    app.server.keepAliveTimeout = 1;
    const client = new RawClient(port);
    client.send(REQUEST);
    expect((await client.response()).head).toContain('Keep-Alive: timeout=0\r\n');
    await client.rest();
    expect(client.ended).toBe(true);
  });

  it('that reads slowly gets every byte of large bodies', async () => {
    const body = '0123456789abcdef'.repeat(16_384);
    const { app, port } = await warm(body);
    const client = new RawClient(port);
    client.socket.pause();
    client.send(REQUEST.repeat(20));
    await until(() => app.cache.stats().hits >= 1);
    await settle(20);
    client.socket.resume();
    for (let i = 0; i < 20; i++) expect((await client.response()).body.toString()).toBe(body);
  });

  it('that is reset while answers are written harms nobody', async () => {
    const { app, port } = await warm('x'.repeat(300_000));
    for (let i = 0; i < 10; i++) {
      const client = new RawClient(port);
      client.send(REQUEST.repeat(4));
      if (i % 2 === 0) await settle(i);
      client.socket.resetAndDestroy();
    }
    const client = new RawClient(port);
    client.send(REQUEST);
    expect((await client.response()).body).toHaveLength(300_000);
    expect(app.cache.stats().faults).toBe(0);
  });
});

it('a closing server answers hits as Fastify answers everything', async () => {
  const app = await makeApp({ ttl: 60_000 }, { fastify: { return503OnClosing: false } });
  app.get('/a', () => 'x');
  let hold = true;
  app.get('/hold', async () => {
    while (hold) await settle(1);
    return 'held';
  });
  const port = await listen(app);
  const client = new RawClient(port);
  client.send(REQUEST);
  await client.response();
  const holding = new RawClient(port);
  holding.send('GET /hold HTTP/1.1\r\nHost: raw\r\n\r\n');
  client.send(REQUEST);
  expect((await client.response()).head).toContain('keep-alive');
  // Pipelined behind the held request, so that it arrives while the server closes.
  await settle(10);
  const closing = app.close();
  atEnd(() => closing);
  await settle(10);
  holding.send(REQUEST);
  await settle(10);
  hold = false;
  expect((await holding.response()).body.toString()).toBe('held');
  const { head, body } = await holding.response();
  expect(body.toString()).toBe('x');
  expect(head).toContain('catzilla; hit');
  expect(head.toLowerCase()).toContain('connection: close\r\n');
  await closing;
});

it('raw answers run the hooks and logs that follow a response', async () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const app = await makeApp({ ttl: 60_000 }, { fastify: { logger: { level: 'info', stream } } });
  const statuses: number[] = [];
  app.addHook('onResponse', async (_, reply) => {
    statuses.push(reply.statusCode);
  });
  app.get('/a', (_, reply) => reply.code(203).send('x'));
  const client = new RawClient(await listen(app));
  for (let i = 0; i < 2; i++) {
    client.send(REQUEST);
    await client.response();
  }
  client.send('GET /a HTTP/1.1\r\nHost: raw\r\nIf-None-Match: *\r\n\r\n');
  await client.response();
  await until(() => statuses.length === 3);
  expect(statuses).toEqual([203, 203, 304]);
  expect(lines.filter((line) => line.includes('request completed'))).toHaveLength(3);
  expect(app.cache.stats().answers.raw).toBe(2);
});
