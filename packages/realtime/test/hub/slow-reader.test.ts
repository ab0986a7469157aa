import { describe, expect, it, vi } from 'vitest';
import { Outbox } from '../../src/connection/outbox.ts';
import type { Sink } from '../../src/connection/outbox.ts';
import type { Delivery, DeliveryFields } from '../../src/delivery.ts';
import type { RealtimeHub } from '../../src/hub/make-hub.ts';
import { FakeConnection, openHub } from '../support/hub.ts';
import { ScriptServer, settle } from '../support/script-bus.ts';

const MAX = 4_096;

/** A connection whose client never reads. */
class Stuck extends FakeConnection {
  readonly outbox: Outbox;
  most = 0;

  constructor(hub: RealtimeHub, slow: 'disconnect' | 'drop-oldest' | 'latest') {
    super(hub);
    const sink: Sink & { bufferedBytes: number } = {
      bufferedBytes: 0,
      write(bytes) {
        this.bufferedBytes += bytes.length;
      },
      onDrain: () => undefined,
    };
    this.outbox = new Outbox({
      sink,
      encoder: ({ data }: DeliveryFields) => Buffer.from(data),
      slow,
      maxBufferedBytes: MAX,
      tally: hub.tally,
      onSlow: () => this.close('slow'),
    });
  }

  override deliver(delivery: Delivery): void {
    super.deliver(delivery);
    this.outbox.deliver(delivery);
    this.bufferedBytes = this.outbox.bufferedBytes;
    this.most = Math.max(this.most, this.bufferedBytes);
  }
}

describe('a client that never reads', () => {
  it.each(['disconnect', 'drop-oldest', 'latest'] as const)(
    'takes no more than its bound, and delays nobody, by the rule %s',
    async (slow) => {
      const { hub } = openHub({ maxBufferedBytes: MAX, maxMessageBytes: 1_024 });
      hub.define('a', { public: true });
      const stuck = new Stuck(hub, slow);
      const others = Array.from({ length: 5 }, () => new FakeConnection(hub));
      for (const one of [stuck, ...others]) await hub.subscribe(one, ['a'], undefined);
      for (let count = 0; count < 200; count++) {
        await hub.publish('a', 'x'.repeat(1_000), { key: String(count % 2) });
        await settle(1);
      }
      await settle();
      for (const { got } of others) expect(got).toHaveLength(200);
      expect(stuck.most).toBeLessThanOrEqual(MAX);
      expect(stuck.most).toBeGreaterThan(MAX / 4);
      expect(stuck.closed).toEqual(slow === 'disconnect' ? ['slow'] : []);
      expect(hub.stats()).toMatchObject({
        slowClosed: slow === 'disconnect' ? 1 : 0,
        connections: { websocket: slow === 'disconnect' ? 5 : 6 },
      });
      if (slow !== 'disconnect') expect(hub.stats().dropped).toBeGreaterThan(150);
    },
  );
});

describe('a long replay', () => {
  it('waits for its client to read, while others go on, and ends without a seam', async () => {
    const { hub } = openHub({ maxBufferedBytes: MAX, maxMessageBytes: 1_024 });
    hub.define('a', { public: true });
    await settle();
    const place = hub.position;
    for (let count = 0; count < 100; count++) await hub.publish('a', count);
    await settle();
    const slow = new FakeConnection(hub);
    slow.onDelivery = () => (slow.bufferedBytes += 500);
    let isDone = false;
    const subscribing = hub.subscribe(slow, ['a'], place).finally(() => (isDone = true));
    const other = new FakeConnection(hub);
    await hub.subscribe(other, ['a'], undefined);
    await settle();
    expect(slow.got.length).toBe(5);
    expect(hub.positionOf(slow)).toBe(slow.got.at(-1)!.id);
    expect(hub.positionOf(other)).toBe(hub.position);
    await hub.publish('a', 100);
    await settle();
    expect(other.texts).toEqual(['100']);
    expect([isDone, slow.bufferedBytes <= MAX]).toEqual([false, true]);
    while (!isDone) {
      slow.bufferedBytes = 0;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await subscribing;
    slow.bufferedBytes = 0;
    await hub.publish('a', 101);
    await settle();
    expect(slow.texts).toEqual(Array.from({ length: 102 }, (_, index) => String(index)));
  });

  it('ends a client that reads nothing for half a minute', async () => {
    const { hub } = openHub({ maxBufferedBytes: MAX, maxMessageBytes: 1_024 });
    hub.define('a', { public: true });
    await settle();
    const place = hub.position;
    for (let count = 0; count < 3; count++) await hub.publish('a', count);
    await settle();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const connection = new FakeConnection(hub);
      connection.bufferedBytes = MAX;
      const subscribing = hub.subscribe(connection, ['a'], place);
      const ended = expect(subscribing).resolves.toHaveLength(1);
      await vi.advanceTimersByTimeAsync(29_000);
      expect(connection.closed).toEqual([]);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(connection.closed).toEqual(['slow']);
      await ended;
      expect(hub.stats()).toMatchObject({ slowClosed: 1, subscriptions: 0 });
    } finally {
      vi.useRealTimers();
    }
  });

  it('goes on for a client that reads a little now and then', async () => {
    const { hub } = openHub({ maxBufferedBytes: MAX, maxMessageBytes: 1_024 });
    hub.define('a', { public: true });
    await settle();
    const place = hub.position;
    for (let count = 0; count < 4; count++) await hub.publish('a', count);
    await settle();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const connection = new FakeConnection(hub);
      connection.onDelivery = () => (connection.bufferedBytes = MAX);
      const subscribing = hub.subscribe(connection, ['a'], place);
      for (let reads = 0; reads < 4; reads++) {
        await vi.advanceTimersByTimeAsync(20_000);
        connection.bufferedBytes = 0;
      }
      await vi.advanceTimersByTimeAsync(100);
      await subscribing;
      expect(connection.texts).toEqual(['0', '1', '2', '3']);
      expect(connection.closed).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is cut into turns where there is much of it', async () => {
    const { hub } = openHub({ history: { max: 6_000 } });
    hub.define('a', { public: true });
    hub.define('b', { public: true });
    await settle();
    const place = hub.position;
    await Promise.all(
      Array.from({ length: 5_000 }, (_, at) => hub.publish(at % 2 ? 'a' : 'b', at)),
    );
    await settle(40);
    const connection = new FakeConnection(hub);
    const subscribing = hub.subscribe(connection, ['a'], place);
    // As much as happens within one turn of the loop.
    for (let step = 0; step < 100; step++) await Promise.resolve();
    expect(connection.got.length).toBeGreaterThan(0);
    expect(connection.got.length).toBeLessThan(1_100);
    await subscribing;
    expect(connection.got).toHaveLength(2_500);
  });
});

describe('a client that goes away at what it is given', () => {
  it('leaves nothing behind where it was about to get channels', async () => {
    const { hub } = openHub();
    hub.define(':name', { public: true, presence: true });
    await settle();
    const connection = new FakeConnection(hub);
    connection.onDelivery = () => connection.close('slow');
    await hub.subscribe(connection, ['a', 'b', 'c'], 'nonsense');
    expect(connection.texts).toEqual(['gap a']);
    expect(hub.stats()).toMatchObject({ subscriptions: 0, channels: 0 });
    expect(['a', 'b', 'c'].map((name) => hub.presence(name))).toEqual([[], [], []]);
  });

  it('leaves nothing behind in the midst of a fan-out, a gap or a replay', async () => {
    const server = new ScriptServer();
    const bus = server.bus();
    const { hub } = openHub({ bus });
    hub.define(':name', { public: true });
    await settle();
    const place = hub.position;
    const open = async (after?: string): Promise<FakeConnection> => {
      const connection = new FakeConnection(hub);
      connection.onDelivery = () => connection.close('slow');
      await hub.subscribe(connection, ['a', 'b'], after);
      return connection;
    };
    const connections = [await open(), await open()];
    for (let count = 0; count < 3; count++) await hub.publish('a', count);
    await settle();
    connections.push(await open(place), await open());
    bus.gap();
    for (const { got } of connections) expect(got).toHaveLength(1);
    expect(hub.stats()).toMatchObject({ subscriptions: 0, channels: 0 });
  });
});
