// Jobs that are taken away, and what that means above and below them.
import { describe, expect, test } from 'vitest';
import type { JobsOptions } from 'bullmq';
import { child, eventsOf, openFarm } from './support/farm.ts';
import type { Farm } from './support/farm.ts';

async function family(farm: Farm, opts: JobsOptions = {}, queueName = 'beta') {
  const { job } = await farm.flows.add({
    name: 'parent',
    queueName: 'alpha',
    opts: { jobId: 'p', ...opts },
    children: [
      { ...child('c1'), queueName },
      { ...child('c2'), queueName },
    ],
  });
  return job;
}

function under(id: string): JobsOptions {
  return { parent: { id, queue: 'bull:alpha' } };
}

describe('removing', () => {
  test('the last child lets its parent go on, past its priority and its delay', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    const parent = await family(farm, { priority: 3, delay: 60_000 });
    await beta.queue.remove('c1');
    expect(await parent.getState()).toBe('waiting-children');
    await beta.queue.remove('c2');
    expect(await parent.getState()).toBe('waiting');
    expect(await alpha.queue.getRanges(['wait'], 0, -1)).toEqual(['p']);
  });

  test('a parent removes its children, deepest first', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await farm.flows.add({
      name: 'root',
      queueName: 'alpha',
      opts: { jobId: 'r' },
      children: [{ ...child('m'), children: [child('l')] }],
    });
    expect(await alpha.queue.remove('r')).toBe(1);
    expect((await eventsOf(beta)).slice(-2)).toEqual(['removed l', 'removed m']);
    expect(await beta.queue.getJobCountByTypes()).toBe(0);
  });

  test('a parent removes its children in the order in which they were added', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await family(farm);
    await alpha.queue.remove('p');
    expect((await eventsOf(beta)).slice(-2)).toEqual(['removed c1', 'removed c2']);
  });

  test('a child frees its deduplication id', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await beta.queue.add('child', {}, { jobId: 'c1', deduplication: { id: 'd' } });
    await family(farm);
    await alpha.queue.remove('p');
    expect(await beta.queue.getDeduplicationJobId('d')).toBeNull();
  });

  test('the last child with its parent frees its deduplication id from whoever has it, as BullMQ does', async () => {
    const farm = await openFarm();
    const { queue } = farm.lanes.alpha;
    const opts = { deduplication: { id: 'd' } };
    await queue.add('child', {}, { jobId: 'c1', ...opts });
    await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      children: [{ ...child('c1'), queueName: 'alpha' }],
    });
    await queue.removeDeduplicationKey('d');
    await queue.add('other', {}, { jobId: 'o', delay: 60_000, ...opts });
    await queue.drain();
    expect(await queue.getJobState('o')).toBe('delayed');
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
  });

  test('a parent removes children that are done, failed and ignored too', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      opts: { jobId: 'p' },
      children: [
        child('done'),
        child('ignored', { ignoreDependencyOnFailure: true }),
        child('failed', { failParentOnFailure: true }),
      ],
    });
    await farm.complete(beta);
    await farm.fail(beta);
    await farm.fail(beta);
    await alpha.queue.remove('p');
    expect(await beta.queue.getJobCountByTypes()).toBe(0);
  });

  test('a parent without its children leaves them', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await family(farm);
    expect(await alpha.queue.remove('p', { removeChildren: false })).toBe(1);
    await farm.complete(beta);
    expect(await beta.queue.getJobCounts('completed', 'waiting')).toEqual({
      completed: 1,
      waiting: 1,
    });
  });

  test('refuses while a worker holds a child', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    const parent = await family(farm);
    await farm.take(beta);
    expect(await alpha.queue.remove('p')).toBe(0);
    expect(await parent.getState()).toBe('waiting-children');
  });

  test('a dependency lets the parent go on, and the child keeps running on its own', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    const parent = await family(farm);
    for (const id of ['c1', 'c2']) {
      const job = await beta.queue.getJob(id);
      expect(await job?.removeChildDependency()).toBe(true);
    }
    expect(await parent.getState()).toBe('waiting');
    const job = await farm.complete(beta);
    expect((await beta.queue.getJob(String(job.id)))?.parentKey).toBeUndefined();
    expect(await parent.getChildrenValues()).toEqual({});
  });

  test('a dependency says what is missing', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await family(farm);
    const first = await beta.queue.getJob('c1');
    await beta.backend.removeChildDependency('c1', 'bull:alpha:p');
    expect(await beta.backend.removeChildDependency('c1', 'bull:alpha:p')).toBe(false);
    await alpha.queue.remove('p', { removeChildren: false });
    await expect(first?.removeChildDependency()).rejects.toMatchObject({ code: -5 });
    await beta.queue.remove('c1');
    await expect(first?.removeChildDependency()).rejects.toMatchObject({ code: -1 });
  });

  test('unprocessed children leaves those that a worker holds, or that are finished', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    const { job } = await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      children: ['done', 'failed', 'held', 'waits'].map((id) => child(id)),
    });
    await farm.complete(beta);
    await farm.fail(beta);
    await farm.take(beta);
    await job.removeUnprocessedChildren();
    expect(await beta.queue.getJobCounts('completed', 'failed', 'active', 'waiting')).toEqual({
      completed: 1,
      failed: 1,
      active: 1,
      waiting: 0,
    });
  });

  test('unprocessed children frees a parent from one that another job has replaced', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    const opts = { delay: 60_000, deduplication: { id: 'd', replace: true } };
    await beta.queue.add('child', {}, { jobId: 'c1', ...opts });
    const { job } = await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      children: [child('c1')],
    });
    await beta.queue.add('child', {}, opts);
    expect(await beta.queue.getJob('c1')).toBeUndefined();
    expect(await job.getState()).toBe('waiting-children');
    await job.removeUnprocessedChildren();
    expect(await job.getState()).toBe('waiting');
  });

  test('jobs that wait for each other ends', async () => {
    const farm = await openFarm();
    const { queue } = farm.lanes.alpha;
    await queue.add('one', {}, { jobId: 'a' });
    await queue.add('two', {}, { jobId: 'b', ...under('a') });
    await queue.add('one', {}, { jobId: 'a', ...under('b') });
    expect(await queue.remove('a')).toBe(1);
    expect(farm.stats()).toMatchObject({ jobs: 0, bytes: 0 });
  });

  test('jobs that have each other’s results ends', async () => {
    const farm = await openFarm();
    const { alpha } = farm.lanes;
    await alpha.queue.add('one', {}, { jobId: 'a' });
    await alpha.queue.add('two', {}, { jobId: 'b' });
    await farm.complete(alpha);
    await farm.complete(alpha);
    await alpha.queue.add('one', {}, { jobId: 'a', ...under('b') });
    await alpha.queue.add('two', {}, { jobId: 'b', ...under('a') });
    expect(await alpha.queue.remove('a')).toBe(1);
    expect(farm.stats()).toMatchObject({ jobs: 0, bytes: 0 });
  });

  test('a chain of thousands ends', async () => {
    const farm = await openFarm();
    const { queue } = farm.lanes.alpha;
    await queue.add('link', {}, { jobId: 'l0' });
    const links = Array.from({ length: 8_000 }, (_, at) => ({
      name: 'link',
      data: {},
      opts: { jobId: `l${String(at + 1)}`, ...under(`l${String(at)}`) },
    }));
    await queue.addBulk(links);
    expect(await queue.remove('l0')).toBe(1);
    expect(farm.stats()).toMatchObject({ jobs: 0, bytes: 0 });
  });

  test('all of a queue takes parents of the same queue along, and lets others go on', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await family(farm, { jobId: 'same' }, 'alpha');
    await farm.flows.add({
      name: 'parent',
      queueName: 'beta',
      opts: { jobId: 'other' },
      children: [{ ...child('c3'), queueName: 'alpha' }],
    });
    await alpha.queue.drain();
    expect(await alpha.queue.getJobCountByTypes()).toBe(0);
    expect(await beta.queue.getJobState('other')).toBe('waiting');
    expect(await eventsOf(beta)).toEqual(['added other', 'waiting-children other']);
  });

  test('every job leaves no byte behind', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      children: [
        child('c1'),
        child('c2', { ignoreDependencyOnFailure: true }),
        child('c3', { failParentOnFailure: true }),
        child('c4'),
      ],
    });
    await farm.complete(beta, 'a value');
    await farm.fail(beta, 'a reason');
    await farm.fail(beta);
    await alpha.queue.obliterate({ force: true });
    await beta.queue.obliterate({ force: true });
    expect(farm.stats()).toMatchObject({ jobs: 0, bytes: 0 });
  });
});
