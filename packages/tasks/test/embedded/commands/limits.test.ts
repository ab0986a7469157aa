import { expect, test } from 'vitest';
import { Rig } from './support/rig.ts';

test('a paused queue gives nothing out, and goes on when it is resumed', () => {
  const rig = new Rig();
  rig.run('pause', true);
  const id = rig.add();
  expect(rig.take()).toEqual([null, 0, 0, 0]);
  rig.woken.length = 0;
  rig.run('pause', false);
  expect(rig.woken).toEqual([{ queue: 'q', dueAt: 0 }]);
  expect(rig.take()[1]).toBe(id);
  expect(rig.events).toEqual(expect.arrayContaining(['paused', 'resumed']));
});

test('the time of delayed jobs is told when a queue is resumed', () => {
  const rig = new Rig();
  rig.run('pause', true);
  rig.add({ delay: 10 });
  rig.woken.length = 0;
  rig.run('pause', false);
  expect(rig.woken).toEqual([{ queue: 'q', dueAt: rig.now + 10 }]);
});

test('no more jobs are active than the concurrency of the queue allows, and an end makes room', () => {
  const rig = new Rig();
  rig.run('setQueueMeta', { concurrency: '1' });
  const [a, b] = [rig.add(), rig.add()];
  rig.take();
  expect(rig.take()).toEqual([null, 0, 0, 0]);
  rig.woken.length = 0;
  rig.complete(a);
  expect(rig.woken).toEqual([{ queue: 'q', dueAt: 0 }]);
  expect(rig.take()[1]).toBe(b);
});

test('a job that was put off makes room, too', () => {
  const rig = new Rig();
  rig.run('setQueueMeta', { concurrency: '1' });
  const a = rig.add();
  rig.add();
  rig.take();
  rig.woken.length = 0;
  const how = {
    timestamp: rig.now,
    delay: 30,
    token: 'token',
    skipAttempt: false,
    fetchNext: false,
    worker: {},
  };
  rig.run('moveToDelayed', a, how, {});
  expect(rig.woken).toContainEqual({ queue: 'q', dueAt: 0 });
});

test('a limit that is lifted is told', () => {
  const rig = new Rig();
  expect(rig.run('setQueueMeta', { concurrency: '1', version: 'x' })).toBe(2);
  expect(rig.run('setQueueMeta', { concurrency: '1' })).toBe(0);
  rig.add();
  rig.add();
  rig.take();
  rig.woken.length = 0;
  expect(rig.run('removeQueueMetaFields', ['concurrency', 'nothing'])).toBe(1);
  expect(rig.woken).toEqual([{ queue: 'q', dueAt: 0 }]);
});

test('the number of events that are kept is a setting of the queue', () => {
  const rig = new Rig();
  rig.run('setQueueMeta', { 'opts.maxLenEvents': '7' });
  expect(rig.queue.events.maxLength).toBe(7);
});

const WORKER = { limitMax: 2, limitDuration: 1_000 };

test('a worker with a rate limit gets that many jobs per time, and is told how long to wait', () => {
  const rig = new Rig();
  for (let n = 0; n < 5; n++) rig.add();
  expect(rig.take(WORKER)[0]).not.toBeNull();
  rig.now += 400;
  expect(rig.take(WORKER)[0]).not.toBeNull();
  expect(rig.take(WORKER)).toEqual([null, 0, 600, 0]);
  rig.now += 600;
  expect(rig.take(WORKER)[0]).not.toBeNull();
});

test('what became available to a worker at its limit is news for another', () => {
  const rig = new Rig();
  rig.add({ delay: 5 });
  rig.run('setRateLimit', 1_000);
  rig.now += 5;
  rig.woken.length = 0;
  expect(rig.take(WORKER)[2]).toBe(995);
  expect(rig.woken[0]).toEqual({ queue: 'q', dueAt: 0 });
});

test('the end of the limit is told where a job waits for it, since who asked may be gone by then', () => {
  const rig = new Rig();
  rig.run('setRateLimit', 1_000);
  expect(rig.take(WORKER)[2]).toBe(1_000);
  expect(rig.woken).toEqual([]);
  rig.add();
  rig.woken.length = 0;
  rig.now += 10;
  expect(rig.take(WORKER)[2]).toBe(990);
  expect(rig.woken).toEqual([{ queue: 'q', dueAt: rig.now + 990 }]);
});

test('a rate limit of the queue goes before that of the worker', () => {
  const rig = new Rig();
  rig.run('setQueueMeta', { max: '1', duration: '500' });
  rig.add();
  rig.add();
  rig.take();
  expect(rig.take()).toEqual([null, 0, 500, 0]);
});

test('a job that will only fail does not count against the limit', () => {
  const rig = new Rig();
  const id = rig.add();
  rig.job(id).rare = { deferredFailure: 'child failed' };
  rig.take(WORKER);
  expect(rig.queue.rateWindow).toBeUndefined();
});

test('a limit set by hand holds for its time, or until it is removed', () => {
  const rig = new Rig();
  const id = rig.add();
  rig.run('setRateLimit', 300);
  expect(rig.take(WORKER)).toEqual([null, 0, 300, 0]);
  expect(rig.run('removeRateLimitKey')).toBe(1);
  expect(rig.run('removeRateLimitKey')).toBe(0);
  expect(rig.take(WORKER)[1]).toBe(id);
  rig.run('setRateLimit', 300);
  expect(rig.run('moveJobFromActiveToWait', id, 'token')).toBe(300);
  rig.now += 300;
  expect(rig.take(WORKER)[1]).toBe(id);
  expect(rig.run('moveJobFromActiveToWait', id, 'token')).toBe(1_000);
});

test('a worker without a limit heeds none', () => {
  const rig = new Rig();
  const id = rig.add();
  rig.run('setRateLimit', 300);
  expect(rig.take()[1]).toBe(id);
});
