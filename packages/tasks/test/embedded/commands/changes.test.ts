import { expect, test } from 'vitest';
import { Rig, codeOf } from './support/rig.ts';

test('a promoted job waits no longer', () => {
  const rig = new Rig();
  const [plain, prioritized] = [rig.add({ delay: 100 }), rig.add({ delay: 100, priority: 2 })];
  rig.run('promote', prioritized);
  rig.run('promote', plain);
  expect(rig.job(plain).delay).toBe(0);
  expect(rig.takeAll()).toEqual([plain, prioritized]);
});

test('only a delayed job is promoted', () => {
  const rig = new Rig();
  const id = rig.add();
  expect(codeOf(() => rig.run('promote', id))).toBe(-3);
  expect(codeOf(() => rig.run('promote', 'nobody'))).toBe(-3);
});

test('another delay counts from now', () => {
  const rig = new Rig();
  const id = rig.add({ delay: 100 });
  rig.now += 50;
  rig.run('changeDelay', id, 20);
  expect(rig.queue.delayed.dueAtOf(rig.job(id))).toBe(rig.now + 20);
  expect(rig.job(id).delay).toBe(20);
});

test('a payload that is no JSON is an empty one, as on Redis, and is counted', () => {
  const rig = new Rig();
  const id = rig.add({}, { data: '{"a":1}' });
  rig.run('updateData', id, undefined);
  expect(rig.job(id).data).toBe('{}');
  expect(rig.store.bytes).toBe(rig.countedBytes);
});

test('only a delayed job gets another delay', () => {
  const rig = new Rig();
  const id = rig.add();
  expect(codeOf(() => rig.run('changeDelay', id, 20))).toBe(-3);
  expect(codeOf(() => rig.run('changeDelay', 'nobody', 20))).toBe(-1);
});

test('another priority moves a job that waits', () => {
  const rig = new Rig();
  const [a, b, c] = [rig.add({ priority: 5 }), rig.add({ priority: 5 }), rig.add({ priority: 5 })];
  rig.run('changePriority', c, 1, false);
  rig.run('changePriority', b, 5, true);
  expect(Array.from(rig.queue.prioritized, ({ id }) => id)).toEqual([c, b, a]);
  rig.run('changePriority', a, 0, false);
  expect(rig.takeAll()).toEqual([a, c, b]);
});

test('without a priority, lifo goes to the front of the wait list', () => {
  const rig = new Rig();
  const [a, b] = [rig.add(), rig.add({ priority: 5 })];
  rig.run('changePriority', b, 0, true);
  expect(rig.takeAll()).toEqual([b, a]);
});

test('a job that does not wait keeps its place, and has the priority when it comes back', () => {
  const rig = new Rig();
  const delayed = rig.add({ delay: 10 });
  rig.run('changePriority', delayed, 7, false);
  expect(rig.job(delayed)).toMatchObject({ state: 'delayed', priority: 7 });
  rig.now += 10;
  rig.add({ priority: 3 });
  expect(rig.takeAll().at(-1)).toBe(delayed);
  expect(codeOf(() => rig.run('changePriority', 'nobody', 1, false))).toBe(-1);
});
