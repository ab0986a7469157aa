import { once } from 'node:events';
import { FlowProducer } from 'bullmq';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bench } from '../support/bench.ts';
import type { Queue } from 'bullmq';

const idsOf = (jobs: readonly { id?: string | undefined }[]) => jobs.map(({ id }) => id);

async function add(queue: Queue, options: object, ...names: string[]): Promise<void> {
  for (const name of names) await queue.add(name, {}, { ...options, jobId: name });
}

afterEach(() => {
  vi.useRealTimers();
});

describe('clean', () => {
  it('removes finished jobs that are older than the grace, and says which', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const { queue, hand } = bench();
    const { complete } = hand();
    await add(queue, {}, 'old', 'young');
    await complete();
    vi.setSystemTime(1_010_000);
    await complete();
    expect(await queue.clean(5_000, 0, 'completed')).toEqual(['old']);
    expect(idsOf(await queue.getCompleted())).toEqual(['young']);
  });

  it('removes at most as many as it is told', async () => {
    const { queue, hand } = bench();
    const { fail } = hand();
    await add(queue, {}, 'a', 'b', 'c');
    for (let n = 0; n < 3; n++) await fail();
    expect(await queue.clean(0, 2, 'failed')).toHaveLength(2);
    expect(await queue.getFailedCount()).toBe(1);
  });

  it.each([
    ['wait', {}],
    ['prioritized', { priority: 2 }],
    ['delayed', { delay: 60_000 }],
  ] as const)('removes jobs of state %s by when they were added', async (state, options) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const { queue } = bench();
    await add(queue, options, 'old');
    vi.setSystemTime(1_010_000);
    await add(queue, options, 'young');
    expect(await queue.clean(5_000, 0, state)).toEqual(['old']);
    expect(idsOf(await queue.getJobs([state]))).toEqual(['young']);
  });

  it('removes parents that wait for children by when they were added', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const { queue, backend } = bench();
    const flows = new FlowProducer({ connection: {} }, backend);
    const parent = (id: string) => ({
      name: id,
      queueName: 'bench',
      opts: { jobId: id },
      children: [{ name: 'child', queueName: 'elsewhere' }],
    });
    await flows.add(parent('old'));
    vi.setSystemTime(1_010_000);
    await flows.add(parent('young'));
    const cleaned = await queue.getBackend().cleanJobsByState('waiting-children', 1_005_000);
    expect(cleaned).toEqual(['old']);
    expect(await queue.getWaitingChildrenCount()).toBe(1);
    await flows.close();
  });

  it('removes a parent of the same queue with its last child, and tells of what it was asked for', async () => {
    const { queue, backend } = bench();
    const flows = new FlowProducer({ connection: {} }, backend);
    const children = [
      { name: 'a', queueName: 'bench', opts: { jobId: 'a' } },
      { name: 'b', queueName: 'bench', opts: { jobId: 'b' } },
    ];
    await flows.add({ name: 'parent', queueName: 'bench', opts: { jobId: 'parent' }, children });
    expect(await queue.clean(0, 0, 'wait')).toEqual(['b', 'a']);
    expect(await queue.getJob('parent')).toBeUndefined();
    await flows.close();
  });

  it('counts a parent once that went with the last of its children', async () => {
    const { queue, backend } = bench();
    const flows = new FlowProducer({ connection: {} }, backend);
    const leaf = { name: 'leaf', queueName: 'elsewhere' };
    const middle = { name: 'middle', queueName: 'bench', opts: { jobId: 'middle' } };
    await flows.add({ ...middle, children: [leaf] });
    await flows.add({ name: 'root', queueName: 'bench', children: [middle] });
    const cleaned = await queue.getBackend().cleanJobsByState('waiting-children', Date.now());
    expect(cleaned).toEqual(['middle']);
    expect(backend.stats().jobs).toBe(1);
    await flows.close();
  });

  it('takes no jobs in a state that holds none', async () => {
    const { queue } = bench();
    await add(queue, {}, 'a');
    expect(await queue.clean(0, 0, 'paused')).toEqual([]);
    expect(await queue.getWaitingCount()).toBe(1);
  });

  it('leaves alone what a worker holds', async () => {
    const { queue, hand } = bench();
    await add(queue, {}, 'a');
    await hand().take();
    expect(await queue.clean(0, 0, 'active')).toEqual([]);
    expect(await queue.getActiveCount()).toBe(1);
  });

  it('leaves the next run of a schedule alone', async () => {
    const { queue } = bench();
    await queue.upsertJobScheduler('tick', { every: 60_000, offset: 1 });
    await add(queue, { delay: 1_000 }, 'other');
    expect(await queue.clean(0, 0, 'delayed')).toEqual(['other']);
    expect(await queue.getDelayedCount()).toBe(1);
  });

  it('frees the deduplication id of what it removes', async () => {
    const { queue } = bench();
    await queue.add('a', {}, { deduplication: { id: 'x' } });
    await queue.clean(0, 0, 'wait');
    expect(await queue.getDeduplicationJobId('x')).toBeNull();
  });

  it('tells how many went', async () => {
    const { queue, events } = bench();
    await add(queue, {}, 'a', 'b');
    const reader = await events();
    const told = new Promise((resolve) => {
      reader.on('cleaned', resolve);
    });
    await queue.clean(0, 0, 'wait');
    expect(await told).toEqual({ count: '2' });
  });
});

describe('drain', () => {
  it('removes what waits, and delayed jobs only where asked', async () => {
    const { queue, hand } = bench();
    await add(queue, {}, 'a', 'b');
    await hand().take();
    await add(queue, { priority: 1 }, 'p');
    await add(queue, { delay: 60_000 }, 'd');
    await queue.drain();
    expect(await queue.getJobCounts('active', 'waiting', 'prioritized', 'delayed')).toEqual({
      active: 1,
      waiting: 0,
      prioritized: 0,
      delayed: 1,
    });
    await queue.drain(true);
    expect(await queue.getDelayedCount()).toBe(0);
  });

  it('leaves the next run of a schedule alone, waiting or delayed', async () => {
    const { queue } = bench();
    await queue.upsertJobScheduler('now', { every: 60_000 });
    await queue.upsertJobScheduler('later', { pattern: '0 0 1 1 *' });
    await add(queue, {}, 'a', 'b');
    await queue.drain(true);
    expect(
      (await queue.getJobs(['waiting', 'delayed'])).map(({ repeatJobKey }) => repeatJobKey),
    ).toEqual(['now', 'later']);
  });

  it('takes a parent with the last of its children in the same queue', async () => {
    const { queue, backend } = bench();
    const flows = new FlowProducer({ connection: {} }, backend);
    const children = [{ name: 'child', queueName: 'bench', data: {} }];
    await flows.add({ name: 'parent', queueName: 'bench', data: {}, children });
    await queue.drain();
    expect(await queue.getWaitingChildrenCount()).toBe(0);
    expect(await queue.count()).toBe(0);
    await flows.close();
  });
});

describe('remove', () => {
  it('removes a job in any state but active', async () => {
    const { queue, hand, events } = bench();
    const reader = await events();
    const removed: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      reader.on('removed', ({ jobId, prev }) => {
        if (removed.push([jobId, prev]) === 4) resolve();
      });
    });
    const { complete, take } = hand();
    await add(queue, {}, 'done');
    await complete();
    await add(queue, {}, 'busy', 'waits');
    await take();
    await add(queue, { priority: 1 }, 'urgent');
    await add(queue, { delay: 60_000 }, 'later');
    for (const id of ['done', 'waits', 'urgent', 'later']) {
      expect(await queue.remove(id), id).toBe(1);
      expect(await queue.getJob(id), id).toBeUndefined();
    }
    expect(await queue.remove('busy')).toBe(0);
    expect(await queue.remove('nobody')).toBe(1);
    await all;
    expect(removed).toEqual([
      ['done', 'completed'],
      ['waits', 'wait'],
      ['urgent', 'prioritized'],
      ['later', 'delayed'],
    ]);
  });

  it('refuses the next run of a schedule', async () => {
    const { queue } = bench();
    const job = await queue.upsertJobScheduler('tick', { every: 60_000, offset: 1 });
    await expect(queue.remove(job?.id as string)).rejects.toMatchObject({ code: -8 });
  });

  it('removes a run of a schedule that is over', async () => {
    const { queue, hand } = bench();
    const job = await queue.upsertJobScheduler('tick', { every: 60_000 });
    await hand().complete();
    expect(await queue.remove(job?.id as string)).toBe(1);
    expect(await queue.getJobSchedulersCount()).toBe(1);
  });

  it('takes the children along unless it is told not to, and never one that a worker holds', async () => {
    const { queue, backend, hand } = bench();
    const flows = new FlowProducer({ connection: {} }, backend);
    const tree = (id: string) => ({
      name: id,
      queueName: 'bench',
      data: {},
      opts: { jobId: id },
      children: [{ name: 'child', queueName: 'bench', data: {}, opts: { jobId: `${id}-child` } }],
    });
    await flows.add(tree('a'));
    expect(await queue.remove('a')).toBe(1);
    expect(await queue.getJob('a-child')).toBeUndefined();
    await flows.add(tree('b'));
    expect(await queue.remove('b', { removeChildren: false })).toBe(1);
    expect(await queue.getJob('b-child')).toBeDefined();
    await queue.remove('b-child');
    await flows.add(tree('c'));
    await hand().take();
    expect(await queue.remove('c')).toBe(0);
    expect(await queue.getJob('c')).toBeDefined();
    await flows.close();
  });
});

describe('jobs that run again', () => {
  it('go back by hand with their attempts, or without', async () => {
    const { queue, hand } = bench();
    const { fail, complete } = hand();
    await add(queue, {}, 'a');
    const failed = await fail();
    await failed.retry('failed');
    let job = await queue.getJob('a');
    expect(job).toMatchObject({ attemptsMade: 1, attemptsStarted: 1 });
    expect(job?.failedReason).toBeUndefined();
    expect(job?.finishedOn).toBeUndefined();
    const completed = await complete();
    await completed.retry('completed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    job = await queue.getJob('a');
    expect(job).toMatchObject({ attemptsMade: 0, attemptsStarted: 0, returnvalue: null });
  });

  it('are refused when they are not in the state that was named', async () => {
    const { queue } = bench();
    await add(queue, {}, 'a');
    const job = await queue.getJob('a');
    await expect(job?.retry('failed')).rejects.toMatchObject({ code: -3 });
    await queue.remove('a');
    await expect(job?.retry('failed')).rejects.toMatchObject({ code: -1 });
  });

  it('all go back at once by retryJobs, in portions, and in the order in which they finished', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 });
    const { queue, hand } = bench();
    const { fail } = hand();
    await add(queue, {}, 'c', 'a', 'b');
    for (let n = 0; n < 3; n++) {
      await fail();
      vi.setSystemTime(Date.now() + 1);
    }
    await queue.retryJobs({ count: 2 });
    expect(await queue.getFailedCount()).toBe(0);
    expect(idsOf(await queue.getWaiting())).toEqual(['c', 'a', 'b']);
  });

  it('stay by retryJobs when they finished after the timestamp', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 });
    const { queue, hand } = bench();
    const { complete } = hand();
    await add(queue, {}, 'a', 'b');
    await complete();
    vi.setSystemTime(2_000);
    await complete();
    await queue.retryJobs({ state: 'completed', timestamp: 1_500 });
    expect(idsOf(await queue.getWaiting())).toEqual(['a']);
    expect(idsOf(await queue.getCompleted())).toEqual(['b']);
  });

  it('are taken by a worker that waits', async () => {
    const { queue, hand, work, events } = bench();
    await add(queue, {}, 'a');
    await hand().fail();
    const reader = await events();
    const done = new Promise((resolve) => {
      reader.on('completed', resolve);
    });
    const worker = work(() => Promise.resolve('again'));
    await once(worker, 'drained');
    await new Promise(setImmediate);
    await queue.retryJobs();
    expect(await done).toMatchObject({ jobId: 'a', returnvalue: 'again' });
  });
});

describe('promoteJobs', () => {
  it('lets all delayed jobs run now, those first that are due first', async () => {
    const { queue } = bench();
    await add(queue, { delay: 60_000 }, 'late');
    await add(queue, { delay: 30_000 }, 'early');
    await queue.promoteJobs({ count: 1 });
    expect(await queue.getDelayedCount()).toBe(0);
    expect(idsOf(await queue.getWaiting())).toEqual(['early', 'late']);
  });
});

describe('obliterate', () => {
  it('leaves nothing of a queue, in as many steps as it takes', async () => {
    const { queue, hand, backend } = bench();
    const { complete, fail } = hand();
    await add(queue, {}, 'a', 'b', 'c', 'd');
    await complete('result');
    await fail();
    await add(queue, { priority: 3 }, 'p');
    await add(queue, { delay: 60_000 }, 'd1');
    await queue.add('x', {}, { deduplication: { id: 'x', ttl: 60_000 } });
    await (await queue.getJob('c'))?.log('a row');
    await queue.upsertJobScheduler('tick', { every: 60_000 });
    const flows = new FlowProducer({ connection: {} }, backend);
    const children = [{ name: 'child', queueName: 'elsewhere', data: {} }];
    await flows.add({ name: 'parent', queueName: 'bench', data: {}, children });
    await flows.close();

    await queue.obliterate({ count: 2 });

    expect(await queue.getJobCounts()).toEqual({
      active: 0,
      completed: 0,
      delayed: 0,
      failed: 0,
      prioritized: 0,
      waiting: 0,
      'waiting-children': 0,
    });
    expect(await queue.getJobSchedulersCount()).toBe(0);
    expect(await queue.isPaused()).toBe(false);
    expect(await queue.getDeduplicationJobId('x')).toBeNull();
    expect((await queue.add('first', {})).id).toBe('1');
  });

  it('forgets settings, events, counts and deduplication ids', async () => {
    const { queue, hand } = bench({ streams: { events: { maxLen: 3 } } });
    const { complete } = hand({ metrics: { maxDataPoints: 10 } });
    const deduplication = { id: 'x', ttl: 60_000 };
    await queue.add('a', {}, { deduplication, removeOnComplete: true });
    await complete();
    expect(await queue.getDeduplicationJobId('x')).not.toBeNull();
    await queue.setGlobalConcurrency(1);
    await queue.obliterate();
    expect(await queue.getDeduplicationJobId('x')).toBeNull();
    expect(await queue.getGlobalConcurrency()).toBeNull();
    expect((await queue.getMetrics('completed')).meta.count).toBe(0);
    expect(await queue.trimEvents(0)).toBe(0);
    await queue.addBulk([
      { name: 'b', data: {} },
      { name: 'c', data: {} },
    ]);
    expect(await queue.trimEvents(0)).toBe(4);
  });

  it('refuses a queue that is not paused', async () => {
    const { queue } = bench();
    const begun = queue.getBackend().obliterate({ force: true, count: 1 });
    await expect(begun).rejects.toThrow('non-paused');
  });

  it('refuses a queue with active jobs unless it is forced', async () => {
    const { queue, hand } = bench();
    await add(queue, {}, 'a');
    await hand().take();
    await expect(queue.obliterate()).rejects.toThrow('active jobs');
    await queue.obliterate({ force: true });
    expect(await queue.getActiveCount()).toBe(0);
  });

  it('counts nothing afterwards', async () => {
    const { queue, backend, hand } = bench();
    await add(queue, {}, 'a', 'b');
    const a = await queue.getJob('a');
    for (const row of ['one', 'two', 'three']) await a?.log(row);
    await a?.clearLogs(1);
    await a?.updateProgress({ done: 1 });
    await (await queue.getJob('b'))?.updateData({ more: 'bytes' });
    await hand().fail();
    const flows = new FlowProducer({ connection: {} }, backend);
    // A child that was there before its parent goes first, and takes the parent along.
    const children = [{ name: 'child', queueName: 'bench', opts: { jobId: 'b' } }];
    await flows.add({ name: 'parent', queueName: 'bench', data: {}, children });
    await flows.close();
    expect(backend.stats().jobs).toBe(3);
    await queue.obliterate({ force: true });
    expect(backend.stats()).toMatchObject({ jobs: 0, bytes: 0 });
  });
});

describe('obliterate of a flow', () => {
  it('lets parents in other queues go on, and takes those of the queue', async () => {
    const { queue, backend, another } = bench();
    const flows = new FlowProducer({ connection: {} }, backend);
    const leaf = { name: 'leaf', queueName: 'bench' };
    await flows.add({
      name: 'root',
      queueName: 'elsewhere',
      opts: { jobId: 'root' },
      children: [{ name: 'middle', queueName: 'bench', children: [leaf] }],
    });
    await queue.obliterate();
    expect(await queue.count()).toBe(0);
    expect(await another('elsewhere').getJobState('root')).toBe('waiting');
    await flows.close();
  });
});

describe('removeOrphanedJobs', () => {
  it('finds none: every job is in a state', async () => {
    const { queue } = bench();
    await add(queue, {}, 'a');
    expect(await queue.removeOrphanedJobs()).toBe(0);
    expect(await queue.removeDeprecatedPriorityKey()).toBe(0);
    expect(await queue.getWaitingCount()).toBe(1);
  });
});
