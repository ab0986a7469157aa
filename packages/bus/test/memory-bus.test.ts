// What only the bus in process does; the rest is its contract.
import { expect, it } from 'vitest';
import { memoryBus } from '../src/index.ts';
import type { Bus, MemoryBusOptions } from '../src/index.ts';
import { until } from '../src/testing/index.ts';
import { listen, numbers } from './support/redis.ts';

async function fill(bus: Bus, topic: string, texts: readonly string[]): Promise<void> {
  await Promise.all(texts.map((text) => bus.append(topic, text)));
}

it('tells an overflow to a live subscriber that is slower than the log is long', async () => {
  const bus = memoryBus({ maxLen: 3 });
  const { log, subscription } = listen(bus, 't');
  await until('it to be live', () => subscription.isLive);
  await fill(bus, 't', ['a', 'b']);
  await until('both', () => log.includes('b'));
  // All in one turn of the event loop: nothing can be delivered between them.
  await fill(bus, 't', numbers(0, 8));
  await until('the last', () => log.includes('7'));
  expect(log).toEqual(['live', 'a', 'b', 'gap overflow', '5', '6', '7']);
  expect(bus.stats().gaps).toBe(1);
});

it('keeps no more bytes of a topic than it may, but always the newest message', async () => {
  const bus = memoryBus({ maxBytes: 5 });
  await fill(bus, 't', ['aa', 'bb', 'cc']);
  await fill(bus, 'u', ['dddddddd']);
  const [t, u] = ['t', 'u'].map((topic) => listen(bus, topic, { from: 'start' }));
  await until('both', () => [t, u].every((one) => one!.log.includes('live')));
  expect(t!.log).toEqual(['bb', 'cc', 'live']);
  expect(u!.log).toEqual(['dddddddd', 'live']);
});

it('shares the event loop: a long backlog takes several turns', async () => {
  const bus = memoryBus();
  const texts = numbers(0, 1_000);
  await fill(bus, 't', texts);
  let turns = 0;
  const turn = (): void => {
    turns++;
    if (turns < 100) setImmediate(turn);
  };
  setImmediate(turn);
  const seen = new Set<number>();
  const log: string[] = [];
  bus.subscribe(
    't',
    ({ payload }) => {
      seen.add(turns);
      log.push(payload.toString());
    },
    { from: 'start' },
  );
  await until('all', () => log.length === 1_000);
  expect(log).toEqual(texts);
  expect(seen.size).toBeGreaterThanOrEqual(4);
});

it('drops the log of the topic unused for longest when there are too many, and says so later', async () => {
  const bus = memoryBus({ maxTopics: 2 });
  const position = await bus.append('a', '1');
  await bus.append('b', '1');
  await bus.append('a', '2');
  await bus.append('c', '1');
  const [c, a, b] = ['c', 'a', 'b'].map((topic) => listen(bus, topic, { from: position }));
  await bus.append('b', '2');
  await until('all', () => [a, b, c].every((one) => one!.log.includes('live')));
  await until('the last', () => b!.log.includes('2'));
  expect(a!.log).toEqual(['2', 'live']);
  // `c` is new, but for all the bus knows it was there before: only `b` is known to have been dropped.
  expect(c!.log).toEqual(['gap trimmed', '1', 'live']);
  expect(b!.log).toEqual(['gap trimmed', '2', 'live']);
});

it('never drops the log of a topic with subscribers', async () => {
  const bus = memoryBus({ maxTopics: 1 });
  const { log } = listen(bus, 'a');
  await bus.append('a', '1');
  for (const topic of numbers(0, 5)) await bus.append(topic, 'x');
  await bus.append('a', '2');
  await until('both', () => log.includes('2'));
  expect(log).toEqual(['1', '2', 'live']);
  expect(bus.stats().gaps).toBe(0);
});

it('forgets ids beyond its window', async () => {
  const bus = memoryBus({ dedupe: 2 });
  const { log } = listen(bus, 't');
  for (const id of ['a', 'b', 'a', 'c', 'a']) await bus.append('t', id, { id });
  await until('the last', () => log.length === 5);
  expect(log.filter((entry) => entry !== 'live')).toEqual(['a', 'b', 'c', 'a']);
});

it('refuses a position it has not given yet', async () => {
  const bus = memoryBus();
  const { log } = listen(bus, 't', { from: `${bus.origin}-1` });
  await until('the gap', () => log.length > 0);
  expect(log[0]).toBe('gap replaced');
});

it('does not end the process when a forgotten append fails', async () => {
  const bus = memoryBus();
  const failures: unknown[] = [];
  const note = (error: unknown): number => failures.push(error);
  process.on('unhandledRejection', note);
  void bus.append('', 'x');
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off('unhandledRejection', note);
  expect(failures).toEqual([]);
  await bus.close();
});

it('says what was expected and what came', async () => {
  const bus = memoryBus({ maxMessageBytes: 4 });
  const said = (work: Promise<unknown>): Promise<unknown> =>
    work.catch(({ code, message }: Error & { code: string }) => `${code}: ${message}`);
  expect([
    await said(bus.append('', 'x')),
    await said(bus.append('t', 'five!')),
    await said(bus.append('t', 'x', { id: '' })),
    await bus.close(),
    await said(bus.append('t', 'x')),
  ]).toEqual([
    'CATZ_BUS_TOPIC: expected topic to be a well-formed string of 1 to 256 characters, got ""',
    'CATZ_BUS_SIZE: expected payload to be a string or Uint8Array of at most 4 bytes, got 5 bytes',
    'CATZ_BUS_ID: expected id to be a string of 1 to 64 printable ASCII characters, got ""',
    undefined,
    'CATZ_BUS_CLOSED: this bus is closed',
  ]);
});

it('refuses options that are unknown or ill-typed', () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ maxLen: 0 }, 'expected options.maxLen to be an integer from 1'],
    [{ maxBytes: 0 }, 'expected options.maxBytes'],
    [{ maxTopics: 0 }, 'expected options.maxTopics'],
    [{ maxMessageBytes: 0 }, 'expected options.maxMessageBytes'],
    [{ dedupe: 0.5 }, 'expected options.dedupe'],
    [{ url: 'redis://h' }, 'unknown option options.url'],
  ];
  for (const [options, message] of wrong) {
    const open = (): unknown => memoryBus(options as MemoryBusOptions);
    expect(open).toThrow(expect.objectContaining({ code: 'CATZ_BUS_OPTION' }));
    expect(open).toThrow(message);
  }
});
