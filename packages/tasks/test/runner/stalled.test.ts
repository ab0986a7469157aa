// Jobs whose process died, or whose lock was lost: on Redis, where another process may take them over.
import { expect, it } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import { aborted, anything, gate, openBench } from './support/bench.ts';
import type { Bench } from './support/bench.ts';
import { useRedis } from './support/targets.ts';

const server = useRedis();

/** A key of a job in Redis. */
function keyOf(bench: Bench, id: string, suffix = ''): string {
  return `${bench.store.prefix!}:default:${id}${suffix}`;
}

it('a job that stalled too often is a dead letter, and its handler is not called', async () => {
  let runs = 0;
  const task = defineTask({
    name: 'poison',
    schema: anything,
    handler: () => {
      runs += 1;
    },
  });
  await using bench = await openBench({ port: server().port }, []);
  const job = await bench.add(task, { n: 1 });
  // What BullMQ leaves in a job that stalled more often than allowed.
  await server().ask(
    'HSET',
    keyOf(bench, job.id!),
    'defa',
    'job stalled more than allowable limit',
  );
  const runner = bench.another([task]);
  await runner.start();
  await bench.on('dead', ({ id }) => id === job.id);
  expect(runs).toBe(0);
  expect(await bench.deadLetters('default')).toMatchObject([
    { payload: { n: 1 }, reason: 'job stalled more than allowable limit', attemptsMade: 0 },
  ]);
  await runner.drain();
  expect(await job.getState()).toBe('failed');
});

it('an attempt whose lock was lost is aborted, and begins again here only once it has settled', async () => {
  const release = gate();
  let running = 0;
  let most = 0;
  const reasons: unknown[] = [];
  const task = defineTask({
    name: 'lost',
    schema: anything,
    queue: 'default',
    // So that there is a slot for it.
    concurrency: 2,
    handler: async (_, { signal }) => {
      running += 1;
      most = Math.max(most, running);
      if (reasons.length === 0) {
        reasons.push(await aborted(signal));
        await release.opened;
      }
      running -= 1;
    },
  });
  await using bench = await openBench({ port: server().port }, [task]);
  const job = await bench.add(task);
  await bench.on('started');
  // As if another process had found the lock expired, and given the job back.
  await server().ask('DEL', keyOf(bench, job.id!, ':lock'));
  await server().ask('LREM', keyOf(bench, 'active'), '0', job.id!);
  await server().ask('ZADD', keyOf(bench, 'prioritized'), '1', job.id!);
  await server().ask('ZADD', keyOf(bench, 'marker'), '0', '0');
  await until('it is put off', async () => (await job.getState()) === 'delayed');
  expect(running).toBe(1);
  release.open();
  await bench.on('completed', ({ id }) => id === job.id);
  expect(reasons).toMatchObject([{ message: `the lock of job ${job.id} was lost` }]);
  expect(most).toBe(1);
});

it('an attempt whose lock cannot be renewed is aborted', async () => {
  const reasons: unknown[] = [];
  const task = defineTask({
    name: 'expired',
    schema: anything,
    handler: async (_, { signal }) => {
      reasons.push(await aborted(signal));
    },
  });
  await using bench = await openBench({ port: server().port }, [task], { lockDuration: 500 });
  const job = await bench.add(task);
  await bench.on('started');
  await server().ask('SET', keyOf(bench, job.id!, ':lock'), 'of somebody else');
  await until('it is aborted', () => reasons.length === 1);
  expect(reasons).toMatchObject([{ message: `the lock of job ${job.id} was lost` }]);
});
