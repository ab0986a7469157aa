import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { RealtimeOptions } from '../../src/options.ts';
import { realtime } from '../../src/plugin.ts';
import { makeCertificate } from '../websocket/support.ts';
import { openEvents } from './event-client.ts';

const opened: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

async function start(
  options: RealtimeOptions = {},
  server: FastifyServerOptions = {},
): Promise<{ app: FastifyInstance; port: number }> {
  const app = Fastify(server);
  opened.push(app);
  await app.register(realtime, { closeDelay: 50, ...options });
  app.realtime.channel('prices', { public: true, presence: false });
  app.realtime.channel('news/:topic', { public: true });
  app.realtime.channel('rooms/:id', { public: true, presence: true });
  app.realtime.channel('orders/:id', {
    authorize: (request) => request.headers.authorization === 'yes',
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, port: (app.server.address() as AddressInfo).port };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await pause(2);
}

describe('an event stream', () => {
  it('hears what is published on its channels, named by its event', async () => {
    const { app, port } = await start();
    const client = await openEvents(port, 'channel=prices&channel=news/sport');
    await app.realtime.publish('prices', { coffee: 4.2 });
    await app.realtime.publish('news/politics', 'not asked for');
    await app.realtime.publish('news/sport', 'a\nb', { event: 'flash' });
    await client.until(({ heard }) => heard.length === 2);
    expect(client.heard).toMatchObject([
      { event: 'message', data: '{"channel":"prices","data":{"coffee":4.2}}' },
      { event: 'flash', data: '{"channel":"news/sport","data":"a\\nb"}' },
    ]);
    expect(client.heard[1]!.id).toBe(app.realtime.position);
    client.leave();
  });

  it('has the fields that keep others from holding, storing or changing it', async () => {
    const { port } = await start();
    const client = await openEvents(port, 'channel=prices');
    expect(client.response.statusCode).toBe(200);
    expect(client.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    client.leave();
  });

  it('opens at once, and tells the place to resume after before any message', async () => {
    const { app, port } = await start();
    const place = await app.realtime.publish('prices', 1);
    const client = await openEvents(port, 'channel=prices');
    await client.until(({ lastId }) => lastId !== '');
    expect(client.lastId).toBe(place);
    expect(client.heard).toEqual([]);
    client.leave();
  });

  it('resumes after Last-Event-ID over all of its channels, in the order of the log', async () => {
    const { app, port } = await start();
    const after = await app.realtime.publish('prices', 0);
    for (let n = 1; n <= 20; n++) await app.realtime.publish(n % 2 ? 'prices' : 'news/x', n);
    const client = await openEvents(port, 'channel=prices&channel=news/x', {
      'last-event-id': after!,
    });
    await app.realtime.publish('prices', 21);
    await client.until(({ heard }) => heard.length === 21);
    expect(client.data).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
    client.leave();
  });

  it('takes the id of the query where there is no header, and the header where both are', async () => {
    const { app, port } = await start();
    const first = await app.realtime.publish('prices', 1);
    const second = await app.realtime.publish('prices', 2);
    await app.realtime.publish('prices', 3);
    const query = `channel=prices&lastEventId=${first}`;
    const byQuery = await openEvents(port, query);
    await byQuery.until(({ heard }) => heard.length === 2);
    expect(byQuery.data).toEqual([2, 3]);
    const byHeader = await openEvents(port, query, { 'last-event-id': second! });
    await byHeader.until(({ heard }) => heard.length === 1);
    expect(byHeader.data).toEqual([3]);
    byQuery.leave();
    byHeader.leave();
  });

  it('gets a gap, and a place of today, for an id that is none of ours', async () => {
    const { app, port } = await start();
    const place = await app.realtime.publish('prices', 1);
    for (const id of ['12-0', 'x'.repeat(129), 'x'.repeat(10_000), '%00', '../..']) {
      const client = await openEvents(port, 'channel=prices', { 'last-event-id': id });
      await client.until(({ lastId }) => lastId !== '');
      expect(client.heard).toMatchObject([
        { event: 'gap', data: '{"kind":"gap","channel":"prices","data":null}' },
      ]);
      expect(client.lastId).toBe(place);
      client.leave();
    }
    const twice = await openEvents(port, `channel=prices&lastEventId=${place}&lastEventId=1`);
    await twice.until(({ heard }) => heard[0]?.event === 'gap');
    twice.leave();
  });

  it('tells who comes and goes where the channel has presence', async () => {
    const { port } = await start();
    const first = await openEvents(port, 'channel=rooms/1');
    const second = await openEvents(port, 'channel=rooms/1');
    await first.until(({ heard }) => heard.some(({ event }) => event === 'join'));
    second.leave();
    await first.until(({ heard }) => heard.some(({ event }) => event === 'leave'));
    expect(JSON.parse(first.heard[0]!.data)).toMatchObject({ kind: 'presence' });
    first.leave();
  });

  it('cannot be made to say what nobody published', async () => {
    const { app, port } = await start();
    const client = await openEvents(port, 'channel=prices');
    const forged = 'x\r\ndata: forged\r\n\r\nid: 9\rretry: 1\n';
    await app.realtime.publish('prices', { forged });
    await app.realtime.publish('prices', 2, { event: 'a b:c' });
    await client.until(({ heard }) => heard.length === 2);
    expect(client.data).toEqual([{ forged }, 2]);
    expect(client.heard[1]!.event).toBe('a b:c');
    expect(client.retry).toBeUndefined();
    expect(client.lastId).toBe(app.realtime.position);
    client.leave();
  });

  it('is not silent: a heartbeat moves its place on', async () => {
    const { app, port } = await start({ heartbeat: 1_000 });
    const client = await openEvents(port, 'channel=prices');
    const place = await app.realtime.publish('news/x', 'of another channel');
    await client.until(({ lastId }) => lastId === place);
    expect(client.heard).toEqual([]);
    client.leave();
  });

  it('is counted, and forgotten once the client has left', async () => {
    const { app, port } = await start();
    const client = await openEvents(port, 'channel=prices');
    expect(app.realtime.stats()).toMatchObject({ connections: { sse: 1 }, subscriptions: 1 });
    client.leave();
    await until(() => app.realtime.stats().connections.sse === 0);
    expect(app.realtime.stats()).toMatchObject({ channels: 0, subscriptions: 0 });
  });
});

describe('a stream that is refused', () => {
  const answers: [string, string, Record<string, string>, number, string | undefined][] = [
    ['no channel', '', {}, 400, 'CATZ_REALTIME_CHANNEL_NAME'],
    ['a name that is none', 'channel=a//b', {}, 400, 'CATZ_REALTIME_CHANNEL_NAME'],
    ['no such channel', 'channel=gold', {}, 404, 'CATZ_REALTIME_UNKNOWN_CHANNEL'],
    ['not allowed', 'channel=orders/1', {}, 403, 'CATZ_REALTIME_FORBIDDEN'],
    ['one of two not allowed', 'channel=prices&channel=orders/1', {}, 403, undefined],
    ['too many', '&channel=news/1&channel=news/2&channel=news/3', {}, 400, undefined],
    ['refused by Accept', 'channel=prices', { accept: 'text/html' }, 406, undefined],
  ];
  for (const [what, query, headers, status, code] of answers) {
    it(`is an answer that ends an EventSource: ${what}`, async () => {
      const { app, port } = await start({ maxChannelsPerConnection: 2 });
      const client = await openEvents(port, query, headers);
      await client.over;
      expect(client.response.statusCode).toBe(status);
      expect(client.response.headers['content-type']).toMatch(/^application\/json/);
      if (status !== 406) expect(client.response.headers['cache-control']).toBe('no-store');
      if (code !== undefined) expect(JSON.parse(client.text)).toMatchObject({ code });
      expect(app.realtime.stats()).toMatchObject({ connections: { sse: 0 }, subscriptions: 0 });
    });
  }

  it('says when to come back where there are too many', async () => {
    const { port } = await start({ maxConnections: 1 });
    const first = await openEvents(port, 'channel=prices');
    const second = await openEvents(port, 'channel=prices');
    expect(second.response.statusCode).toBe(503);
    expect(second.response.headers['retry-after']).toBe('5');
    first.leave();
    second.leave();
  });

  it('is not let in by an authorisation that comes after the client has left', async () => {
    const lines: string[] = [];
    const logger = { level: 'error', stream: { write: (line: string) => void lines.push(line) } };
    const { app, port } = await start({}, { logger });
    let answer!: (isAllowed: boolean) => void;
    const asked = new Promise<void>((resolve) => {
      app.realtime.channel('slow', {
        authorize: () => {
          resolve();
          return new Promise<boolean>((done) => (answer = done));
        },
      });
    });
    const socket = connectTcp(port, '127.0.0.1');
    socket.write('GET /realtime/events?channel=slow HTTP/1.1\r\nHost: test\r\n\r\n');
    await asked;
    socket.destroy();
    await until(() => app.realtime.stats().connections.sse === 0);
    answer(true);
    await pause(5);
    expect(app.realtime.stats()).toMatchObject({ connections: { sse: 0 }, subscriptions: 0 });
    expect(lines).toEqual([]);
  });

  it('is one to HEAD, for there is nothing that it could tell', async () => {
    const { app } = await start();
    const response = await app.inject({ method: 'HEAD', url: '/realtime/events?channel=prices' });
    expect(response.statusCode).toBe(404);
  });

  it('is ended without an answer where it is disconnected before it was let in', async () => {
    const { app, port } = await start();
    let isAsked = false;
    app.realtime.channel('never', {
      authorize: () => {
        isAsked = true;
        return new Promise<boolean>(() => {});
      },
    });
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.write('GET /realtime/events?channel=never HTTP/1.1\r\nHost: test\r\n\r\n');
    await until(() => isAsked);
    await app.close();
    await closed;
    expect(socket.bytesRead).toBe(0);
  });

  it('is not opened once somebody else has answered', async () => {
    const app = Fastify({ handlerTimeout: 20 });
    opened.push(app);
    await app.register(realtime, { closeDelay: 0 });
    let answer!: (isAllowed: boolean) => void;
    app.realtime.channel('slow', {
      authorize: () => new Promise<boolean>((done) => (answer = done)),
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const client = await openEvents(port, 'channel=slow');
    expect(client.response.statusCode).toBe(503);
    answer(true);
    expect(await client.over).toBe(true);
    await until(() => app.realtime.stats().connections.sse === 0);
    expect(app.realtime.stats().subscriptions).toBe(0);
  });

  it('runs the hooks of the application before', async () => {
    const app = Fastify();
    opened.push(app);
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers.authorization === undefined)
        return reply.code(401).send({ error: 'who?' });
    });
    await app.register(realtime, { closeDelay: 0 });
    app.realtime.channel('prices', { public: true });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const client = await openEvents(port, 'channel=prices');
    expect(client.response.statusCode).toBe(401);
    await client.over;
  });
});

describe('a stream that is ended', () => {
  it('ends where the authorisation is withdrawn, and is refused when it comes back', async () => {
    const { app, port } = await start();
    const client = await openEvents(port, 'channel=orders/1', { authorization: 'yes' });
    await app.realtime.disconnect({ channel: 'orders/1' });
    expect(await client.over).toBe(true);
    await until(() => app.realtime.stats().connections.sse === 0);
  });

  it('is told when to come back at the end of the application, later than that end', async () => {
    const { app, port } = await start({ closeDelay: 100 });
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => openEvents(port, 'channel=prices')),
    );
    await app.close();
    for (const client of clients) {
      expect(await client.over).toBe(true);
      expect(client.retry).toBeGreaterThanOrEqual(1_100);
    }
    expect(new Set(clients.map(({ retry }) => retry)).size).toBeGreaterThan(1);
  });

  it('is cut off where the client does not read: memory is bounded, others are not held up', async () => {
    const { app, port } = await start({ maxBufferedBytes: 131_072, maxMessageBytes: 65_536 });
    const slow = connectTcp(port, '127.0.0.1');
    slow.on('error', () => {});
    slow.pause();
    slow.write('GET /realtime/events?channel=prices HTTP/1.1\r\nHost: test\r\n\r\n');
    await until(() => app.realtime.stats().connections.sse === 1);
    const quick = await openEvents(port, 'channel=prices');
    let most = 0;
    const wide = 'x'.repeat(60_000);
    for (let n = 1; app.realtime.stats().slowClosed === 0; n++) {
      await app.realtime.publish('prices', wide);
      await quick.until(({ heard }) => heard.length === n);
      most = Math.max(most, app.realtime.stats().bufferedBytes);
    }
    expect(most).toBeLessThanOrEqual(2 * 131_072);
    // Cut off at once, not ended behind all that waits: it resumes by its id.
    let text = '';
    slow.on('data', (chunk: Buffer) => (text += chunk.toString())).resume();
    await once(slow, 'close');
    expect(text).not.toMatch(/0\r\n\r\n$/);
    expect(app.realtime.stats().connections.sse).toBe(1);
    quick.leave();
  });

  it('loses the oldest and hears of it, where the rule says so', async () => {
    const { app, port } = await start({
      maxBufferedBytes: 131_072,
      maxMessageBytes: 65_536,
      slow: 'drop-oldest',
    });
    const client = await openEvents(port, 'channel=prices');
    client.response.pause();
    const wide = 'x'.repeat(60_000);
    let sent = 0;
    while (app.realtime.stats().dropped < 5) {
      await app.realtime.publish('prices', [++sent, wide]);
      await pause(1);
    }
    client.response.resume();
    await client.until(() => client.heard.some(({ event }) => event === 'gap'));
    await app.realtime.publish('prices', 'last');
    await client.until(() => client.data.at(-1) === 'last');
    const at = client.heard.findIndex(({ event }) => event === 'gap');
    const numbers = client.data
      .filter((data): data is [number, string] => Array.isArray(data))
      .map(([n]) => n);
    expect(numbers.slice(0, at)).toEqual(Array.from({ length: at }, (_, i) => i + 1));
    expect(numbers.at(-1)).toBe(sent);
    expect(numbers.length).toBeLessThan(sent);
    client.leave();
  });
});

describe('event streams elsewhere', () => {
  it('come over HTTP/2', async () => {
    const { app, port } = await start({}, { http2: true } as unknown as FastifyServerOptions);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = session.request({ ':path': '/realtime/events?channel=prices' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'text/event-stream' });
    stream.setEncoding('utf8');
    let text = '';
    stream.on('data', (chunk: string) => (text += chunk));
    await app.realtime.publish('prices', { coffee: 4.2 });
    await until(() => text.includes('"coffee":4.2'));
    expect(text).toMatch(/^:\n\n/);
    expect(text).toContain('\ndata: {"channel":"prices","data":{"coffee":4.2}}\n\n');
    const ended = once(stream, 'end');
    await app.realtime.disconnect();
    await ended;
    session.close();
  });

  it('lose the oldest over HTTP/2, too, and hear of it', async () => {
    const limits = { maxBufferedBytes: 131_072, maxMessageBytes: 65_536 };
    const server = { http2: true } as unknown as FastifyServerOptions;
    const { app, port } = await start({ ...limits, slow: 'drop-oldest' }, server);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = session.request({ ':path': '/realtime/events?channel=prices' });
    await once(stream, 'response');
    const wide = 'x'.repeat(60_000);
    while (app.realtime.stats().dropped < 3) {
      await app.realtime.publish('prices', wide);
      await pause(1);
    }
    expect(app.realtime.stats().bufferedBytes).toBeLessThanOrEqual(131_072);
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await until(() => text.includes('event: gap\n'));
    await app.realtime.publish('prices', 'last');
    await until(() => text.includes('"data":"last"'));
    stream.close();
    session.close();
  });

  it('come over TLS, in chunks of the standard', async () => {
    const { app, port } = await start({}, { https: makeCertificate() } as FastifyServerOptions);
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.write('GET /realtime/events?channel=prices HTTP/1.1\r\nHost: test\r\n\r\n');
    await until(() => app.realtime.stats().connections.sse === 1);
    for (let n = 0; n < 50; n++) void app.realtime.publish('prices', `é${n}`);
    await until(() => text.includes('"é49"'));
    await app.realtime.disconnect();
    await until(() => text.endsWith('0\r\n\r\n'));
    const heard = [...bodyOf(text).matchAll(/"é(\d+)"/g)].map(([, n]) => Number(n));
    expect(heard).toEqual(Array.from({ length: 50 }, (_, n) => n));
    socket.destroy();
  });

  it('come without chunks to a client of HTTP/1.0', async () => {
    const { app, port } = await start();
    const socket = connectTcp(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write('GET /realtime/events?channel=prices HTTP/1.0\r\n\r\n');
    await until(() => app.realtime.stats().connections.sse === 1);
    await app.realtime.publish('prices', 1);
    await until(() => text.includes('"data":1}'));
    expect(text).not.toContain('Transfer-Encoding');
    expect(text.slice(text.indexOf('\r\n\r\n'))).toMatch(
      /^\r\n\r\n:\n\n(id: .*\n\n)?id: .*\ndata: \{"channel":"prices","data":1\}\n\n$/,
    );
    socket.destroy();
  });

  it('leave the connection usable: the chunks are those of the standard', async () => {
    const { app, port } = await start();
    const socket = connectTcp(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const head = 'GET /realtime/events?channel=prices HTTP/1.1\r\nHost: test\r\n\r\n';
    // The second answer waits for the end of the first: what is sent meanwhile must not mix.
    socket.write(head + head);
    await until(() => app.realtime.stats().connections.sse === 2);
    for (let n = 0; n < 3; n++) await app.realtime.publish('prices', 'é'.repeat(n));
    await until(() => text.includes('"éé"'));
    await app.realtime.disconnect();
    await until(() => text.split('0\r\n\r\n').length === 3);
    const [, first, second] = text.split('HTTP/1.1 200 OK');
    for (const response of [first!, second!]) {
      expect(bodyOf(response)).toContain('data: {"channel":"prices","data":"éé"}\n\n');
    }
    socket.destroy();
  });

  it('go through the response where somebody has put something between', async () => {
    const app = Fastify();
    opened.push(app);
    let written = '';
    app.addHook('onRequest', async (_request, reply) => {
      const { raw } = reply;
      const write = raw.write.bind(raw) as (chunk: Buffer | string) => boolean;
      raw.write = ((chunk: Buffer | string) => {
        written += chunk.toString();
        return write(chunk);
      }) as typeof raw.write;
    });
    await app.register(realtime, { closeDelay: 0 });
    app.realtime.channel('prices', { public: true });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const client = await openEvents(port, 'channel=prices');
    await app.realtime.publish('prices', 7);
    await client.until(({ heard }) => heard.length === 1);
    expect(written).toContain('data: {"channel":"prices","data":7}\n\n');
    client.leave();
  });

  it('come to a client of light-my-request', async () => {
    const { app } = await start();
    const response = await app.inject({
      url: '/realtime/events?channel=prices',
      payloadAsStream: true,
    });
    let text = '';
    response.stream().on('data', (chunk: Buffer) => (text += chunk.toString()));
    await app.realtime.publish('prices', 7);
    await until(() => text.includes('data: {"channel":"prices","data":7}\n\n'));
    await app.realtime.disconnect();
    await until(() => app.realtime.stats().connections.sse === 0);
  });
});

// The first body of a connection, its chunks read as RFC 9112 7.1 has them.
function bodyOf(text: string): string {
  const bytes = Buffer.from(text);
  let at = bytes.indexOf('\r\n\r\n') + 4;
  let body = '';
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    const size = bytes.subarray(at, end).toString();
    if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`a chunk of size ${JSON.stringify(size)}`);
    const length = Number.parseInt(size, 16);
    if (length === 0) return body;
    body += bytes.subarray(end + 2, end + 2 + length).toString();
    at = end + 2 + length;
    if (bytes.subarray(at, at + 2).toString() !== '\r\n')
      throw new Error('a chunk without its end');
    at += 2;
  }
}
