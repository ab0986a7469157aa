import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { idMaker } from '../../src/client/enqueue.ts';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { defineTask } from '../../src/index.ts';
import type { EnqueueOptions, TaskEventMap } from '../../src/index.ts';
import { echo, open, start } from './support/open.ts';

describe('enqueue', () => {
  test('works before start, and opens what it needs', async () => {
    const task = echo();
    const tasks = open([task]);
    const handle = await tasks.enqueue(task, { n: 1 });
    expect(await handle.state()).toBe('waiting');
    await tasks.start();
    expect(await handle.result()).toBe(1);
  });

  test('stores priority and attempts with each job, and a backoff only where it is not the task’s', async () => {
    const task = echo({ priority: 'high', retry: { attempts: 4, delay: 50 } });
    const tasks = await start([task], { run: 'off' });
    const [queue] = await tasks.queues();
    const optionsOf = async (options?: EnqueueOptions): Promise<unknown> => {
      const { id } = await tasks.enqueue(task, { n: 1 }, options);
      return (await queue!.getJob(id))?.opts;
    };
    const plain = await optionsOf();
    expect(plain).toMatchObject({ priority: 5, attempts: 4 });
    expect(plain).not.toHaveProperty('backoff.type');
    expect(await optionsOf({ priority: 7, retry: { maxDelay: 9 } })).toMatchObject({
      priority: 7,
      attempts: 4,
      backoff: { type: 'catz', kind: 'exponential', delay: 50, maxDelay: 9, jitter: 0.2 },
    });
    expect(await optionsOf({ retry: false, delay: 0.5 })).toMatchObject({ attempts: 1, delay: 1 });
  });

  test.each<[string, object]>([
    ['options.delay', { delay: -1 }],
    ['options.at', { at: new Date(NaN) }],
    ['options.at', { at: 5 }],
    ['at most one of', { delay: 1, at: new Date() }],
    ['options.retry', { retry: 'often' }],
    ['unknown option options.retry.when', { retry: { when: () => true } }],
    ['options.key', { key: '' }],
    ['options.key', { key: 'x'.repeat(1_025) }],
    ['did you mean priority', { prioriti: 'low' }],
  ])('refuses wrong options, naming %s', async (named, options) => {
    const tasks = open([]);
    const task = echo();
    const own = open([task]);
    await expect(own.enqueue(task, { n: 1 }, options)).rejects.toThrow(named);
    await expect(tasks.enqueue(task, { n: 1 })).rejects.toMatchObject({
      code: 'CATZ_TASKS_UNKNOWN_TASK',
    });
  });

  test('refuses a priority that is none with CATZ_TASKS_PRIORITY', async () => {
    const task = echo();
    const tasks = open([task]);
    await expect(tasks.enqueue(task, { n: 1 }, { priority: 0 })).rejects.toMatchObject({
      code: 'CATZ_TASKS_PRIORITY',
    });
  });

  test('refuses keys beside unique, for many payloads, and of no text', async () => {
    const unique = echo({ unique: () => 'a' });
    const keyless = echo({ name: 'keyless', idempotencyKey: () => undefined });
    const tasks = open([unique, keyless]);
    await expect(tasks.enqueue(unique, { n: 1 }, { key: 'b' })).rejects.toThrow('no options.key');
    await expect(
      tasks.enqueueMany(keyless, [{ n: 1 }], { key: 'b' } as EnqueueOptions),
    ).rejects.toThrow('no options.key for many');
    await expect(tasks.enqueue(keyless, { n: 1 })).rejects.toThrow(
      'the key of idempotencyKey of task keyless',
    );
    await expect(tasks.enqueueMany(keyless, 'list' as never)).rejects.toThrow('to be an array');
  });

  test.each([{ delay: 1_000 }, { delay: 0 }, { at: new Date() }])(
    'refuses %o for a task that waits for its debounce',
    async (options) => {
      const task = echo({ unique: () => 'a', uniqueMode: 'debounce', debounce: 5 });
      const tasks = open([task]);
      const refusal = { code: 'CATZ_TASKS_OPTIONS', message: expect.stringContaining('debounce') };
      await expect(tasks.enqueue(task, { n: 1 }, options)).rejects.toMatchObject(refusal);
      await expect(tasks.enqueueMany(task, [{ n: 1 }], options)).rejects.toMatchObject(refusal);
    },
  );

  test('resolves to a job that keep let go of, whose key is still known', async () => {
    const key = ({ n }: { readonly n: number }): string => String(n);
    const task = echo({ idempotencyKey: key, keep: { completed: { count: 1 } } });
    const tasks = await start([task]);
    const first = await tasks.enqueue(task, { n: 1 });
    expect(await first.result()).toBe(1);
    await (await tasks.enqueue(task, { n: 2 })).result();
    const second = await tasks.enqueue(task, { n: 1 });
    expect(second).toMatchObject({ id: first.id, deduplicated: true });
    await expect(second.result()).rejects.toMatchObject({ code: 'CATZ_TASKS_UNKNOWN_JOB' });
  });

  test('refuses what JSON would change, with the path', async () => {
    const task = defineTask({ name: 'any', schema: z.any(), handler: () => undefined });
    const tasks = open([task]);
    await expect(tasks.enqueue(task, { a: { at: new Date(0) } })).rejects.toMatchObject({
      code: 'CATZ_TASKS_PAYLOAD',
      statusCode: 400,
      issues: [{ path: '/a/at' }],
    });
    const small = defineTask({
      name: 'small',
      schema: z.any(),
      maxPayloadBytes: 10,
      handler: () => undefined,
    });
    await expect(open([small]).enqueue(small, 'x'.repeat(9))).rejects.toThrow(
      'must be at most 10 bytes as JSON, has 11',
    );
  });

  test('tells of each job once the backend has it, with the payload only if that is asked for', async () => {
    const task = echo({ idempotencyKey: () => 'one' });
    const tasks = open([task], { exposePayloads: true, run: 'off' });
    const heard: TaskEventMap['enqueued'][] = [];
    tasks.on('enqueued', (event) => heard.push(event));
    const { id } = await tasks.enqueue(task, { n: 5 }, { delay: 1_000 });
    await tasks.enqueue(task, { n: 6 });
    const about = { task: 'echo', queue: 'default', id, priority: 10 };
    expect(heard).toEqual([
      { ...about, delayMs: 1_000, deduplicated: false, payload: { n: 5 } },
      { ...about, delayMs: 0, deduplicated: true, payload: { n: 6 } },
    ]);
  });

  test('rejects with CATZ_TASKS_QUEUE_FULL when the store is full, and stores nothing', async () => {
    const task = echo();
    const tasks = open([task], { backend: embeddedBackend({ maxJobs: 2 }), run: 'off' });
    await tasks.enqueueMany(task, [{ n: 1 }, { n: 2 }]);
    await expect(tasks.enqueue(task, { n: 3 })).rejects.toMatchObject({
      code: 'CATZ_TASKS_QUEUE_FULL',
      statusCode: 503,
    });
  });
});

describe('prepare', () => {
  test('checks at once, and counts a delay from when the job is stored', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    await expect(tasks.prepare(task, { n: 'x' as never })).rejects.toMatchObject({
      code: 'CATZ_TASKS_PAYLOAD',
    });
    const payload = { n: 1 };
    const at = new Date(Date.now() + 3_600_000);
    const [later, fixed] = await Promise.all([
      tasks.prepare(task, payload, { delay: 1_000 }),
      tasks.prepare(task, payload, { at }),
    ]);
    payload.n = 2;
    const [queue] = await tasks.queues();
    expect(await queue!.getJobCountByTypes('delayed', 'prioritized')).toBe(0);
    expect(later.task).toBe(task);
    const job = await queue!.getJob((await later.enqueue()).id);
    expect(job).toMatchObject({ delay: 1_000, data: { payload: { n: 1 } } });
    const timed = await queue!.getJob((await fixed.enqueue()).id);
    expect(timed!.timestamp + timed!.delay).toBeGreaterThanOrEqual(at.getTime());
    expect(timed!.timestamp + timed!.delay).toBeLessThan(at.getTime() + 1_000);
  });
});

describe('idMaker', () => {
  test('makes ids that are short, no integers, without colons, and of no other maker', () => {
    const makers = [idMaker(), idMaker()];
    const ids = makers.flatMap((make) => Array.from({ length: 1_000 }, make));
    expect(new Set(ids).size).toBe(2_000);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]{1,13}-[a-z0-9]+$/);
  });
});
