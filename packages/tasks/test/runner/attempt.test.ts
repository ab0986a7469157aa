import { expect, it } from 'vitest';
import { defineTask } from '../../src/define/define-task.ts';
import { aborted, anything, gate, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

onEachBackend('an attempt', (target) => {
  it('gives the handler what the schema made of the payload, and stores what it returns', async () => {
    const { z } = await import('zod');
    const task = defineTask({
      name: 'double',
      schema: z.object({ n: z.string().transform(Number) }),
      handler: ({ n }) => n * 2,
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task, { n: '21' });
    await bench.on('completed', ({ id }) => id === job.id);
    const done = await bench.queue('default').getJob(job.id!);
    expect(done?.returnvalue).toBe(42);
    const started = await bench.on('started');
    expect(started).toMatchObject({ task: 'double', queue: 'default', id: job.id, attempt: 1 });
    expect(started.waitMs).toBeGreaterThanOrEqual(0);
  });

  it('tells the handler of itself', async () => {
    const seen: object[] = [];
    const task = defineTask({
      name: 'meta',
      schema: anything,
      timeout: 5_000,
      retry: { attempts: 2, delay: 0 },
      handler: (
        _,
        { id, task: name, queue, attempt, maxAttempts, enqueuedAt, deadline, scope },
      ) => {
        const left = deadline - Date.now();
        seen.push({ id, name, queue, attempt, maxAttempts, enqueuedAt, left, scope });
        if (attempt === 1) throw new Error('again');
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    await bench.on('completed');
    const common = { id: job.id, name: 'meta', queue: 'default', maxAttempts: 2, scope: undefined };
    expect(seen).toMatchObject([
      { ...common, attempt: 1, enqueuedAt: job.timestamp },
      { ...common, attempt: 2, enqueuedAt: job.timestamp },
    ]);
    for (const { left } of seen as { left: number }[]) {
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(5_000);
    }
  });

  it('aborts its signal when the time is over, and fails only when the handler has settled', async () => {
    const settle = gate();
    let running = 0;
    let most = 0;
    const reasons: unknown[] = [];
    const task = defineTask({
      name: 'late',
      schema: anything,
      timeout: 20,
      retry: { attempts: 2, delay: 0 },
      handler: async (_, { signal, attempt }) => {
        running += 1;
        most = Math.max(most, running);
        if (attempt === 1) {
          reasons.push(await aborted(signal));
          await settle.opened;
        }
        running -= 1;
        return 'too late';
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    const timeout = await bench.on('timeout');
    expect(timeout).toMatchObject({ id: job.id, attempt: 1, code: 'CATZ_TASKS_TIMEOUT' });
    expect(await job.getState()).toBe('active');
    expect(bench.count('retrying')).toBe(0);
    settle.open();
    await bench.on('completed', ({ attempt }) => attempt === 2);
    expect(reasons).toMatchObject([{ code: 'CATZ_TASKS_TIMEOUT' }]);
    expect(await bench.on('retrying')).toMatchObject({ attempt: 1, code: 'CATZ_TASKS_TIMEOUT' });
    expect(most).toBe(1);
  });

  it('does not time out with timeout false', async () => {
    const settle = gate();
    const deadlines: number[] = [];
    const task = defineTask({
      name: 'endless',
      schema: anything,
      timeout: false,
      handler: (_, { deadline }) => {
        deadlines.push(deadline);
        return settle.opened;
      },
    });
    await using bench = await openBench(target(), [task]);
    await bench.add(task);
    await bench.on('started');
    settle.open();
    await bench.on('completed');
    expect(deadlines).toEqual([Infinity]);
  });

  it('stores and tells progress', async () => {
    const task = defineTask({
      name: 'steps',
      schema: anything,
      handler: async (_, { progress }) => {
        await progress({ done: 1 });
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    await bench.on('completed');
    expect(bench.count('progress')).toBe(1);
    expect((await bench.queue('default').getJob(job.id!))?.progress).toEqual({ done: 1 });
  });
});
