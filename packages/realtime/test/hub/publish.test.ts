import { describe, expect, it } from 'vitest';
import { FakeConnection, openHub } from '../support/hub.ts';
import { ScriptServer, settle } from '../support/script-bus.ts';

const plain = { event: undefined, key: undefined };

describe('publish', () => {
  it.each([
    ['other', 1, {}, 'UNKNOWN_CHANNEL', 404],
    ['a//b', 1, {}, 'CHANNEL_NAME', 400],
    ['a', undefined, {}, 'DATA', 400],
    ['a', 10n, {}, 'DATA', 400],
    ['a', () => 1, {}, 'DATA', 400],
    ['a', 'x'.repeat(63), {}, 'SIZE', 413],
    ['a', 'ä'.repeat(32), {}, 'SIZE', 413],
    ['a', 1, { event: '' }, 'MESSAGE', 400],
    ['a', 1, { event: 'a\nid: 7' }, 'MESSAGE', 400],
    ['a', 1, { event: 'x'.repeat(129) }, 'MESSAGE', 400],
    ['a', 1, { key: 7 as never }, 'MESSAGE', 400],
  ])('on %s of %s with %j is refused as %s', async (channel, data, options, code, statusCode) => {
    const { hub } = openHub({ maxMessageBytes: 64 });
    hub.define('a', { public: true });
    await expect(hub.publish(channel, data, options)).rejects.toMatchObject({
      code: `CATZ_REALTIME_${code}`,
      statusCode,
    });
  });

  it('refuses an option that there is none of, rather than losing what was meant', async () => {
    const { hub } = openHub();
    hub.define('a', { public: true });
    await expect(hub.publish('a', 1, { evnt: 'sold' } as never)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_OPTION',
      message: expect.stringContaining('evnt') as string,
    });
    expect(hub.stats().published).toBe(0);
  });

  it('takes data of exactly maxMessageBytes', async () => {
    const { hub } = openHub({ maxMessageBytes: 64 });
    hub.define('a', { public: true });
    expect(await hub.publish('a', 'x'.repeat(62))).toBeTypeOf('string');
    expect(hub.stats().published).toBe(1);
  });
});

describe('publish by a client', () => {
  it('reaches all, itself included', async () => {
    const { hub } = openHub();
    hub.define('a', { public: true, publish: true });
    const connections = [new FakeConnection(hub), new FakeConnection(hub)];
    for (const one of connections) await hub.subscribe(one, ['a'], undefined);
    const id = await hub.publishFrom(connections[0]!, { channel: 'a', data: 1, ...plain });
    await settle();
    for (const { got } of connections) expect(got.map((one) => one.id)).toEqual([id]);
  });

  it('is off by default', async () => {
    const { hub } = openHub();
    hub.define('a', { public: true });
    const connection = new FakeConnection(hub);
    await expect(
      hub.publishFrom(connection, { channel: 'a', data: 1, ...plain }),
    ).rejects.toMatchObject({ code: 'CATZ_REALTIME_PUBLISH_OFF', statusCode: 403 });
    await expect(
      hub.publishFrom(connection, { channel: 'b', data: 1, ...plain }),
    ).rejects.toMatchObject({ code: 'CATZ_REALTIME_UNKNOWN_CHANNEL' });
    expect(hub.stats()).toMatchObject({ refused: 2, published: 0 });
  });

  it('asks authorize for it each time where the client has not the channel', async () => {
    const { hub } = openHub();
    let asked = 0;
    hub.define('a', { authorize: () => ++asked < 3, publish: true });
    const connection = new FakeConnection(hub);
    const publish = (): Promise<unknown> =>
      hub.publishFrom(connection, { channel: 'a', data: 1, ...plain });
    await publish();
    await publish();
    await expect(publish()).rejects.toMatchObject({ code: 'CATZ_REALTIME_FORBIDDEN' });
  });

  it('is held against validate, and tells what is wrong', async () => {
    const { hub, lines } = openHub();
    hub.define('a', {
      public: true,
      publish: true,
      validate: (data) => {
        if (data === 'boom') throw new Error('secret');
        if (data === 'odd') return false as never;
        return data === 1 ? true : 'expected 1';
      },
    });
    const connection = new FakeConnection(hub);
    const publish = (data: unknown): Promise<unknown> =>
      hub.publishFrom(connection, { channel: 'a', data, ...plain });
    await publish(1);
    const refused = { code: 'CATZ_REALTIME_DATA', statusCode: 400 };
    await expect(publish(2)).rejects.toMatchObject({
      ...refused,
      message: 'the data does not fit the channel: expected 1',
    });
    await expect(publish('odd')).rejects.toMatchObject(refused);
    await expect(publish('boom')).rejects.toThrow('it could not be checked');
    expect(lines).toEqual(['error: validate of a channel threw']);
    expect(hub.stats().published).toBe(1);
  });

  it('is refused for its size before anybody is asked', async () => {
    const { hub } = openHub({ maxMessageBytes: 64 });
    let asked = 0;
    hub.define('a', { authorize: () => ++asked > 0, publish: true });
    const connection = new FakeConnection(hub);
    await expect(
      hub.publishFrom(connection, { channel: 'a', data: 'x'.repeat(64), ...plain }),
    ).rejects.toMatchObject({ code: 'CATZ_REALTIME_SIZE' });
    expect(asked).toBe(0);
  });

  it('is nothing of a connection that is not there', async () => {
    const { hub } = openHub();
    let say = (_answer: boolean): void => undefined;
    hub.define('a', { authorize: () => new Promise((resolve) => (say = resolve)), publish: true });
    const connection = new FakeConnection(hub);
    const publishing = hub.publishFrom(connection, { channel: 'a', data: 1, ...plain });
    hub.remove(connection);
    say(true);
    await expect(publishing).rejects.toMatchObject({ code: 'CATZ_REALTIME_CLOSED' });
    await expect(
      hub.publishFrom(connection, { channel: 'a', data: 1, ...plain }),
    ).rejects.toMatchObject({ code: 'CATZ_REALTIME_CLOSED' });
    expect(hub.stats()).toMatchObject({ published: 0, refused: 0 });
  });
});

describe('a hub whose bus is away', () => {
  it('goes on here, says so, and tells others later', async () => {
    const server = new ScriptServer();
    const bus = server.bus();
    const { hub } = openHub({ bus });
    const other = openHub({ bus: server.bus() }).hub;
    for (const one of [hub, other]) one.define('a', { public: true });
    await settle();
    expect(hub.health()).toEqual({ state: 'ok', reasons: [] });
    const [here, there] = [new FakeConnection(hub), new FakeConnection(other)];
    await hub.subscribe(here, ['a'], undefined);
    await other.subscribe(there, ['a'], undefined);
    bus.cut();
    expect(await hub.publish('a', 1)).toBeUndefined();
    expect(here.texts).toEqual(['1']);
    expect(here.got[0]!.id).toBeUndefined();
    expect(hub.health()).toEqual({
      state: 'degraded',
      reasons: ['the bus is down: it is cut off', 'messages that the bus has not taken: 1'],
    });
    expect(hub.stats().pending).toBe(1);
    // Comes when it is told already, and gets it from the log: it cannot know that it was told.
    const late = new FakeConnection(hub);
    await hub.subscribe(late, ['a'], hub.position);
    bus.restore();
    await settle(20);
    await expect.poll(() => there.texts).toEqual(['1']);
    expect([here.texts, late.texts]).toEqual([['1'], ['1']]);
    expect(late.got[0]!.id).toBeTypeOf('string');
    expect(hub.health().state).toBe('ok');
  });

  it('answers those who resume with a gap before it has read the log, and tells those who wait no longer one then', async () => {
    const bus = new ScriptServer().bus();
    bus.cut();
    const { hub, lines } = openHub({ bus, replayTimeout: 1, history: { max: 1 } });
    hub.define('a', { public: true });
    const [old, fresh] = [new FakeConnection(hub), new FakeConnection(hub)];
    const [one] = await hub.subscribe(old, ['a'], 'p1');
    const [two] = await hub.subscribe(fresh, ['a'], undefined);
    expect([one, two]).toMatchObject([
      { gap: true, id: undefined },
      { gap: false, id: undefined },
    ]);
    expect(hub.position).toBeUndefined();
    expect(hub.health().reasons).toContain('the log has not been read yet');
    for (const data of [1, 2]) await hub.publish('a', data);
    expect(lines).toEqual([expect.stringContaining('warn: a message was given up')]);
    bus.restore();
    await expect.poll(() => hub.stats().pending).toBe(0);
    await settle();
    expect(old.texts).toEqual(['gap a', '1', '2', 'gap a']);
    expect(fresh.texts).toEqual(['1', '2', 'gap a']);
  });

  it('lets subscriptions wait for the log at the start', async () => {
    const server = new ScriptServer();
    const first = openHub({ bus: server.bus() }).hub;
    first.define('a', { public: true });
    await settle();
    const id = await first.publish('a', 0);
    await first.publish('a', 1);
    const bus = server.bus();
    bus.cut();
    const { hub } = openHub({ bus });
    hub.define('a', { public: true });
    const connection = new FakeConnection(hub);
    let isDone = false;
    const subscribing = hub.subscribe(connection, ['a'], id).finally(() => (isDone = true));
    await settle();
    expect(isDone).toBe(false);
    bus.restore();
    expect((await subscribing)[0]!.gap).toBe(false);
    expect(connection.texts).toEqual(['1']);
  });
});

describe('a projection', () => {
  it('lets channels of its prefix hear of another one, live and in replay', async () => {
    const { hub, lines } = openHub();
    hub.define('cache/:name', { public: true });
    const parsed: unknown[] = [];
    hub.project({
      source: 'cache',
      prefix: 'cache/',
      project(data, channel) {
        parsed.push(data);
        const { names } = data as { names: string[] };
        if (names.includes('boom')) throw new Error('broken');
        const name = channel.slice('cache/'.length);
        if (!names.includes(name)) return undefined;
        return { kind: 'invalidated', data: JSON.stringify({ name }), key: channel };
      },
    });
    await settle();
    const before = hub.position;
    const [a, b] = [new FakeConnection(hub), new FakeConnection(hub)];
    await hub.subscribe(a, ['cache/a'], undefined);
    await hub.subscribe(b, ['cache/b'], undefined);
    const first = await hub.publishOn('cache', { names: ['a', 'x'] });
    await hub.publishOn('cache', { names: ['boom'] });
    const last = await hub.publishOn('cache', { names: ['b', 'a'] });
    await settle();
    expect(a.got.map(({ kind, id, channel, data, key }) => [kind, id, channel, data, key])).toEqual(
      [first, last].map((id) => ['invalidated', id, 'cache/a', '{"name":"a"}', 'cache/a']),
    );
    expect(b.got.map(({ id }) => id)).toEqual([last]);
    // Parsed once for all channels.
    expect(new Set(parsed).size).toBe(3);
    const late = new FakeConnection(hub);
    await hub.subscribe(late, ['cache/a', 'cache/b', 'cache/c'], before);
    expect(late.got.map(({ id, channel }) => [id, channel])).toEqual([
      [first, 'cache/a'],
      [last, 'cache/a'],
      [last, 'cache/b'],
    ]);
    expect(new Set(lines)).toEqual(new Set(['error: a message could not be projected']));
    hub.remove(a);
    hub.remove(late);
    const count = parsed.length;
    await hub.publishOn('cache', { names: ['a'] });
    await settle();
    expect(parsed.length - count).toBe(1);
  });

  it('is no way in: a client cannot have the channel that it hears of', async () => {
    const { hub } = openHub();
    hub.project({ source: 'cache', prefix: 'cache/', project: () => undefined });
    const connection = new FakeConnection(hub);
    await expect(hub.subscribe(connection, ['cache'], undefined)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_UNKNOWN_CHANNEL',
    });
    await expect(hub.publishOn('cache', undefined)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_DATA',
    });
  });

  it('hears of what the bus has not taken, too', async () => {
    const bus = new ScriptServer().bus();
    const { hub } = openHub({ bus });
    hub.define('cache/:name', { public: true });
    hub.project({
      source: 'cache',
      prefix: 'cache/',
      project: (data) => ({ kind: 'invalidated', data: JSON.stringify(data) }),
    });
    const connection = new FakeConnection(hub);
    await hub.subscribe(connection, ['cache/a'], undefined);
    bus.cut();
    expect(await hub.publishOn('cache', 1)).toBeUndefined();
    expect(connection.texts).toEqual(['invalidated  1']);
    bus.restore();
    await expect.poll(() => hub.stats().pending).toBe(0);
    await settle();
    expect(connection.texts).toHaveLength(1);
  });
});
