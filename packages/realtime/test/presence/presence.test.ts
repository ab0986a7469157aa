import { memoryBus } from '@catzilla/bus';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RealtimeHub } from '../../src/hub/make-hub.ts';
import { Presence } from '../../src/presence/presence.ts';
import { decodeTold, partsOf } from '../../src/presence/wire.ts';
import { FakeConnection, openHub } from '../support/hub.ts';
import { ScriptServer, settle } from '../support/script-bus.ts';

function open(server = new ScriptServer(), times: { every?: number; lost?: number } = {}) {
  const bus = server.bus();
  const told: string[] = [];
  const presence = new Presence({
    bus,
    topic: 'p',
    every: 1_000_000,
    ...times,
    onEvent: (channel, event, { id }) => told.push(`${event} ${channel} ${id}`),
  });
  onTestFinished(() => presence.close());
  const ids = (channel: string): string[] => presence.members(channel).map(({ id }) => id);
  return { server, bus, presence, told, ids };
}

const member = (id: string): { id: string; data: unknown } => ({ id, data: { name: id } });

describe('presence', () => {
  it('tells of those who come and go, here and elsewhere, with their data', async () => {
    const one = open();
    const other = open(one.server);
    await settle();
    one.presence.join('a', member('1'));
    one.presence.join('a', member('1'));
    other.presence.join('a', member('2'));
    await settle();
    expect(one.told).toEqual(['join a 1', 'join a 2']);
    expect(other.told).toEqual(['join a 2', 'join a 1']);
    expect(other.presence.members('a')).toEqual([member('2'), member('1')]);
    one.presence.leave('a', '1');
    one.presence.leave('a', '1');
    await settle();
    expect(other.told.slice(2)).toEqual(['leave a 1']);
    expect(one.ids('a')).toEqual(['2']);
    expect(one.ids('b')).toEqual([]);
  });

  it('tells one that comes later who is there', async () => {
    const one = open();
    await settle();
    for (let index = 0; index < 1_000; index++)
      one.presence.join(`c${index % 7}`, member(`m${index}`));
    one.presence.join('a', { id: 'large', data: 'x'.repeat(2_000) });
    await settle();
    const late = open(one.server);
    await settle(20);
    expect(late.ids('a')).toEqual(['large']);
    expect(late.told).toHaveLength(1_001);
    // The state was longer than one message may be.
    expect(one.server.all.filter(({ payload }) => payload.length > 65_536)).toEqual([]);
  });

  it('finds out what was lost, and asks', async () => {
    const one = open();
    const other = open(one.server);
    await settle();
    one.presence.join('a', member('1'));
    await settle();
    one.bus.refusal = new Error('for a moment');
    one.presence.leave('a', '1');
    one.presence.join('a', member('2'));
    await settle();
    one.bus.refusal = undefined;
    expect(other.ids('a')).toEqual(['1']);
    one.presence.join('a', member('3'));
    await settle();
    expect(other.ids('a').toSorted()).toEqual(['2', '3']);
    expect(other.told).toEqual(['join a 1', 'join a 3', 'leave a 1', 'join a 2']);
  });

  it('asks anew after a gap', async () => {
    const one = open();
    const other = open(one.server);
    await settle();
    one.presence.join('a', member('1'));
    other.bus.gap();
    await settle();
    expect(other.ids('a')).toEqual(['1']);
  });

  it('answers once where several ask in one moment', async () => {
    const one = open();
    await settle();
    one.presence.join('a', member('1'));
    await settle();
    const others = Array.from({ length: 10 }, () => open(one.server));
    await settle(20);
    for (const { ids } of others) expect(ids('a')).toEqual(['1']);
    const states = one.server.all.filter(
      ({ origin, payload }) => origin === one.bus.origin && payload.includes('"state"'),
    );
    expect(states.length).toBeLessThan(4);
  });

  it('takes away all of an instance that says good-bye', async () => {
    const one = open();
    const other = open(one.server);
    await settle();
    one.presence.join('a', member('1'));
    one.presence.join('b', member('1'));
    await settle();
    one.presence.close();
    one.presence.close();
    one.presence.join('a', member('2'));
    one.presence.leave('a', '1');
    await settle();
    expect(other.told.slice(2)).toEqual(['leave a 1', 'leave b 1']);
    expect(one.told).toHaveLength(2);
  });

  it('drops an instance that dies without a word', async () => {
    const one = open(undefined, { every: 5, lost: 1_000_000 });
    const other = open(one.server, { every: 5, lost: 60 });
    await settle();
    one.presence.join('a', member('1'));
    await settle();
    expect(other.ids('a')).toEqual(['1']);
    await one.bus.close();
    one.bus.refusal = new Error('dead');
    await expect.poll(() => other.told).toEqual(['join a 1', 'leave a 1']);
    expect(other.ids('a')).toEqual([]);
  });

  it('drops nobody for its own silence, and learns afterwards who went', async () => {
    const one = open(undefined, { every: 5, lost: 30 });
    const other = open(one.server, { every: 5, lost: 1_000_000 });
    await settle();
    other.presence.join('a', member('1'));
    other.presence.join('a', member('2'));
    await settle();
    one.bus.cut();
    const appends = one.bus.appends;
    await expect.poll(() => one.bus.appends).toBeGreaterThan(appends + 10);
    expect(one.ids('a')).toEqual(['1', '2']);
    other.presence.leave('a', '2');
    one.bus.restore();
    await expect.poll(() => one.ids('a')).toEqual(['1']);
  });

  it('asks one that it hears of for the first time', async () => {
    const one = open();
    await settle();
    one.presence.join('a', member('1'));
    await settle();
    const other = open(one.server);
    other.bus.refusal = new Error('for a moment');
    await settle();
    other.bus.refusal = undefined;
    one.presence.join('a', member('2'));
    await settle();
    expect(other.ids('a').toSorted()).toEqual(['1', '2']);
  });

  it('drops nobody where it was held up itself', async () => {
    const one = open(undefined, { every: 20 });
    const other = open(one.server, { every: 20, lost: 100 });
    await settle();
    one.presence.join('a', member('1'));
    await settle();
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 10_000);
    const { appends } = other.bus;
    await expect.poll(() => other.bus.appends).toBeGreaterThan(appends + 1);
    clock.mockRestore();
    expect(other.told).toEqual(['join a 1']);
  });

  it('asks again where its question was lost', async () => {
    const one = open(undefined, { every: 5 });
    await settle();
    one.presence.join('a', member('1'));
    await settle();
    const other = open(one.server);
    other.bus.refusal = new Error('for a moment');
    // It has heard of the first one, and asked in vain.
    await expect.poll(() => other.bus.appends).toBeGreaterThan(2);
    expect(other.ids('a')).toEqual([]);
    other.bus.refusal = undefined;
    await expect.poll(() => other.ids('a')).toEqual(['1']);
  });

  it('agrees on all instances once it is quiet, whatever was lost', async () => {
    const act = fc.record({
      node: fc.nat(2),
      what: fc.constantFrom('join', 'leave', 'lose', 'find', 'cut', 'restore', 'gap'),
      id: fc.nat(4),
      channel: fc.constantFrom('a', 'b'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 50 }), async (acts) => {
        const server = new ScriptServer();
        const nodes = [0, 1, 2].map(() => {
          const bus = server.bus();
          const there = new Set<string>();
          const presence = new Presence({
            bus,
            topic: 'p',
            every: 3,
            lost: 1_000_000,
            onEvent: (channel, event, { id }) => {
              const name = `${channel} ${id}`;
              // Joined once before it leaves, and left once.
              expect(there.has(name)).toBe(event === 'leave');
              if (event === 'join') there.add(name);
              else there.delete(name);
            },
          });
          return { bus, there, presence };
        });
        await settle(2);
        const all = new Set<string>();
        for (const { node, what, id, channel } of acts) {
          const { bus, presence } = nodes[node]!;
          const name = `${node}.${id}`;
          if (what === 'join') {
            presence.join(channel, member(name));
            all.add(`${channel} ${name}`);
          } else if (what === 'leave') {
            presence.leave(channel, name);
            all.delete(`${channel} ${name}`);
          } else if (what === 'lose') bus.refusal = new Error('lost');
          else if (what === 'find') bus.refusal = undefined;
          else if (what === 'cut') bus.cut();
          else if (what === 'restore') bus.restore();
          else bus.gap();
          if (id === 0) await settle(1);
        }
        for (const { bus } of nodes) {
          bus.refusal = undefined;
          bus.restore();
        }
        const wanted = [...all].toSorted();
        await expect
          .poll(() => nodes.map(({ there }) => [...there].toSorted()), {
            interval: 2,
            timeout: 5_000,
          })
          .toEqual([wanted, wanted, wanted]);
        for (const { presence } of nodes) presence.close();
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});

describe('the form on the wire', () => {
  it.each([
    '',
    'x',
    'null',
    '1',
    '{"v":2,"n":"a","q":0,"k":"bye"}',
    '{"v":1,"n":"a","q":0,"k":"?"}',
  ])('is not guessed from %j', (text) => {
    expect(decodeTold(Buffer.from(text))).toBeUndefined();
  });

  it('cuts a state into parts, at least one', () => {
    expect(partsOf([], 10)).toEqual([[]]);
    const members = Array.from({ length: 5 }, (_, index) => ['a', `m${index}`, {}] as const);
    expect(partsOf(members, 40).map((part) => part.length)).toEqual([2, 2, 1]);
    expect(partsOf(members, 1)).toHaveLength(5);
  });
});

describe('presence of a channel', () => {
  it('is told at subscribe, to the others at join and leave, and by the hub', async () => {
    const { hub } = openHub();
    hub.define('room/:id', {
      public: true,
      presence: (request) => ({ name: (request as unknown as { user: string }).user }),
    });
    const [anna, bob] = [new FakeConnection(hub, 'anna'), new FakeConnection(hub, 'bob')];
    const [first] = await hub.subscribe(anna, ['room/1'], undefined);
    expect(first!.members).toEqual([{ id: expect.any(String) as string, data: { name: 'anna' } }]);
    const [second] = await hub.subscribe(bob, ['room/1'], undefined);
    expect(second!.members!.map(({ data }) => data)).toEqual([{ name: 'anna' }, { name: 'bob' }]);
    const bobs = second!.members![1]!;
    expect(anna.texts).toEqual([`presence join ${JSON.stringify(bobs)}`]);
    expect(anna.got[0]).toMatchObject({ kind: 'presence', channel: 'room/1', id: undefined });
    expect(bob.texts).toEqual([]);
    expect(hub.presence('room/1')).toEqual(second!.members);
    hub.remove(bob);
    expect(anna.texts[1]).toBe(`presence leave ${JSON.stringify(bobs)}`);
    hub.unsubscribe(anna, 'room/1');
    expect(hub.presence('room/1')).toEqual([]);
  });

  it('shows an id and nothing else where it is true, and nobody where it is off', async () => {
    const { hub } = openHub();
    hub.define('on', { public: true, presence: true });
    hub.define('off', { public: true });
    const connection = new FakeConnection(hub);
    const [on, off] = await hub.subscribe(connection, ['on', 'off'], undefined);
    expect(on!.members).toEqual([{ id: expect.any(String) as string, data: {} }]);
    expect([off!.members, hub.presence('off')]).toEqual([undefined, []]);
  });

  it.each([
    ['is no JSON', () => undefined],
    ['is too long', () => 'x'.repeat(2_047)],
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
  ])('keeps out a client of which it %s', async (_what, presence) => {
    const { hub, lines } = openHub();
    hub.define('a', { public: true, presence });
    const connection = new FakeConnection(hub);
    await expect(hub.subscribe(connection, ['a'], undefined)).rejects.toMatchObject({
      code: 'CATZ_REALTIME_FORBIDDEN',
    });
    expect(lines).toEqual(['error: presence of a channel failed']);
    expect(hub.presence('a')).toEqual([]);
  });

  it('reaches an instance that comes later, however little the bus takes at once', async () => {
    await using bus = memoryBus({ maxMessageBytes: 64 + 4_096 });
    const options = { bus, maxMessageBytes: 64 };
    const hubs = [openHub(options).hub];
    const define = (hub: RealtimeHub): void =>
      hub.define(':room', { public: true, presence: () => 'x'.repeat(1_500) });
    hubs.forEach(define);
    for (let count = 0; count < 10; count++) {
      await hubs[0]!.subscribe(new FakeConnection(hubs[0]!), ['room'], undefined);
    }
    hubs.push(openHub(options).hub);
    define(hubs[1]!);
    await settle(20);
    expect(hubs.map((hub) => hub.presence('room').length)).toEqual([10, 10]);
  });

  it('goes over all instances, and ends for all of one that stops', async () => {
    const server = new ScriptServer();
    const [one, two] = [openHub({ bus: server.bus() }).hub, openHub({ bus: server.bus() }).hub];
    for (const hub of [one, two]) hub.define('a', { public: true, presence: true });
    const [here, there] = [new FakeConnection(one), new FakeConnection(two)];
    await one.subscribe(here, ['a'], undefined);
    await two.subscribe(there, ['a'], undefined);
    await settle();
    expect(one.presence('a')).toHaveLength(2);
    two.stop();
    await settle();
    expect(one.presence('a')).toHaveLength(1);
    expect(here.texts.map((text) => text.split(' ')[1])).toEqual(['join', 'leave']);
  });
});
