import { FlowProducer } from 'bullmq';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bench } from '../support/bench.ts';
import type { Queue } from 'bullmq';

const idsOf = (jobs: readonly { id?: string | undefined }[]) => jobs.map(({ id }) => id);

/** Adds jobs whose ids are their names, one after the other. */
async function add(queue: Queue, options: object, ...names: string[]): Promise<void> {
  for (const name of names) await queue.add(name, {}, { ...options, jobId: name });
}

/** A queue with jobs in every state. */
async function populated() {
  const made = bench();
  const { queue, hand } = made;
  const { complete, fail, take } = hand();
  await add(queue, {}, 'c1', 'c2');
  await complete();
  await complete();
  await add(queue, {}, 'f1');
  await fail();
  await add(queue, {}, 'a1', 'a2');
  await take();
  await take();
  await add(queue, {}, 'w1', 'w2', 'w3');
  await add(queue, { priority: 5 }, 'p5', 'q5');
  await add(queue, { priority: 1 }, 'p1');
  await add(queue, { delay: 60_000 }, 'd60');
  await add(queue, { delay: 30_000 }, 'd30', 'e30');
  return made;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('getters of a queue on the embedded backend', () => {
  it('count the jobs of every state', async () => {
    const { queue } = await populated();
    expect(await queue.getJobCounts()).toEqual({
      active: 2,
      completed: 2,
      delayed: 3,
      failed: 1,
      prioritized: 3,
      waiting: 3,
      'waiting-children': 0,
    });
    expect(await queue.count()).toBe(9);
    expect(await queue.getDelayedCount(Date.now() + 45_000)).toBe(2);
    expect(await queue.getCountsPerPriority([0, 1, 5, 9])).toEqual({ 0: 3, 1: 1, 5: 2, 9: 0 });
  });

  it('give waiting and active jobs oldest first, or newest first', async () => {
    const { queue } = await populated();
    expect(idsOf(await queue.getWaiting())).toEqual(['w1', 'w2', 'w3']);
    expect(idsOf(await queue.getActive())).toEqual(['a1', 'a2']);
    expect(idsOf(await queue.getJobs(['waiting']))).toEqual(['w3', 'w2', 'w1']);
    expect(idsOf(await queue.getJobs(['active']))).toEqual(['a2', 'a1']);
  });

  it('give jobs with a priority and delayed ones in the order in which they run, or turned round', async () => {
    const { queue } = await populated();
    expect(idsOf(await queue.getPrioritized())).toEqual(['p1', 'p5', 'q5']);
    expect(idsOf(await queue.getDelayed())).toEqual(['d30', 'e30', 'd60']);
    expect(idsOf(await queue.getJobs(['prioritized']))).toEqual(['q5', 'p5', 'p1']);
    expect(idsOf(await queue.getJobs(['delayed']))).toEqual(['d60', 'e30', 'd30']);
  });

  it('give finished jobs newest first, or oldest first', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 });
    const { queue, hand } = bench();
    const { complete } = hand();
    for (const name of ['x', 'a', 'm']) {
      await add(queue, {}, name);
      await complete();
      vi.setSystemTime(Date.now() + 1);
    }
    expect(idsOf(await queue.getCompleted())).toEqual(['m', 'a', 'x']);
    expect(idsOf(await queue.getJobs(['completed'], 0, -1, true))).toEqual(['x', 'a', 'm']);
  });

  it('give pages of every state in both directions', async () => {
    const { queue } = bench();
    await add(queue, {}, 'w0', 'w1', 'w2', 'w3', 'w4');
    await add(queue, { delay: 1_000_000 }, 'd0');
    await add(queue, { delay: 2_000_000 }, 'd1');
    await add(queue, { delay: 3_000_000 }, 'd2');
    expect(idsOf(await queue.getWaiting(1, 2))).toEqual(['w1', 'w2']);
    expect(idsOf(await queue.getWaiting(3, 9))).toEqual(['w3', 'w4']);
    expect(idsOf(await queue.getWaiting(5, 9))).toEqual([]);
    expect(idsOf(await queue.getJobs(['wait'], 1, 2))).toEqual(['w3', 'w2']);
    expect(idsOf(await queue.getJobs(['wait'], 4, 9))).toEqual(['w0']);
    expect(idsOf(await queue.getDelayed(1, 1))).toEqual(['d1']);
    expect(idsOf(await queue.getJobs(['delayed'], 0, 1))).toEqual(['d2', 'd1']);
    expect(idsOf(await queue.getDelayed(-2, -1))).toEqual(['d1', 'd2']);
  });

  it('give several states one after the other', async () => {
    const { queue } = await populated();
    expect(idsOf(await queue.getJobs(['active', 'delayed'], 0, 1, true))).toEqual([
      'a1',
      'a2',
      'd30',
      'e30',
    ]);
  });

  it('know the state of each job', async () => {
    const { queue } = await populated();
    const states = new Map<string, string>();
    for (const id of ['c1', 'f1', 'a1', 'w1', 'p1', 'd30', 'nobody']) {
      states.set(id, await queue.getJobState(id));
    }
    expect(Object.fromEntries(states)).toEqual({
      c1: 'completed',
      f1: 'failed',
      a1: 'active',
      w1: 'waiting',
      p1: 'prioritized',
      d30: 'delayed',
      nobody: 'unknown',
    });
    const waiting = await queue.getJob('w1');
    expect(await waiting?.isWaiting()).toBe(true);
    expect(await waiting?.isActive()).toBe(false);
    expect(await (await queue.getJob('c1'))?.isCompleted()).toBe(true);
  });

  it('answer in the numbers of BullMQ whether a job is over', async () => {
    const { queue } = await populated();
    const backend = queue.getBackend();
    expect(await backend.isFinished('c1')).toBe(1);
    expect(await backend.isFinished('c1', true)).toEqual([1, '"done"']);
    expect(await backend.isFinished('f1')).toBe(2);
    expect(await backend.isFinished('f1', true)).toEqual([2, 'broken']);
    expect(await backend.isFinished('w1')).toBe(0);
    expect(await backend.isFinished('w1', true)).toEqual([0]);
    expect(await backend.isFinished('none')).toBe(-1);
    expect(await backend.isFinished('none', true)).toEqual([-1, expect.stringContaining('none')]);
  });

  it('refuse states that there are not', async () => {
    const { queue } = await populated();
    const backend = queue.getBackend();
    expect(await backend.isJobInState('waiting', 'w1')).toBe(true);
    expect(await backend.isJobInState('paused', 'w1')).toBe(false);
    await expect(backend.isJobInState('asleep', 'w1')).rejects.toThrow('asleep');
    expect(await backend.getCounts(['paused' as never, 'repeat'])).toEqual([0, 0]);
    expect(await backend.getRanges(['paused' as never], 0, -1)).toEqual([[]]);
  });

  it('refuse pages of what has none', async () => {
    const { queue } = await populated();
    const page = queue.getBackend().paginate('bull:bench:w1:logs', { start: 0, end: -1 });
    await expect(page).rejects.toThrow('only supported for sets and hashes');
  });

  it('page through failures that a parent ignores, which are no JSON', async () => {
    const { queue, backend, hand } = bench();
    const flows = new FlowProducer({ connection: {} }, backend);
    const opts = { jobId: 'k', ignoreDependencyOnFailure: true };
    const children = [{ name: 'k', queueName: 'bench', opts }];
    await flows.add({ name: 'p', queueName: 'bench', opts: { jobId: 'p' }, children });
    await hand().fail('not {json}');
    const page = await queue.getBackend().paginate('bull:bench:p:failed', { start: 0, end: -1 });
    expect(page).toMatchObject({ cursor: '0', total: 1 });
    expect(page.items).toEqual([{ id: 'bull:bench:k', err: expect.stringContaining('JSON') }]);
    await flows.close();
  });

  it('give a job with all that it was added with', async () => {
    const { queue } = bench();
    await queue.add('mail', { to: ['a'] }, { jobId: 'one', priority: 3, attempts: 4 });
    const job = await queue.getJob('one');
    expect(job).toMatchObject({ id: 'one', name: 'mail', data: { to: ['a'] }, priority: 3 });
    expect(job?.opts).toMatchObject({ attempts: 4, priority: 3 });
    expect(await queue.getJob('none')).toBeUndefined();
  });

  it('list the workers and the readers of events of this process', async () => {
    const { queue, work, events } = bench();
    const { worker } = { worker: work(() => Promise.resolve(), { name: 'first one' }) };
    work(() => Promise.resolve());
    await worker.waitUntilReady();
    await events();
    expect(await queue.getWorkersCount()).toBe(2);
    const names = (await queue.getWorkers()).map(({ rawname }) => rawname ?? '');
    expect(names.some((name) => name.endsWith(':w:first_one'))).toBe(true);
    expect(await queue.getQueueEvents()).toHaveLength(1);
    await worker.close();
    expect(await queue.getWorkersCount()).toBe(1);
  });

  it('count finished jobs by the minute for a worker that keeps metrics', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 60_000 });
    const { queue, hand } = bench();
    const { complete, fail } = hand({ metrics: { maxDataPoints: 10 } });
    await add(queue, {}, 'a', 'b', 'c', 'd');
    await complete();
    await complete();
    vi.setSystemTime(120_000);
    await complete();
    await fail();
    expect(await queue.getMetrics('completed')).toEqual({
      meta: { count: 3, prevTS: 120_000, prevCount: 2 },
      data: [2],
      count: 1,
    });
    expect((await queue.getMetrics('failed')).meta.count).toBe(1);
  });

  it('render what BullMQ gives to Prometheus', async () => {
    const { queue } = await populated();
    expect(await queue.exportPrometheusMetrics()).toContain(
      'bullmq_job_count{queue="bench", state="waiting"} 3',
    );
  });

  it('page through the children of a parent', async () => {
    const { queue, backend, hand } = bench();
    const flows = new FlowProducer({ connection: {} }, backend);
    const children = ['k1', 'k2', 'k3'].map((jobId) => ({
      name: jobId,
      queueName: 'bench',
      data: {},
      opts: { jobId },
    }));
    await flows.add({ name: 'p', queueName: 'bench', data: {}, opts: { jobId: 'p' }, children });
    await hand().complete({ ok: 1 });
    const done = await queue.getDependencies('p', 'processed', 0, -1);
    expect(done).toMatchObject({ items: [{ id: 'bull:bench:k1', v: { ok: 1 } }], total: 1 });
    expect(done.jobs).toMatchObject([{ id: 'k1', name: 'k1' }]);
    const pending = await queue.getDependencies('p', 'pending', 0, 0);
    expect(pending).toMatchObject({ items: [{ id: 'bull:bench:k2' }], total: 2 });
    expect((await queue.getDependencies('p', 'pending', 1, 1)).items).toEqual([
      { id: 'bull:bench:k3' },
    ]);
    expect(await queue.getDependencies('none', 'pending', 0, -1)).toMatchObject({
      items: [],
      total: 0,
    });
    await flows.close();
  });
});

describe('what a job writes down', () => {
  it('keeps the rows of its log, a page at a time, in both directions', async () => {
    const { queue } = bench();
    const job = await queue.add('mail', {});
    for (const row of ['one', 'two', 'three']) await job.log(row);
    const id = job.id as string;
    expect(await queue.getJobLogs(id)).toEqual({ logs: ['one', 'two', 'three'], count: 3 });
    expect(await queue.getJobLogs(id, 0, 1)).toEqual({ logs: ['one', 'two'], count: 3 });
    expect(await queue.getJobLogs(id, 0, 1, false)).toEqual({ logs: ['three', 'two'], count: 3 });
    expect(await queue.getJobLogs('none')).toEqual({ logs: [], count: 0 });
  });

  it('keeps the newest rows where keepLogs says so, and says how many there are', async () => {
    const { queue } = bench();
    const job = await queue.add('mail', {}, { keepLogs: 2 });
    expect(await job.log('one')).toBe(1);
    expect(await job.log('two')).toBe(2);
    expect(await job.log('three')).toBe(2);
    expect((await queue.getJobLogs(job.id as string)).logs).toEqual(['two', 'three']);
  });

  it('clears its log, all of it or all but the newest', async () => {
    const { queue } = bench();
    const job = await queue.add('mail', {});
    for (const row of ['one', 'two', 'three']) await job.log(row);
    await job.clearLogs(1);
    expect((await queue.getJobLogs(job.id as string)).logs).toEqual(['three']);
    await job.clearLogs();
    expect((await queue.getJobLogs(job.id as string)).count).toBe(0);
    await job.clearLogs();
  });

  it('keeps its progress and its payload as they were last set', async () => {
    const { queue } = bench();
    const job = await queue.add('mail', { step: 0 });
    await job.updateProgress({ done: 40 });
    await job.updateData(undefined);
    expect((await queue.getJob(job.id ?? ''))?.data).toEqual({});
    await job.updateData({ step: 1 });
    const read = await queue.getJob(job.id as string);
    expect(read?.progress).toEqual({ done: 40 });
    expect(read?.data).toEqual({ step: 1 });
  });

  it('is refused with the code of BullMQ when the job is gone', async () => {
    const { queue } = bench();
    const job = await queue.add('mail', {});
    await job.remove();
    await expect(job.updateProgress(1)).rejects.toMatchObject({ code: -1 });
    await expect(job.updateData({})).rejects.toMatchObject({ code: -1 });
    await expect(job.log('row')).rejects.toMatchObject({ code: -1 });
  });
});
