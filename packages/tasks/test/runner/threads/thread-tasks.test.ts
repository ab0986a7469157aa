import { expect, it } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../../src/define/define-task.ts';
import { anything, openBench } from '../support/bench.ts';
import { onEachBackend } from '../support/targets.ts';

const file = new URL('work.mjs', import.meta.url);

onEachBackend('a task with file', (target) => {
  it('runs in a thread and has progress', async () => {
    const task = defineTask({ name: 'compute', schema: anything, file });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task, { do: 'progress' });
    await bench.on('completed', ({ id }) => id === job.id);
    const stored = await bench.queue('compute').getJob(job.id!);
    expect(stored).toMatchObject({ returnvalue: 'told', progress: { done: 2 } });
    expect(bench.count('progress')).toBe(2);
    expect(bench.runner.queueStats()).toMatchObject([{ threads: 1 }]);
    await bench.runner.drain();
    expect(bench.runner.queueStats()).toMatchObject([{ threads: 0 }]);
  });

  it('is ended when its time is over, and repeated after that', async () => {
    const task = defineTask({
      name: 'spinning',
      schema: anything,
      file,
      concurrency: 1,
      // Enough for a thread to start on a busy machine.
      timeout: 1_500,
      retry: { attempts: 2, delay: 0 },
    });
    // What the schema gives is what crosses: here shared memory, that no JSON holds.
    const steps = new Int32Array(new SharedArrayBuffer(4));
    let calls = 0;
    await using bench = await openBench(target(), [task], {
      validate: () => ((calls += 1) === 1 ? { do: 'spin', steps } : { do: 'read', steps }),
    });
    const job = await bench.add(task);
    expect(await bench.on('retrying')).toMatchObject({ code: 'CATZ_TASKS_TIMEOUT' });
    expect(await bench.on('completed')).toMatchObject({ attempt: 2 });
    expect(bench.count('abandoned')).toBe(0);
    // When the second attempt began, the first thread made no step any more.
    const stored = await bench.queue('spinning').getJob(job.id!);
    expect(stored?.returnvalue).toBe(Atomics.load(steps, 0));
    expect(stored?.returnvalue).not.toBe(0);
  });

  it('is ended when it is cancelled', async () => {
    const task = defineTask({ name: 'stopped', schema: anything, file, timeout: false });
    const steps = new Int32Array(new SharedArrayBuffer(4));
    await using bench = await openBench(target(), [task], {
      validate: () => ({ do: 'spin', steps }),
    });
    const job = await bench.add(task);
    await until('it computes', () => Atomics.load(steps, 0) > 0);
    bench.runner.cancel('stopped', job.id!, 'no more');
    expect(await bench.on('failed')).toMatchObject({ code: 'CATZ_TASKS_CANCELLED' });
    expect(bench.runner.queueStats()[0]!.threads).toBe(0);
  });

  it('fails only itself when it fills its memory', async () => {
    const task = defineTask({
      name: 'hungry',
      schema: anything,
      file,
      retry: false,
      concurrency: 2,
    });
    await using bench = await openBench(target(), [task], { threads: { maxHeapBytes: 2 ** 24 } });
    const waiting = await bench.add(task, { do: 'wait' });
    await until('a thread runs', () => bench.runner.queueStats()[0]!.threads === 1);
    const full = await bench.add(task, { do: 'fill' });
    const failed = await bench.on('failed');
    expect(failed).toMatchObject({ id: full.id, code: 'ERR_WORKER_OUT_OF_MEMORY' });
    expect(await waiting.getState()).toBe('active');
  });

  it('keeps what its error says: an UnrecoverableError is not repeated', async () => {
    const task = defineTask({ name: 'giving-up', schema: anything, file, retry: { attempts: 4 } });
    await using bench = await openBench(target(), [task]);
    await bench.add(task, { do: 'unrecoverable' });
    expect(await bench.on('failed')).toMatchObject({ attempt: 1 });
  });
});
