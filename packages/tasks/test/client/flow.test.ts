import { describe, expect, test } from 'vitest';
import type { TaskContext } from '../../src/index.ts';
import { echo, open, start } from './support/open.ts';

describe('flow', () => {
  test('stores nothing when one payload in it is wrong', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    await expect(
      tasks.flow({
        task,
        payload: { n: 1 },
        children: [{ task, payload: { n: 1 }, children: [{ task, payload: { n: 'x' as never } }] }],
      }),
    ).rejects.toMatchObject({ code: 'CATZ_TASKS_PAYLOAD' });
    const [queue] = await tasks.queues();
    expect(await queue!.getJobCountByTypes('waiting-children', 'prioritized')).toBe(0);
  });

  test('refuses tasks that deduplicate', async () => {
    const task = echo();
    const unique = echo({ name: 'unique', unique: () => 'a' });
    const tasks = open([task, unique], { run: 'off' });
    await expect(
      tasks.flow({ task, payload: { n: 1 }, children: [{ task: unique, payload: { n: 1 } }] }),
    ).rejects.toThrow('expected tasks of a flow to have no idempotencyKey and no unique');
  });

  test.each<[string, object]>([
    ['flow.children[0].onChildFailure', { children: [{ onChildFailure: 'panic' }] }],
    ['flow.children to be an array', { children: {} }],
    ['did you mean children', { childern: [] }],
    ['flow.children[0] to be an object', { children: [5] }],
    ['to be of defineTask()', { children: [{ task: 'echo', payload: {} }] }],
  ])('refuses a wrong node, naming %s', async (named, node) => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    await expect(tasks.flow({ task, payload: { n: 1 }, ...node } as never)).rejects.toThrow(named);
  });

  test('refuses onChildFailure of the root, which is no child', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    const root = { task, payload: { n: 1 }, onChildFailure: 'ignore' };
    await expect(tasks.flow(root as never)).rejects.toMatchObject({
      code: 'CATZ_TASKS_OPTIONS',
      message: 'expected no flow.onChildFailure: it is an option of children',
    });
  });

  test('stores with each child what its own failure means', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    const child = { task, payload: { n: 1 } };
    const root = await tasks.flow({
      task,
      payload: { n: 1 },
      children: [
        child,
        { ...child, onChildFailure: 'ignore', children: [child] },
        { ...child, onChildFailure: 'continue' },
        { ...child, onChildFailure: 'remove' },
      ],
    });
    const [queue] = await tasks.queues();
    const meaning = async (id: string): Promise<string[]> =>
      Object.keys((await queue!.getJob(id))!.opts).filter((option) => option.endsWith('Failure'));
    const [first, second, third, fourth] = root.children;
    expect(await meaning(root.id)).toEqual([]);
    expect(await meaning(first!.id)).toEqual(['failParentOnFailure']);
    expect(await meaning(second!.id)).toEqual(['ignoreDependencyOnFailure']);
    expect(await meaning(second!.children[0]!.id)).toEqual(['failParentOnFailure']);
    expect(await meaning(third!.id)).toEqual(['continueParentOnFailure']);
    expect(await meaning(fourth!.id)).toEqual(['removeDependencyOnFailure']);
  });

  test('runs without a child that was cancelled, whatever its failure would have meant', async () => {
    const task = echo();
    const slow = echo({ name: 'slow' });
    const whole = echo({
      name: 'whole',
      handler: async (_: unknown, { children }: TaskContext) => (await children()).length,
    });
    const tasks = await start([task, slow, whole]);
    const root = await tasks.flow({
      task: whole,
      payload: { n: 1 },
      children: [
        { task, payload: { n: 1 } },
        { task: slow, payload: { n: 2 }, options: { delay: 60_000 }, onChildFailure: 'fail' },
      ],
    });
    expect(await root.children[1]!.cancel()).toBe('removed');
    expect(await root.result()).toBe(1);
  });

  test('takes options of each node, and tells of each job', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    const heard: unknown[] = [];
    tasks.on('enqueued', ({ id, priority }) => heard.push([id, priority]));
    const root = await tasks.flow({
      task,
      payload: { n: 1 },
      options: { priority: 'high' },
      children: [{ task, payload: { n: 2 }, options: { priority: 'critical', retry: false } }],
    });
    expect(heard).toEqual([
      [root.id, 5],
      [root.children[0]!.id, 1],
    ]);
    const [queue] = await tasks.queues();
    expect((await queue!.getJob(root.children[0]!.id))?.opts).toMatchObject({ attempts: 1 });
  });
});
