import { expect, it } from 'vitest';
import { RateLimitError, UnrecoverableError } from 'bullmq';
import { defineTask } from '../../src/define/define-task.ts';
import { anything, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

onEachBackend('a failed attempt', (target) => {
  it('counts an attempt although it threw what BullMQ throws for its rate limit', async () => {
    const task = defineTask({
      name: 'limited',
      schema: anything,
      retry: { attempts: 2, delay: 1 },
      handler: () => {
        throw new RateLimitError();
      },
    });
    await using bench = await openBench(target(), [task]);
    await bench.add(task);
    expect(await bench.on('failed')).toMatchObject({ attempt: 2 });
    expect(bench.count('started')).toBe(2);
  });

  it('is repeated as often as attempts says, then dead', async () => {
    let runs = 0;
    const task = defineTask({
      name: 'broken',
      schema: anything,
      retry: { attempts: 3, delay: 1, jitter: 0 },
      handler: () => {
        runs += 1;
        throw new Error('broken', { cause: new TypeError('inside') });
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task, { n: 7 });
    const failed = await bench.on('failed');
    expect(failed).toMatchObject({ id: job.id, attempt: 3 });
    expect(runs).toBe(3);
    expect(bench.heard.filter(({ name }) => name === 'retrying')).toMatchObject([
      { attempt: 1, delayMs: 1 },
      { attempt: 2, delayMs: 2 },
    ]);
    const [letter, ...rest] = await bench.deadLetters('default');
    expect(rest).toEqual([]);
    expect(letter).toMatchObject({
      task: 'broken',
      queue: 'default',
      id: job.id,
      version: 1,
      payload: { n: 7 },
      reason: 'broken',
      errors: ['Error: broken', 'TypeError: inside'],
      attemptsMade: 3,
      enqueuedAt: job.timestamp,
      priority: 10,
    });
    expect(letter!.attempts).toHaveLength(3);
    for (const { startedAt, endedAt } of letter!.attempts) {
      expect(startedAt).toBeGreaterThanOrEqual(job.timestamp);
      expect(endedAt).toBeGreaterThanOrEqual(startedAt);
      expect(letter!.deadAt).toBeGreaterThanOrEqual(endedAt);
    }
    expect(bench.count('dead')).toBe(1);
    expect(await job.getState()).toBe('failed');
  });

  it('is not repeated when retry.when says no', async () => {
    const task = defineTask({
      name: 'picky',
      schema: anything,
      retry: { attempts: 5, delay: 0, when: (error) => (error as Error).message !== 'no' },
      handler: (_, { attempt }) => {
        throw new Error(attempt === 1 ? 'yes' : 'no');
      },
    });
    await using bench = await openBench(target(), [task]);
    await bench.add(task);
    expect(await bench.on('failed')).toMatchObject({ attempt: 2 });
  });

  it('is not repeated when retry.when itself fails', async () => {
    const task = defineTask({
      name: 'confused',
      schema: anything,
      retry: {
        attempts: 5,
        when: () => {
          throw new Error('in the rule');
        },
      },
      handler: () => {
        throw new Error('in the handler');
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    expect(await bench.on('failed')).toMatchObject({ attempt: 1 });
    expect((await bench.queue('default').getJob(job.id!))?.failedReason).toBe('in the handler');
  });

  it("is not repeated after BullMQ's UnrecoverableError", async () => {
    const task = defineTask({
      name: 'hopeless',
      schema: anything,
      handler: () => {
        throw new UnrecoverableError('hopeless');
      },
    });
    await using bench = await openBench(target(), [task]);
    await bench.add(task);
    expect(await bench.on('failed')).toMatchObject({ attempt: 1 });
  });

  it('waits as the job says, not longer than maxDelay', async () => {
    const task = defineTask({
      name: 'capped',
      schema: anything,
      retry: { attempts: 9, backoff: 'exponential', delay: 2, maxDelay: 3, jitter: 0 },
      handler: (_, { attempt }) => {
        if (attempt < 4) throw new Error('not yet');
      },
    });
    await using bench = await openBench(target(), [task]);
    await bench.add(task);
    await bench.on('completed');
    const delays = bench.heard.filter(({ name }) => name === 'retrying').map((e) => e['delayMs']);
    expect(delays).toEqual([2, 3, 3]);
  });

  it('leaves no dead letter with deadLetter false', async () => {
    const task = defineTask({
      name: 'light',
      schema: anything,
      retry: false,
      deadLetter: false,
      handler: () => {
        throw new Error('gone');
      },
    });
    await using bench = await openBench(target(), [task]);
    await bench.add(task);
    await bench.on('failed');
    expect(await bench.deadLetters('default')).toEqual([]);
    expect(bench.count('dead')).toBe(0);
  });

  it('takes anything that is thrown', async () => {
    const thrown = [undefined, null, 'text', 7, Object.create(null) as object, { message: 'like' }];
    const task = defineTask({
      name: 'odd',
      schema: anything,
      retry: false,
      handler: (at: number) => {
        throw thrown[at];
      },
    });
    await using bench = await openBench(target(), [task]);
    const reasons: unknown[] = [];
    for (const at of thrown.keys()) {
      const job = await bench.add(task, at);
      await bench.on('failed', ({ id }) => id === job.id);
      reasons.push((await bench.queue('default').getJob(job.id!))?.failedReason);
    }
    const unreadable = 'something that is no error was thrown';
    expect(reasons).toEqual(['undefined', 'null', 'text', '7', unreadable, 'like']);
  });

  it('is a dead letter too when its result cannot be stored', async () => {
    const task = defineTask({
      name: 'big',
      schema: anything,
      retry: { attempts: 2, delay: 0 },
      handler: () => ({ n: 1n }),
    });
    await using bench = await openBench(target(), [task]);
    await bench.add(task);
    expect(await bench.on('dead')).toMatchObject({ attempt: 2 });
    expect(await bench.on('failed')).toMatchObject({ attempt: 2 });
    expect(await bench.on('retrying')).toMatchObject({ attempt: 1 });
    expect(await bench.deadLetters('default')).toHaveLength(1);
  });
});
