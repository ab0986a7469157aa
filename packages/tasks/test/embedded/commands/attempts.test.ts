import { describe, expect, test } from 'vitest';
import { moveStalledJobsToWait } from '../../../src/embedded/commands/move-stalled-jobs-to-wait.ts';
import { moveToActive } from '../../../src/embedded/commands/move-to-active.ts';
import { makeContext } from '../../../src/embedded/engine/run-command.ts';
import { Rig, codeOf } from './support/rig.ts';

test('a job that starts is active, locked, and says by whom it runs', () => {
  const rig = new Rig();
  const id = rig.add({ attempts: 3 });
  const [json] = rig.take({ name: 'worker' });
  expect(json).toMatchObject({
    id,
    name: 'job',
    data: '{}',
    opts: { attempts: 3 },
    attemptsStarted: 1,
    attemptsMade: 0,
    processedOn: rig.now,
    processedBy: 'worker',
    progress: 0,
  });
  expect(rig.job(id)).toMatchObject({ state: 'active', lock: { token: 'token' } });
});

test('nested options are a copy for whoever gets them', () => {
  const rig = new Rig();
  const id = rig.add({ backoff: { type: 'fixed', delay: 5 } });
  const [json] = rig.take();
  expect(json?.opts).toEqual({ backoff: { type: 'fixed', delay: 5 } });
  expect(json?.opts.backoff).not.toBe(rig.job(id).options.value.backoff);
});

test('a worker that finds nothing and promotes nothing needs no record in a log', () => {
  const rig = new Rig();
  const ask = (): boolean => {
    const context = makeContext(rig.store, { name: 'q', prefix: 'bull' }, rig.now, undefined);
    moveToActive.run(context, 'token', {});
    return context.changed;
  };
  expect(ask()).toBe(false);
  rig.add({ delay: 10 });
  expect(ask()).toBe(false);
  rig.run('pause', true);
  rig.now += 10;
  expect(ask()).toBe(true);
  expect(ask()).toBe(false);
  rig.run('pause', false);
  expect(ask()).toBe(true);
});

test('stalled jobs that are none need no record in a log', () => {
  const rig = new Rig();
  const context = makeContext(rig.store, { name: 'q', prefix: 'bull' }, rig.now, undefined);
  expect(moveStalledJobsToWait.run(context, ['nobody'], 1)).toEqual([]);
  expect(context.changed).toBe(false);
});

test('a job that is taken while others wait is news for another worker', () => {
  const rig = new Rig();
  rig.add({ delay: 5 });
  rig.add({ delay: 5 });
  rig.now += 5;
  rig.woken.length = 0;
  rig.take();
  expect(rig.woken).toEqual([{ queue: 'q', dueAt: 0 }]);
  rig.woken.length = 0;
  rig.take();
  expect(rig.woken).toEqual([]);
});

test('a completed job keeps its result, and has its time', () => {
  const rig = new Rig();
  const id = rig.add();
  rig.take();
  rig.now += 5;
  rig.complete(id, {}, '{"a":1}');
  expect(rig.job(id)).toMatchObject({
    state: 'completed',
    returnValue: '{"a":1}',
    finishedOn: rig.now,
    attemptsMade: 1,
    lock: undefined,
  });
  expect(rig.events).toEqual([
    `added ${id}`,
    `waiting ${id}`,
    `active ${id}`,
    `completed ${id}`,
    'drained',
  ]);
});

test('a failed job keeps its reason, and exhausted attempts are told', () => {
  const rig = new Rig();
  const id = rig.add({ attempts: 1 });
  rig.take();
  rig.fail(id, { attempts: 1 });
  expect(rig.job(id)).toMatchObject({ state: 'failed', failedReason: 'broken' });
  expect(rig.events).toContain(`retries-exhausted ${id}`);
});

test('the next job comes with the end of the last', () => {
  const rig = new Rig();
  const [a, b] = [rig.add(), rig.add()];
  rig.take();
  expect(rig.complete(a, { fetchNext: true })?.[1]).toBe(b);
  expect(rig.complete(b, { fetchNext: true })).toBeUndefined();
});

test('with nothing but delayed jobs, the end of the last says when the next is due', () => {
  const rig = new Rig();
  const id = rig.add();
  rig.add({ delay: 70 });
  rig.take();
  expect(rig.complete(id, { fetchNext: true })).toEqual([null, 0, 0, rig.now + 70]);
  expect(rig.events).not.toContain('drained');
});

describe('an attempt is ended once, and by whom it belongs to', () => {
  const ends = {
    moveToCompleted: (rig: Rig, id: string, token: string) => rig.complete(id, { token }),
    moveToFailed: (rig: Rig, id: string, token: string) => rig.fail(id, { token }),
    retryJob: (rig: Rig, id: string, token: string) => rig.run('retryJob', id, false, token, {}),
    moveJobFromActiveToWait: (rig: Rig, id: string, token: string) =>
      rig.run('moveJobFromActiveToWait', id, token),
    moveToDelayed: (rig: Rig, id: string, token: string) =>
      rig.run('moveToDelayed', id, { ...PUT_OFF, timestamp: rig.now, token }, {}),
  };
  test.each(Object.entries(ends))('%s', (_name, end) => {
    const rig = new Rig();
    expect(codeOf(() => end(rig, 'nobody', 'token'))).toBe(-1);
    const id = rig.add();
    expect(codeOf(() => end(rig, id, 'token'))).toBe(-2);
    expect(codeOf(() => end(rig, id, '0'))).toBe(-3);
    rig.take();
    expect(codeOf(() => end(rig, id, 'other'))).toBe(-6);
    expect(rig.job(id).state).toBe('active');
    end(rig, id, 'token');
    expect(rig.job(id).state).not.toBe('active');
    expect(codeOf(() => end(rig, id, 'token'))).toBe(-2);
  });
});

test('whoever took a job without a lock ends it without one', () => {
  const rig = new Rig();
  const id = rig.add();
  rig.take({}, '0');
  expect(rig.job(id).lock).toBeUndefined();
  rig.complete(id, { token: '0' });
  expect(rig.job(id).state).toBe('completed');
});

test('a retry counts the attempt and goes behind those that wait, with lifo before them', () => {
  const rig = new Rig();
  const [a, b] = [rig.add(), rig.add()];
  rig.take();
  rig.run('retryJob', a, false, 'token', { failedReason: 'why', stacktrace: '["at"]' });
  expect(rig.job(a)).toMatchObject({ attemptsMade: 1, failedReason: 'why', stacktrace: '["at"]' });
  expect(rig.takeAll()).toEqual([b, a]);
  rig.add();
  rig.run('retryJob', a, true, 'token', {});
  expect(rig.take()[1]).toBe(a);
});

test('a retry lets those go first whose time has come', () => {
  const rig = new Rig();
  const a = rig.add();
  const late = rig.add({ delay: 10 });
  rig.take();
  rig.now += 10;
  rig.run('retryJob', a, false, 'token', {});
  expect(rig.takeAll()).toEqual([late, a]);
});

const PUT_OFF = { delay: 30, token: 'token', skipAttempt: false, fetchNext: false, worker: {} };

test('a job that was put off comes back after its delay, and the attempt counts unless it is skipped', () => {
  const rig = new Rig();
  const id = rig.add();
  rig.take();
  const how = { ...PUT_OFF, timestamp: rig.now };
  expect(rig.run('moveToDelayed', id, how, { failedReason: 'why' })).toBeUndefined();
  expect(rig.job(id)).toMatchObject({ state: 'delayed', delay: 30, attemptsMade: 1 });
  rig.now += 30;
  expect(rig.take()[1]).toBe(id);
  rig.run('moveToDelayed', id, { ...how, timestamp: rig.now, skipAttempt: true }, {});
  expect(rig.job(id).attemptsMade).toBe(1);
});

test('whoever puts a job off gets the next, but no word of one that is not there', () => {
  const rig = new Rig();
  const [a, b] = [rig.add(), rig.add()];
  rig.take();
  const how = { ...PUT_OFF, timestamp: rig.now, fetchNext: true };
  expect(rig.run('moveToDelayed', a, how, {})?.[1]).toBe(b);
  expect(rig.run('moveToDelayed', b, how, {})).toBeUndefined();
});

test('a job that a worker gives back is the next of its priority', () => {
  const rig = new Rig();
  const plain = [rig.add(), rig.add()];
  rig.take();
  rig.run('moveJobFromActiveToWait', plain[0] as string, 'token');
  expect(rig.takeAll()).toEqual(plain);
  const prioritized = [rig.add({ priority: 5 }), rig.add({ priority: 5 })];
  rig.take();
  rig.run('moveJobFromActiveToWait', prioritized[0] as string, 'token');
  expect(rig.takeAll()).toEqual(prioritized);
});

test('jobs of workers that are gone go to the front, whatever their priority, and fail when that happens too often', () => {
  const rig = new Rig();
  const low = rig.add({ priority: 9 });
  const [first, second] = [rig.take()[1], rig.add()];
  expect(first).toBe(low);
  expect(rig.run('moveStalledJobsToWait', [low, second, 'nobody'], 1)).toEqual([low]);
  expect(rig.job(low)).toMatchObject({ state: 'wait', stalledCounter: 1, lock: undefined });
  expect(rig.events.slice(-2)).toEqual([`waiting ${low}`, `stalled ${low}`]);
  expect(rig.take()[0]?.deferredFailure).toBeUndefined();
  rig.run('moveStalledJobsToWait', [low], 1);
  expect(rig.take()[0]?.deferredFailure).toBe('job stalled more than allowable limit');
  rig.fail(low);
  expect(rig.job(low).rare?.deferredFailure).toBeUndefined();
});

test('a job of a schedule may stall as often as it likes, for the schedule would end with it', () => {
  const rig = new Rig();
  rig.queue.schedulers.set('daily', { id: 'daily', nextMillis: 0, fields: {} });
  const id = rig.add({}, { repeatJobKey: 'daily' });
  rig.take();
  rig.run('moveStalledJobsToWait', [id], 0);
  expect(rig.take()[0]?.deferredFailure).toBeUndefined();
  rig.queue.schedulers.clear();
  rig.run('moveStalledJobsToWait', [id], 0);
  expect(rig.take()[0]?.deferredFailure).toBe('job stalled more than allowable limit');
});

test('a retry that is refused does not hide those whose time has come', () => {
  const rig = new Rig();
  const a = rig.add();
  rig.add({ delay: 10 });
  rig.take();
  rig.now += 10;
  rig.woken.length = 0;
  expect(codeOf(() => rig.run('retryJob', a, false, 'wrong', {}))).toBe(-6);
  expect(rig.woken).toEqual([{ queue: 'q', dueAt: 0 }]);
});
