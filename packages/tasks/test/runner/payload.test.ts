import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/define/define-task.ts';
import { storedBackoff } from '../../src/define/stored.ts';
import { anything, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

onEachBackend('a stored payload', (target) => {
  it('is validated again before it runs, and is a dead letter without retries when it does not fit', async () => {
    let runs = 0;
    const task = defineTask({
      name: 'strict',
      schema: z.object({ to: z.string() }),
      retry: { attempts: 5 },
      handler: () => {
        runs += 1;
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task, { to: 5 });
    const failed = await bench.on('failed');
    expect(failed).toMatchObject({ id: job.id, attempt: 1, code: 'CATZ_TASKS_PAYLOAD' });
    expect(runs).toBe(0);
    const [letter] = await bench.deadLetters('default');
    expect(letter).toMatchObject({ code: 'CATZ_TASKS_PAYLOAD', payload: { to: 5 } });
    const stored = await bench.queue('default').getJob(job.id!);
    expect(stored?.failedReason).toMatch(/^\[CATZ_TASKS_PAYLOAD\] .*\/to/);
  });

  it('of an earlier version is migrated first', async () => {
    const seen: unknown[] = [];
    const task = defineTask({
      name: 'grown',
      version: 3,
      schema: z.object({ name: z.string() }),
      migrate: (payload, from) => ({ name: `${(payload as { n: string }).n} of ${from}` }),
      handler: (payload) => void seen.push(payload),
    });
    await using bench = await openBench(target(), [task]);
    for (const [payload, version] of [[{ n: 'old' }, 1] as const, [{ name: 'new' }, 3] as const]) {
      const job = await bench.add(task, payload, {}, { version });
      await bench.on('completed', ({ id }) => id === job.id);
    }
    expect(seen).toEqual([{ name: 'old of 1' }, { name: 'new' }]);
  });

  it('that cannot be migrated is a dead letter without retries', async () => {
    const task = defineTask({
      name: 'stuck',
      version: 2,
      schema: anything,
      migrate: () => {
        throw new Error('no way');
      },
      handler: () => undefined,
    });
    await using bench = await openBench(target(), [task]);
    await bench.add(task, {}, {}, { version: 1 });
    expect(await bench.on('failed')).toMatchObject({ attempt: 1, code: 'CATZ_TASKS_PAYLOAD' });
    const [letter] = await bench.deadLetters('default');
    expect(letter!.reason).toMatch(/could not be migrated from version 1/);
    expect(letter!.errors.at(-1)).toBe('Error: no way');
  });

  it('of a task that nobody knows fails with a code, and is a dead letter in the end', async () => {
    const known = defineTask({ name: 'known', schema: anything, handler: () => undefined });
    const gone = defineTask({
      name: 'gone',
      schema: anything,
      retry: { attempts: 2, delay: 1 },
      handler: () => undefined,
    });
    await using bench = await openBench(target(), [known]);
    const job = await bench.add(gone, { n: 1 }, { backoff: storedBackoff(gone.retry) });
    await bench.on('dead', ({ id }) => id === job.id);
    expect(await bench.deadLetters('default')).toMatchObject([
      { task: 'gone', payload: { n: 1 }, code: 'CATZ_TASKS_UNKNOWN_TASK' },
    ]);
  });
});
