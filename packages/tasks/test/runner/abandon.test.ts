import { expect, it } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import { anything, gate, openBench } from './support/bench.ts';
import type { Gate } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

onEachBackend('a handler that ignores its abort', (target) => {
  it('gives its slot to others after abandonAfter, and is repeated only once it has settled', async () => {
    const first = gate();
    const order: string[] = [];
    let running = 0;
    let most = 0;
    const task = defineTask({
      name: 'deaf',
      schema: anything,
      concurrency: 1,
      timeout: 10,
      abandonAfter: 10,
      retry: { attempts: 2, delay: 0 },
      handler: async ({ who }: { who: string }, { attempt }) => {
        order.push(`${who} ${attempt}`);
        if (who !== 'deaf') return;
        running += 1;
        most = Math.max(most, running);
        if (attempt === 1) await first.opened;
        running -= 1;
      },
    });
    await using bench = await openBench(target(), [task]);
    const deaf = await bench.add(task, { who: 'deaf' });
    await bench.on('abandoned', ({ id }) => id === deaf.id);
    const other = await bench.add(task, { who: 'other' });
    await bench.on('completed', ({ id }) => id === other.id);
    expect(bench.runner.queueStats()).toMatchObject([{ running: 0, abandoned: 1, paused: false }]);
    expect(await deaf.getState()).toBe('active');
    expect(order).toEqual(['deaf 1', 'other 1']);
    first.open();
    await bench.on('completed', ({ id }) => id === deaf.id);
    expect(order).toEqual(['deaf 1', 'other 1', 'deaf 2']);
    expect(await bench.on('retrying')).toMatchObject({ id: deaf.id, code: 'CATZ_TASKS_ABANDONED' });
    expect(most).toBe(1);
    expect(bench.runner.queueStats()).toMatchObject([{ abandoned: 0 }]);
  });

  it('keeps its slot with abandonAfter false', async () => {
    const first = gate();
    const order: string[] = [];
    const task = defineTask({
      name: 'patient',
      schema: anything,
      concurrency: 1,
      timeout: 10,
      abandonAfter: false,
      retry: false,
      handler: async ({ who }: { who: string }) => {
        order.push(`begin ${who}`);
        if (who === 'deaf') await first.opened;
        order.push(`end ${who}`);
      },
    });
    await using bench = await openBench(target(), [task]);
    await bench.add(task, { who: 'deaf' });
    await bench.on('timeout');
    const other = await bench.add(task, { who: 'other' });
    first.open();
    await bench.on('completed', ({ id }) => id === other.id);
    expect(bench.count('abandoned')).toBe(0);
    expect(order).toEqual(['begin deaf', 'end deaf', 'begin other', 'end other']);
  });

  it('pauses its queue and is reported when there are more of them than slots', async () => {
    const gates: Gate[] = [];
    const task = defineTask({
      name: 'crowd',
      schema: anything,
      concurrency: 1,
      timeout: 5,
      abandonAfter: 5,
      retry: false,
      handler: async ({ deaf }: { deaf: boolean }) => {
        if (!deaf) return;
        const own = gate();
        gates.push(own);
        await own.opened;
      },
    });
    await using bench = await openBench(target(), [task]);
    for (let i = 0; i < 2; i++) await bench.add(task, { deaf: true });
    await until('two abandoned', () => bench.count('abandoned') === 2);
    expect(bench.runner.queueStats()).toMatchObject([{ abandoned: 2, paused: true }]);
    expect(bench.runner.health()).toEqual({
      state: 'degraded',
      reasons: ['queue crowd is paused: 2 handlers ignore their abort, at most 1 may'],
    });
    const last = await bench.add(task, { deaf: false });
    expect(await last.getState()).toBe('prioritized');
    gates[0]!.open();
    await bench.on('completed', ({ id }) => id === last.id);
    expect(bench.runner.health()).toEqual({ state: 'ok', reasons: [] });
    gates[1]!.open();
  });

  it('is a dead letter when it has not settled at the end', async () => {
    const never = gate();
    const task = defineTask({
      name: 'never',
      schema: anything,
      timeout: 5,
      abandonAfter: 5,
      handler: () => never.opened,
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task, { n: 1 });
    await bench.on('abandoned');
    const report = await bench.runner.drain({ drainTimeout: 10_000, abortGrace: 10_000 });
    expect(report).toEqual({ completed: 0, aborted: 0, returned: 0, abandoned: 1 });
    expect(await job.getState()).toBe('failed');
    expect(await bench.deadLetters('default')).toMatchObject([
      { id: job.id, payload: { n: 1 }, code: 'CATZ_TASKS_ABANDONED', attemptsMade: 1 },
    ]);
    never.open();
  });
});
