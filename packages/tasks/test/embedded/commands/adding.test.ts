import { expect, test } from 'vitest';
import { Rig, codeOf } from './support/rig.ts';

test('ids count on, with every call', () => {
  const rig = new Rig();
  expect([rig.add(), rig.add({ jobId: 'mine' }), rig.add()]).toEqual(['1', 'mine', '3']);
});

test('an id that is there stays with its job', () => {
  const rig = new Rig();
  rig.add({ jobId: 'mine' }, { data: '"first"' });
  expect(rig.add({ jobId: 'mine' }, { data: '"second"' })).toBe('mine');
  expect(rig.job('mine').data).toBe('"first"');
  expect(rig.queue.wait.size).toBe(1);
  expect(rig.events.at(-1)).toBe('duplicated mine');
});

test('jobs without priority go before all others, then smaller numbers', () => {
  const rig = new Rig();
  const low = rig.add({ priority: 10 });
  const plain = rig.add();
  const high = rig.add({ priority: 1 });
  expect(rig.takeAll()).toEqual([plain, high, low]);
});

test('lifo puts a job before those that wait', () => {
  const rig = new Rig();
  const [a, b, c] = [rig.add(), rig.add({ lifo: true }), rig.add({ lifo: true })];
  expect(rig.takeAll()).toEqual([c, b, a]);
});

test('a delayed job is not given out before its time, and the worker is told when it is', () => {
  const rig = new Rig();
  const id = rig.add({ delay: 500 });
  expect(rig.take()).toEqual([null, 0, 0, rig.now + 500]);
  rig.now += 499;
  expect(rig.take()[0]).toBeNull();
  rig.now += 1;
  expect(rig.take()[1]).toBe(id);
  expect(rig.job(id).delay).toBe(0);
});

test('a delayed job with a priority takes its place among the prioritized', () => {
  const rig = new Rig();
  const late = rig.add({ delay: 10, priority: 1 });
  const low = rig.add({ priority: 5 });
  rig.now += 10;
  expect(rig.takeAll()).toEqual([late, low]);
});

test('at most 1,000 delayed jobs become available in one go', () => {
  const rig = new Rig();
  for (let n = 0; n < 1_001; n++) rig.add({ delay: 1 });
  rig.now += 1;
  rig.take();
  expect([rig.queue.delayed.size, rig.queue.wait.size]).toEqual([1, 999]);
});

test('a clock that was set back makes no job early', () => {
  const rig = new Rig();
  rig.add({ delay: 100 });
  rig.now -= 1_000_000;
  expect(rig.take()[0]).toBeNull();
});

test('a child of a parent that does not exist is refused, and stores nothing', () => {
  const rig = new Rig();
  const parentKey = 'bull:q:nobody';
  expect(codeOf(() => rig.add({}, { parentKey }))).toBe(-5);
  expect([rig.store.jobCount, rig.queue.lastId]).toEqual([0, 0]);
});

test('addJobs adds all, or none', () => {
  const rig = new Rig();
  const good = { name: 'job', data: '{}', options: '{}', timestamp: rig.now };
  expect(rig.run('addJobs', [good, { ...good, id: 'mine' }])).toEqual(['1', 'mine']);
  expect(codeOf(() => rig.run('addJobs', [good, { ...good, parentKey: 'bull:q:nobody' }]))).toBe(
    -5,
  );
  expect(rig.store.jobCount).toBe(2);
});

test('addJobs refuses a job that belongs to another parent', () => {
  const rig = new Rig();
  const [one, other] = [rig.add(), rig.add()];
  const child = { name: 'job', data: '{}', options: '{}', timestamp: rig.now, id: 'child' };
  rig.run('addJobs', [{ ...child, parentKey: `bull:q:${one}` }]);
  expect(codeOf(() => rig.run('addJobs', [{ ...child, parentKey: `bull:q:${other}` }]))).toBe(-7);
  expect(codeOf(() => rig.run('addJob', { ...child, parentKey: `bull:q:${other}` }))).toBe(-7);
});

test('one worker is told of each job, and nobody of one that cannot be given out', () => {
  const rig = new Rig();
  rig.add();
  rig.add({ priority: 3 });
  expect(rig.woken).toEqual([
    { queue: 'q', dueAt: 0 },
    { queue: 'q', dueAt: 0 },
  ]);
  rig.run('pause', true);
  rig.add();
  expect(rig.woken).toHaveLength(2);
});

test('the time of a delayed job is told', () => {
  const rig = new Rig();
  rig.add({ delay: 50 });
  expect(rig.woken).toEqual([{ queue: 'q', dueAt: rig.now + 50 }]);
});

test('jobs with the same options share them, and what differs with each job fills no map for ever', () => {
  const rig = new Rig();
  const [a, b] = [rig.add({ attempts: 3 }), rig.add({ attempts: 3 })];
  expect(rig.job(a).options).toBe(rig.job(b).options);
  const first = rig.store.share('{"priority":1}');
  for (let n = 0; n < 2_000; n++) rig.store.share(`{"jobId":"${n}"}`);
  expect(rig.store.share('{"priority":1}')).not.toBe(first);
  expect(rig.store.share('{"priority":1}')).toEqual(first);
});
