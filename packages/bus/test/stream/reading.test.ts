// What is read while the connection stands: bursts, foreign entries, many subscribers, rights that are missing.
import { expect } from 'vitest';
import { until } from '../../src/testing/index.ts';
import {
  it,
  listen,
  numbers,
  onEachDriver,
  openBus,
  ownRedis,
  sharedRedis,
  uniquePrefix,
} from '../support/redis.ts';

/** Appends, in one step of the server, `count` messages of a bus and trims to the last 10. */
const BURST = `
  for i = 1, tonumber(ARGV[1]) do
    redis.call('XADD', KEYS[1], '*', 'm', '\\194\\181\\1\\0\\1\\0o' .. i)
  end
  return redis.call('XTRIM', KEYS[1], 'MAXLEN', 10)`;

onEachDriver(() => {
  const redis = sharedRedis();

  it('tells a gap when more was appended between two reads than the log keeps', async () => {
    const server = await redis();
    const prefix = uniquePrefix();
    const bus = openBus({ url: server.url, prefix });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    await bus.append('t', 'before');
    await until('the first', () => log.includes('before'));
    await server.ask('EVAL', BURST, '1', `${prefix}:{t}`, '500');
    await until('the last', () => log.includes('500'));
    expect(log).toEqual(['live', 'before', 'gap trimmed', ...numbers(491, 501)]);
    // Counting goes on where it was: the next loss is told, and only that.
    await bus.append('t', 'between');
    await server.ask('EVAL', BURST, '1', `${prefix}:{t}`, '9');
    await until('nine more', () => log.at(-1) === '9');
    await server.ask('EVAL', BURST, '1', `${prefix}:{t}`, '11');
    await until('eleven more', () => log.at(-1) === '11');
    expect(log.slice(13)).toEqual(['between', ...numbers(1, 10), 'gap trimmed', ...numbers(2, 12)]);
    expect(bus.stats()).toMatchObject({ gaps: 2, duplicates: 0 });
  });

  it('catches a loss for more subscribers than it asks about ahead of the read', async () => {
    const server = await redis();
    const prefix = uniquePrefix();
    const bus = openBus({ url: server.url, prefix });
    const all = numbers(0, 8).map((topic) => listen(bus, topic));
    await Promise.all(all.map(({ subscription }) => subscription.ready));
    await server.ask('EVAL', BURST, '1', `${prefix}:{3}`, '20');
    await bus.append('5', 'x');
    await until('both', () => all[3]!.log.includes('20') && all[5]!.log.includes('x'));
    expect(all[3]!.log).toEqual(['live', 'gap trimmed', ...numbers(11, 21)]);
    expect(all[5]!.log).toEqual(['live', 'x']);
    expect(bus.stats().gaps).toBe(1);
  });

  it('tells a gap for entries it cannot read, one for all in a row, and goes on', async () => {
    const server = await redis();
    const prefix = uniquePrefix();
    const bus = openBus({ url: server.url, prefix });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    const script = `for i = 1, #ARGV do redis.call('XADD', KEYS[1], '*', 'm', ARGV[i]) end
      redis.call('XADD', KEYS[1], '*', 'm', '\\194\\181\\2\\0\\1\\0of a later release')
      redis.call('XADD', KEYS[1], '*', 'm', '\\194\\181\\1\\1\\1\\0with a flag')
      redis.call('XADD', KEYS[1], '*', 'm', '\\194\\181\\1\\0\\200\\0short')
      redis.call('XADD', KEYS[1], '*', 'm', 'x', 'n', 'y')
      redis.call('XADD', KEYS[1], '*', 'other', 'x')`;
    await server.ask('EVAL', script, '1', `${prefix}:{t}`, '', 'plain text');
    await bus.append('t', 'a');
    await until('the message', () => log.includes('a'));
    expect(log).toEqual(['live', 'gap foreign', 'a']);
  });

  it('reads from several positions of one topic at once', async () => {
    const { url } = await redis();
    const bus = openBus({ url, prefix: uniquePrefix(), batch: 7, deadline: 5_000 });
    const positions: string[] = [];
    for (const text of numbers(0, 50)) positions.push(await bus.append('t', text));
    const now = listen(bus, 't');
    const start = listen(bus, 't', { from: 'start' });
    const later = numbers(0, 5).map((text) =>
      listen(bus, 't', { from: positions[Number(text) * 10]! }),
    );
    await Promise.all([now, start, ...later].map(({ subscription }) => subscription.ready));
    for (const text of numbers(50, 60)) await bus.append('t', text);
    const all = [now, start, ...later];
    await until('all', () => all.every(({ log }) => log.includes('59')));
    const texts = all.map(({ log }) => log.filter((entry) => entry !== 'live'));
    expect(texts[0]).toEqual(numbers(50, 60));
    expect(texts[1]).toEqual(numbers(0, 60));
    for (const [index, told] of texts.slice(2).entries()) {
      expect(told).toEqual(numbers(index * 10 + 1, 60));
    }
    // 'live' comes once it has read what was there when it came.
    expect(start.log.indexOf('live')).toBeGreaterThanOrEqual(50);
  });

  it('lets a new subscriber begin while the read of the others waits', async () => {
    const { url } = await redis();
    const bus = openBus({ url, prefix: uniquePrefix(), block: 60_000 });
    await listen(bus, 'a').subscription.ready;
    for (const topic of numbers(0, 10)) {
      const { log, subscription } = listen(bus, topic);
      await subscription.ready;
      await bus.append(topic, 'x');
      await until('the message', () => log.includes('x'));
    }
    expect(bus.stats().reconnects).toBe(0);
  });

  it('works for a user who may neither INFO nor CLIENT nor SELECT', async () => {
    const server = await redis();
    const rights = ['~*', '+xadd', '+xread', '+xrange', '+xinfo'];
    await server.ask('ACL', 'SETUSER', 'few', 'on', '>pass', 'resetkeys', '-@all', ...rights);
    const node = { port: server.port, username: 'few', password: 'pass' };
    const bus = openBus({ node, prefix: uniquePrefix(), block: 60_000 });
    const first = listen(bus, 'a');
    await first.subscription.ready;
    // Without CLIENT UNBLOCK the blocked read is ended by a new connection.
    const second = listen(bus, 'b');
    await second.subscription.ready;
    await bus.append('a', '1');
    await bus.append('b', '2');
    await until('both', () => first.log.includes('1') && second.log.includes('2'));
    expect(bus.stats().gaps).toBe(0);
  });

  it('reports a topic it has no right to read, and goes on when it has', async () => {
    const server = await ownRedis();
    await server.ask('ACL', 'SETUSER', 'few', 'on', '>pass', '~*', '+@all', '-xread');
    const bus = openBus({ node: { port: server.port, username: 'few', password: 'pass' } });
    const { log, subscription } = listen(bus, 't');
    await subscription.ready;
    await until('the error', () => bus.health().lastError?.includes('NOPERM'));
    await server.ask('ACL', 'SETUSER', 'few', '+xread');
    await bus.append('t', 'a');
    await until('the message', () => log.includes('a'));
  });

  it('goes on with a position that another process kept', async () => {
    const server = await redis();
    const prefix = uniquePrefix();
    const first = openBus({ url: server.url, prefix });
    const position = await first.append('t', 'seen');
    await first.append('t', 'next');
    await first.close();
    const second = openBus({ url: server.url, prefix });
    const { log } = listen(second, 't', { from: position });
    await until('the message', () => log.includes('next'));
    expect(log).toEqual(['next', 'live']);
    await server.ask('XTRIM', `${prefix}:{t}`, 'MAXLEN', '0');
    const late = listen(second, 't', { from: position });
    const ahead = listen(second, 't', { from: '99999999999999-0' });
    const gone = listen(second, 'gone', { from: position });
    const none = listen(second, 'gone', { from: '0-0' });
    const all = [late, ahead, gone, none];
    await until('all', () => all.every(({ subscription }) => subscription.isLive));
    expect(all.map(({ log: told }) => told)).toEqual([
      ['gap trimmed', 'live'],
      ['gap missing', 'live'],
      ['gap missing', 'live'],
      ['live'],
    ]);
  });
});
