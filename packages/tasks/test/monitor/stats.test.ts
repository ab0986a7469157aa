// Statistics of tasks as they run: embedded backend, BullMQ's classes, our runner.
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/define/define-task.ts';
import type { TaskEventName } from '../../src/monitor/events.ts';
import { taskEventNames } from '../../src/monitor/events.ts';
import { createTasks } from '../../src/tasks.ts';
import type { Tasks, TasksOptions } from '../../src/tasks.ts';

const quick = defineTask({
  name: 'quick',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }) => n,
});
const slow = defineTask({
  name: 'slow',
  schema: z.object({}),
  handler: async () => {
    await sleep(20);
  },
});
const failing = defineTask({
  name: 'failing',
  schema: z.object({}),
  retry: { attempts: 2, delay: 1, jitter: 0 },
  handler: async () => {
    throw Object.assign(new Error('secret 4711'), { code: 'EBROKEN' });
  },
});

async function started(options: Partial<TasksOptions> = {}): Promise<Tasks> {
  const tasks = createTasks({ tasks: [quick, slow, failing], ...options });
  onTestFinished(async () => void (await tasks.close()));
  await tasks.start();
  return tasks;
}

test('what ran is in the statistics of its task and of its queue', async () => {
  const tasks = await started();
  for (let n = 0; n < 3; n += 1) await (await tasks.enqueue(quick, { n })).result();
  await (await tasks.enqueue(slow, {})).result();
  await expect((await tasks.enqueue(failing, {})).result()).rejects.toThrow();
  await tasks.enqueue(quick, { n: 9 }, { delay: 3_600_000, priority: 'high' });

  await vi.waitFor(async () => expect((await tasks.stats()).queues[0]!.counts!.failed).toBe(1));
  const stats = await tasks.stats();
  expect(stats).toMatchObject({
    backend: 'embedded',
    store: { mode: 'memory', state: 'open', jobs: 7 },
    queues: [
      {
        queue: 'default',
        tasks: ['quick', 'slow', 'failing'],
        counts: { waiting: 0, delayed: 1, active: 0, completed: 4, failed: 1 },
        dead: 1,
        isPaused: false,
        oldestWaitingMs: 0,
        totals: { enqueued: 6, started: 6, completed: 4, retried: 1, failed: 1, dead: 1 },
        concurrency: { min: 1, max: 50 },
      },
    ],
  });
  expect(stats.store!.bytes).toBeGreaterThan(0);
  const byTask = Object.fromEntries(stats.tasks.map((task) => [task.task, task]));
  expect(byTask['quick']).toMatchObject({
    counts: { completed: 3, delayed: 1, failed: 0 },
    totals: { enqueued: 4, started: 3, completed: 3 },
    running: 0,
  });
  expect(byTask['failing']).toMatchObject({
    counts: { completed: 0, failed: 1 },
    totals: { started: 2, retried: 1, failed: 1, dead: 1 },
  });
  expect(byTask['slow']!.run.p50Ms).toBeGreaterThan(15);
  expect(byTask['slow']!.run.count).toBe(1);
  expect(byTask['quick']!.wait.count).toBe(3);
});

test('waiting jobs are shown by priority, with the age of the oldest', async () => {
  const tasks = await started({ run: 'off' });
  for (const priority of ['low', 'critical', 'low', 'high', 'normal', 7] as const) {
    await tasks.enqueue(quick, { n: 1 }, { priority });
  }
  await sleep(5);
  const { queues } = await tasks.stats();
  expect(queues[0]!.waitingByPriority).toEqual({
    critical: 1,
    high: 1,
    '7': 1,
    normal: 1,
    low: 2,
  });
  expect(queues[0]!.oldestWaitingMs).toBeGreaterThanOrEqual(4);
});

test('events tell the life of jobs, and none holds a message or a payload', async () => {
  const tasks = await started();
  const told: [TaskEventName, object][] = [];
  for (const name of taskEventNames) tasks.on(name, (event) => void told.push([name, event]));
  await (await tasks.enqueue(quick, { n: 1234567 })).result();
  await expect((await tasks.enqueue(failing, {})).result()).rejects.toThrow();
  await vi.waitFor(() => expect(told.map(([name]) => name)).toContain('failed'));
  const names = told.map(([name]) => name).filter((name) => name !== 'drained');
  expect(names.slice(0, 3)).toEqual(['enqueued', 'started', 'completed']);
  expect(names.slice(3).sort()).toEqual(
    ['dead', 'enqueued', 'failed', 'retrying', 'started', 'started'].sort(),
  );
  const text = JSON.stringify(told);
  expect(text).not.toContain('1234567');
  expect(text).not.toContain('4711');
  expect(text).toContain('EBROKEN');
});

test('exposePayloads shows payloads to listeners', async () => {
  const tasks = await started({ exposePayloads: true });
  const seen: unknown[] = [];
  tasks.on('enqueued', ({ payload }) => void seen.push(payload));
  await (await tasks.enqueue(quick, { n: 5 })).result();
  expect(seen).toEqual([{ n: 5 }]);
});

test('the text and a registry of prom-client say the same', async () => {
  const tasks = await started();
  await (await tasks.enqueue(quick, { n: 1 })).result();
  const registry = new Registry();
  const end = await tasks.collect(registry);
  const line = 'catzilla_tasks_completed_total{task="quick",queue="default"} 1';
  expect((await tasks.prometheusText()).split('\n')).toContain(line);
  expect((await registry.metrics()).split('\n')).toContain(line);
  end();
  expect((await registry.metrics()).trim()).toBe('');
});

test('health is ok, and statistics stay readable after the end', async () => {
  const tasks = await started();
  expect(tasks.health()).toEqual({ state: 'ok', reasons: [] });
  await tasks.close();
  expect(tasks.health().state).toBe('ok');
});
