// What must not happen beside all that works: rejections that nobody hears, overlaps, things that stay.
import { expect, it, onTestFinished } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import { anything, gate, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

it('a handler that rejects after the end of its attempt is heard', async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown): number => unheard.push(reason);
  process.on('unhandledRejection', hear);
  onTestFinished(() => void process.off('unhandledRejection', hear));
  const release = gate();
  const task = defineTask({
    name: 'afterwards',
    schema: anything,
    handler: async () => {
      await release.opened;
      throw new Error('too late');
    },
  });
  await using bench = await openBench('embedded', [task]);
  await bench.add(task);
  await bench.on('started');
  await bench.runner.drain({ drainTimeout: 1, abortGrace: 1 });
  release.open();
  await new Promise((resolve) => setImmediate(resolve));
  expect(unheard).toEqual([]);
});

it('a listener that throws does not fail a job', async () => {
  const task = defineTask({ name: 'heard', schema: anything, handler: () => 'fine' });
  await using bench = await openBench('embedded', [task]);
  for (const name of ['started', 'completed'] as const) {
    bench.events.on(name, () => {
      throw new Error('in a listener');
    });
  }
  const job = await bench.add(task);
  await bench.on('completed');
  expect(await job.getState()).toBe('completed');
  expect(bench.events.listenerErrors).toBe(2);
});

onEachBackend('attempts of one job', (target) => {
  it('never run at once, whatever handlers do with their signals, and each start has one end', async () => {
    const seed = 20_261_126;
    let state = seed;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const running = new Map<string, number>();
    let overlaps = 0;
    const releases: (() => void)[] = [];
    const task = defineTask({
      name: 'chaos',
      schema: anything,
      concurrency: 4,
      timeout: 8,
      abandonAfter: 8,
      retry: { attempts: 3, delay: 0 },
      handler: async ({ kind }: { kind: string }, { id, signal }) => {
        const now = (running.get(id) ?? 0) + 1;
        running.set(id, now);
        if (now > 1) overlaps += 1;
        try {
          if (kind === 'good') return;
          if (kind === 'bad') throw new Error('bad');
          if (kind === 'obedient') {
            await new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason as Error));
            });
          }
          // Deaf: settles when the test says so, well or not.
          await new Promise<void>((resolve) => releases.push(resolve));
          if (kind === 'deaf-bad') throw new Error('late');
        } finally {
          running.set(id, running.get(id)! - 1);
        }
      },
    });
    await using bench = await openBench(target(), [task]);
    const kinds = ['good', 'bad', 'obedient', 'deaf-good', 'deaf-bad'];
    const jobs = 24;
    for (let n = 0; n < jobs; n++) {
      await bench.add(task, { kind: kinds[Math.floor(random() * kinds.length)] });
    }
    const ended = (): number => bench.count('completed') + bench.count('failed');
    await until(`all jobs end (seed ${seed})`, () => {
      // Half of those who wait may settle, so that some are abandoned first, and some are not.
      if (releases.length > 3 || bench.count('abandoned') > 0) releases.shift()?.();
      return ended() === jobs;
    });
    expect(overlaps, `seed ${seed}`).toBe(0);
    expect(bench.count('abandoned')).toBeGreaterThan(0);
    expect(bench.count('started')).toBe(ended() + bench.count('retrying'));
    expect(bench.runner.queueStats()).toMatchObject([{ running: 0, abandoned: 0, paused: false }]);
  });
});
