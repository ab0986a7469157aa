import { expect, it } from 'vitest';
import { defineTask } from '../../src/define/define-task.ts';
import { aborted, anything, gate, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

onEachBackend('a drain', (target) => {
  it('lets what runs end, and takes nothing more', async () => {
    const release = gate();
    const task = defineTask({
      name: 'polite',
      schema: anything,
      concurrency: 1,
      handler: () => release.opened,
    });
    await using bench = await openBench(target(), [task]);
    const first = await bench.add(task);
    await bench.on('started');
    const second = await bench.add(task);
    const drained = bench.runner.drain({ drainTimeout: 20_000 });
    expect(bench.runner.queueStats()).toMatchObject([{ running: 1, paused: true }]);
    release.open();
    expect(await drained).toEqual({ completed: 1, aborted: 0, returned: 0, abandoned: 0 });
    expect(await first.getState()).toBe('completed');
    expect(await second.getState()).toBe('prioritized');
    expect(bench.runner.drain()).toBe(drained);
    await expect(bench.runner.start()).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
  });

  it('aborts signals after drainTimeout, and gives back what ends then, with no attempt counted', async () => {
    const task = defineTask({
      name: 'obedient',
      schema: anything,
      retry: false,
      handler: async (_, { signal }) => {
        throw await aborted(signal);
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    await bench.on('started');
    const report = await bench.runner.drain({ drainTimeout: 1, abortGrace: 20_000 });
    expect(report).toEqual({ completed: 0, aborted: 1, returned: 0, abandoned: 0 });
    const back = await bench.queue('default').getJob(job.id!);
    expect(await back!.getState()).toBe('prioritized');
    expect(back!.attemptsMade).toBe(0);
    expect(await bench.deadLetters('default')).toEqual([]);
    const retrying = await bench.on('retrying');
    expect(retrying).toMatchObject({ code: 'CATZ_TASKS_CLOSING', delayMs: 0 });
  });

  it('takes the result of a handler that ends well after its abort', async () => {
    const task = defineTask({
      name: 'thorough',
      schema: anything,
      handler: async (_, { signal }) => {
        await aborted(signal);
        return 'saved';
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    await bench.on('started');
    await bench.runner.drain({ drainTimeout: 1 });
    expect((await bench.queue('default').getJob(job.id!))?.returnvalue).toBe('saved');
  });

  it('does not wait longer than abortGrace: the job is back in its queue, or left to its lock', async () => {
    const never = gate();
    const task = defineTask({ name: 'deaf', schema: anything, handler: () => never.opened });
    const where = target();
    await using bench = await openBench(where, [task]);
    const job = await bench.add(task);
    await bench.on('started');
    const report = await bench.runner.drain({ drainTimeout: 1, abortGrace: 1 });
    expect(report).toEqual({ completed: 0, aborted: 0, returned: 1, abandoned: 0 });
    expect(await job.getState()).toBe(where === 'embedded' ? 'prioritized' : 'active');
    never.open();
  });

  it('before the start leaves nothing to do', async () => {
    const task = defineTask({ name: 'unborn', schema: anything, handler: () => undefined });
    await using bench = await openBench(target(), [task]);
    const runner = bench.another([task]);
    expect(await runner.drain()).toEqual({ completed: 0, aborted: 0, returned: 0, abandoned: 0 });
    await expect(runner.start()).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
  });

  it('during the start closes what was opened', async () => {
    const task = defineTask({ name: 'brief', schema: anything, handler: () => undefined });
    await using bench = await openBench(target(), [task]);
    const runner = bench.another([task]);
    const started = runner.start();
    await runner.drain();
    await started;
    expect(runner.queueStats().every(({ running }) => running === 0)).toBe(true);
  });
});
