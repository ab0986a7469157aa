// What only the bus over a port does; the rest is its contract.
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { busServer, portBus, threadBus, useBusServer } from '../../src/port/index.ts';
import type { PortBusOptions } from '../../src/port/index.ts';
import { until } from '../../src/testing/index.ts';
import { listen, numbers } from '../support/redis.ts';
import { openPort, openServer, said } from './support.ts';

describe('a log that does not answer', () => {
  it('is given up after the deadline, and told as down until it answers', async () => {
    const { bus, port } = openPort(undefined, { deadline: 20 });
    expect(bus.health().state).toBe('connecting');
    expect(await said(bus.append('t', 'a', { id: '1' }))).toBe(
      'CATZ_BUS_UNAVAILABLE: no answer within 20 ms',
    );
    expect(bus.health()).toMatchObject({ state: 'down', lastError: 'no answer within 20 ms' });
    expect(bus.stats()).toMatchObject({ appended: 0, failures: 1 });
    const { log } = listen(bus, 't', { from: 'start' });
    openServer().connect(port);
    await until('the message', () => log.includes('live'));
    expect(bus.health()).toMatchObject({ state: 'live', lastError: undefined });
    // It was only late: appended again it is delivered once.
    await bus.append('t', 'a', { id: '1' });
    await bus.append('t', 'b');
    await until('the last', () => log.includes('b'));
    expect(log.filter((text) => text !== 'live')).toEqual(['a', 'b']);
  });

  it('is not sent more than maxInFlight, also when the deadline is long over', async () => {
    const { bus, port } = openPort(undefined, { deadline: 10, maxInFlight: 3 });
    const first = numbers(0, 4).map((text) => said(bus.append('t', text)));
    expect(await first[3]).toBe('CATZ_BUS_UNAVAILABLE: 3 appends are under way');
    expect(await Promise.all(first.slice(0, 3))).toEqual(
      Array(3).fill('CATZ_BUS_UNAVAILABLE: no answer within 10 ms'),
    );
    expect(await said(bus.append('t', 'x'))).toBe('CATZ_BUS_UNAVAILABLE: 3 appends are under way');
    openServer().connect(port);
    await until('it to be taken', () => bus.append('t', 'after').then(Boolean));
  });

  it('gives each append its own deadline', async () => {
    const { bus, port } = openPort(undefined, { deadline: 2_000 });
    const early = said(bus.append('t', 'early'));
    // What a busy machine has to do between the two ends.
    const began = performance.now();
    await until('a second to pass', () => performance.now() - began > 1_000);
    const late = said(bus.append('t', 'late'));
    expect(await early).toBe('CATZ_BUS_UNAVAILABLE: no answer within 2000 ms');
    openServer().connect(port);
    expect(await late).toMatch(/-2$/);
  });
});

describe('the end of the server', () => {
  it('fails what is under way and what comes, and tells subscribers', async () => {
    const server = openServer();
    const { bus } = openPort(server);
    const { log, subscription } = listen(bus, 't');
    await until('it to be live', () => subscription.isLive);
    const underWay = said(bus.append('t', 'a'));
    await server.close();
    await server.close();
    const gone = 'CATZ_BUS_UNAVAILABLE: the thread that has the log has ended';
    expect(await underWay).toBe(gone);
    expect(await said(bus.append('t', 'b'))).toBe(gone);
    expect(log).toEqual(['live', 'lost']);
    expect(bus.health()).toMatchObject({
      state: 'down',
      lastError: 'the thread that has the log has ended',
    });
    await bus.close();
    expect(bus.health().state).toBe('closed');
    expect(server.stats()).toEqual({
      ports: 0,
      subscriptions: 0,
      topics: 0,
      messages: 0,
      bytes: 0,
    });
  });

  it('refuses ports from then on, and closes them', async () => {
    const server = busServer();
    await server[Symbol.asyncDispose]();
    const { port1, port2 } = new MessageChannel();
    const closed = new Promise((resolve) => port1.once('close', resolve));
    expect(() => server.connect(port2)).toThrow(
      expect.objectContaining({ code: 'CATZ_BUS_CLOSED' }),
    );
    await closed;
  });
});

describe('close()', () => {
  it('leaves nothing of the bus at the server, and what it had appended', async () => {
    const server = openServer();
    const { bus } = openPort(server);
    listen(bus, 't');
    // Nobody waits for it.
    void bus.append('t', 'last');
    await bus.close();
    await until('the port to be closed', () => server.stats().ports === 0);
    expect(server.stats()).toMatchObject({ subscriptions: 0, messages: 1, bytes: 4 });
    const { log } = listen(openPort(server).bus, 't', { from: 'start' });
    await until('the message', () => log.includes('last'));
  });

  it('waits for a log that does not answer no longer than the deadline', async () => {
    const { bus } = openPort(undefined, { deadline: 20 });
    const append = said(bus.append('t', 'x'));
    await bus.close();
    expect(await append).toBe('CATZ_BUS_UNAVAILABLE: no answer within 20 ms');
    expect(bus.health()).toMatchObject({ state: 'closed', lastError: undefined });
  });
});

it('delivers all of a burst that the log can keep, with nothing lost on the way', async () => {
  const server = openServer({ maxLen: 10_000 });
  const { bus } = openPort(server);
  const listeners = [listen(bus, 't'), listen(openPort(server).bus, 't')];
  await until('both to be live', () => listeners.every(({ log }) => log.length === 1));
  const texts = numbers(0, 10_000);
  await Promise.all(texts.map((text) => bus.append('t', text)));
  for (const { log } of listeners) {
    await until('all', () => log.length === 10_001);
    expect(log).toEqual(['live', ...texts]);
  }
});

it('leaves nothing of a subscription at the server that is closed', async () => {
  const server = openServer();
  const { bus } = openPort(server);
  const [one, two] = [listen(bus, 't'), listen(bus, 't')];
  await Promise.all([one.subscription.ready, two.subscription.ready]);
  expect(server.stats()).toMatchObject({ ports: 1, subscriptions: 2 });
  one.subscription.close();
  await until('it to be gone', () => server.stats().subscriptions === 1);
  await bus.append('t', 'a');
  await until('the message', () => two.log.includes('a'));
  expect(one.log).not.toContain('a');
});

describe('what is kept', () => {
  it('outlives the bus that appended it, with its positions', async () => {
    const server = openServer();
    const { bus } = openPort(server);
    const position = await bus.append('t', 'a');
    await bus.append('t', 'b');
    await bus.close();
    const { log } = listen(openPort(server).bus, 't', { from: position });
    await until('it to be live', () => log.includes('live'));
    expect(log).toEqual(['b', 'live']);
  });

  it('is as much as any bus has asked for', async () => {
    const server = openServer({ maxLen: 2, maxBytes: 8 });
    const { bus } = openPort(server);
    for (const text of numbers(0, 5)) await bus.append('t', text);
    expect(server.stats()).toMatchObject({ topics: 1, messages: 2, bytes: 2 });
    const { bus: other } = openPort(server, { maxLen: 4 });
    for (const text of numbers(0, 5)) await other.append('t', text);
    expect(server.stats()).toMatchObject({ messages: 4 });
    await other.append('t', 'a long text');
    expect(server.stats()).toMatchObject({ messages: 1, bytes: 11 });
    openPort(server, { maxBytes: 13 });
    await other.append('t', 'b');
    await other.append('t', 'c');
    await other.append('t', 'd');
    expect(server.stats()).toMatchObject({ messages: 3, bytes: 3 });
    openPort(server, { maxLen: 1, maxBytes: 1 });
    await other.append('t', 'e');
    expect(server.stats()).toMatchObject({ messages: 4, bytes: 4 });
  });
});

describe('releases', () => {
  it('that speak otherwise are refused by the server', async () => {
    const server = openServer();
    const { port1, port2 } = new MessageChannel();
    server.connect(port2);
    const told: unknown[] = [];
    port1.on('message', (message) => told.push(message));
    const closed = new Promise((resolve) => port1.once('close', resolve));
    const hello = ['hello', 2, 'of a later one', { maxLen: 1, maxBytes: 1 }];
    const append = ['append', 't', undefined, 0];
    port1.postMessage({ calls: [hello, append], bytes: new Uint8Array() });
    await closed;
    expect(told).toEqual([{ type: 'refused' }]);
    expect(server.stats()).toMatchObject({ ports: 0, topics: 0 });
  });

  it('refused are down, and say what to do', async () => {
    const { bus, port } = openPort(undefined);
    const append = said(bus.append('t', 'x'));
    port.postMessage({ type: 'refused' });
    const why = 'the thread that has the log runs another release: start the process anew';
    expect(await append).toBe(`CATZ_BUS_UNAVAILABLE: ${why}`);
    expect(bus.health()).toMatchObject({ state: 'down', lastError: why });
  });
});

describe('threadBus()', () => {
  it('is a bus over the server that this thread was told of, and none without', async () => {
    expect(threadBus()).toBeUndefined();
    const server = openServer();
    const end = useBusServer((port) => server.connect(port));
    onTestFinished(end);
    const bus = threadBus({ maxMessageBytes: 3 })!;
    onTestFinished(() => bus.close());
    await bus.append('t', 'abc');
    expect(await said(bus.append('t', 'abcd'))).toBe('CATZ_BUS_SIZE');
    expect(server.stats()).toMatchObject({ ports: 1, messages: 1 });
    const replaced = useBusServer(() => expect.unreachable());
    // It is another's by now.
    end();
    expect(() => threadBus()).toThrow();
    replaced();
    expect(threadBus()).toBeUndefined();
  });
});

it('refuses options that are unknown or ill-typed', () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ maxLen: 0 }, 'expected options.maxLen to be an integer from 1'],
    [{ maxBytes: 0 }, 'expected options.maxBytes'],
    [{ deadline: 0 }, 'expected options.deadline'],
    [{ maxMessageBytes: 0 }, 'expected options.maxMessageBytes'],
    [{ maxInFlight: 0 }, 'expected options.maxInFlight'],
    [{ dedupe: 0.5 }, 'expected options.dedupe'],
    [{ maxTopics: 1 }, 'unknown option options.maxTopics'],
  ];
  const { port1 } = new MessageChannel();
  onTestFinished(() => port1.close());
  for (const [options, message] of wrong) {
    const open = (): unknown => portBus(port1, options as PortBusOptions);
    expect(open).toThrow(expect.objectContaining({ code: 'CATZ_BUS_OPTION' }));
    expect(open).toThrow(message);
  }
  for (const options of [{ maxLen: 0 }, { maxTopics: 0 }, { maxBytes: 0 }, { dedupe: 1 }]) {
    expect(() => busServer(options)).toThrow(expect.objectContaining({ code: 'CATZ_BUS_OPTION' }));
  }
});
