// The children of a job, read in pages.
import { describe, expect, test } from 'vitest';
import { child, openFarm } from './support/farm.ts';

describe('the children of a job', () => {
  test('come in pages of the size that was asked for', async () => {
    const farm = await openFarm();
    const { job } = await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      children: Array.from({ length: 5 }, (_, at) => child(`c${String(at)}`)),
    });
    const first = await job.getDependencies({ unprocessed: { count: 3 } });
    expect(first.unprocessed).toEqual(['bull:beta:c0', 'bull:beta:c1', 'bull:beta:c2']);
    const cursor = first.nextUnprocessedCursor ?? 0;
    const second = await job.getDependencies({ unprocessed: { cursor, count: 3 } });
    expect(second).toEqual({
      unprocessed: ['bull:beta:c3', 'bull:beta:c4'],
      nextUnprocessedCursor: 0,
    });
  });

  test('come with what became of them', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    const { job } = await farm.flows.add({
      name: 'parent',
      queueName: 'alpha',
      children: [
        child('done'),
        child('ignored', { ignoreDependencyOnFailure: true }),
        child('failed', { failParentOnFailure: true }),
        child('waits'),
      ],
    });
    await farm.complete(beta, [1]);
    await farm.fail(beta, 'broken');
    await farm.fail(beta);
    expect(await job.getDependencies({ processed: {}, ignored: {}, failed: {} })).toEqual({
      processed: { 'bull:beta:done': [1] },
      nextProcessedCursor: 0,
      ignored: { 'bull:beta:ignored': 'broken' },
      nextIgnoredCursor: 0,
      failed: ['bull:beta:failed'],
      nextFailedCursor: 20,
    });
    expect(await job.getDependenciesCount()).toEqual({
      processed: 1,
      ignored: 1,
      failed: 1,
      unprocessed: 1,
    });
  });

  test('are none for a job that has none', async () => {
    const farm = await openFarm();
    const job = await farm.lanes.alpha.queue.add('plain', {});
    expect(await job.getDependencies()).toEqual({
      processed: {},
      unprocessed: [],
      failed: [],
      ignored: {},
    });
    expect(await job.getDependenciesCount()).toEqual({
      processed: 0,
      ignored: 0,
      failed: 0,
      unprocessed: 0,
    });
    expect(await job.getChildrenValues()).toEqual({});
  });
});
