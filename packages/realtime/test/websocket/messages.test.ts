// What clients ask, and what they are answered.
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Hub } from '../../src/hub/hub.ts';
import { resolveOptions } from '../../src/options.ts';
import { newTally } from '../../src/stats.ts';
import { addWebSocketRoute } from '../../src/websocket/route.ts';
import { openRaw, maskedFrame, open, startApp, until } from './support.ts';

describe('a client', () => {
  it('gets what is published after it has subscribed', async () => {
    const { app, port } = await startApp();
    const client = await open(port);
    const answer = await client.ask(
      { type: 'subscribe', channel: 'open/1', ref: 'r' },
      'subscribed',
    );
    expect(answer).toMatchObject({ ref: 'r', channels: [{ channel: 'open/1', gap: false }] });
    const id = await app.realtime.publish('open/1', { n: 1 }, { event: 'made' });
    expect(await client.next()).toEqual({
      type: 'message',
      channel: 'open/1',
      id,
      event: 'made',
      data: { n: 1 },
    });
  });

  it('publishes where it may, and is told the id', async () => {
    const { port } = await startApp();
    const [one, two] = [await open(port), await open(port)];
    await one.subscribe('open/1');
    const message = { type: 'publish', channel: 'open/1', data: [1], event: 'e', ref: 5 };
    const { id, ref } = await two.ask(message, 'published');
    expect(ref).toBe(5);
    expect(await one.next('message')).toMatchObject({ id, data: [1], event: 'e' });
  });

  it('gets nothing more once it has unsubscribed', async () => {
    const { app, port } = await startApp();
    const client = await open(port);
    await client.ask({ type: 'subscribe', channels: ['open/1', 'open/2'] }, 'subscribed');
    const answer = await client.ask(
      { type: 'unsubscribe', channel: 'open/1', ref: 1 },
      'unsubscribed',
    );
    expect(answer).toEqual({ type: 'unsubscribed', channels: ['open/1'], ref: 1 });
    await app.realtime.publish('open/1', 'no');
    await app.realtime.publish('open/2', 'yes');
    expect(await client.next()).toMatchObject({ channel: 'open/2', data: 'yes' });
  });

  it('gets what it missed before it is told that it has subscribed', async () => {
    const { app, port } = await startApp();
    const first = await app.realtime.publish('open/1', 1);
    await app.realtime.publish('open/1', 2);
    const last = await app.realtime.publish('open/1', 3);
    const client = await open(port);
    client.send({ type: 'subscribe', channel: 'open/1', after: first });
    const heard = [await client.next(), await client.next(), await client.next()];
    expect(heard.map(({ type, data }) => [type, data])).toEqual([
      ['message', 2],
      ['message', 3],
      ['subscribed', undefined],
    ]);
    expect(heard[2]).toMatchObject({ channels: [{ id: last, gap: false }] });
  });

  it.each(['disconnect', 'drop-oldest', 'latest'] as const)(
    "gets a long replay before it is told so, too, by the rule '%s'",
    async (slow) => {
      const { app, port } = await startApp({ slow });
      const first = await app.realtime.publish('open/1', 'first');
      // More than a socket is given at once where messages may be dropped.
      for (let at = 0; at < 40; at++) await app.realtime.publish('open/1', 'x'.repeat(10_000));
      const client = await open(port);
      const { channels } = await client.subscribe('open/1', first);
      expect(client.heard).toHaveLength(40);
      expect(channels).toMatchObject([{ id: client.heard.at(-1)!['id'], gap: false }]);
    },
  );

  it('is not told of members that would leave no room for anything else, and stays', async () => {
    const { app, port } = await startApp({ maxBufferedBytes: 131_072 }, (it) => {
      it.realtime.channel('room', { public: true, presence: () => 'x'.repeat(1_800) });
    });
    const clients = await Promise.all(Array.from({ length: 40 }, () => open(port)));
    const answers = [];
    for (const client of clients) answers.push(await client.subscribe('room'));
    const counts = answers.map(({ channels }) => {
      const [{ members } = {}] = channels as { members?: unknown[] }[];
      return members?.length;
    });
    expect(counts.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
    expect(counts.at(-1)).toBeUndefined();
    await app.realtime.publish('room', 'hello');
    expect(await clients.at(-1)!.next('message')).toMatchObject({ data: 'hello' });
  });

  it('is told of a gap where its place is unknown', async () => {
    const { port } = await startApp();
    const client = await open(port);
    client.send({ type: 'subscribe', channel: 'open/1', after: 'never-1' });
    expect(await client.next()).toEqual({ type: 'gap', channel: 'open/1' });
    expect(await client.next()).toMatchObject({ channels: [{ gap: true }] });
  });

  it('is answered in the order it asks, whatever takes long', async () => {
    let allow = (): void => undefined;
    const { port } = await startApp({}, (app) =>
      app.realtime.channel('slow', {
        authorize: () => new Promise<boolean>((resolve) => (allow = () => resolve(true))),
      }),
    );
    const client = await open(port);
    client.send({ type: 'subscribe', channel: 'slow', ref: 1 });
    client.send({ type: 'unsubscribe', channel: 'slow', ref: 2 });
    // A ping alone does not wait.
    await client.ask({ type: 'ping' }, 'pong');
    allow();
    expect((await client.next()).ref).toBe(1);
    expect((await client.next()).ref).toBe(2);
  });

  it('learns by a pong how far it has come', async () => {
    const { app, port } = await startApp();
    const client = await open(port);
    await client.subscribe('open/1');
    const id = await app.realtime.publish('open/2', 'not for it');
    expect(await client.ask({ type: 'ping', ref: 9 }, 'pong')).toEqual({
      type: 'pong',
      id,
      ref: 9,
    });
  });
});

describe('what is refused', () => {
  it.for([
    [{ type: 'subscribe', channel: 'nowhere', ref: 1 }, 'CATZ_REALTIME_UNKNOWN_CHANNEL'],
    [{ type: 'subscribe', channel: '//', ref: 1 }, 'CATZ_REALTIME_CHANNEL_NAME'],
    [{ type: 'subscribe', channel: 'closed', ref: 1 }, 'CATZ_REALTIME_FORBIDDEN'],
    [{ type: 'publish', channel: 'quiet', data: 1, ref: 1 }, 'CATZ_REALTIME_PUBLISH_OFF'],
    [{ type: 'publish', channel: 'picky', data: 1, ref: 1 }, 'CATZ_REALTIME_DATA'],
    [{ type: 'shout', ref: 1 }, 'CATZ_REALTIME_MESSAGE'],
  ] as const)('%j is answered with %s', async ([message, code]) => {
    const { port } = await startApp({}, (app) => {
      app.realtime.channel('closed', { authorize: () => false });
      app.realtime.channel('quiet', { public: true });
      app.realtime.channel('picky', { public: true, publish: true, validate: () => 'no number' });
    });
    const client = await open(port);
    const error = await client.ask(message, 'error');
    expect(error).toMatchObject({ code, ref: 1 });
    // It may go on.
    await client.subscribe('open/1');
  });

  it('is told without words of the server where the server failed', async () => {
    const lines: string[] = [];
    const app = Fastify({
      logger: { level: 'error', stream: { write: (line) => void lines.push(line) } },
    });
    const nothing = (): void => undefined;
    const hub = {
      tally: newTally(),
      admit: nothing,
      add: nothing,
      remove: nothing,
      subscribe: () => Promise.reject(new Error('secret of the server')),
    };
    const settings = resolveOptions({ closeDelay: 50 });
    const transport = await addWebSocketRoute(app, hub as unknown as Hub, settings);
    onTestFinished(async () => {
      await transport.close();
      await app.close();
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const client = await open((app.server.address() as AddressInfo).port);
    expect(await client.ask({ type: 'subscribe', channel: 'a', ref: 3 }, 'error')).toEqual({
      type: 'error',
      code: 'ERROR',
      message: 'the server failed',
      ref: 3,
    });
    expect(lines.join()).toContain('secret of the server');
  });

  it('ends the connection with 1008 after ten messages that are none', async () => {
    const { port } = await startApp();
    const client = await open(port);
    for (let at = 0; at < 9; at++) client.send('{');
    await client.subscribe('open/1');
    expect(client.heard.filter(({ code }) => code === 'CATZ_REALTIME_MESSAGE').length).toBe(9);
    client.send('{');
    expect(await client.closed).toEqual({ code: 1008, reason: 'protocol' });
  });

  it('ends the connection with 1003 for a binary message', async () => {
    const { app, port } = await startApp();
    const client = await open(port);
    client.ws.send(Buffer.from('{"type":"ping"}'));
    expect(await client.closed).toEqual({ code: 1003, reason: 'text only' });
    expect(app.realtime.stats().connections.websocket).toBe(0);
  });

  it('ends the connection with 1009 for a message that is too long', async () => {
    const { port } = await startApp({ maxMessageBytes: 1000 });
    const client = await open(port);
    expect(await client.ask({ type: 'ping', pad: 'x'.repeat(900) }, 'pong')).toBeDefined();
    client.send({ type: 'ping', pad: 'x'.repeat(1000) });
    expect((await client.closed).code).toBe(1009);
  });
});

describe('a connection that ends', () => {
  it('sends nothing after a close frame, though it was asked for more', async () => {
    const { app, port } = await startApp();
    const { socket, received, closed } = await openRaw(port);
    const publish = maskedFrame('{"type":"publish","channel":"open/1","data":1}');
    const close = maskedFrame(Buffer.from([0x03, 0xe8]), 0x88);
    socket.write(Buffer.concat([maskedFrame('{"type":"ping"}'), publish, close]));
    await closed;
    await until(() => app.realtime.stats().published === 1);
    const bytes = Buffer.concat(received);
    expect(bytes.toString('latin1')).not.toContain('published');
    expect(bytes.subarray(-4)).toEqual(Buffer.from([0x88, 2, 0x03, 0xe8]));
  });

  it('is cut off where the client does not say good-bye as well', async () => {
    const { port } = await startApp();
    const { socket, closed } = await openRaw(port);
    socket.write(maskedFrame('x', 0x82));
    await closed;
  });
});

describe('a client that asks and asks', () => {
  it('is not read from while 64 requests wait, and then goes on', async () => {
    const allow: (() => void)[] = [];
    let asked = 0;
    const { port } = await startApp({ maxChannelsPerConnection: 500 }, (app) =>
      app.realtime.channel('slow/:id', {
        authorize: () => {
          asked++;
          return new Promise<boolean>((resolve) => allow.push(() => resolve(true)));
        },
      }),
    );
    const pause = vi.spyOn(WebSocket.prototype, 'pause');
    onTestFinished(() => pause.mockRestore());
    const { socket, received } = await openRaw(port);
    const text = (at: number) => JSON.stringify({ type: 'subscribe', channel: `slow/${at}` });
    for (let at = 0; at < 300; at++) socket.write(maskedFrame(text(at)));
    await until(() => allow.length > 0);
    while (asked < 300 || allow.length > 0) {
      for (const go of allow.splice(0)) go();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const count = () => Buffer.concat(received).toString().split('"subscribed"').length - 1;
    await until(() => count() === 300);
    expect(pause).toHaveBeenCalled();
  });

  it('is not taken for dead meanwhile', async () => {
    const allow: (() => void)[] = [];
    const { app, port } = await startApp({ heartbeat: 1_000 }, (it) =>
      it.realtime.channel('slow/:id', {
        authorize: () => new Promise<boolean>((resolve) => allow.push(() => resolve(true))),
      }),
    );
    const client = await open(port);
    for (let at = 0; at < 70; at++) client.send({ type: 'subscribe', channel: `slow/${at}` });
    await until(() => allow.length === 1);
    // As long as it takes to find others dead, one after the other.
    for (let other = 0; other < 2; other++) {
      const { closed } = await openRaw(port);
      await closed;
    }
    await until(() => app.realtime.stats().connections.websocket === 1);
    for (let left = 70; left > 0; left--) {
      await until(() => allow.length > 0);
      allow.pop()!();
      await client.next('subscribed');
    }
  });

  it('is ended when it never reads the answers', async () => {
    const { app, port } = await startApp({ maxBufferedBytes: 200_000 });
    const { socket, closed } = await openRaw(port, { reads: false });
    // Answered with as much: what the kernel takes for a reader that sleeps is soon full.
    const many = maskedFrame(`{"type":"unsubscribe","channel":"${'x'.repeat(60_000)}"}`);
    const pour = (): void => {
      while (!socket.destroyed && socket.write(many));
    };
    socket.on('drain', pour);
    socket.on('error', () => undefined);
    pour();
    await until(() => app.realtime.stats().slowClosed === 1);
    await until(() => app.realtime.stats().connections.websocket === 0);
    expect(app.realtime.stats().bufferedBytes).toBe(0);
    socket.destroy();
    await closed;
  });
});
