import { expect, it } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import { sweepDeadLetters } from '../../src/runner/dead-letters.ts';
import { anything, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

const failing = defineTask({
  name: 'failing',
  schema: anything,
  retry: false,
  keep: { failed: false },
  handler: () => {
    throw new Error('always');
  },
});

onEachBackend('dead letters', (target) => {
  it('are written once, whoever writes them again', async () => {
    let writes = 0;
    await using bench = await openBench(target(), [failing], {
      // The first write comes through, and its answer is lost: as after a crash between letter and failure.
      queueOf: (name) => {
        const queue = bench.queue(name);
        if (!name.endsWith('.dead')) return queue;
        writes += 1;
        return queue;
      },
    });
    const job = await bench.add(failing, { n: 1 });
    await bench.on('failed', ({ id }) => id === job.id);
    const dead = bench.queue('default.dead');
    const [letter] = await dead.getJobs(['waiting']);
    expect(writes).toBe(1);
    expect(letter!.id).toBe(`default.${job.id}.1`);
    await dead.add(failing.name, {}, { jobId: letter!.id! });
    expect(await bench.deadLetters('default')).toMatchObject([{ payload: { n: 1 } }]);
  });

  it('that cannot be written leave the job among the failed, whatever keep says', async () => {
    await using bench = await openBench(target(), [failing], {
      queueOf: (name) => {
        if (name.endsWith('.dead')) throw new Error('no room');
        return bench.queue(name);
      },
    });
    const job = await bench.add(failing, { n: 1 });
    await bench.on('failed');
    expect(bench.count('dead')).toBe(0);
    expect(await job.getState()).toBe('failed');
    expect(bench.runner.health()).toEqual({
      state: 'degraded',
      reasons: ['dead letters of queue default that were not written: 1'],
    });
  });

  it('beyond their number or their age are swept, the oldest first', async () => {
    await using bench = await openBench(target(), [failing]);
    const queueOf = (name: string): ReturnType<typeof bench.queue> => bench.queue(name);
    for (let n = 0; n < 4; n++) {
      const job = await bench.add(failing, { n });
      await bench.on('failed', ({ id }) => id === job.id);
    }
    expect(await sweepDeadLetters(queueOf, 'default', { count: 2 })).toBe(2);
    const left = (await bench.deadLetters('default')).map(({ payload }) => payload);
    expect(left).toHaveLength(2);
    expect(left).toEqual(expect.arrayContaining([{ n: 2 }, { n: 3 }]));
    expect(await sweepDeadLetters(queueOf, 'default', {})).toBe(0);
    expect(await sweepDeadLetters(queueOf, 'default', { age: Infinity, count: Infinity })).toBe(0);
    await until('they are older than 1 ms', () => sweepDeadLetters(queueOf, 'default', { age: 1 }));
    expect(await bench.deadLetters('default')).toEqual([]);
  });

  it('are swept however many there are', async () => {
    await using bench = await openBench(target(), [failing]);
    const dead = bench.queue('default.dead');
    await dead.addBulk(Array.from({ length: 250 }, (_, n) => ({ name: 'failing', data: { n } })));
    expect(await sweepDeadLetters((name) => bench.queue(name), 'default', { count: 20 })).toBe(230);
    expect((await dead.getJobs(['waiting'], 0, 0, true))[0]?.data).toEqual({ n: 230 });
  });

  it('are swept by the clock of the runner', async () => {
    await using bench = await openBench(target(), [failing], {
      deadLetters: { count: 0 },
      intervals: { deadLetters: 5 },
    });
    await bench.add(failing);
    await bench.on('dead');
    await until('no letter is left', async () => (await bench.deadLetters('default')).length === 0);
  });
});
