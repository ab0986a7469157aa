// A parent and what becomes of its children, through BullMQ's FlowProducer.
import { describe, expect, test } from 'vitest';
import { child, eventsOf, openFarm } from './support/farm.ts';

describe('a parent', () => {
  test('waits until its last child is done, and then has what they returned', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    const { job } = await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      opts: { jobId: 'p' },
      children: [child('c1'), child('c2')],
    });
    expect(await job.getState()).toBe('waiting-children');
    expect(await alpha.worker.getNextJob('token', { block: false })).toBeUndefined();
    await farm.complete(beta, 1);
    expect(await job.getState()).toBe('waiting-children');
    await farm.complete(beta, { two: 2 });
    expect(await job.getState()).toBe('waiting');
    const parent = await farm.take(alpha);
    expect(await parent.getChildrenValues()).toEqual({
      'bull:beta:c1': 1,
      'bull:beta:c2': { two: 2 },
    });
  });

  test('goes on before jobs that wait already', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await farm.flows.add({ name: 'parent', queueName: 'alpha', children: [child('c1')] });
    await alpha.queue.add('other', {});
    await farm.complete(beta);
    expect((await farm.take(alpha)).name).toBe('parent');
  });

  test('has its priority when it goes on', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      opts: { priority: 5 },
      children: [child('c1')],
    });
    await alpha.queue.add('sooner', {}, { priority: 1 });
    await farm.complete(beta);
    expect(await alpha.queue.getPrioritizedCount()).toBe(2);
    expect((await farm.take(alpha)).name).toBe('sooner');
  });

  test('begins its delay when its children are done', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    const { job } = await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      opts: { delay: 60_000 },
      children: [child('c1')],
    });
    await farm.complete(beta);
    expect(await job.getState()).toBe('delayed');
    await job.promote();
    expect((await farm.take(alpha)).name).toBe('parent');
  });

  test('goes on at once when its only child was there and done before', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    await beta.queue.add('child', {}, { jobId: 'c1' });
    await farm.complete(beta, 'early');
    const { job } = await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      children: [child('c1')],
    });
    expect(await job.getState()).toBe('waiting');
    expect(await job.getChildrenValues()).toEqual({ 'bull:beta:c1': 'early' });
  });

  test('waits for the rest of its flow when its first child was done before', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    await beta.queue.add('child', {}, { jobId: 'c1' });
    await farm.complete(beta, 'early');
    const { job } = await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      children: [child('c1'), child('c2')],
    });
    expect(await job.getState()).toBe('waiting-children');
    await farm.complete(beta);
    expect(await job.getState()).toBe('waiting');
  });

  test('does not get a child that belongs to another', async () => {
    const farm = await openFarm();
    const flow = (jobId: string) => ({
      name: 'parent',
      queueName: 'alpha',
      opts: { jobId },
      children: [child('c1')],
    });
    await farm.flows.add(flow('p1'));
    const { job } = await farm.flows.add(flow('p2'));
    expect((await job.getDependencies()).unprocessed).toEqual([]);
    // BullMQ lets nothing go on that is not as it was asked for.
    expect(await job.getState()).toBe('waiting-children');
    await expect(
      farm.lanes.beta.queue.add(
        'child',
        {},
        { jobId: 'c1', parent: { id: 'p2', queue: 'bull:alpha' } },
      ),
    ).rejects.toMatchObject({ code: -7 });
  });

  test('is missed by a child that names one that does not exist', async () => {
    const farm = await openFarm();
    const { queue } = farm.lanes.beta;
    await expect(
      queue.add('child', {}, { parent: { id: 'nobody', queue: 'bull:alpha' } }),
    ).rejects.toMatchObject({ code: -5 });
    await expect(
      farm.flows.add({
        name: 'root',
        queueName: 'beta',
        opts: { parent: { id: 'nobody', queue: 'bull:alpha' } },
      }),
    ).rejects.toMatchObject({ code: -5 });
    expect(await queue.getJobCountByTypes('wait')).toBe(0);
  });

  test('may be a child itself, over queues and prefixes', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    const { job } = await farm.flows.add({
      name: 'root',
      queueName: 'alpha',
      children: [
        {
          name: 'middle',
          queueName: 'beta',
          opts: { jobId: 'm' },
          children: [{ name: 'leaf', queueName: 'alpha', opts: { jobId: 'l' } }],
        },
        { name: 'elsewhere', queueName: 'alpha', prefix: 'other:place', opts: { jobId: 'e' } },
      ],
    });
    await farm.complete(alpha);
    await farm.complete(beta);
    const { unprocessed, processed } = await job.getDependencies();
    expect(Object.keys(processed ?? {})).toEqual(['bull:beta:m']);
    expect(unprocessed).toEqual(['other:place:alpha:e']);
    const tree = await farm.flows.getFlow({ id: String(job.id), queueName: 'alpha' });
    expect(tree?.children?.map((node) => node.job.id).sort()).toEqual(['e', 'm']);
  });

  test('may be the job of a schedule, whose id has colons', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await alpha.queue.upsertJobScheduler('s', { every: 3_600_000 });
    const parent = await farm.take(alpha);
    await beta.queue.add('child', {}, { parent: { id: String(parent.id), queue: 'bull:alpha' } });
    expect(await parent.moveToWaitingChildren('token')).toBe(true);
    await farm.complete(beta, 'done');
    expect(await parent.getState()).toBe('waiting');
  });

  test('comes with its children in every flow of a bulk', async () => {
    const farm = await openFarm();
    const trees = await farm.flows.addBulk([
      { name: 'one', queueName: 'alpha', children: [child('c1')] },
      { name: 'two', queueName: 'alpha', children: [child('c2')] },
    ]);
    expect(trees.map((tree) => tree.children?.[0]?.job.id)).toEqual(['c1', 'c2']);
    expect(await farm.lanes.alpha.queue.getWaitingChildrenCount()).toBe(2);
  });

  test('tells of its waiting, and of its going on', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      opts: { jobId: 'p' },
      children: [child('c1')],
    });
    await farm.complete(beta);
    expect(await eventsOf(alpha)).toEqual(['added p', 'waiting-children p', 'waiting p']);
  });
});
