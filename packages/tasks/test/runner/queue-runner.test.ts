// What BullMQ's worker does only when something is wrong with it, played by a worker that is none.
import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { Processor } from 'bullmq';
import { defineTask } from '../../src/define/define-task.ts';
import { registryOf } from '../../src/define/registry.ts';
import { TaskEvents } from '../../src/monitor/events.ts';
import type { TaskWorker } from '../../src/runner/bullmq-worker.ts';
import { createRunner } from '../../src/runner/create-runner.ts';
import { watchLoopDelay } from '../../src/runner/loop-delay.ts';
import { QueueRunner } from '../../src/runner/queue-runner.ts';
import type { RunnerOptions } from '../../src/runner/types.ts';
import { anything } from './support/bench.ts';

const task = defineTask({ name: 'any', schema: anything, handler: () => undefined });

function optionsOf(lines: unknown[]): RunnerOptions {
  const log = (...args: readonly unknown[]): number => lines.push(args.at(-1));
  return {
    queues: registryOf([task]).queues,
    backend: undefined as never,
    backendKind: 'embedded',
    queueOf: () => Promise.reject(new Error('no queue here')),
    enqueue: undefined as never,
    validate: (_, payload) => payload,
    events: new TaskEvents(),
    logger: { debug: log, info: log, warn: log, error: log } as never,
  };
}

class FakeWorker extends EventEmitter {
  concurrency = 1;
  calls: string[] = [];
  waitUntilReady = async (): Promise<void> => undefined;
  run = async (): Promise<void> => {
    throw new Error('the loop broke');
  };
  close = async (): Promise<void> => {
    throw new Error('no goodbye');
  };
  cutOff = (): void => void this.calls.push('cut off');
}

function runnerWith(worker: FakeWorker, lines: unknown[] = []): QueueRunner {
  const options = optionsOf(lines);
  return new QueueRunner(options.queues[0]!, options, () => worker as unknown as TaskWorker);
}

it('a worker whose loop broke is told of, as failed', async () => {
  const lines: unknown[] = [];
  const runner = runnerWith(new FakeWorker(), lines);
  await runner.start();
  await Promise.resolve();
  expect(runner.troubles()).toEqual({
    degraded: [],
    failed: ['the worker of queue default has stopped'],
  });
  expect(lines).toEqual(['the worker has stopped']);
});

it('a worker that cannot be closed is told of, and does not hold up the end', async () => {
  const lines: unknown[] = [];
  const runner = runnerWith(new FakeWorker(), lines);
  runner.stop();
  expect(await runner.close(10_000)).toBe(0);
  expect(lines).toEqual(['a worker of tasks had an error']);
});

it('a worker that does not close in time is cut off', async () => {
  const worker = new FakeWorker();
  worker.close = () => new Promise(() => undefined);
  const runner = runnerWith(worker);
  runner.stop();
  await runner.close(1);
  expect(worker.calls).toEqual(['cut off']);
});

it('events of jobs that are none of its attempts are left alone', () => {
  const worker = new FakeWorker();
  runnerWith(worker);
  const job = { id: '1', name: 'any', opts: {} };
  worker.emit('completed', job);
  worker.emit('failed', job, new Error('x'));
  worker.emit('failed', undefined, new Error('x'));
  worker.emit('lockRenewalFailed', ['1']);
});

it('a job that comes while it closes goes back, and its handler is not called', async () => {
  const options = optionsOf([]);
  let processor: Processor | undefined;
  const runner = new QueueRunner(options.queues[0]!, options, (_, process) => {
    processor = process;
    return new FakeWorker() as never;
  });
  runner.stop();
  const moved: unknown[] = [];
  const job = {
    id: '1',
    name: 'any',
    opts: {},
    moveToWait: async (token: string) => moved.push(token),
  };
  await expect(processor!(job as never, 'token')).rejects.toMatchObject({ name: 'WaitingError' });
  expect(moved).toEqual(['token']);
});

it('stalled jobs are told of', () => {
  const worker = new FakeWorker();
  const options = optionsOf([]);
  const heard: unknown[] = [];
  options.events.on('stalled', (event) => heard.push(event));
  const runner = new QueueRunner(options.queues[0]!, options, () => worker as never);
  worker.emit('stalled', '7');
  expect(heard).toEqual([{ task: '', queue: 'default', id: '7' }]);
  expect(runner.running).toBe(0);
});

it('what fails while queues are looked after is told, and tried again', async () => {
  const lines: unknown[] = [];
  const runner = createRunner({
    ...optionsOf(lines),
    ...(await embedded()),
    aging: { after: 1, ceiling: 1 },
    intervals: { aging: 1 },
  });
  await runner.start();
  while (lines.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await runner.drain();
  expect(new Set(lines)).toEqual(new Set(['looking after the queues of tasks failed']));
});

it('a runner without queues starts and drains', async () => {
  await using runner = createRunner({ ...optionsOf([]), queues: [] });
  await runner.start();
  expect(runner.queueStats()).toEqual([]);
  expect(runner.health()).toEqual({ state: 'ok', reasons: [] });
});

it('a slow event loop is measured, until it is read', async () => {
  const delay = watchLoopDelay();
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 25));
  for (let n = 0; n < 5; n++) {
    await turn();
    const end = performance.now() + 200;
    while (performance.now() < end);
  }
  await turn();
  expect(delay.read()).toBeGreaterThan(100);
  expect(delay.read()).toBe(0);
  delay.close();
});

async function embedded(): Promise<Pick<RunnerOptions, 'backend'>> {
  const { embeddedBackend } = await import('../../src/embedded/index.ts');
  return { backend: embeddedBackend() as never };
}
