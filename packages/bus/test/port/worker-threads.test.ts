// Buses of real threads: what crosses, what a thread leaves behind when it ends, and what happens to one that hangs.
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import type { BusServer } from '../../src/port/index.ts';
import { until } from '../../src/testing/index.ts';
import { listen, numbers } from '../support/redis.ts';
import { openPort, openServer } from './support.ts';

/** Built: a thread has no loader for TypeScript on every release of Node. */
const PORT = import.meta.resolve('@catzilla/bus/port');

/** What keeps a thread that has only a bus. */
const STAY = `parentPort.on('message', () => undefined);`;

/** A thread with `bus`, over a port to the server; `say` sends to the test. */
function startThread(server: BusServer, source: string): Worker {
  const { port1, port2 } = new MessageChannel();
  server.connect(port1);
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const say = (message) => parentPort.postMessage(message);
    import(${JSON.stringify(PORT)}).then(async ({ portBus }) => {
      const bus = portBus(workerData.port, { deadline: 20_000 });
      ${source}
    });`;
  const options = { eval: true, workerData: { port: port2 }, transferList: [port2] };
  const worker = new Worker(code, options);
  onTestFinished(async () => {
    await worker.terminate();
  });
  return worker;
}

it('carries what threads append to each other', async () => {
  const server = openServer();
  const { bus } = openPort(server);
  const { log } = listen(bus, 'back');
  startThread(
    server,
    `${STAY} bus.subscribe('there', ({ payload }) => bus.append('back', 'not ' + payload), { from: 'start' });`,
  );
  const texts = numbers(0, 500);
  await Promise.all(texts.map((text) => bus.append('there', text)));
  await until('all answers', () => log.length === 501);
  expect(log).toEqual(['live', ...texts.map((text) => `not ${text}`)]);
});

it('ends with its thread: nothing is left at the server but what was appended', async () => {
  const server = openServer();
  for (const end of ['process.exit(3)', "setImmediate(() => { throw new Error('of the test') })"]) {
    const worker = startThread(
      server,
      `bus.subscribe('t', () => undefined); await bus.append('t', 'kept'); ${end};`,
    );
    worker.on('error', () => undefined);
    // Not `once` of node:events, which rejects with the error.
    await new Promise((resolve) => worker.once('exit', resolve));
    await until('its port to be closed', () => server.stats().ports === 0);
    expect(server.stats().subscriptions).toBe(0);
  }
  const worker = startThread(
    server,
    `${STAY} bus.subscribe('t', () => undefined); await bus.append('t', 'kept'); say('ready');`,
  );
  await once(worker, 'message');
  await worker.terminate();
  await until('its port to be closed', () => server.stats().ports === 0);
  expect(server.stats()).toMatchObject({ subscriptions: 0, messages: 3 });
});

it('keeps no thread alive but for an append that waits for its answer', async () => {
  const server = openServer();
  const worker = startThread(
    server,
    `bus.subscribe('t', () => undefined); await bus.append('t', 'a'); say(await bus.append('t', 'b'));`,
  );
  const [position] = (await once(worker, 'message')) as [string];
  expect(position).toMatch(/-2$/);
  const [code] = (await once(worker, 'exit')) as [number];
  expect(code).toBe(0);
});

it('sends a thread that hangs no more than the window, and tells it a gap when it comes back', async () => {
  const server = openServer({ maxLen: 10 });
  const lock = new Int32Array(new SharedArrayBuffer(4));
  const worker = startThread(
    server,
    `${STAY} const lock = await new Promise((resolve) => parentPort.once('message', resolve));
     bus.subscribe('t', ({ payload }) => {
       say(String(payload));
       if (String(payload) === 'hang') Atomics.wait(lock, 0, 0);
     }, { onGap: ({ reason }) => say('gap ' + reason), onLive: () => say('live') });`,
  );
  const told: string[] = [];
  worker.on('message', (text: string) => told.push(text));
  worker.postMessage(lock);
  await until('it to be live', () => told.includes('live'));
  const { bus } = openPort(server);
  await bus.append('t', 'hang');
  await until('it to hang', () => told.includes('hang'));
  const texts = numbers(0, 1_000);
  for (const text of texts) await bus.append('t', text);
  expect(server.stats()).toMatchObject({ messages: 10 });
  Atomics.store(lock, 0, 1);
  Atomics.notify(lock, 0);
  await until('the last', () => told.at(-1) === '999');
  const gap = told.indexOf('gap overflow');
  const [before, after] = [told.slice(2, gap), told.slice(gap + 1)];
  // What was on its way, a few batches of one message each, then the gap, then what the log had kept.
  expect(before).toEqual(texts.slice(0, before.length));
  expect(before.length).toBeLessThanOrEqual(3);
  expect(after).toEqual(texts.slice(-10));
});
