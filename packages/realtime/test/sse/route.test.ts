// The route over a hub of the test's own: what it is asked for, and in what order things go out.
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import type { Connection } from '../../src/connection/connection.ts';
import { Delivery } from '../../src/delivery.ts';
import type { Hub, Subscribed } from '../../src/hub/hub.ts';
import { addEventRoute } from '../../src/sse/route.ts';
import { newTally } from '../../src/stats.ts';
import { openEvents } from './event-client.ts';

type Subscribe = (connection: Connection, after: string | undefined) => Promise<Subscribed>;

async function start(subscribe: Subscribe): Promise<{ port: number; removed: Connection[] }> {
  const removed: Connection[] = [];
  const hub: Hub = {
    tally: newTally(),
    position: undefined,
    admit() {},
    add() {},
    positionOf: () => undefined,
    remove: (connection) => void removed.push(connection),
    subscribe: async (connection, _channels, after) => [await subscribe(connection, after)],
    unsubscribe: () => false,
    publishFrom: () => Promise.reject(new Error('not asked for')),
  };
  const app = Fastify();
  const settings = { path: '/realtime', heartbeat: 1_000, slow: 'disconnect' } as const;
  const route = await addEventRoute(app, hub, {
    ...settings,
    maxBufferedBytes: 65_536,
    closeDelay: 0,
  });
  app.addHook('preClose', () => route.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return { port: (app.server.address() as AddressInfo).port, removed };
}

function subscribed(id: string | undefined): Subscribed {
  return { id, gap: false, members: undefined };
}

function message(id: string): Delivery {
  const fields = { kind: 'message', channel: 'a', event: undefined, data: '1' } as const;
  return new Delivery({ ...fields, id, key: undefined });
}

it('never tells a place before that of what was delivered', async () => {
  const { port } = await start(async (connection) => {
    connection.deliver(message('5'));
    return subscribed('3');
  });
  const client = await openEvents(port, 'channel=a');
  await client.until(({ heard }) => heard.length === 1);
  expect(client.lastId).toBe('5');
  // A second one sees what the first has not been told by its heartbeat either.
  await client.until(({ comments }) => comments === 2);
  expect(client.text).not.toContain('id: 3');
  client.leave();
});

it('says that it is there, and while there is no place, one that a resume gets a gap for', async () => {
  const { port } = await start(async () => subscribed(undefined));
  const client = await openEvents(port, 'channel=a');
  await client.until(({ comments }) => comments === 2);
  expect(client.text).toBe(':\n\nid: ?\n\n: \n\n');
  client.leave();
});

it('asks for no id that is longer than any', async () => {
  const asked: (string | undefined)[] = [];
  const { port } = await start(async (_connection, after) => {
    asked.push(after);
    return subscribed(undefined);
  });
  for (const id of ['x'.repeat(128), 'x'.repeat(129)]) {
    const client = await openEvents(port, 'channel=a', { 'last-event-id': id });
    client.leave();
  }
  const client = await openEvents(port, 'channel=a&lastEventId=');
  client.leave();
  expect(asked).toEqual(['x'.repeat(128), '?', undefined]);
});

it('cuts off a stream whose subscription fails after it has begun', async () => {
  const { port, removed } = await start(async (connection) => {
    connection.deliver(message('5'));
    throw new Error('the hub is broken');
  });
  const client = await openEvents(port, 'channel=a');
  expect(await client.over).toBe(false);
  expect(removed.length).toBeGreaterThan(0);
});
