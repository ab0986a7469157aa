// Appends beyond what the server takes, with a client that was given, and options that must have an effect.
import { Redis as Redis6 } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { expect, it as plainIt, onTestFinished } from 'vitest';
import { streamBus } from '../../src/index.ts';
import type { StreamBusOptions } from '../../src/index.ts';
import { startProxy, until, useDriver } from '../../src/testing/index.ts';
import {
  appendSurely,
  it,
  listen,
  numbers,
  onEachDriver,
  openBus,
  ownRedis,
  sharedRedis,
  uniquePrefix,
} from '../support/redis.ts';

onEachDriver((driver) => {
  const redis = sharedRedis();
  const isFive = driver === 'ioredis5';

  it('fails at once beyond maxInFlight, and recovers', async () => {
    const server = await ownRedis();
    const bus = openBus({ url: server.url, maxInFlight: 3, deadline: 50 });
    await appendSurely(bus, 't', 'first');
    server.pause();
    const results = await Promise.allSettled(numbers(0, 5).map((text) => bus.append('t', text)));
    const words = results.map((one) => String((one as PromiseRejectedResult).reason.message));
    expect(words.map((text) => text.replace('topic t could not be appended to: ', ''))).toEqual([
      ...numbers(0, 3).map(() => 'no answer within 50 ms'),
      ...numbers(0, 2).map(() => '3 appends are under way'),
    ]);
    expect(bus.stats().failures).toBe(5);
    server.resume();
    await appendSurely(bus, 't', 'last');
  });

  it('connects anew when appends get no answer for a second', async () => {
    const server = await redis();
    const proxy = await startProxy({ port: server.port });
    onTestFinished(() => proxy.stop());
    const bus = openBus({ url: proxy.url, prefix: uniquePrefix(), deadline: 50 });
    await appendSurely(bus, 't', 'first');
    await proxy.cut('blackhole');
    await until('it to be down', async () => {
      await bus.append('t', 'x').catch(() => undefined);
      return bus.health().state === 'down';
    });
    await proxy.restore();
    await appendSurely(bus, 't', 'last');
  });

  it('tells that the server is out of memory, and takes appends when it no longer is', async () => {
    const server = await ownRedis({ config: ['maxmemory 1', 'maxmemory-policy noeviction'] });
    const bus = openBus({ url: server.url });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    await expect(bus.append('t', 'x')).rejects.toThrow(/OOM/);
    expect(bus.health().lastError).toMatch(/OOM/);
    expect(subscription.isLive).toBe(true);
    await server.ask('CONFIG', 'SET', 'maxmemory', '0');
    await appendSurely(bus, 't', 'a');
    await until('the message', () => log.includes('a'));
    expect(bus.health().lastError).toBeUndefined();
  });

  it('keeps about maxLen messages, under its prefix', async () => {
    const server = await redis();
    const prefix = uniquePrefix();
    const bus = openBus({ url: server.url, prefix, maxLen: 100, deadline: 5_000 });
    await Promise.all(numbers(0, 1_000).map((text) => bus.append('t', text)));
    const length = Number(await server.ask('XLEN', `${prefix}:{t}`));
    expect(length).toBeGreaterThanOrEqual(100);
    expect(length).toBeLessThanOrEqual(200);
  });

  it('forgets ids beyond its window', async () => {
    const { url } = await redis();
    const bus = openBus({ url, prefix: uniquePrefix(), dedupe: 2 });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    for (const id of ['a', 'b', 'a', 'c', 'a']) await bus.append('t', id, { id });
    await bus.append('t', 'end');
    await until('the end', () => log.includes('end'));
    expect(log).toEqual(['live', 'a', 'b', 'c', 'a', 'end']);
  });

  it('appends over a client that was given, reads over one of its own, and closes only that', async () => {
    const server = await redis();
    const named = { connectionName: 'of-the-application' };
    const client = isFive ? new Redis5(server.port, named) : new Redis6(server.port, named);
    onTestFinished(() => client.disconnect());
    const bus = openBus({ client, prefix: uniquePrefix() });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    await until('it to be live', () => bus.health().state === 'live');
    await bus.append('t', 'a');
    await until('the message', () => log.includes('a'));
    const clients = String(await server.ask('CLIENT', 'LIST'));
    const xadd = clients.split('\n').find((line) => line.includes('cmd=xadd'));
    expect(xadd).toContain('name=of-the-application');
    const xread = clients.split('\n').find((line) => line.includes('cmd=xread'));
    expect(xread).toContain('name= ');
    const listeners = client.listenerCount('ready');
    await bus.close();
    expect(client.listenerCount('ready')).toBeLessThan(listeners);
    expect(await client.ping()).toBe('PONG');
  });

  it('does not use the queue of a client that is not ready', async () => {
    const server = await ownRedis();
    const lazy = { lazyConnect: true, retryStrategy: () => 50 };
    const client = isFive ? new Redis5(server.port, lazy) : new Redis6(server.port, lazy);
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    const bus = openBus({ client });
    await appendSurely(bus, 't', 'a');
    await server.kill();
    await until('it to be down', () => bus.health().state === 'down');
    await expect(bus.append('t', 'b')).rejects.toThrow(/is down/);
    await server.restart();
    await until('it to be live', () => bus.health().state === 'live');
    expect(await server.ask('XLEN', 'czbus1:{t}')).toBe(0);
    await appendSurely(bus, 't', 'c');
  });
});

plainIt('refuses options that are unknown, ill-typed or contradictory', () => {
  const wrong: readonly (readonly [object | undefined, string])[] = [
    [
      undefined,
      'expected options to have one of url, node, sentinels, cluster, client, got none of them',
    ],
    [{ url: 'redis://h', node: {} }, 'got url and node'],
    [{ url: 'redis://h', maxLength: 1 }, 'unknown option options.maxLength, did you mean maxLen?'],
    [{ url: 'redis://h', maxLen: 0 }, 'expected options.maxLen to be an integer from 1'],
    [{ url: 'redis://h', prefix: 'a{b' }, 'expected options.prefix to be a string of 1 to 128'],
    [{ url: 'redis://h', deadline: 0 }, 'expected options.deadline to be a duration in ms'],
    [{ url: 'redis://h', block: 1 }, 'expected options.block'],
    [{ url: 'redis://h', batch: 0 }, 'expected options.batch'],
    [{ url: 'redis://h', maxMessageBytes: 0 }, 'expected options.maxMessageBytes'],
    [{ url: 'redis://h', maxInFlight: 0 }, 'expected options.maxInFlight'],
    [{ url: 'redis://h', dedupe: 0 }, 'expected options.dedupe'],
  ];
  for (const [options, message] of wrong) {
    const open = (): unknown => streamBus(options as StreamBusOptions);
    expect(open).toThrow(expect.objectContaining({ code: 'CATZ_BUS_OPTION' }));
    expect(open).toThrow(message);
  }
});

plainIt('names the package that is missing', () => {
  onTestFinished(useDriver('no-such-driver'));
  expect(() => streamBus({ url: 'redis://127.0.0.1:1' })).toThrow(
    expect.objectContaining({
      code: 'CATZ_BUS_DEPENDENCY',
      message: 'streamBus needs the package no-such-driver, which cannot be loaded',
      cause: expect.objectContaining({ code: 'MODULE_NOT_FOUND' }),
    }),
  );
});
