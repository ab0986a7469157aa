// A server of event streams is killed while another process publishes, and comes again: clients that reconnect as an EventSource
// does hear every message once and in order.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { redisSkipReason, startRedis } from '@catzilla/bus/testing';
import { expect, it, onTestFinished } from 'vitest';
import { openEvents } from '../sse/event-client.ts';
import type { EventClient } from '../sse/event-client.ts';

const CLIENTS = 25;
const KILLS = 3;

function start(program: string, ...args: string[]): ChildProcess {
  const child = fork(new URL(`resume/${program}`, import.meta.url), args, { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function serve(url: string, port: number): Promise<{ server: ChildProcess; port: number }> {
  const server = start('server.mjs', url, String(port));
  const [bound] = (await once(server, 'message')) as [number];
  return { server, port: bound };
}

/** Listens until the end, and comes back whenever it is cut off. */
async function follow(
  port: number,
  state: { connected: number; cuts: number },
): Promise<unknown[]> {
  const all: unknown[] = [];
  let lastId = '';
  for (;;) {
    let client: EventClient;
    try {
      client = await openEvents(port, 'channel=numbers', lastId ? { 'last-event-id': lastId } : {});
    } catch {
      await pause(10);
      continue;
    }
    const isTold = ({ lastId: id }: EventClient): boolean => id !== '';
    await client.until(isTold).catch(() => {});
    state.connected++;
    await client.until(({ data }) => data.at(-1) === 'end').catch(() => {});
    state.connected--;
    for (const { event, data } of client.heard) {
      all.push(event === 'message' ? (JSON.parse(data) as { data: unknown }).data : event);
    }
    if (all.at(-1) === 'end') {
      client.leave();
      return all;
    }
    lastId = client.lastId || lastId;
    state.cuts++;
  }
}

it('a killed server that comes again costs no message and doubles none', async (context) => {
  const reason = redisSkipReason();
  if (reason !== undefined) context.skip(reason);
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const first = await serve(redis.url, 0);
  const { port } = first;
  let { server } = first;
  const state = { connected: 0, cuts: 0 };
  const following = Promise.all(Array.from({ length: CLIENTS }, () => follow(port, state)));
  // All are there before the first message: what they get is the whole.
  while (state.connected < CLIENTS) await pause(5);
  const publisher = start('publisher.mjs', redis.url);
  let last = 0;
  publisher.on('message', (n) => (last = n as number));
  const published = once(publisher, 'exit');
  for (let kill = 1; kill <= KILLS; kill++) {
    const before = last;
    while (last < before + 100) await pause(5);
    server.kill('SIGKILL');
    await once(server, 'exit');
    // Somebody has to publish while nobody serves.
    const away = last;
    while (last < away + 50) await pause(5);
    ({ server } = await serve(redis.url, port));
    while (state.cuts < kill * CLIENTS || state.connected < CLIENTS) await pause(5);
  }
  publisher.send('stop');
  const all = await following;
  expect(await published).toEqual([0, null]);
  const wanted = [...Array.from({ length: last }, (_, i) => i + 1), 'end'];
  for (const heard of all) expect(heard).toEqual(wanted);
  await context.annotate(
    `${CLIENTS} clients, ${last} messages, ${KILLS} kills, ${state.cuts} reconnections`,
  );
});
