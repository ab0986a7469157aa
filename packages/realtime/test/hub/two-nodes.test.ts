// Two instances on one Redis: one order, replay across them, and what a server that dies in a storm of publishes does to them.
import { streamBus } from '@catzilla/bus';
import { redisSkipReason, startRedis, until } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { describe, expect, it as vitestIt, onTestFinished } from 'vitest';
import type { RealtimeHub } from '../../src/hub/make-hub.ts';
import { FakeConnection, openHub } from '../support/hub.ts';

function it(title: string, work: (server: RedisServer) => Promise<void>, config?: string[]): void {
  vitestIt(title, async (context) => {
    const reason = redisSkipReason();
    if (reason !== undefined) context.skip(reason);
    const server = await startRedis({ config: config ?? [] });
    onTestFinished(() => server.stop());
    await work(server);
  });
}

async function node(
  server: RedisServer,
  presence?: { readonly every: number; readonly lost: number },
): Promise<RealtimeHub> {
  const bus = streamBus({ url: server.url, deadline: 500 });
  const { hub } = openHub({ bus }, presence);
  onTestFinished(() => bus.close());
  hub.define(':name', { public: true, presence: presence !== undefined });
  await until('the log to be reached', () => hub.position !== undefined);
  return hub;
}

async function listener(hub: RealtimeHub, channel = 'a', after?: string): Promise<FakeConnection> {
  const connection = new FakeConnection(hub);
  await hub.subscribe(connection, [channel], after);
  return connection;
}

const isQuiet = (hubs: readonly RealtimeHub[]): boolean =>
  hubs.every((hub) => hub.stats().pending === 0 && hub.health().state === 'ok') &&
  new Set(hubs.map(({ position }) => position)).size === 1;

describe('two instances on one Redis', () => {
  it('give all clients one order, and replay from each other', async (server) => {
    const hubs = [await node(server), await node(server)] as const;
    const clients = [await listener(hubs[0]), await listener(hubs[1])];
    const publishing: Promise<unknown>[] = [];
    for (let count = 0; count < 500; count++) {
      publishing.push(hubs[count % 2]!.publish('a', count));
      if (count % 50 === 0) await Promise.all(publishing);
    }
    await Promise.all(publishing);
    await until('all to arrive', () => clients.every(({ got }) => got.length === 500));
    const order = clients.map(({ got }) => got.map(({ id, data }) => `${id} ${data}`));
    expect(order[0]).toEqual(order[1]);
    expect(new Set(order[0]).size).toBe(500);
    // A client that leaves the one and resumes at the other.
    const middle = clients[0]!.got[249]!.id;
    const resumed = await listener(hubs[1], 'a', middle);
    expect(resumed.got.map(({ id }) => id)).toEqual(clients[0]!.got.slice(250).map(({ id }) => id));
    // An instance that starts later has what was there before.
    const third = await node(server);
    const late = await listener(third, 'a', middle);
    expect(late.got.map(({ id }) => id)).toEqual(resumed.got.map(({ id }) => id));
  });

  it('lose nothing unnoticed where the server is killed and comes back in a storm of publishes', async (server) => {
    const hubs = [await node(server), await node(server)] as const;
    const clients = [await listener(hubs[0]), await listener(hubs[1])] as const;
    let count = 0;
    const storm = async (size: number): Promise<void> => {
      for (let index = 0; index < size; index++) {
        const data = count++;
        await Promise.all([hubs[data % 2]!.publish('a', data), new Promise(setImmediate)]);
      }
    };
    await storm(200);
    const killing = server.kill();
    await storm(50);
    await killing;
    const away = count;
    await storm(100);
    // Local delivery went on: each of these is there, at the instance where it was published, without an id.
    for (let data = away; data < count; data++) {
      const own = clients[data % 2]!;
      expect(own.got.filter((got) => got.data === String(data)).map(({ id }) => id)).toEqual([
        undefined,
      ]);
    }
    expect(hubs.map((hub) => hub.health().state)).toEqual(['degraded', 'degraded']);
    const restarting = server.restart();
    await storm(100);
    await restarting;
    await storm(50);
    await until('it to be quiet again', () => isQuiet(hubs));
    await storm(50);
    const last50 = ({ got }: FakeConnection): boolean =>
      got.filter(({ data }) => Number(data) >= count - 50).length >= 50;
    // Two that are equally far behind the server are quiet, too.
    await until('the last to arrive', () => isQuiet(hubs) && clients.every(last50));
    for (const [index, { got }] of clients.entries()) {
      const data = got.filter(({ kind }) => kind === 'message').map((one) => Number(one.data));
      expect(new Set(data).size, `${index}: nothing twice`).toBe(data.length);
      const missing = Array.from({ length: count }, (_, at) => at).filter(
        (at) => !data.includes(at),
      );
      // The server came back empty: what only it had is gone, and every client has been told.
      const gaps = got.flatMap(({ kind }, at) => (kind === 'gap' ? [at] : []));
      expect(gaps.length, `${index}: gaps`).toBeGreaterThan(0);
      for (const lost of missing) {
        // Whatever is newer came after the gap.
        const after = got.findIndex(
          (one) => one.kind === 'message' && one.id !== undefined && Number(one.data) > lost + 2,
        );
        expect(
          gaps[0],
          `${index}: ${lost} is missing, and no gap before ${got[after]?.data}`,
        ).toBeLessThan(after === -1 ? got.length : after);
        expect(lost % 2, `${index}: what was published here is here`).not.toBe(index);
      }
      // All that came after it was quiet again is there.
      expect(missing.filter((at) => at >= count - 50)).toEqual([]);
    }
    // From before the gap there is no way across; from after it there is.
    const old = clients[0].got.find(({ id }) => id !== undefined)!;
    const [before] = await hubs[1].subscribe(new FakeConnection(hubs[1]), ['a'], old.id);
    expect(before!.gap).toBe(true);
    const last = clients[0].got.at(-10)!;
    const resumed = await listener(hubs[1], 'a', last.id);
    expect(resumed.got.map(({ data }) => data)).toEqual(
      clients[0].got.slice(-9).map(({ data }) => data),
    );
  });

  it(
    'lose nothing where the server keeps its log over a restart',
    async (server) => {
      const hubs = [await node(server), await node(server)] as const;
      const clients = [await listener(hubs[0]), await listener(hubs[1])];
      for (let count = 0; count < 50; count++) await hubs[count % 2]!.publish('a', count);
      await server.restart();
      for (let count = 50; count < 100; count++) await hubs[count % 2]!.publish('a', count);
      // Two that are equally far behind the server are quiet, too.
      await until(
        'all to arrive',
        () => isQuiet(hubs) && clients.every(({ got }) => got.length >= 100),
      );
      for (const { got } of clients) {
        const data = got.filter(({ kind }) => kind === 'message').map((one) => Number(one.data));
        expect(data.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at));
      }
    },
    ['appendonly yes', 'appendfsync always'],
  );

  it('know who is present, and drop one that dies without a word', async (server) => {
    const hubs = [
      await node(server, { every: 20, lost: 400 }),
      await node(server, { every: 20, lost: 400 }),
    ] as const;
    const bus = streamBus({ url: server.url });
    const dying = openHub({ bus }, { every: 20, lost: 400 }).hub;
    dying.define(':name', { public: true, presence: true });
    const clients = [await listener(hubs[0]), await listener(hubs[1])] as const;
    await listener(dying);
    await until('three to be present', () => hubs.every((hub) => hub.presence('a').length === 3));
    // As if the process had been killed: nothing is said any more.
    await bus.close();
    await until('two to be present', () => hubs.every((hub) => hub.presence('a').length === 2));
    for (const { got } of clients)
      expect(got.at(-1)).toMatchObject({ kind: 'presence', event: 'leave' });
    await hubs[1].close();
    await until('one to be present', () => hubs[0].presence('a').length === 1);
  });
});
