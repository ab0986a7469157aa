import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';
import { TaskEvents, taskEventNames } from '../../src/monitor/events.ts';

const job = { task: 'mail', queue: 'default', id: '1' };

test('listeners hear events in the order in which they came, until they end', () => {
  const events = new TaskEvents();
  const heard: string[] = [];
  const end = events.on('started', ({ id }) => heard.push(`first ${id}`));
  events.on('started', ({ waitMs }) => heard.push(`second ${waitMs}`));
  events.emit('started', { ...job, waitMs: 3 });
  end();
  end();
  events.emit('started', { ...job, waitMs: 4 });
  expect(heard).toEqual(['first 1', 'second 3', 'second 4']);
});

test('a listener may end itself while it hears', () => {
  const events = new TaskEvents();
  const heard: string[] = [];
  const end = events.on('drained', () => {
    heard.push('a');
    end();
  });
  events.on('drained', () => heard.push('b'));
  events.emit('drained', { queue: 'q' });
  events.emit('drained', { queue: 'q' });
  expect(heard).toEqual(['a', 'b', 'b']);
});

test('a listener that throws or rejects is counted, and stops nobody', async () => {
  const events = new TaskEvents();
  const heard: string[] = [];
  events.on('completed', () => {
    throw new Error('no');
  });
  events.on('completed', async () => {
    throw new Error('nor this');
  });
  events.on('completed', () => heard.push('well'));
  events.emit('completed', job);
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual(['well']);
  expect(events.listenerErrors).toBe(2);
});

test('an unknown event, or no function, is CATZ_TASKS_OPTIONS', () => {
  const events = new TaskEvents();
  const on = events.on.bind(events) as (name: string, listener: unknown) => void;
  expect(() => on('finished', () => {})).toThrow(
    expect.objectContaining({
      code: 'CATZ_TASKS_OPTIONS',
      message: expect.stringContaining('expected event to be one of enqueued, started'),
    }),
  );
  expect(() => on('failed', 7)).toThrow(/listener of failed to be a function, got 7/);
});

test('payloads are not even asked for without exposePayloads', () => {
  let asked = 0;
  const payload = (): unknown => {
    asked += 1;
    return { to: 'ada@example.org' };
  };
  for (const exposePayloads of [false, true]) {
    const events = new TaskEvents({ exposePayloads });
    let heard: unknown;
    events.on('enqueued', (event) => {
      heard = event.payload;
    });
    events.emit('enqueued', job, payload);
    expect(heard).toEqual(exposePayloads ? { to: 'ada@example.org' } : undefined);
  }
  expect(asked).toBe(1);
});

test('each event has a diagnostics channel', () => {
  const events = new TaskEvents();
  const heard: unknown[] = [];
  const hear = (message: unknown): number => heard.push(message);
  expect(events.has('dead')).toBe(false);
  for (const name of taskEventNames) {
    const channel = `catzilla:tasks:${name}`;
    subscribe(channel, hear);
    onTestFinished(() => void unsubscribe(channel, hear));
    expect(events.has(name)).toBe(true);
    events.emit(name, job);
  }
  expect(heard).toEqual(taskEventNames.map(() => job));
});
