import { EventEmitter, getEventListeners } from 'node:events';
import { until } from '@catzilla/bus/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Links } from '../../src/client/links.ts';
import { ReadingBackend } from '../../src/embedded/backend/reading-backend.ts';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { defineTask, errors } from '../../src/index.ts';
import { echo, open, start } from './support/open.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('result', () => {
  test('rejects with CATZ_TASKS_TIMEOUT when the wait is too long, and the job stays', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    const handle = await tasks.enqueue(task, { n: 1 });
    await expect(handle.result({ timeout: 5 })).rejects.toThrow(
      new errors.TIMEOUT(`job ${handle.id} of task echo`, 5).message,
    );
    expect(await handle.state()).toBe('waiting');
  });

  test('rejects with the reason of its signal, before and while it waits', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    const handle = await tasks.enqueue(task, { n: 1 });
    const ends = new AbortController();
    const wait = handle.result({ signal: ends.signal, timeout: false });
    const reason = new Error('no longer interested');
    ends.abort(reason);
    await expect(wait).rejects.toBe(reason);
    await expect(handle.result({ signal: ends.signal })).rejects.toBe(reason);
    expect(getEventListeners(ends.signal, 'abort')).toEqual([]);
  });

  test('rejects with CATZ_TASKS_UNKNOWN_JOB when the job is gone', async () => {
    const task = echo({ keep: { completed: false } });
    const tasks = await start([task]);
    const done = new Promise((resolve) => tasks.on('completed', resolve));
    const handle = await tasks.enqueue(task, { n: 1 });
    await done;
    await expect(handle.result()).rejects.toMatchObject({ code: 'CATZ_TASKS_UNKNOWN_JOB' });
    expect(await handle.state()).toBe('unknown');
    expect(await tasks.get(handle.id)).toBeUndefined();
  });

  test('tells at once who asks after the end', async () => {
    // Without the looks by the clock.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const task = echo();
    const tasks = await start([task]);
    const handle = await tasks.enqueue(task, { n: 3 });
    await handle.result();
    expect(await handle.result()).toBe(3);
  });

  test('tells by a look at the job when the event was lost', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const task = echo();
    const backend = embeddedBackend();
    const tasks = open([task], { backend, run: 'off' });
    // Nobody hears of events.
    vi.spyOn(Links.prototype, 'events').mockResolvedValue(new EventEmitter() as never);
    const handle = await tasks.enqueue(task, { n: 4 });
    const result = handle.result();
    const [queue] = await tasks.queues();
    await start([task], { backend });
    await until(
      'the job is done',
      async () => (await queue!.getJobState(handle.id)) === 'completed',
    );
    vi.advanceTimersByTime(1_000);
    expect(await result).toBe(4);
  });

  test('misses no end that comes before the events are read for the first time', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const gates = { handler: newGate(), read: newGate() };
    const task = echo({ handler: () => gates.handler.opened });
    const tasks = await start([task]);
    const { readEvents } = ReadingBackend.prototype;
    const read = vi
      .spyOn(ReadingBackend.prototype, 'readEvents')
      .mockImplementationOnce(async function (this: ReadingBackend, ...args) {
        await gates.read.opened;
        return readEvents.apply(this, args);
      });
    const handle = await tasks.enqueue(task, { n: 1 });
    await until('it runs', async () => (await handle.state()) === 'active');
    const result = handle.result();
    await until('events are asked for', () => read.mock.calls.length > 0);
    gates.handler.open();
    await until('it is done', async () => (await handle.state()) === 'completed');
    gates.read.open();
    await result;
  });

  test('reads the events of a queue only while somebody waits, and some time after', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const task = echo();
    const tasks = await start([task]);
    const close = vi.spyOn(Links.prototype, 'closeEvents');
    await (await tasks.enqueue(task, { n: 1 })).result();
    vi.advanceTimersByTime(9_000);
    expect(close).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(close).toHaveBeenCalledExactlyOnceWith('default');
    await close.mock.results[0]!.value;
    expect(await (await tasks.enqueue(task, { n: 2 })).result()).toBe(2);
  });

  test('tells many who wait for one job, and for many jobs', async () => {
    const task = echo();
    const tasks = await start([task]);
    const handles = await tasks.enqueueMany(
      task,
      Array.from({ length: 50 }, (_, n) => ({ n })),
    );
    const results = handles.flatMap((handle) => [handle.result(), handle.result()]);
    expect(await Promise.all(results)).toEqual(Array.from({ length: 50 }, (_, n) => [n, n]).flat());
  });

  test('rejects with CATZ_TASKS_CLOSING when the tasks are closed', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    const handle = await tasks.enqueue(task, { n: 1 });
    const wait = handle.result();
    const [closed] = await Promise.allSettled([wait, tasks.close()]);
    expect(closed).toMatchObject({ reason: { code: 'CATZ_TASKS_CLOSING' } });
    await expect(handle.result()).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
    await expect(tasks.start()).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
  });

  test('gives the code of an error of ours as that of the cause', async () => {
    const strict = defineTask({
      name: 'strict',
      schema: z.object({ n: z.number() }),
      timeout: 10,
      retry: false,
      handler: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    });
    const tasks = await start([strict]);
    const handle = await tasks.enqueue(strict, { n: 1 });
    await expect(handle.result()).rejects.toMatchObject({
      code: 'CATZ_TASKS_FAILED',
      cause: { code: 'CATZ_TASKS_TIMEOUT' },
    });
  });

  test.each<[string, object]>([
    ['options.timeout', { timeout: 0 }],
    ['options.signal', { signal: {} }],
  ])('refuses a wrong %s', async (named, options) => {
    const task = echo();
    const handle = await open([task], { run: 'off' }).enqueue(task, { n: 1 });
    await expect(handle.result(options)).rejects.toThrow(named);
  });
});

function newGate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
