import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createRedisBackend } from 'bullmq';
import type { Job, Queue } from 'bullmq';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { createTasks, defineTask } from '../../src/index.ts';
import type { FlowNode, TasksOptions } from '../../src/index.ts';
import { detachChildren } from '../../src/runner/detach-children.ts';
import { anything, gate } from './support/bench.ts';
import type { Target } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

function storeOf(target: Target): Partial<TasksOptions> {
  if (target === 'embedded') return { backend: embeddedBackend() };
  const connection = { host: '127.0.0.1', port: target.port };
  const keyPrefix = randomUUID().slice(0, 8);
  return { backend: createRedisBackend, connection, keyPrefix, enqueueTimeout: 60_000 };
}

onEachBackend('a parent that goes on when a child fails', (target) => {
  it('ends at its first attempt while other children run, and those end by themselves', async () => {
    const release = gate();
    let attempts = 0;
    const child = defineTask({
      name: 'child',
      queue: 'children',
      concurrency: 5,
      schema: anything,
      retry: false,
      handler: async ({ fails }) => {
        if (fails) throw new Error('broken');
        await release.opened;
        return 'late';
      },
    });
    const parent = defineTask({
      name: 'parent',
      schema: anything,
      handler: async (_, { children }) => {
        attempts += 1;
        return (await children()).length;
      },
    });
    await using tasks = createTasks({ tasks: [child, parent], ...storeOf(target()) });
    await tasks.start();
    const root = await tasks.flow({
      task: parent,
      payload: {},
      children: [
        { task: child, payload: { fails: false } },
        { task: child, payload: { fails: true }, onChildFailure: 'continue' },
      ],
    });
    expect(await root.result()).toBe(1);
    expect(attempts).toBe(1);
    const [slow] = root.children;
    expect(await slow!.state()).toBe('active');
    release.open();
    expect(await slow!.result()).toBe('late');
    expect(await root.state()).toBe('completed');
  });

  it('ends although more children wait than are read at once', async () => {
    const task = defineTask({
      name: 'node',
      schema: anything,
      retry: false,
      handler: ({ fails }) => {
        if (fails) throw new Error('broken');
        return 'done';
      },
    });
    await using tasks = createTasks({ tasks: [task], ...storeOf(target()) });
    await tasks.start();
    const waiting: FlowNode = { task, payload: {}, options: { delay: 3_600_000 } };
    const children: FlowNode[] = Array.from({ length: 250 }, () => waiting);
    children.push({ task, payload: { fails: true }, onChildFailure: 'continue' });
    const root = await tasks.flow({ task, payload: {}, children: children as never });
    expect(await root.result()).toBe('done');
    const { counts } = (await tasks.stats()).queues[0]!;
    expect(counts).toMatchObject({ delayed: 250, waitingChildren: 0, completed: 1 });
  });
});

it('a child that cannot be detached does not keep the others, on any page', async () => {
  const detached: string[] = [];
  const failures: unknown[] = [];
  const backend = {
    toKey: (id: string) => `bull:q:${id}`,
    parseNodeKey: (key: string) => ({ id: key.split(':')[2]!, queueName: 'q' }),
    removeChildDependency: async (id: string, parent: string) => {
      if (id === '2') throw new Error('gone');
      detached.push(`${id} of ${parent}`);
    },
  };
  const pages = [['bull:q:1', 'bull:q:2'], [], ['bull:q:3', 'bull:q:1']];
  const job = {
    id: 'p',
    queueName: 'q',
    getDependencies: async ({ unprocessed }: { unprocessed: { cursor: number } }) => {
      const { cursor } = unprocessed;
      // Redis gives cursors as text.
      const next = cursor + 1 === pages.length ? '0' : String(cursor + 1);
      return { unprocessed: pages[cursor], nextUnprocessedCursor: next };
    },
  };
  await detachChildren(job as unknown as Job, {
    queueOf: () => ({ getBackend: () => backend }) as unknown as Queue,
    onError: (error) => failures.push(error),
  });
  expect(detached).toEqual(['1 of bull:q:p', '3 of bull:q:p']);
  expect(failures).toMatchObject([{ message: 'gone' }]);
});
