import { describe, expect, test, vi } from 'vitest';
import { echo, open, start } from './support/open.ts';

describe('cancel', () => {
  test('refuses the next run of a schedule with CATZ_TASKS_UNSUPPORTED', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    await tasks.schedule(task, {
      key: 'k',
      every: 60_000,
      startDate: Date.now() + 60_000,
      payload: { n: 1 },
    });
    const [queue] = await tasks.queues();
    const [run] = await queue!.getDelayed();
    await expect(tasks.cancel(run!.id!)).rejects.toMatchObject({
      code: 'CATZ_TASKS_UNSUPPORTED',
    });
    expect(await queue!.getDelayed()).toHaveLength(1);
  });

  test('takes the waiting children of a flow along', async () => {
    const task = echo();
    const tasks = open([task], { run: 'off' });
    const root = await tasks.flow({
      task,
      payload: { n: 0 },
      children: [
        { task, payload: { n: 1 } },
        { task, payload: { n: 2 }, children: [{ task, payload: { n: 3 } }] },
      ],
    });
    expect(await root.state()).toBe('waiting-children');
    expect(await root.cancel()).toBe('removed');
    const [queue] = await tasks.queues();
    const counts = await queue!.getJobCounts();
    expect(Object.values(counts).every((count) => count === 0)).toBe(true);
  });

  test('looks only in the queue that is named', async () => {
    const task = echo();
    const other = echo({ name: 'other', queue: 'apart' });
    const tasks = open([task, other], { run: 'off' });
    const handle = await tasks.enqueue(task, { n: 1 });
    expect(await tasks.cancel(handle.id, 'why', 'apart')).toBe('unknown');
    expect(await tasks.get(handle.id, 'apart')).toBeUndefined();
    expect(await tasks.get(handle.id, 'default')).toMatchObject({ id: handle.id, task: 'echo' });
    expect(await tasks.cancel(handle.id, 'why', 'default')).toBe('removed');
  });

  test('says requested of a job that failed while it was being cancelled', async () => {
    const handler = (): never => {
      throw new Error('broken');
    };
    const task = echo({ retry: false, handler });
    const tasks = await start([task]);
    const handle = await tasks.enqueue(task, { n: 1 });
    await expect(handle.result()).rejects.toMatchObject({ code: 'CATZ_TASKS_FAILED' });
    const [queue] = await tasks.queues();
    // As it was before a worker took it.
    vi.spyOn(queue!, 'getJobState').mockResolvedValueOnce('prioritized');
    vi.spyOn(queue!, 'remove').mockResolvedValueOnce(0);
    expect(await handle.cancel()).toBe('requested');
    expect(await handle.cancel()).toBe('finished');
  });

  test('tells of it, and leaves what has ended', async () => {
    const task = echo();
    const tasks = await start([task]);
    const heard: unknown[] = [];
    tasks.on('cancelled', (event) => heard.push(event));
    const done = await tasks.enqueue(task, { n: 1 });
    await done.result();
    expect(await done.cancel()).toBe('finished');
    const later = await tasks.enqueue(task, { n: 2 }, { delay: 60_000 });
    expect(await later.cancel()).toBe('removed');
    expect(heard).toEqual([{ task: 'echo', queue: 'default', id: later.id, how: 'removed' }]);
  });
});
