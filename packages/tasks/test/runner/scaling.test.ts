import { expect, it } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import { nextConcurrency } from '../../src/runner/scaling.ts';
import { Slots } from '../../src/runner/slots.ts';
import type { Load } from '../../src/runner/scaling.ts';
import { anything, gate, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

const range = { min: 2, max: 20 };
const calm: Load = {
  running: 0,
  hasBacklog: false,
  idle: 0,
  loopDelay: 0,
  isUnderPressure: false,
};

it.each<[string, number, Partial<Load>, number]>([
  ['a backlog and busy slots: half as many more', 10, { running: 9, hasBacklog: true }, 15],
  ['never above max', 18, { running: 18, hasBacklog: true }, 20],
  ['from one to two', 1, { running: 1, hasBacklog: true }, 2],
  ['free slots: as it is', 10, { running: 8, hasBacklog: true }, 10],
  ['no backlog: as it is', 10, { running: 10 }, 10],
  ['a slow event loop: half', 11, { running: 11, hasBacklog: true, loopDelay: 51 }, 5],
  [
    'an event loop at the bound: not slow',
    10,
    { running: 10, hasBacklog: true, loopDelay: 50 },
    15,
  ],
  ['pressure: half', 10, { isUnderPressure: true }, 5],
  ['never below min', 3, { isUnderPressure: true }, 2],
  ['idle for ten seconds: fewer', 20, { idle: 10_000 }, 15],
  ['idle, one by one in the end', 3, { idle: 60_000 }, 2],
  ['idle at min: min', 2, { idle: 60_000 }, 2],
  ['idle for less: as it is', 20, { idle: 9_999 }, 20],
])('%s', (_, now, load, expected) => {
  expect(nextConcurrency(now, range, { ...calm, ...load })).toBe(expected);
});

it('is looked at once at a time: an answer that comes late is not judged by slots that changed meanwhile', async () => {
  const worker = { concurrency: 2, pause: async () => undefined, resume: async () => undefined };
  const slots = new Slots(worker as never, { min: 2, max: 3 }, () => undefined);
  const answers: ((hasBacklog: boolean) => void)[] = [];
  const around = {
    loopDelay: 0,
    isUnderPressure: false,
    hasBacklog: () => new Promise<boolean>((resolve) => answers.push(resolve)),
  };
  const looks = [slots.look(2, around), slots.look(2, around)];
  expect(answers).toHaveLength(1);
  answers[0]!(true);
  // The slot that it has now may take what waits.
  expect(await Promise.all(looks)).toEqual([false, false]);
  expect(slots.now).toBe(3);
  const fails = slots.look(3, { ...around, hasBacklog: () => Promise.reject(new Error('away')) });
  await expect(fails).rejects.toThrow('away');
  for (const isTold of [true, false]) {
    const next = slots.look(3, around);
    answers.at(-1)!(true);
    expect(await next).toBe(isTold);
  }
});

onEachBackend('concurrency', (target) => {
  it('grows to max while all slots are busy and jobs wait, and then tells of it', async () => {
    const release = gate();
    let looks = 0;
    const task = defineTask({
      name: 'growing',
      schema: anything,
      concurrency: { min: 1, max: 4 },
      handler: () => release.opened,
    });
    await using bench = await openBench(target(), [task], {
      loopDelay: () => {
        looks++;
        return 0;
      },
      intervals: { scaling: 5 },
    });
    for (let n = 0; n < 8; n++) await bench.add(task);
    await until('four run', () => bench.runner.queueStats()[0]!.running === 4);
    expect(await bench.on('saturated')).toEqual({ name: 'saturated', queue: 'growing' });
    expect(bench.runner.queueStats()[0]!.concurrency).toEqual({ now: 4, min: 1, max: 4 });
    // Once for as long as it lasts, however often it is looked at; what comes later may be another time.
    const before = looks;
    await until('it to be looked at again', () => looks > before + 5);
    expect(bench.count('saturated')).toBe(1);
    release.open();
    await until('all are done', () => bench.count('completed') === 8);
  });

  it('falls under pressure, and with a slow event loop', async () => {
    const release = gate();
    const task = defineTask({
      name: 'shrinking',
      schema: anything,
      concurrency: { min: 1, max: 4 },
      handler: () => release.opened,
    });
    let isUnderPressure = false;
    let delay = 0;
    await using bench = await openBench(target(), [task], {
      loopDelay: () => delay,
      isUnderPressure: () => isUnderPressure,
      intervals: { scaling: 5 },
    });
    const now = (): number => bench.runner.queueStats()[0]!.concurrency.now;
    for (let n = 0; n < 8; n++) await bench.add(task);
    await until('it is at max', () => now() === 4);
    isUnderPressure = true;
    await until('it is at min', () => now() === 1);
    isUnderPressure = false;
    await until('it is at max again', () => now() === 4);
    delay = 80;
    await until('it is at min again', () => now() === 1);
    release.open();
  });

  it('is what the task says when it is a number', async () => {
    const release = gate();
    let running = 0;
    let most = 0;
    const task = defineTask({
      name: 'fixed',
      schema: anything,
      concurrency: 3,
      handler: async () => {
        running += 1;
        most = Math.max(most, running);
        await release.opened;
        running -= 1;
      },
    });
    await using bench = await openBench(target(), [task], {
      loopDelay: () => 1_000,
      intervals: { scaling: 5 },
    });
    for (let n = 0; n < 6; n++) await bench.add(task);
    await until('three run', () => running === 3);
    release.open();
    await until('all are done', () => bench.count('completed') === 6);
    expect(most).toBe(3);
  });

  it('is bounded by rateLimit', async () => {
    const task = defineTask({
      name: 'slowed',
      schema: anything,
      concurrency: 5,
      rateLimit: { max: 2, duration: 600_000 },
      handler: () => undefined,
    });
    await using bench = await openBench(target(), [task]);
    for (let n = 0; n < 4; n++) await bench.add(task);
    const queue = bench.queue('slowed');
    await until('the limit is reached', async () => (await queue.getRateLimitTtl()) > 0);
    await until('two are done', () => bench.count('completed') === 2);
    expect(await queue.getJobCounts('prioritized', 'completed')).toEqual({
      prioritized: 2,
      completed: 2,
    });
  });
});
