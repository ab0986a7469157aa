import { expect, test, vi } from 'vitest';
import { memoryJournal } from '../../../src/embedded/engine/journal.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import type { Command } from '../../../src/embedded/engine/command.ts';

test('a queue is made on first use, and found by its key', () => {
  const store = makeStore();
  const queue = store.queueOf('mail', 'bull');
  expect(store.queueOf('mail', 'bull')).toBe(queue);
  expect(store.queueOf('mail', 'other')).not.toBe(queue);
  expect(store.queues.get('bull:mail')).toBe(queue);
  expect([...store.queues.keys()]).toEqual(['bull:mail', 'other:mail']);
});

test('names that hold the separator are not confused', () => {
  const store = makeStore();
  const queue = store.queueOf('c', 'a:b');
  expect(store.queueOf('b:c', 'a')).not.toBe(queue);
});

test('options are parsed once, and nobody can change them', () => {
  const store = makeStore();
  const flat = store.share('{"priority":1}');
  expect(store.share('{"priority":1}')).toBe(flat);
  expect(flat).toEqual({ json: '{"priority":1}', value: { priority: 1 }, isFlat: true });
  expect(store.share('{"backoff":{"type":"fixed"}}').isFlat).toBe(false);
  expect(store.share('{"lifo":null}').isFlat).toBe(true);
  expect(Object.isFrozen(flat.value)).toBe(true);
});

test('the memory journal runs a command at once, with the time of the call and whoever called', () => {
  vi.useFakeTimers({ now: 5_000 });
  const store = makeStore();
  const owner = { isOpen: true };
  const command: Command<[number], unknown> = {
    acknowledgement: 'durable',
    run: (context, n) => [context.queue.key, context.now, context.owner, n],
  };
  const journal = memoryJournal(store, { command });
  const queue = { name: 'q', prefix: 'bull' };
  expect(journal.run('command', queue, [3], owner)).toEqual(['bull:q', 5_000, owner, 3]);
  vi.setSystemTime(6_000);
  expect(journal.run('command', queue, [4])).toEqual(['bull:q', 6_000, undefined, 4]);
  vi.useRealTimers();
});

test('a command that no version knows is an error', () => {
  const journal = memoryJournal(makeStore(), {});
  const run = () => journal.run('nothing', { name: 'q', prefix: 'bull' }, []);
  expect(run).toThrow('expected nothing to be a command');
});

test('a memory journal keeps what it has while it is closed', async () => {
  const store = makeStore();
  const journal = memoryJournal(store, {});
  expect(journal.state).toBe('open');
  await journal.close();
  expect([journal.state, journal.stats().state]).toEqual(['closed', 'closed']);
  await journal.open();
  expect(journal.state).toBe('open');
  expect(journal.store).toBe(store);
  expect(journal.stats()).toMatchObject({ mode: 'memory', logBytes: 0 });
});

test('a store that nobody listens to tells nobody', () => {
  const store = makeStore();
  expect(store.wake(store.queueOf('q', 'bull'), 0)).toBeUndefined();
});
