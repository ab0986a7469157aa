import { expect, it } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import { anything, gate, openBench } from './support/bench.ts';
import { useRedis } from './support/targets.ts';

const server = useRedis();

it('a drain ends although Redis is gone, and what runs is left to its lock', async () => {
  const release = gate();
  const task = defineTask({ name: 'orphan', schema: anything, handler: () => release.opened });
  await using bench = await openBench({ port: server().port }, [task]);
  await bench.add(task);
  await bench.on('started');
  await server().kill();
  const report = await bench.runner.drain({ drainTimeout: 1, abortGrace: 1 });
  expect(report).toEqual({ completed: 0, aborted: 0, returned: 1, abandoned: 0 });
  release.open();
  await server().restart();
});

it('a runner goes on once Redis is back', async () => {
  const task = defineTask({ name: 'patient', schema: anything, handler: () => undefined });
  await using bench = await openBench({ port: server().port }, [task]);
  const first = await bench.add(task);
  await bench.on('completed', ({ id }) => id === first.id);
  await server().restart();
  await until('a job is taken', async () => {
    await bench.add(task);
    return bench.count('completed') > 1;
  });
});
