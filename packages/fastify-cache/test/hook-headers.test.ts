// Headers that hooks set on each reply, alike or not: what was made for those of one request is never sent with those of another.
import type { AddressInfo } from 'node:net';
import { addConstant } from '@catzilla/router';
import { expect, it, vi } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { atEnd, listen, makeApp, RawClient } from './helpers.ts';

const HOST = 'HTTP/1.1\r\nHost: x\r\n';

// Within one second, in which answers are kept. Only Date: sockets and timers stay real.
function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
  atEnd(() => vi.useRealTimers());
}

/** Headers by the first letter of x-want; `list` grows in place with each request. */
const list: string[] = [];
const SETS: Record<string, Record<string, unknown>> = {
  a: { 'x-frame': 'DENY', 'x-number': 1 },
  b: { 'x-frame': 'SAME', 'x-number': 1 },
  // Another order.
  c: { 'x-number': 1, 'x-frame': 'DENY' },
  l: { 'x-list': list },
  n: {},
};

async function site(): Promise<{ app: FastifyInstance; client: RawClient }> {
  stopClock();
  list.length = 0;
  const app = await makeApp(
    { ttl: 60_000 },
    {
      before: (made) => {
        made.addHook('onRequest', async (request, reply) => {
          const want = String(request.headers['x-want'] ?? 'n');
          if (want === 'l') list.push(String(list.length));
          for (const [name, value] of Object.entries(SETS[want]!)) {
            reply.header(name, value as string);
          }
        });
      },
    },
  );
  app.get('/a', async (_request, reply) => reply.header('etag', '"1"').send('small'));
  app.get('/large', async () => 'x'.repeat(40_000));
  addConstant(app, '/constant', { answer: 'fixed' });
  return { app, client: new RawClient(await listen(app)) };
}

function expected(want: string): string[] {
  const lines = (name: string, value: unknown): string[] =>
    [value].flat().map((line) => `${name}: ${String(line)}`);
  return Object.entries(SETS[want]!).flatMap(([name, value]) => lines(name, value));
}

function ownLines(head: string): string[] {
  return head.split('\r\n').filter((line) => /^x-(frame|number|list):/.test(line));
}

const ORDER = ['a', 'a', 'b', 'a', 'n', 'c', 'l', 'l', 'n', 'a', 'b', 'b'];

it.each([
  ['a small hit', 'GET', '/a', '', 200],
  ['a large hit', 'GET', '/large', '', 200],
  ['a 304', 'GET', '/a', 'If-None-Match: "1"\r\n', 304],
  ['a HEAD', 'HEAD', '/a', '', 200],
  ['a constant', 'GET', '/constant', '', 200],
] as const)('%s has the headers of its own request', async (_what, method, url, more, status) => {
  const { client } = await site();
  client.send(`GET ${url} ${HOST}x-want: a\r\n\r\n`);
  const { body: full } = await client.response();
  for (const want of ORDER) {
    client.send(`${method} ${url} ${HOST}x-want: ${want}\r\n${more}\r\n`);
    const { head, body } = await client.response(method === 'HEAD');
    expect(head, want).toContain(`HTTP/1.1 ${status} `);
    expect(ownLines(head), want).toEqual(expected(want));
    if (method === 'GET' && status === 200) expect(body.equals(full), want).toBe(true);
  }
});

it.each(['/a', '/constant'])('pipelined, each answer of %s has those of its own', async (url) => {
  const { client } = await site();
  client.send(`GET ${url} ${HOST}x-want: a\r\n\r\n`);
  await client.response();
  // A list that grows is read when its turn has come.
  const order = ORDER.filter((want) => want !== 'l');
  client.send(order.map((want) => `GET ${url} ${HOST}x-want: ${want}\r\n\r\n`).join(''));
  for (const want of order) {
    expect(ownLines((await client.response()).head), want).toEqual(expected(want));
  }
});

it('a value that no header may have fails each request with it, and no other', async () => {
  const { app } = await site();
  SETS['z'] = { 'x-frame': 'a\nb' };
  const { port } = app.server.address() as AddressInfo;
  for (const want of ['a', 'z', 'z', 'a']) {
    for (const method of ['GET', 'HEAD']) {
      const client = new RawClient(port);
      client.send(`${method} /a ${HOST}x-want: ${want}\r\n\r\n`);
      const { head } = await client.response(true);
      expect(head, want).toContain(want === 'z' ? 'HTTP/1.1 500 ' : 'HTTP/1.1 200 ');
    }
  }
});
