import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { defineTask } from '../../src/index.ts';
import type { DeadLetter, Task, Tasks } from '../../src/index.ts';
import { echo, open, start } from './support/open.ts';

const backend = (): ReturnType<typeof embeddedBackend> => embeddedBackend();

function failing(name: string, options: object = {}): Task<{ n: number }> {
  return defineTask({
    name,
    schema: z.object({ n: z.number() }),
    retry: false,
    handler: () => {
      throw new Error('no');
    },
    ...options,
  } as never);
}

async function fail(tasks: Tasks, task: Task<{ n: number }>, n: number): Promise<string> {
  const handle = await tasks.enqueue(task, { n });
  await handle.result().catch(() => undefined);
  return handle.id;
}

describe('dead letters', () => {
  test('are listed oldest first, by queue, task, age, and number', async () => {
    const a = failing('a');
    const b = failing('b', { queue: 'apart' });
    const tasks = await start([a, b]);
    const ids = [await fail(tasks, a, 1)];
    await sleep(2);
    ids.push(await fail(tasks, b, 2));
    await sleep(2);
    ids.push(await fail(tasks, a, 3));
    const list = async (filter?: object): Promise<string[]> =>
      (await tasks.dead.list(filter)).map(({ jobId }) => jobId);
    expect(await list()).toEqual(ids);
    expect(await list({ task: 'a' })).toEqual([ids[0], ids[2]]);
    expect(await list({ queue: 'apart' })).toEqual([ids[1]]);
    expect(await list({ limit: 2 })).toEqual(ids.slice(0, 2));
    expect(await list({ olderThan: 60_000 })).toEqual([]);
    expect(await list({ olderThan: 0 })).toEqual(ids);
    await expect(list({ limit: 0 })).rejects.toThrow('filter.limit');
    expect(await tasks.dead.discard({})).toBe(3);
    expect(await list()).toEqual([]);
  });

  test('become jobs whose ids tell what they were, and when it died', async () => {
    const task = failing('a');
    const tasks = await start([task]);
    const id = await fail(tasks, task, 1);
    const [first] = await tasks.dead.list();
    const [once] = await tasks.dead.requeue({});
    expect(once!.id).toBe(`${id}.${first!.deadAt.toString(36)}`);
    await once!.result().catch(() => undefined);
    const [second] = await tasks.dead.list();
    const [twice] = await tasks.dead.requeue({});
    expect(twice!.id).toBe(`${once!.id}.${second!.deadAt.toString(36)}`);
  });

  test('become no job that is there already, however many there are', async () => {
    const odd = 973; // In the base of ids its end is r1.
    const task = failing('a', {
      handler: ({ n }: { n: number }) => {
        if (n === odd) throw new Error('no');
      },
    });
    const tasks = await start([task]);
    const payloads = Array.from({ length: odd + 2 }, (_, n) => ({ n }));
    const handles = await tasks.enqueueMany(task, payloads);
    expect(handles[odd]!.id).toMatch(/-r1$/);
    await handles[odd]!.result().catch(() => undefined);
    const [again] = await tasks.dead.requeue({});
    expect(handles.map(({ id }) => id)).not.toContain(again!.id);
    await expect(again!.result()).rejects.toMatchObject({ code: 'CATZ_TASKS_FAILED' });
    expect(await tasks.dead.list()).toHaveLength(1);
  });

  test.each([{}, { resetAttemptsMade: true }])(
    'of a job that was retried by hand, with %o, run again as well',
    async (options) => {
      let isBroken = true;
      const task = failing('a', {
        handler: () => {
          if (isBroken) throw new Error('no');
        },
      });
      const tasks = await start([task]);
      const id = await fail(tasks, task, 1);
      isBroken = false;
      const [once] = await tasks.dead.requeue({});
      await once!.result();
      isBroken = true;
      const [queue] = await tasks.queues();
      await (await queue!.getJob(id))!.retry('failed', options);
      const letters = (): Promise<readonly DeadLetter[]> => tasks.dead.list();
      await vi.waitFor(async () => expect(await letters()).toHaveLength(1), { interval: 5 });
      isBroken = false;
      const [twice] = await tasks.dead.requeue({});
      expect(twice!.id).not.toBe(once!.id);
      await twice!.result();
    },
  );

  test('go past unique: another job of the key may be there', async () => {
    const task = failing('a', { unique: ({ n }: { n: number }) => String(n) });
    const store = backend();
    const tasks = await start([task], { backend: store });
    await fail(tasks, task, 1);
    await tasks.close();
    const idle = open([task], { backend: store, run: 'off' });
    const waiting = await idle.enqueue(task, { n: 1 });
    const [again] = await idle.dead.requeue({});
    expect(again!.id).not.toBe(waiting.id);
    expect(await again!.state()).toBe('waiting');
  });

  test('add no second job when they are enqueued again twice', async () => {
    const task = failing('a');
    const store = backend();
    const tasks = await start([task], { backend: store });
    await fail(tasks, task, 1);
    await tasks.close();
    const idle = open([task], { backend: store, run: 'off' });
    const [letter] = await idle.dead.list();
    // As after a crash between the two steps: the letter is still there.
    const queues = await idle.queues();
    const dead = queues.find(({ name }) => name === 'default.dead')!;
    const { name, data } = (await dead.getJob(letter!.id))!;
    await idle.dead.requeue(letter!.id);
    await dead.add(name, data, { jobId: letter!.id });
    await idle.dead.requeue(letter!.id);
    const main = queues.find((queue) => queue.name === 'default')!;
    expect(await main.getJobCountByTypes('prioritized')).toBe(1);
    expect(await idle.dead.list()).toEqual([]);
  });

  test('of tasks that the code has no more stay, with CATZ_TASKS_UNKNOWN_TASK', async () => {
    const task = failing('gone');
    const store = backend();
    const tasks = await start([task], { backend: store });
    await fail(tasks, task, 1);
    const later = open([echo()], { backend: store, run: 'off' });
    await expect(later.dead.requeue({})).rejects.toMatchObject({
      code: 'CATZ_TASKS_UNKNOWN_TASK',
    });
    expect(await later.dead.list()).toHaveLength(1);
  });
});
