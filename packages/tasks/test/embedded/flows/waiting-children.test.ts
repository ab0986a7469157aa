// A running job that adds children and steps back until they are done.
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openFarm } from './support/farm.ts';

describe('a running job', () => {
  test('steps back for children that it has added, and comes again', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await alpha.queue.add('parent', {}, { jobId: 'p' });
    const parent = await farm.take(alpha);
    await beta.queue.add('child', {}, { parent: { id: 'p', queue: 'bull:alpha' } });
    expect(await parent.moveToWaitingChildren('token')).toBe(true);
    expect(await parent.getState()).toBe('waiting-children');
    await farm.complete(beta, 5);
    const again = await farm.take(alpha);
    expect(again.id).toBe('p');
    expect(again.attemptsStarted).toBe(2);
    expect(await again.getChildrenValues()).toEqual({ 'bull:beta:1': 5 });
  });

  test('leaves its place to another job, where a queue runs only so many at once', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await alpha.queue.setGlobalConcurrency(1);
    await alpha.queue.add('parent', {}, { jobId: 'p' });
    const parent = await farm.take(alpha);
    await alpha.queue.add('next', {}, { jobId: 'n' });
    await beta.queue.add('child', {}, { parent: { id: 'p', queue: 'bull:alpha' } });
    expect(await alpha.worker.getNextJob('token', { block: false })).toBeUndefined();
    const waiting = alpha.backend.waitForJob(1);
    await setImmediate(); // by then it waits
    expect(await parent.moveToWaitingChildren('token')).toBe(true);
    expect(await waiting).toMatchObject({ score: 0 });
    expect((await farm.take(alpha)).id).toBe('n');
  });

  test('goes on when there is nothing to wait for', async () => {
    const farm = await openFarm();
    const { alpha } = farm.lanes;
    await alpha.queue.add('parent', {});
    const parent = await farm.take(alpha);
    expect(await parent.moveToWaitingChildren('token')).toBe(false);
    expect(await parent.getState()).toBe('active');
  });

  test('waits for one child by name', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await alpha.queue.add('parent', {}, { jobId: 'p' });
    const parent = await farm.take(alpha);
    const { id } = await beta.queue.add('child', {}, { parent: { id: 'p', queue: 'bull:alpha' } });
    const queue = 'bull:beta';
    const other = { child: { id: 'nobody', queue } };
    expect(await parent.moveToWaitingChildren('token', other)).toBe(false);
    const own = { child: { id: String(id), queue } };
    expect(await parent.moveToWaitingChildren('token', own)).toBe(true);
  });

  test('cannot step back without holding the job', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await alpha.queue.add('parent', {}, { jobId: 'p' });
    const parent = await farm.take(alpha);
    await beta.queue.add('child', {}, { parent: { id: 'p', queue: 'bull:alpha' } });
    await expect(parent.moveToWaitingChildren('wrong')).rejects.toMatchObject({ code: -6 });
    expect(await parent.getState()).toBe('active');
    await parent.moveToWaitingChildren('token');
    await expect(parent.moveToWaitingChildren('token')).rejects.toMatchObject({ code: -2 });
    await expect(parent.moveToWaitingChildren('0')).rejects.toMatchObject({ code: -3 });
    await alpha.queue.remove('p');
    await expect(parent.moveToWaitingChildren('token')).rejects.toMatchObject({ code: -1 });
  });

  test('cannot complete while children are pending', async () => {
    const farm = await openFarm();
    const { alpha, beta } = farm.lanes;
    await alpha.queue.add('parent', {}, { jobId: 'p' });
    const parent = await farm.take(alpha);
    await beta.queue.add('child', {}, { parent: { id: 'p', queue: 'bull:alpha' } });
    await expect(parent.moveToCompleted(1, 'token', false)).rejects.toMatchObject({ code: -4 });
    expect(await parent.getState()).toBe('active');
  });
});
