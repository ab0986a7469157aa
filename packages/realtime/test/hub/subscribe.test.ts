import { describe, expect, it, vi } from 'vitest';
import { AUTHORIZE_DEADLINE } from '../../src/hub/authorize.ts';
import { FakeConnection, openHub } from '../support/hub.ts';
import { ScriptServer, settle } from '../support/script-bus.ts';

describe('subscribe', () => {
  it('gives what is published from then on, in order, with its ids', async () => {
    const { hub } = openHub();
    hub.define('news', { public: true });
    const connection = new FakeConnection(hub);
    const [first] = await hub.subscribe(connection, ['news'], undefined);
    expect(first).toMatchObject({ gap: false, members: undefined });
    expect(first!.id).toBeTypeOf('string');
    const ids = [await hub.publish('news', 1), await hub.publish('news', { a: 2 })];
    await settle();
    expect(connection.texts).toEqual(['1', '{"a":2}']);
    expect(connection.got.map(({ id }) => id)).toEqual(ids);
    expect(hub.position).toBe(ids[1]);
    expect(hub.positionOf(connection)).toBe(ids[1]);
  });

  it('passes event and key on', async () => {
    const { hub } = openHub();
    hub.define('news', { public: true });
    const connection = new FakeConnection(hub);
    await hub.subscribe(connection, ['news'], undefined);
    await hub.publish('news', 1, { event: 'price', key: 'coffee' });
    await settle();
    expect(connection.got[0]).toMatchObject({
      kind: 'message',
      channel: 'news',
      event: 'price',
      key: 'coffee',
      data: '1',
    });
  });

  it('replays what followed an id before it resolves, and then goes on without a seam', async () => {
    const { hub } = openHub();
    hub.define('a', { public: true });
    hub.define('b', { public: true });
    await settle();
    const first = await hub.publish('a', 0);
    for (let index = 1; index < 6; index++) await hub.publish(index % 2 === 0 ? 'a' : 'b', index);
    await settle();
    const connection = new FakeConnection(hub);
    const subscribing = hub.subscribe(connection, ['a'], first).then((result) => {
      expect(connection.texts).toEqual(['2', '4']);
      return result;
    });
    const [result] = await subscribing;
    expect(result).toMatchObject({ gap: false, id: hub.position });
    await hub.publish('a', 6);
    await settle();
    expect(connection.texts).toEqual(['2', '4', '6']);
    expect(hub.stats()).toMatchObject({ replayed: 2, delivered: 3 });
  });

  it.each(['nonsense', '', 'x'.repeat(1_000), '\u0000', '0-0'])(
    'answers an id it does not know with a gap: %j',
    async (after) => {
      const { hub } = openHub();
      hub.define('a', { public: true });
      const connection = new FakeConnection(hub);
      const [result] = await hub.subscribe(connection, ['a'], after);
      expect(result).toMatchObject({ gap: true, id: hub.position });
      expect(connection.texts).toEqual(['gap a']);
      expect(connection.got[0]!.id).toBeUndefined();
      expect(hub.stats().gaps).toBe(1);
    },
  );

  it('answers an id that is no longer kept with a gap, and the oldest that is kept without one', async () => {
    const { hub } = openHub({ history: { max: 3 } });
    hub.define('a', { public: true });
    await settle();
    const ids: (string | undefined)[] = [];
    for (let index = 0; index < 6; index++) ids.push(await hub.publish('a', index));
    await settle();
    const late = new FakeConnection(hub);
    expect((await hub.subscribe(late, ['a'], ids[1]))[0]!.gap).toBe(true);
    const inTime = new FakeConnection(hub);
    expect((await hub.subscribe(inTime, ['a'], ids[2]))[0]!.gap).toBe(false);
    expect(inTime.texts).toEqual(['3', '4', '5']);
  });

  it('waits for an id that another instance was faster to tell', async () => {
    const server = new ScriptServer();
    const slow = server.bus();
    const fast = server.bus();
    const nodes = [openHub({ bus: slow }).hub, openHub({ bus: fast }).hub] as const;
    for (const hub of nodes) hub.define('a', { public: true });
    await settle();
    slow.cut();
    const id = await nodes[1].publish('a', 1);
    const connection = new FakeConnection(nodes[0]);
    const subscribing = nodes[0].subscribe(connection, ['a'], id);
    await settle();
    slow.restore();
    expect((await subscribing)[0]!.gap).toBe(false);
    expect(connection.texts).toEqual([]);
  });

  it('leaves a channel as it is that the connection has already', async () => {
    const { hub } = openHub();
    hub.define('a', { public: true });
    const connection = new FakeConnection(hub);
    await hub.subscribe(connection, ['a', 'a'], undefined);
    const [again] = await hub.subscribe(connection, ['a'], 'nonsense');
    expect(again!.gap).toBe(false);
    await hub.publish('a', 1);
    await settle();
    expect(connection.texts).toEqual(['1']);
    expect(hub.stats()).toMatchObject({ subscriptions: 1, channels: 1 });
  });

  it('takes all channels or none', async () => {
    const { hub } = openHub();
    hub.define('open', { public: true });
    hub.define('shut', { authorize: () => false });
    const connection = new FakeConnection(hub);
    await expect(hub.subscribe(connection, ['open', 'shut'], undefined)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_FORBIDDEN',
      statusCode: 403,
    });
    await expect(hub.subscribe(connection, ['open', 'other'], undefined)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_UNKNOWN_CHANNEL',
      statusCode: 404,
    });
    await expect(hub.subscribe(connection, ['open', '/'], undefined)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_CHANNEL_NAME',
      statusCode: 400,
    });
    expect(hub.stats()).toMatchObject({ subscriptions: 0, channels: 0, refused: 3 });
  });

  it('ends a subscription at unsubscribe', async () => {
    const { hub } = openHub();
    hub.define('a', { public: true });
    const connection = new FakeConnection(hub);
    await hub.subscribe(connection, ['a'], undefined);
    expect(hub.unsubscribe(connection, 'a')).toBe(true);
    expect(hub.unsubscribe(connection, 'a')).toBe(false);
    await hub.publish('a', 1);
    await settle();
    expect(connection.texts).toEqual([]);
    expect(hub.stats()).toMatchObject({ subscriptions: 0, channels: 0 });
  });

  it('holds a connection that went away while it was asked for nothing', async () => {
    const { hub } = openHub();
    let say = (_answer: boolean): void => undefined;
    hub.define('a', { authorize: () => new Promise((resolve) => (say = resolve)) });
    const connection = new FakeConnection(hub);
    const subscribing = hub.subscribe(connection, ['a'], undefined);
    await settle();
    hub.remove(connection);
    hub.remove(connection);
    say(true);
    await expect(subscribing).rejects.toMatchObject({ code: 'CATZ_REALTIME_CLOSED' });
    expect(hub.stats()).toMatchObject({ subscriptions: 0, connections: { websocket: 0 } });
  });
});

describe('limits', () => {
  it('refuses connections above maxConnections', () => {
    const { hub } = openHub({ maxConnections: 1 });
    const connection = new FakeConnection(hub);
    hub.add(connection);
    expect(() => hub.admit()).toThrow(
      expect.objectContaining({ code: 'CATZ_REALTIME_CONNECTIONS_LIMIT', statusCode: 503 }),
    );
    expect(() => new FakeConnection(hub)).toThrow('too many connections');
    hub.remove(connection);
    hub.admit();
    expect(hub.stats().refused).toBe(2);
  });

  it('refuses channels above maxChannelsPerConnection, those under way included', async () => {
    const { hub } = openHub({ maxChannelsPerConnection: 2 });
    hub.define(':name', { authorize: async () => settle().then(() => true) });
    const connection = new FakeConnection(hub);
    const first = hub.subscribe(connection, ['a', 'b'], undefined);
    await expect(hub.subscribe(connection, ['c'], undefined)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_CHANNELS_LIMIT',
      statusCode: 400,
    });
    await first;
    await expect(hub.subscribe(connection, ['c'], undefined)).rejects.toThrow('too many channels');
    hub.unsubscribe(connection, 'a');
    await hub.subscribe(connection, ['c'], undefined);
    expect(hub.stats().subscriptions).toBe(2);
  });

  it('refuses requests above those that may be under way', async () => {
    const { hub } = openHub();
    const never = new Promise<boolean>(() => undefined);
    hub.define('a', { authorize: () => never, publish: true });
    const connection = new FakeConnection(hub);
    const message = { channel: 'a', data: 1, event: undefined, key: undefined };
    for (let count = 0; count < 128; count++) void hub.publishFrom(connection, message);
    await expect(hub.publishFrom(connection, message)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_MESSAGE',
    });
  });

  it('takes nobody once it stops', async () => {
    const { hub } = openHub();
    hub.define('a', { public: true });
    const connection = new FakeConnection(hub);
    hub.stop();
    const closed = { code: 'CATZ_REALTIME_CLOSED', statusCode: 503 };
    expect(() => hub.admit()).toThrow(expect.objectContaining(closed));
    await expect(hub.subscribe(connection, ['a'], undefined)).rejects.toMatchObject(closed);
    expect(hub.health()).toEqual({ state: 'closed', reasons: ['the application is closing'] });
    await hub.close();
    await expect(hub.publish('a', 1)).rejects.toMatchObject(closed);
  });
});

describe('authorize', () => {
  it('is asked with request, params and what is wanted', async () => {
    const { hub } = openHub();
    const asked: unknown[] = [];
    hub.define('orders/:id/*', {
      authorize: (request, params, access) => {
        asked.push([(request as unknown as { user: string }).user, { ...params }, access]);
        return true;
      },
      publish: true,
    });
    const connection = new FakeConnection(hub);
    const channel = 'orders/4%2F2/a/b';
    await hub.subscribe(connection, [channel], undefined);
    const message = { channel, data: 1, event: undefined, key: undefined };
    await hub.publishFrom(connection, message);
    await hub.publishFrom(connection, message);
    const params = { id: '4%2F2', '*': 'a/b' };
    expect(asked).toEqual([
      ['anna', params, { channel, publish: false }],
      ['anna', params, { channel, publish: true }],
    ]);
  });

  it.each([
    ['says something else than true', () => 'yes'],
    ['says nothing', () => undefined],
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret'))],
  ])('counts as no where it %s', async (_what, authorize) => {
    const { hub, lines } = openHub();
    hub.define('a', { authorize: authorize as unknown as () => boolean });
    const connection = new FakeConnection(hub);
    const refused = hub.subscribe(connection, ['a'], undefined);
    await expect(refused).rejects.toThrow('this channel may not be used by this client');
    await expect(refused).rejects.not.toThrow('secret');
    const isFault = _what === 'throws' || _what === 'rejects';
    expect(lines).toHaveLength(isFault ? 1 : 0);
  });

  it('counts as no where it does not answer within its deadline', async () => {
    vi.useFakeTimers();
    try {
      const { hub, lines } = openHub();
      hub.define('a', { authorize: () => new Promise(() => undefined) });
      const connection = new FakeConnection(hub);
      const refused = expect(hub.subscribe(connection, ['a'], undefined)).rejects.toMatchObject({
        code: 'CATZ_REALTIME_FORBIDDEN',
      });
      await vi.advanceTimersByTimeAsync(AUTHORIZE_DEADLINE - 1);
      expect(lines).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      await refused;
      expect(lines).toEqual(['warn: authorize of a channel took too long, which counts as no']);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('an authorize that has answered', () => {
  it('is not said to take too long', async () => {
    vi.useFakeTimers();
    try {
      const { hub, lines } = openHub({ replayTimeout: 0 });
      hub.define('a', { authorize: async () => true });
      const subscribing = hub.subscribe(new FakeConnection(hub), ['a'], undefined);
      await vi.advanceTimersByTimeAsync(1);
      await subscribing;
      await vi.advanceTimersByTimeAsync(2 * AUTHORIZE_DEADLINE);
      expect(lines).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('disconnect', () => {
  it('ends all connections, or those that a filter means', async () => {
    const { hub } = openHub();
    hub.define(':name', { public: true });
    const connections = ['anna', 'bob', 'carl'].map((user) => new FakeConnection(hub, user));
    const [anna, bob, carl] = connections as [FakeConnection, FakeConnection, FakeConnection];
    await hub.subscribe(bob, ['a'], undefined);
    const isAnna = (request: unknown): boolean => (request as { user: string }).user === 'anna';
    expect(await hub.disconnect({ where: isAnna, reason: 'limit' })).toBe(1);
    expect(await hub.disconnect({ channel: 'a' })).toBe(1);
    expect(await hub.disconnect({ channel: 'a' })).toBe(0);
    expect([anna.closed, bob.closed, carl.closed]).toEqual([['limit'], ['revoked'], []]);
    expect(await hub.disconnect()).toBe(1);
    expect(hub.stats()).toMatchObject({ connections: { websocket: 0, sse: 0 }, subscriptions: 0 });
  });

  it('asks authorize again where it is told to, and ends those that it refuses now', async () => {
    const { hub } = openHub();
    const allowed = new Set(['anna', 'bob']);
    const mayUse = (request: unknown): boolean => allowed.has((request as { user: string }).user);
    hub.define('orders', { authorize: (request) => mayUse(request) });
    hub.define('news', { public: true });
    const anna = new FakeConnection(hub, 'anna');
    const bob = new FakeConnection(hub, 'bob');
    for (const one of [anna, bob]) await hub.subscribe(one, ['orders', 'news'], undefined);
    allowed.delete('bob');
    expect(await hub.disconnect({ unlessAuthorized: true, channel: 'news' })).toBe(0);
    expect(await hub.disconnect({ unlessAuthorized: true })).toBe(1);
    expect([anna.closed, bob.closed]).toEqual([[], ['revoked']]);
  });

  it('lets a client publish only after it was asked again', async () => {
    const { hub } = openHub();
    let mayPublish = true;
    hub.define('a', {
      authorize: (_request, _params, { publish }) => !publish || mayPublish,
      publish: true,
    });
    const connection = new FakeConnection(hub);
    await hub.subscribe(connection, ['a'], undefined);
    const message = { channel: 'a', data: 1, event: undefined, key: undefined };
    await hub.publishFrom(connection, message);
    mayPublish = false;
    await hub.disconnect({ unlessAuthorized: true });
    await expect(hub.publishFrom(connection, message)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_FORBIDDEN',
    });
    expect(connection.closed).toEqual([]);
  });
});

describe('a right that is withdrawn while a client is asked for', () => {
  /** Lets the first question wait, which was put while the right was there. */
  function openDoor(publish: boolean) {
    const { hub } = openHub();
    const door = { isOpen: true, asked: 0, answer: () => undefined as void };
    const first = new Promise<void>((resolve) => (door.answer = resolve));
    hub.define('orders', {
      publish: true,
      authorize: async (_request, _params, access) => {
        if (access.publish !== publish) return true;
        const { isOpen } = door;
        if (door.asked++ === 0) await first;
        return isOpen;
      },
    });
    return { hub, door, connection: new FakeConnection(hub) };
  }

  it.each([{ unlessAuthorized: true }, { channel: 'orders' }])(
    'does not outlive a disconnect by %j',
    async (filter) => {
      const { hub, door, connection } = openDoor(false);
      const subscribing = hub.subscribe(connection, ['orders'], undefined);
      door.isOpen = false;
      expect(await hub.disconnect(filter)).toBe(0);
      door.answer();
      await expect(subscribing).rejects.toMatchObject({ code: 'CATZ_REALTIME_FORBIDDEN' });
      expect(door.asked).toBe(2);
      expect(hub.stats().subscriptions).toBe(0);
    },
  );

  it('lets nothing be published', async () => {
    const { hub, door, connection } = openDoor(true);
    await hub.subscribe(connection, ['orders'], undefined);
    const message = { channel: 'orders', data: 1, event: undefined, key: undefined };
    const publishing = hub.publishFrom(connection, message);
    door.isOpen = false;
    await hub.disconnect({ unlessAuthorized: true });
    door.answer();
    await expect(publishing).rejects.toMatchObject({ code: 'CATZ_REALTIME_FORBIDDEN' });
    expect(hub.stats().published).toBe(0);
  });

  it('concerns nobody whom the filter does not mean', async () => {
    const { hub, door, connection } = openDoor(false);
    const subscribing = hub.subscribe(connection, ['orders'], undefined);
    await hub.disconnect({ where: () => false });
    door.answer();
    await subscribing;
    expect(door.asked).toBe(1);
  });
});

describe('a filter of disconnect', () => {
  it('with a name that is not known ends nobody', async () => {
    const { hub } = openHub();
    const connection = new FakeConnection(hub);
    const misspelt = { chanel: 'orders' } as object;
    await expect(hub.disconnect(misspelt)).rejects.toMatchObject({ code: 'CATZ_REALTIME_OPTION' });
    expect(connection.closed).toEqual([]);
  });

  it('that gives a promise means nobody', async () => {
    const { hub } = openHub();
    const connection = new FakeConnection(hub);
    const where = (async () => false) as unknown as () => boolean;
    expect(await hub.disconnect({ where })).toBe(0);
    expect(connection.closed).toEqual([]);
  });
});

describe('presence and validate that give a promise', () => {
  it('keep the client out, say so in the log, and reject nowhere else', async () => {
    const rejected = vi.fn();
    process.on('unhandledRejection', rejected);
    const fail = async (): Promise<never> => {
      throw new Error('no session');
    };
    const { hub, lines } = openHub();
    hub.define('shown', { public: true, presence: fail });
    hub.define('held', { public: true, publish: true, validate: fail as unknown as () => true });
    const connection = new FakeConnection(hub);
    await expect(hub.subscribe(connection, ['shown'], undefined)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_FORBIDDEN',
      cause: { message: 'expected presence of a channel to answer at once, got a promise' },
    });
    const message = { channel: 'held', data: 1, event: undefined, key: undefined };
    await expect(hub.publishFrom(connection, message)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_DATA',
      cause: { message: 'expected validate of a channel to answer at once, got a promise' },
    });
    expect(lines).toHaveLength(2);
    await settle();
    process.off('unhandledRejection', rejected);
    expect(rejected).not.toHaveBeenCalled();
  });
});

it('takes clients out one after another, where the leaving of one ends the next', async () => {
  const { hub } = openHub();
  hub.define('room', { public: true, presence: true });
  const connections = Array.from({ length: 30 }, () => new FakeConnection(hub));
  for (const one of connections) await hub.subscribe(one, ['room'], undefined);
  let depth = 0;
  let deepest = 0;
  for (const one of connections) {
    one.onDelivery = () => {
      deepest = Math.max(deepest, ++depth);
      if (one.closed.length === 0) one.close('slow');
      depth--;
    };
  }
  connections[0]!.close('slow');
  expect(connections.map(({ closed }) => closed)).toEqual(connections.map(() => ['slow']));
  expect(hub.stats()).toMatchObject({ subscriptions: 0, channels: 0 });
  expect(hub.presence('room')).toEqual([]);
  expect(deepest).toBe(1);
});
