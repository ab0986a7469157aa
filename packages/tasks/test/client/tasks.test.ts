import { describe, expect, test } from 'vitest';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { createTasks } from '../../src/index.ts';
import type { Validate } from '../../src/index.ts';
import { echo, open, start } from './support/open.ts';

describe('createTasks', () => {
  test.each<[string, object]>([
    ['options.tasks', { tasks: 'mail' }],
    ['options.backend', { backend: 'redis' }],
    ['options.run', { run: 'thread' }],
    ['options.aging.after', { aging: { after: 0 } }],
    ['priority', { aging: { ceiling: 'top' } }],
    ['options.validate', { validate: true }],
    ['options.enqueueTimeout', { enqueueTimeout: 0 }],
    ['options.drainTimeout', { drainTimeout: -1 }],
    ['options.abortGrace', { abortGrace: 2 ** 31 }],
    ['options.deadLetters.count', { deadLetters: { count: 0 } }],
    ['options.threads.maxHeapBytes', { threads: { maxHeapBytes: 1 } }],
    ['options.exposePayloads', { exposePayloads: 'all' }],
    ['options.telemetry', { telemetry: true }],
    ['options.isUnderPressure', { isUnderPressure: true }],
    ['options.logger', { logger: { info: () => undefined } }],
    ['options.runInScope', { runInScope: true }],
    ['options.keyPrefix', { keyPrefix: '' }],
    ['did you mean tasks', { task: [] }],
  ])('refuses a wrong option, naming %s', (named, options) => {
    expect(() => createTasks({ tasks: [], ...options } as never)).toThrow(named);
  });

  test('takes the embedded backend in memory when none is given', async () => {
    const task = echo();
    const tasks = createTasks({ tasks: [task] });
    await tasks.start();
    expect(await tasks.backendKind()).toBe('embedded');
    expect(await (await tasks.enqueue(task, { n: 4 })).result()).toBe(4);
    await tasks.close();
    await tasks.close();
  });

  test('refuses wrong options of drain and close, and goes on', async () => {
    const task = echo();
    const tasks = await start([task]);
    const wrong = { drainTimout: 1 } as object;
    for (const end of [tasks.drain, tasks.close]) {
      await expect(end(wrong)).rejects.toMatchObject({
        code: 'CATZ_TASKS_OPTIONS',
        message: expect.stringContaining('did you mean drainTimeout') as string,
      });
      await expect(end({ abortGrace: -1 })).rejects.toMatchObject({ code: 'CATZ_TASKS_OPTIONS' });
    }
    expect(await (await tasks.enqueue(task, { n: 1 })).result()).toBe(1);
    expect(await tasks.close({ drainTimeout: 0 })).toMatchObject({ returned: 0 });
  });

  test('does nothing at the start of no tasks', async () => {
    const tasks = await start([]);
    expect(await tasks.queues()).toEqual([]);
    expect(tasks.health()).toEqual({ state: 'ok', reasons: [] });
  });

  test('checks JSON Schema by validate, when jobs are enqueued and when they run', async () => {
    const seen: unknown[] = [];
    const validate: Validate = (_schema, value) => {
      seen.push(value);
      return typeof (value as { n: unknown }).n === 'number'
        ? { value: { n: (value as { n: number }).n + 1 } }
        : { issues: [{ pointer: '/n', message: 'must be number' }] };
    };
    const task = echo({ schema: { type: 'object' } });
    expect(() => open([task])).toThrow('option validate');
    const tasks = await start([task], { validate });
    expect(await (await tasks.enqueue(task, { n: 1 })).result()).toBe(2);
    expect(seen).toEqual([{ n: 1 }, { n: 1 }]);
    await expect(tasks.enqueue(task, { n: '1' as never })).rejects.toMatchObject({
      code: 'CATZ_TASKS_PAYLOAD',
      issues: [{ path: '/n', message: 'must be number' }],
    });
  });

  test('tells how it does: statistics, health, metrics, events', async () => {
    const task = echo();
    const tasks = await start([task]);
    const completed: unknown[] = [];
    const end = tasks.on('completed', ({ id }) => completed.push(id));
    const handle = await tasks.enqueue(task, { n: 1 });
    await handle.result();
    end();
    await (await tasks.enqueue(task, { n: 2 })).result();
    expect(completed).toEqual([handle.id]);
    const stats = await tasks.stats();
    expect(stats).toMatchObject({
      backend: 'embedded',
      queues: [{ queue: 'default', tasks: ['echo'], counts: { completed: 2, waiting: 0 } }],
      store: { jobs: 2 },
    });
    expect(await tasks.prometheusText()).toContain('catzilla_tasks_');
    const names = new Set<string>();
    const stop = await tasks.collect({
      registerMetric: (metric: never) => void names.add((metric as { name: string }).name),
      removeSingleMetric: (name) => void names.delete(name),
    });
    expect(names.size).toBeGreaterThan(5);
    stop();
    expect(names.size).toBe(0);
    expect(tasks.health().state).toBe('ok');
  });

  test('shares a store between those who have the same backend', async () => {
    const backend = embeddedBackend();
    const task = echo();
    const producer = open([task], { backend, run: 'off' });
    const handle = await producer.enqueue(task, { n: 1 });
    await start([task], { backend });
    expect(await handle.result()).toBe(1);
  });

  test('is closed by await using', async () => {
    const task = echo();
    const backend = embeddedBackend();
    {
      await using tasks = createTasks({ tasks: [task], backend });
      await tasks.start();
      await tasks.enqueue(task, { n: 1 }, { delay: 60_000 });
    }
    const after = open([task], { backend, run: 'off' });
    const [queue] = await after.queues();
    expect(await queue!.getJobCountByTypes('delayed')).toBe(1);
  });

  test('ends a start that a close comes into', async () => {
    const tasks = open([echo()]);
    const [begun, report] = await Promise.allSettled([tasks.start(), tasks.close()]);
    expect(begun).toMatchObject({ reason: { code: 'CATZ_TASKS_CLOSING' } });
    expect(report).toMatchObject({ status: 'fulfilled' });
  });
});
