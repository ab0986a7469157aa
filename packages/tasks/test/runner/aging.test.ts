import { expect, it } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import type { AnyTask } from '../../src/define/types.ts';
import { agedPriority, MOVES, sweepAging } from '../../src/runner/aging.ts';
import type { Bench, Gate } from './support/bench.ts';
import { anything, gate, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

it.each([
  ['a young job stays', 20, 999, 1, 20],
  ['one class up', 20, 1_000, 1, 10],
  ['two classes up', 20, 2_500, 1, 5],
  ['up to the best', 20, 99_000, 1, 1],
  ['not above the ceiling', 20, 99_000, 10, 10],
  ['a number between classes', 15, 1_000, 1, 10],
  ['beyond the classes', 5_000, 1_000, 1, 20],
  ['one that is at the ceiling stays', 10, 99_000, 10, 10],
  ['one that is above the ceiling stays', 3, 99_000, 10, 3],
])('%s', (_, priority, waited, ceiling, expected) => {
  expect(agedPriority(priority, waited, { after: 1_000, ceiling })).toBe(expected);
});

const task = defineTask({ name: 'waiting', schema: anything, handler: () => undefined });
const HOUR = 3_600_000;

async function idleBench(...args: Parameters<typeof openBench>): Promise<Bench> {
  const bench = await openBench(...args);
  await bench.runner.drain();
  return bench;
}

onEachBackend('aging', (target) => {
  it('moves up what waited, and leaves the young and the urgent', async () => {
    await using bench = await idleBench(target(), [task]);
    const old = { timestamp: Date.now() - HOUR };
    const jobs = {
      low: await bench.add(task, {}, { ...old, priority: 20 }),
      young: await bench.add(task, {}, { priority: 20 }),
      lowest: await bench.add(task, {}, { ...old, priority: 9_000 }),
      normal: await bench.add(task, {}, { ...old, priority: 10 }),
      high: await bench.add(task, {}, { ...old, priority: 5 }),
      between: await bench.add(task, {}, { ...old, priority: 12 }),
    };
    const queue = bench.queue('default');
    expect(await sweepAging(queue, { after: 60_000, ceiling: 10 })).toBe(3);
    const now: Record<string, number> = {};
    for (const [name, { id }] of Object.entries(jobs)) {
      now[name] = (await queue.getJob(id!))!.priority;
    }
    expect(now).toEqual({ low: 10, young: 20, lowest: 10, normal: 10, high: 5, between: 10 });
    expect(await sweepAging(queue, { after: 60_000, ceiling: 10 })).toBe(0);
  });

  it('counts the wait from the end of the delay', async () => {
    await using bench = await idleBench(target(), [task]);
    const queue = bench.queue('default');
    const job = await bench.add(
      task,
      {},
      { timestamp: Date.now() - HOUR, delay: HOUR, priority: 20 },
    );
    if ((await job.getState()) === 'delayed') await job.promote();
    expect(await sweepAging(queue, { after: 60_000, ceiling: 10 })).toBe(0);
    // Once a millisecond has gone by.
    await until('it moves up', () => sweepAging(queue, { after: 1e-3, ceiling: 10 }));
  });

  it('moves a bounded number at once', async () => {
    await using bench = await idleBench(target(), [task]);
    const queue = bench.queue('default');
    const opts = { timestamp: Date.now() - HOUR, priority: 20 };
    const bulk = Array.from({ length: MOVES + 5 }, () => ({ name: task.name, data: {}, opts }));
    await queue.addBulk(bulk);
    expect(await sweepAging(queue, { after: 60_000, ceiling: 10 })).toBe(MOVES);
    expect(await sweepAging(queue, { after: 60_000, ceiling: 10 })).toBe(5);
  });

  it('goes by the clock of the runner', async () => {
    const { busy, release } = holding();
    const aging = { after: 60_000, ceiling: 5 };
    await using bench = await openBench(target(), [busy], { aging, intervals: { aging: 5 } });
    await bench.add(busy);
    await bench.on('started');
    const job = await bench.add(busy, {}, { timestamp: Date.now() - HOUR, priority: 20 });
    const priority = async (): Promise<unknown> =>
      (await bench.queue('busy').getJob(job.id!))?.priority;
    await until('it moved up', async () => (await priority()) === 5);
    release.open();
  });

  it('leaves all as it is when it is off', async () => {
    const { busy, release } = holding();
    let looks = 0;
    await using bench = await openBench(target(), [busy], {
      aging: false,
      intervals: { aging: 1, scaling: 5 },
      isUnderPressure: () => {
        looks += 1;
        return false;
      },
    });
    await bench.add(busy);
    await bench.on('started');
    const job = await bench.add(busy, {}, { timestamp: Date.now() - HOUR, priority: 20 });
    // By then it would have moved many times.
    await until('the clock went on', () => looks > 10);
    expect((await bench.queue('busy').getJob(job.id!))!.priority).toBe(20);
    release.open();
  });
});

function holding(): { busy: AnyTask; release: Gate } {
  const release = gate();
  const handler = (): Promise<void> => release.opened;
  return { release, busy: defineTask({ name: 'busy', schema: anything, concurrency: 1, handler }) };
}
