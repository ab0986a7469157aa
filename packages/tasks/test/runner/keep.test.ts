import { expect, it } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import { keepOf } from '../../src/runner/keep.ts';
import { anything, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

it('ages are seconds for BullMQ, rounded up; no limit keeps all, false keeps none', () => {
  const keep = (completed: { count?: number; age?: number } | false): unknown =>
    keepOf(
      defineTask({ name: 'k', schema: anything, keep: { completed }, handler: () => undefined }),
    ).completed;
  expect(keep({ count: 5, age: 1_001 })).toEqual({ count: 5, age: 2 });
  expect(keep({ count: Infinity, age: 60_000 })).toEqual({ age: 60 });
  expect(keep({ count: 7, age: Infinity })).toEqual({ count: 7 });
  expect(keep({ count: Infinity, age: Infinity })).toBe(false);
  expect(keep(false)).toBe(true);
});

onEachBackend('finished jobs', (target) => {
  it('stay as many as keep says, completed and failed apart', async () => {
    const task = defineTask({
      name: 'short',
      schema: anything,
      retry: false,
      keep: { completed: { count: 1 }, failed: false },
      handler: ({ ok }: { ok: boolean }) => {
        if (!ok) throw new Error('no');
      },
    });
    await using bench = await openBench(target(), [task]);
    for (const ok of [true, false, true, false, true]) await bench.add(task, { ok });
    await until('all ended', () => bench.count('completed') + bench.count('failed') === 5);
    const counts = await bench.queue('default').getJobCounts('completed', 'failed');
    expect(counts).toEqual({ completed: 1, failed: 0 });
  });
});
