// A subscriber whose connection is cut while others go on appending.
import { expect, onTestFinished } from 'vitest';
import { startProxy, until } from '../../src/testing/index.ts';
import type { Proxy } from '../../src/testing/index.ts';
import {
  it,
  listen,
  numbers,
  onEachDriver,
  openBus,
  sharedRedis,
  uniquePrefix,
} from '../support/redis.ts';

onEachDriver((driver) => {
  const redis = sharedRedis();

  /** A bus that appends directly, and one behind a proxy that subscribes. */
  const pair = async (options: { maxLen?: number; block?: number } = {}) => {
    const { url, port } = await redis();
    const proxy: Proxy = await startProxy({ port });
    onTestFinished(() => proxy.stop());
    const prefix = uniquePrefix();
    const all = { prefix, deadline: 5_000, ...options };
    return {
      proxy,
      source: openBus({ url, ...all }),
      sink: openBus({ url: proxy.url, ...all }),
      prefix,
    };
  };

  // The whole ten seconds on one of the two versions, for they are seconds of everybody's test run.
  const length = driver === 'ioredis' ? 10_000 : 1_000;

  it(`catches up after ${length / 1000} s with all that was appended meanwhile, in order, once`, async () => {
    const { proxy, source, sink } = await pair();
    const { log, subscription } = listen(sink, 't');
    await subscription.ready;
    await source.append('t', '0');
    await until('the first', () => log.includes('0'));
    await proxy.cut();
    await until('it to be lost', () => !subscription.isLive);
    const cut = performance.now();
    let count = 1;
    while (performance.now() - cut < length) {
      await Promise.all(numbers(count, count + 20).map((text) => source.append('t', text)));
      count += 20;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(log).toEqual(['live', '0', 'lost']);
    await proxy.restore();
    await until('the last', () => log.includes(String(count - 1)));
    await source.append('t', 'end');
    await until('the end', () => log.includes('end'));
    const told = log.filter((entry) => entry !== 'live');
    expect(told).toEqual(['0', 'lost', ...numbers(1, count), 'end']);
    expect(subscription.isLive).toBe(true);
    // It calls itself live again only when it has caught up with what was there on its return.
    expect(log.indexOf('live', 1)).toBeGreaterThan(log.indexOf(String(count - 21)));
    expect(sink.stats()).toMatchObject({ gaps: 0, duplicates: 0, delivered: count + 1 });
  });

  it('tells a gap when the log was trimmed beyond what it had seen', async () => {
    const { proxy, source, sink } = await pair({ maxLen: 10 });
    const { log, subscription } = listen(sink, 't');
    await subscription.ready;
    await source.append('t', '0');
    await until('the first', () => log.includes('0'));
    await proxy.cut();
    await until('it to be lost', () => !subscription.isLive);
    for (const text of numbers(1, 1_000)) await source.append('t', text);
    await proxy.restore();
    await until('the last', () => log.includes('999'));
    const after = log.slice(log.indexOf('lost') + 1).filter((entry) => entry !== 'live');
    expect(after[0]).toBe('gap trimmed');
    expect(after.slice(1)).toEqual(numbers(1_001 - after.length, 1_000));
    expect(after.length).toBeGreaterThan(10);
    expect(sink.stats().gaps).toBe(1);
  });

  it('tells no gap when the log was trimmed up to the last message it had seen', async () => {
    const { proxy, source, sink, prefix } = await pair();
    const { log, subscription } = listen(sink, 't');
    await subscription.ready;
    for (const text of numbers(0, 5)) await source.append('t', text);
    await until('five', () => log.includes('4'));
    await proxy.cut();
    await until('it to be lost', () => !subscription.isLive);
    for (const text of numbers(5, 8)) await source.append('t', text);
    await (await redis()).ask('XTRIM', `${prefix}:{t}`, 'MAXLEN', '3');
    await proxy.restore();
    await until('the last', () => log.includes('7'));
    expect(log.filter((entry) => entry !== 'live')).toEqual([
      ...numbers(0, 5),
      'lost',
      ...numbers(5, 8),
    ]);
    // One message more is one too many.
    await proxy.cut();
    await until('it to be lost again', () => !subscription.isLive);
    for (const text of numbers(8, 12)) await source.append('t', text);
    await (await redis()).ask('XTRIM', `${prefix}:{t}`, 'MAXLEN', '3');
    await proxy.restore();
    await until('the last', () => log.includes('11'));
    const after = log.slice(log.lastIndexOf('lost') + 1).filter((entry) => entry !== 'live');
    expect(after).toEqual(['gap trimmed', ...numbers(9, 12)]);
  });

  it('connects anew when nothing comes back through its connection', async () => {
    const { proxy, source, sink } = await pair({ block: 50 });
    const { log, subscription } = listen(sink, 't');
    await subscription.ready;
    await proxy.cut('blackhole');
    await source.append('t', 'meanwhile');
    await until('it to be lost', () => !subscription.isLive);
    expect(sink.health().lastError).toMatch(/no answer within/);
    await proxy.restore();
    await until('the message', () => log.includes('meanwhile'));
    expect(log.filter((entry) => entry !== 'live')).toEqual(['lost', 'meanwhile']);
    expect(sink.stats().gaps).toBe(0);
  });

  it('works through a slow connection', async () => {
    const { proxy, source, sink } = await pair();
    proxy.setDelay(40);
    const { log, subscription } = listen(sink, 't');
    await subscription.ready;
    for (const text of numbers(0, 100)) await source.append('t', text);
    await until('the last', () => log.includes('99'));
    expect(log).toEqual(['live', ...numbers(0, 100)]);
  });
});
