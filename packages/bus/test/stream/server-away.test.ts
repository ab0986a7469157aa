// The server is refused, killed, stopped or wiped.
import { expect } from 'vitest';
import { freePort, startRedis, until } from '../../src/testing/index.ts';
import {
  appendSurely,
  it,
  listen,
  numbers,
  onEachDriver,
  openBus,
  ownRedis,
} from '../support/redis.ts';
import { onTestFinished } from 'vitest';

onEachDriver(() => {
  it('starts while the server is down, and works once it is there', async () => {
    const port = await freePort();
    // As long as it may be, and what is given up at it has another cause: one that names this one was refused before.
    const bus = openBus({ node: { port }, deadline: 60_000 });
    const { log, subscription } = listen(bus, 't');
    expect(bus.health().state).toBe('connecting');
    await until('it to be down', () => bus.health().state === 'down');
    expect(bus.health().lastError).toContain('ECONNREFUSED');
    await expect(bus.append('t', 'x')).rejects.toMatchObject({
      code: 'CATZ_BUS_UNAVAILABLE',
      cause: { code: 'CATZ_BUS_NOT_READY' },
    });
    expect([subscription.position, subscription.isLive, log]).toEqual([undefined, false, []]);

    const server = await startRedis({ port });
    onTestFinished(() => server.stop());
    await subscription.ready;
    await appendSurely(bus, 't', 'a');
    await until('the message', () => log.includes('a'));
    expect(log).toEqual(['live', 'a']);
    await until('it to be live', () => bus.health().state === 'live');
    expect(bus.health().lastError).toBeUndefined();
    expect(bus.stats()).toMatchObject({ appended: 1, delivered: 1, gaps: 0 });
  });

  it('tells a gap when the server was killed and came back empty', async () => {
    const server = await ownRedis();
    const bus = openBus({ url: server.url });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    await appendSurely(bus, 't', 'before');
    await until('the message', () => log.includes('before'));
    await server.kill();
    await until('it to be lost', () => !subscription.isLive);
    expect(bus.health().state).toBe('down');
    await server.restart();
    await appendSurely(bus, 't', 'after');
    await until('the message', () => log.includes('after'));
    expect(log.filter((entry) => entry !== 'live')).toEqual([
      'before',
      'lost',
      'gap replaced',
      'after',
    ]);
    expect(log.slice(0, 2)).toEqual(['live', 'before']);
    expect(bus.stats()).toMatchObject({ gaps: 1, delivered: 2, duplicates: 0 });
    expect(bus.stats().reconnects).toBeGreaterThanOrEqual(2);
  });

  it('tells a gap after a restart that kept the log, and delivers what follows', async () => {
    const server = await ownRedis({ config: ['appendonly yes', 'appendfsync always'] });
    const bus = openBus({ url: server.url });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    for (const text of numbers(0, 5)) await appendSurely(bus, 't', text);
    await until('five', () => log.includes('4'));
    await server.restart();
    await until('the gap', () => log.includes('gap replaced'));
    await appendSurely(bus, 't', '5');
    await until('the sixth', () => log.includes('5'));
    const told = log.filter((entry) => entry !== 'live' && entry !== 'lost');
    expect(told).toEqual([...numbers(0, 5), 'gap replaced', '5']);
  });

  it('gives up an append at its deadline while the server is stopped for 3 s, and delivers once what was repeated', async () => {
    const server = await ownRedis();
    const bus = openBus({ url: server.url, block: 500, deadline: 100 });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    await appendSurely(bus, 't', 'before');
    await until('the message', () => log.includes('before'));
    server.pause();
    const stopped = performance.now();
    const late = await Promise.allSettled([
      bus.append('t', 'unknown', { id: 'unknown' }),
      bus.append('t', 'without id'),
    ]);
    for (const one of late) {
      expect(one).toMatchObject({ reason: { code: 'CATZ_BUS_UNAVAILABLE', statusCode: 503 } });
    }
    expect(late[0]).toMatchObject({ reason: { cause: { message: 'no answer within 100 ms' } } });
    // No answer for block + 2 s: the reader no longer calls itself live.
    await until('it to be lost', () => !subscription.isLive);
    await until('3 s to pass', () => performance.now() - stopped > 3_000);
    server.resume();
    await appendSurely(bus, 't', 'unknown');
    await appendSurely(bus, 't', 'after');
    await until('the message', () => log.includes('after'));
    const told = log.filter((entry) => !['live', 'lost', 'without id'].includes(entry));
    expect(told).toEqual(['before', 'unknown', 'after']);
    expect(log.filter((entry) => entry === 'without id').length).toBeLessThanOrEqual(1);
    expect(bus.stats().gaps).toBe(0);
  });

  it('tells a gap when the log was deleted, at once with the next message', async () => {
    const server = await ownRedis();
    const bus = openBus({ url: server.url, prefix: 'p' });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    for (const text of numbers(0, 3)) await bus.append('t', text);
    await until('three', () => log.includes('2'));
    await server.ask('DEL', 'p:{t}');
    await bus.append('t', '3');
    await until('the fourth', () => log.includes('3'));
    expect(log).toEqual(['live', '0', '1', '2', 'gap missing', '3']);
  });

  it('tells within one block that the log was deleted though nothing follows', async () => {
    const server = await ownRedis();
    const bus = openBus({ url: server.url, block: 50 });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    await bus.append('t', 'a');
    await until('the message', () => log.includes('a'));
    await server.ask('FLUSHALL');
    await until('the gap', () => log.includes('gap missing'));
    await bus.append('t', 'b');
    await until('the next', () => log.includes('b'));
    expect(log).toEqual(['live', 'a', 'gap missing', 'b']);
  });

  it('reports a server that refuses it, and goes on when it was repaired', async () => {
    const server = await ownRedis({ password: 'right' });
    const bus = openBus({ node: { port: server.port } });
    listen(bus, 't');
    await until('it to be down', () => bus.health().state === 'down');
    expect(bus.health().lastError).toContain('NOAUTH');
    await expect(bus.append('t', 'x')).rejects.toMatchObject({
      message: 'topic t could not be appended to: the connection to Redis is misconfigured',
    });
  });
});
