import { get } from 'node:http';
import { memoryBus } from '@catzilla/bus';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import realtimeDefault, { realtime } from '../../src/index.ts';
import type { ChannelParams, RealtimeOptions } from '../../src/index.ts';

interface Text {
  readonly type: string;
  readonly [name: string]: unknown;
}

async function open(options: RealtimeOptions = {}, before?: (app: FastifyInstance) => void) {
  const app = Fastify();
  onTestFinished(() => app.close());
  before?.(app);
  await app.register(realtime, { closeDelay: 100, ...options });
  return app;
}

/** A client over a real socket, which notes what it is told. */
async function connect(app: FastifyInstance, headers: Record<string, string> = {}) {
  const url = app.listeningOrigin.replace('http', 'ws');
  const socket = new WebSocket(`${url}/realtime`, { headers });
  const told: Text[] = [];
  socket.on('message', (data) => told.push(JSON.parse((data as Buffer).toString()) as Text));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const next = async (type: string): Promise<Text> => {
    await expect.poll(() => told.some((text) => text.type === type)).toBe(true);
    return told.splice(
      told.findIndex((text) => text.type === type),
      1,
    )[0]!;
  };
  const say = (text: unknown): void => socket.send(JSON.stringify(text));
  return { socket, told, closed, next, say };
}

describe('the plugin', () => {
  it('publishes to WebSockets and event streams, with the same ids', async () => {
    const app = await open();
    app.realtime.channel('prices', { public: true });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const client = await connect(app);
    client.say({ type: 'subscribe', channel: 'prices' });
    await client.next('subscribed');
    // Not fetch, which connects anew when it is aborted, and says nothing on that connection.
    let stream = '';
    const request = get(`${app.listeningOrigin}/realtime/events?channel=prices`, (response) => {
      response.on('data', (chunk) => (stream += String(chunk)));
      response.on('error', () => undefined);
    });
    request.on('error', () => undefined);
    await expect.poll(() => app.realtime.stats().connections).toEqual({ websocket: 1, sse: 1 });
    await expect.poll(() => app.realtime.stats().subscriptions).toBe(2);
    const id = await app.realtime.publish('prices', { coffee: 4.2 }, { event: 'price' });
    const message = await client.next('message');
    expect(message).toMatchObject({ channel: 'prices', id, event: 'price', data: { coffee: 4.2 } });
    await expect.poll(() => stream).toContain(`id: ${id}`);
    expect(stream).toContain('event: price');
    expect(app.realtime.position).toBe(id);
    expect(app.realtime.health()).toEqual({ state: 'ok', reasons: [] });
    request.destroy();
    await expect.poll(() => app.realtime.stats().connections.sse).toBe(0);
  });

  it('asks hooks that were there before it, before the upgrade', async () => {
    const app = await open({}, (instance) => {
      instance.addHook('onRequest', async (request, reply) => {
        if (request.headers.authorization !== 'yes') await reply.code(401).send('no');
      });
    });
    app.realtime.channel('mine', {
      authorize: (request) => request.headers.authorization === 'yes',
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    await expect(connect(app)).rejects.toThrow('401');
    const client = await connect(app, { authorization: 'yes' });
    client.say({ type: 'subscribe', channel: 'mine', ref: 1 });
    expect(await client.next('subscribed')).toMatchObject({ ref: 1 });
  });

  it('ends clients by disconnect', async () => {
    const app = await open();
    app.realtime.channel('a', { public: true, presence: true });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const client = await connect(app);
    client.say({ type: 'subscribe', channel: 'a' });
    await client.next('subscribed');
    expect(app.realtime.presence('a')).toHaveLength(1);
    expect(await app.realtime.disconnect({ channel: 'a' })).toBe(1);
    expect(await client.closed).toBe(4403);
    await expect.poll(() => app.realtime.presence('a')).toEqual([]);
  });

  it('says good-bye when the application closes, and publishes no more', async () => {
    const app = await open();
    app.realtime.channel('a', { public: true });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const client = await connect(app);
    client.say({ type: 'subscribe', channel: 'a' });
    await client.next('subscribed');
    await app.close();
    expect(await client.closed).toBe(1001);
    expect(client.told.at(-1)!.type).toBe('closing');
    expect(app.realtime.health().state).toBe('closed');
    await expect(app.realtime.publish('a', 1)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_CLOSED',
    });
  });

  it('takes nobody from the moment in which the application begins to close', async () => {
    const app = await open();
    const states: string[] = [];
    app.addHook('preClose', async () => {
      states.push(app.realtime.health().state);
    });
    await app.ready();
    await app.close();
    expect(states).toEqual(['closed']);
  });

  it('closes its own bus, and not one that was given', async () => {
    await using bus = memoryBus();
    const app = await open({ bus, name: 'shop' });
    app.realtime.channel('a', { public: true });
    await app.ready();
    await app.realtime.publish('a', 1);
    expect(Object.keys(bus.health().topics)).toEqual(['realtime:shop']);
    await app.close();
    expect(bus.health()).toMatchObject({ state: 'live', topics: {} });
  });

  it('has the routes that it is told to have', async () => {
    const app = await open({ websocket: false, sse: false, client: false });
    await app.ready();
    for (const path of ['/realtime', '/realtime/events', '/realtime/client.js']) {
      expect((await app.inject(path)).statusCode, path).toBe(404);
    }
    const all = await open({ path: '/live' });
    await all.ready();
    expect((await all.inject('/live/client.js')).statusCode).toBe(200);
    expect((await all.inject('/live')).statusCode).toBe(426);
  });

  it('shares a log with another instance on the same bus, and keeps apart from another name', async () => {
    await using bus = memoryBus();
    const [one, two, other] = [
      await open({ bus }),
      await open({ bus }),
      await open({ bus, name: 'other' }),
    ] as const;
    for (const app of [one, two, other]) {
      app.realtime.channel('a', { public: true });
      await app.ready();
    }
    const id = await one.realtime.publish('a', 1);
    await expect.poll(() => two.realtime.position).toBe(id);
    expect(other.realtime.position).not.toBe(id);
  });

  it('refuses options it does not know', async () => {
    const app = Fastify();
    await expect(
      app.register(realtimeDefault, { pth: '/x' } as RealtimeOptions).ready(),
    ).rejects.toMatchObject({ code: 'CATZ_REALTIME_OPTION' });
  });
});

describe('types', () => {
  it('know the params of a pattern', async () => {
    expectTypeOf<ChannelParams<'orders/:id/*'>>().toEqualTypeOf<
      Readonly<Record<'id' | '*', string>>
    >();
    expectTypeOf<ChannelParams<'news'>>().toEqualTypeOf<Readonly<Record<never, string>>>();
    expectTypeOf<ChannelParams<string>>().toEqualTypeOf<Readonly<Record<string, string>>>();
    const app = await open();
    app.realtime.channel('orders/:id', {
      authorize: (_request, params) => {
        expectTypeOf(params.id).toBeString();
        // @ts-expect-error: the pattern has no such param
        return params.ident === undefined;
      },
    });
    // @ts-expect-error: neither authorize nor public
    expect(() => app.realtime.channel('bare', { presence: true })).toThrow('got neither');
  });
});
