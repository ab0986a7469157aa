import { describe, expect, test } from 'vitest';
import { echo, open } from './support/open.ts';

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
    ['flow.onChildFailure', { onChildFailure: 'panic' }],
    ['flow.children to be an array', { children: {} }],
    ['did you mean children', { childern: [] }],
    ['flow.children[0] to be an object', { children: [5] }],
    ['to be of defineTask()', { children: [{ task: 'echo', payload: {} }] }],
  ])('refuses a wrong node, naming %s', async (named, node) => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    await expect(tasks.flow({ task, payload: { n: 1 }, ...node } as never)).rejects.toThrow(named);
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
