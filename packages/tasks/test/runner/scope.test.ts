import { expect, it } from 'vitest';
import { defineTask } from '../../src/define/define-task.ts';
import type { ScopeRequest } from '../../src/runner/types.ts';
import { aborted, anything, openBench } from './support/bench.ts';

it('a handler runs in a scope of its own, which ends when the handler has settled', async () => {
  const told: unknown[] = [];
  const seen: unknown[] = [];
  const task = defineTask({
    name: 'scoped',
    schema: anything,
    handler: async (_, { scope, signal }) => {
      seen.push(scope, signal === (told[0] as ScopeRequest).signal());
      told.push('handler ends');
      return 'result';
    },
  });
  await using bench = await openBench('embedded', [task], {
    runInScope: async (info, run) => {
      told.push(info);
      const result = await run('the scope');
      told.push('scope ends');
      return result;
    },
  });
  const job = await bench.add(task);
  await bench.on('completed');
  expect(told).toEqual([
    { kind: 'task', signal: expect.any(Function), label: 'scoped', log: expect.anything() },
    'handler ends',
    'scope ends',
  ]);
  expect(seen).toEqual(['the scope', true]);
  expect((await bench.queue('default').getJob(job.id!))?.returnvalue).toBe('result');
});

it('an attempt fails when its scope cannot be disposed', async () => {
  const task = defineTask({ name: 'leaky', schema: anything, retry: false, handler: () => 'done' });
  await using bench = await openBench('embedded', [task], {
    runInScope: async (_, run) => {
      await run(undefined);
      throw Object.assign(new Error('disposal failed'), { code: 'E_DISPOSE' });
    },
  });
  await bench.add(task);
  expect(await bench.on('failed')).toMatchObject({ code: 'E_DISPOSE' });
});

it('the logger of a handler says of which job it speaks', async () => {
  const lines: unknown[] = [];
  const task = defineTask({
    name: 'talking',
    schema: anything,
    handler: (_, { log }) => log.info('hello'),
  });
  const silent = (): void => undefined;
  const logger = {
    debug: silent,
    info: silent,
    warn: silent,
    error: silent,
    child: (bindings: object) => ({
      ...logger,
      info: (line: string) => lines.push([bindings, line]),
    }),
  };
  await using bench = await openBench('embedded', [task], { logger });
  const job = await bench.add(task);
  await bench.on('completed');
  expect(lines).toEqual([[{ task: 'talking', job: job.id, attempt: 1 }, 'hello']]);
});

it('a handler enqueues by what the runner was given', async () => {
  const enqueued: unknown[] = [];
  const task = defineTask({
    name: 'parent',
    schema: anything,
    handler: async (_, { enqueue }) => {
      await enqueue(task, { n: 2 }, { priority: 'high' });
    },
  });
  await using bench = await openBench('embedded', [task], {
    enqueue: (async (...args: unknown[]) => {
      enqueued.push(args);
    }) as never,
  });
  await bench.add(task);
  await bench.on('completed');
  expect(enqueued).toEqual([[task, { n: 2 }, { priority: 'high' }]]);
});

it('a parent knows what its children returned, and why some failed', async () => {
  const seen: unknown[] = [];
  const child = defineTask({
    name: 'child',
    schema: anything,
    retry: false,
    queue: 'children',
    handler: ({ ok }: { ok: boolean }) => {
      if (!ok) throw new Error('ill');
      return 'well';
    },
  });
  const parent = defineTask({
    name: 'parent',
    schema: anything,
    handler: async (_, { children }) => {
      seen.push(...(await children()));
    },
  });
  await using bench = await openBench('embedded', [child, parent]);
  const { FlowProducer } = await import('bullmq');
  const { backend } = bench.store;
  const flows = new FlowProducer({ connection: {} } as never, backend as never);
  const data = (payload: object): object => ({ version: 1, payload });
  const opts = { priority: 10, ignoreDependencyOnFailure: true };
  await flows.add({
    name: 'parent',
    queueName: 'default',
    data: data({}),
    opts: { priority: 10 },
    children: [
      { name: 'child', queueName: 'children', data: data({ ok: true }), opts },
      { name: 'child', queueName: 'children', data: data({ ok: false }), opts },
    ],
  });
  await bench.on('completed', ({ task }) => task === 'parent');
  expect(seen).toEqual([
    { id: expect.any(String), queue: 'children', result: 'well' },
    { id: expect.any(String), queue: 'children', failedReason: 'ill' },
  ]);
  await flows.close();
});

it('a handler that throws at once, without a promise, fails like others', async () => {
  const task = defineTask({
    name: 'sudden',
    schema: anything,
    retry: false,
    handler: () => {
      throw new Error('at once');
    },
  });
  await using bench = await openBench('embedded', [task]);
  await bench.add(task);
  await bench.on('failed');
});

it('a signal that is first asked for after the abort is aborted', async () => {
  let reason: unknown;
  const task = defineTask({
    name: 'tardy',
    schema: anything,
    retry: false,
    timeout: 5,
    handler: async (_, context) => {
      await new Promise<void>((resolve) => bench.events.on('timeout', () => resolve()));
      reason = await aborted(context.signal);
    },
  });
  await using bench = await openBench('embedded', [task]);
  await bench.add(task);
  await bench.on('failed');
  expect(reason).toMatchObject({ code: 'CATZ_TASKS_TIMEOUT' });
});
