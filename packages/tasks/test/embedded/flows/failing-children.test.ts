// What a child that fails for good means to its parent, by the four options that a child may have, and without any.
import { Worker } from 'bullmq';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JobsOptions } from 'bullmq';
import { child, openFarm } from './support/farm.ts';
import type { Farm } from './support/farm.ts';

async function flowOf(farm: Farm, opts: JobsOptions, more: ReturnType<typeof child>[] = []) {
  const { job } = await farm.flows.add({
    name: 'parent',
    queueName: 'alpha',
    opts: { jobId: 'p' },
    children: [child('c1', opts), ...more],
  });
  return job;
}

describe('a child that fails', () => {
  test('keeps its parent waiting, and lets it go on after a retry', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    const parent = await flowOf(farm, {});
    const failed = await farm.fail(beta);
    expect(await parent.getState()).toBe('waiting-children');
    await failed.retry();
    await farm.complete(beta, 'now');
    expect(await parent.getState()).toBe('waiting');
    expect(await parent.getChildrenValues()).toEqual({ 'bull:beta:c1': 'now' });
  });

  test('with failParentOnFailure fails its parent, as soon as a worker takes that up', async () => {
    const farm = await openFarm();
    const parent = await flowOf(farm, { failParentOnFailure: true }, [child('c2')]);
    await farm.fail(farm.lanes.beta);
    expect(await parent.getState()).toBe('waiting');
    expect((await parent.getDependencies()).failed).toEqual(['bull:beta:c1']);
    const worker = new Worker(
      'alpha',
      () => Promise.resolve(),
      { connection: {} },
      () => farm.lanes.alpha.backend.forQueue('alpha'),
    );
    onTestFinished(() => worker.close());
    const reason = await new Promise((resolve) => {
      worker.on('failed', (_job, error) => resolve(error.message));
    });
    expect(reason).toBe('child bull:beta:c1 failed');
    expect(await parent.getState()).toBe('failed');
  });

  test('with failParentOnFailure fails a parent that its own delay holds', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    const parent = await alpha.queue.add('parent', {}, { jobId: 'p', delay: 60_000 });
    const opts = { parent: { id: 'p', queue: 'bull:alpha' }, failParentOnFailure: true };
    await beta.queue.add('child', {}, opts);
    await farm.fail(beta);
    expect(await parent.getState()).toBe('waiting');
    expect((await farm.take(alpha)).deferredFailure).toBe('child bull:beta:1 failed');
  });

  test('with failParentOnFailure keeps a running parent from completing', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await alpha.queue.add('parent', {}, { jobId: 'p' });
    const parent = await farm.take(alpha);
    const opts = { parent: { id: 'p', queue: 'bull:alpha' }, failParentOnFailure: true };
    await beta.queue.add('child', {}, opts);
    await farm.fail(beta);
    await expect(parent.moveToCompleted(1, 'token', false)).rejects.toMatchObject({
      code: -9,
      name: 'UnrecoverableError',
    });
    await expect(parent.moveToWaitingChildren('token')).rejects.toMatchObject({ code: -9 });
  });

  test('with continueParentOnFailure lets its parent go on at once', async () => {
    const farm = await openFarm();
    const parent = await flowOf(farm, { continueParentOnFailure: true }, [child('c2')]);
    await farm.fail(farm.lanes.beta, 'broken');
    expect(await parent.getState()).toBe('waiting');
    expect(await parent.getIgnoredChildrenFailures()).toEqual({ 'bull:beta:c1': 'broken' });
    expect((await parent.getDependencies()).unprocessed).toEqual(['bull:beta:c2']);
  });

  test('with ignoreDependencyOnFailure counts as done, and leaves its reason', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    const parent = await flowOf(farm, { ignoreDependencyOnFailure: true }, [child('c2')]);
    await farm.fail(beta, 'broken');
    expect(await parent.getState()).toBe('waiting-children');
    await farm.complete(beta);
    expect(await parent.getState()).toBe('waiting');
    expect(await parent.getIgnoredChildrenFailures()).toEqual({ 'bull:beta:c1': 'broken' });
  });

  test('with removeDependencyOnFailure counts as done, and leaves nothing', async () => {
    const farm = await openFarm();
    const parent = await flowOf(farm, { removeDependencyOnFailure: true });
    await farm.fail(farm.lanes.beta);
    expect(await parent.getState()).toBe('waiting');
    expect(await parent.getDependencies()).toEqual({
      processed: {},
      unprocessed: [],
      failed: [],
      ignored: {},
    });
  });

  test('with removeDependencyOnFailure is nothing to its parent any more, though it succeeds later', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    const parent = await flowOf(farm, { removeDependencyOnFailure: true });
    const failed = await farm.fail(beta);
    await failed.retry();
    await farm.complete(beta, 'late');
    expect(await parent.getChildrenValues()).toEqual({});
  });

  test('with failParentOnFailure changes nothing in a parent that has failed before', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    const parent = await alpha.queue.add('parent', {}, { jobId: 'p' });
    const opts = { parent: { id: 'p', queue: 'bull:alpha' }, failParentOnFailure: true };
    await beta.queue.add('child', {}, opts);
    await farm.fail(alpha, 'own reason');
    await farm.fail(beta);
    expect(await parent.getState()).toBe('failed');
    expect((await alpha.queue.getJob('p'))?.deferredFailure).toBeUndefined();
  });

  test('is waited for again when it is retried before its parent went on', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    const parent = await flowOf(farm, { ignoreDependencyOnFailure: true }, [child('c2')]);
    const failed = await farm.fail(beta);
    await failed.retry('failed');
    expect(await parent.getIgnoredChildrenFailures()).toEqual({});
    expect((await parent.getDependencies()).unprocessed?.sort()).toEqual([
      'bull:beta:c1',
      'bull:beta:c2',
    ]);
  });

  test('that completed is waited for again when it is to run once more', async () => {
    const farm = await openFarm();
    const { beta } = farm.lanes;
    const parent = await flowOf(farm, {}, [child('c2')]);
    const done = await farm.complete(beta);
    await done.retry('completed');
    expect((await parent.getDependencies()).processed).toEqual({});
    expect(await parent.getDependenciesCount()).toMatchObject({ processed: 0, unprocessed: 2 });
  });

  test('and is not kept lets its parent go on', async () => {
    const farm = await openFarm();
    const parent = await flowOf(farm, { removeOnFail: true });
    await farm.fail(farm.lanes.beta);
    expect(await parent.getState()).toBe('waiting');
  });
});
