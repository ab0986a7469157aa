import { describe, expect, it } from 'vitest';
import type { Job, Queue } from 'bullmq';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import { jobOptions } from '../../src/client/job-options.ts';
import { jitterOf } from '../../src/define/stored.ts';
import type { StoredSchedule } from '../../src/define/stored.ts';
import type { AnyTask } from '../../src/define/types.ts';
import { gateOf } from '../../src/runner/schedule-gate.ts';
import type { Bench } from './support/bench.ts';
import { anything, gate, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

const plain: StoredSchedule = {
  key: 'tick',
  from: 'call',
  overlap: 'allow',
  missed: 'one',
  jitter: 0,
};

onEachBackend('a run of a schedule', (target) => {
  it("is left out with overlap 'skip' while the one before runs", async () => {
    const release = gate();
    let running = 0;
    let most = 0;
    const task = defineTask({
      name: 'ticking',
      schema: anything,
      concurrency: 5,
      handler: async () => {
        running += 1;
        most = Math.max(most, running);
        await release.opened;
        running -= 1;
      },
    });
    await using bench = await openBench(target(), [task]);
    await schedule(bench, task, 10, { ...plain, overlap: 'skip' });
    const skipped = await bench.on('skipped');
    expect(skipped).toMatchObject({ task: 'ticking', key: 'tick', why: 'overlap' });
    await until('more are left out', () => bench.count('skipped') >= 3);
    release.open();
    await until('later ones run', () => bench.count('completed') >= 2);
    expect(most).toBe(1);
    await bench.queue(task.queue).removeJobScheduler('tick');
  });

  it("waits with overlap 'queue' until the one before has ended", async () => {
    const release = gate();
    let running = 0;
    let most = 0;
    const task = defineTask({
      name: 'lining-up',
      schema: anything,
      concurrency: 5,
      handler: async () => {
        running += 1;
        most = Math.max(most, running);
        await release.opened;
        running -= 1;
      },
    });
    await using bench = await openBench(target(), [task]);
    const queue = bench.queue(task.queue);
    await schedule(bench, task, 10, { ...plain, overlap: 'queue' }, 3);
    await until('one is put off', async () =>
      (await queue.getDelayed()).some(({ attemptsStarted }) => attemptsStarted > 0),
    );
    // The one before is active, and may be about to start.
    await bench.on('started');
    expect(bench.count('started')).toBe(1);
    release.open();
    await until('the others run', () => bench.count('completed') >= 2);
    expect(bench.count('skipped')).toBe(0);
    expect(most).toBe(1);
    await queue.removeJobScheduler('tick');
  });

  it("begins beside the one before with overlap 'allow'", async () => {
    const release = gate();
    const task = defineTask({
      name: 'crowding',
      schema: anything,
      concurrency: 5,
      handler: () => release.opened,
    });
    await using bench = await openBench(target(), [task]);
    await schedule(bench, task, 10, plain);
    await until('two run', () => bench.runner.queueStats()[0]!.running >= 2);
    await bench.queue(task.queue).removeJobScheduler('tick');
    release.open();
  });

  it('is put off by its part of the jitter', async () => {
    const task = defineTask({ name: 'shaky', schema: anything, handler: () => undefined });
    await using bench = await openBench(target(), [task]);
    const queue = bench.queue(task.queue);
    await schedule(bench, task, 3_600_000, { ...plain, jitter: 1_800_000 });
    await until('it is put off', async () => {
      const [job] = (await queue.getDelayed()).filter(({ attemptsStarted }) => attemptsStarted > 0);
      return job !== undefined && job.delay > 0 && job.delay < 1_800_000;
    });
    expect(bench.count('started')).toBe(0);
    await queue.removeJobScheduler('tick');
  });
});

describe('a run that is late', () => {
  const HOUR = 3_600_000;
  const noQueue = (): never => {
    throw new Error('not asked');
  };

  function late(by: number, every: number | undefined, attemptsMade = 0): Job {
    const prevMillis = Date.now() - by;
    const opts = { prevMillis, repeat: every === undefined ? { pattern: '0 4 * * *' } : { every } };
    return { id: '1', attemptsMade, repeatJobKey: 'tick', opts, timestamp: prevMillis } as never;
  }

  it("and was due when no runner was there is left out with missed 'skip'", async () => {
    const skip = { ...plain, missed: 'skip' } as const;
    const startedAt = Date.now() - 5_000;
    expect(await gateOf(late(10_000, HOUR), skip, startedAt, noQueue)).toEqual({ skip: 'missed' });
    expect(await gateOf(late(10_000, undefined), skip, startedAt, noQueue)).toEqual({
      skip: 'missed',
    });
    // Only waiting for a slot.
    expect(await gateOf(late(3_000, HOUR), skip, startedAt, noQueue)).toEqual({ go: true });
    // Its first attempt was in time.
    expect(await gateOf(late(10_000, HOUR, 1), skip, startedAt, noQueue)).toEqual({ go: true });
  });

  it("and whose successor is due is left out with missed 'skip'", async () => {
    const skip = { ...plain, missed: 'skip' } as const;
    const startedAt = Date.now() - HOUR;
    expect(await gateOf(late(5_000, 4_000), skip, startedAt, noQueue)).toEqual({ skip: 'missed' });
    expect(await gateOf(late(5_000, 6_000), skip, startedAt, noQueue)).toEqual({ go: true });
  });

  it("runs with missed 'one'", async () => {
    expect(await gateOf(late(10_000, 1_000), plain, Date.now(), noQueue)).toEqual({ go: true });
  });

  it('is not late before its part of the jitter is over', async () => {
    const shaky = { ...plain, missed: 'skip', jitter: 1_000_000_000 } as const;
    const job = late(10_000, HOUR);
    const at = job.opts.prevMillis! + jitterOf('1', shaky.jitter);
    expect(at).toBeGreaterThan(Date.now());
    expect(await gateOf(job, shaky, Date.now(), noQueue)).toEqual({ at });
  });
});

describe('of two runs that began', () => {
  const skip = { ...plain, overlap: 'skip' } as const;

  function run(id: string, processedOn: number, attemptsMade = 0): Job {
    return { id, processedOn, attemptsMade, repeatJobKey: 'tick', opts: {}, timestamp: 0 } as never;
  }

  it('the later one gives way, whoever asks first', async () => {
    const first = run('a', 5);
    const second = run('b', 5);
    const third = run('0', 6);
    const queue = (): Queue => ({ getActive: async () => [third, second, first] }) as never;
    expect(await gateOf(first, skip, 0, queue)).toEqual({ go: true });
    expect(await gateOf(second, skip, 0, queue)).toEqual({ skip: 'overlap' });
    expect(await gateOf(third, skip, 0, queue)).toEqual({ skip: 'overlap' });
  });

  it('the later one waits when it has failed before', async () => {
    const again = run('b', 9, 1);
    const queue = (): Queue => ({ getActive: async () => [run('c', 8), again] }) as never;
    expect(await gateOf(again, skip, 0, queue)).toHaveProperty('at');
  });
});

async function schedule(
  bench: Bench,
  task: AnyTask,
  every: number,
  stored: StoredSchedule,
  limit?: number,
): Promise<void> {
  const { retry, priority } = task;
  await bench.queue(task.queue).upsertJobScheduler(
    stored.key,
    { every, ...(limit !== undefined && { limit }) },
    {
      name: task.name,
      data: { version: 1, payload: {}, schedule: stored },
      opts: jobOptions(task, { retry, priority }),
    },
  );
}
