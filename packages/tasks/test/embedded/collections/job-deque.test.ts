import { describe, expect, test } from 'vitest';
import { JobDeque } from '../../../src/embedded/collections/job-deque.ts';
import type { Job } from '../../../src/embedded/engine/job.ts';
import { Choice, idsOf, makeJob } from './support/jobs.ts';

test('jobs leave in the order in which they came', () => {
  const deque = new JobDeque();
  for (const id of ['a', 'b', 'c']) deque.pushBack(makeJob(id));
  expect([deque.shift()?.id, deque.shift()?.id, deque.shift()?.id]).toEqual(['a', 'b', 'c']);
  expect(deque.shift()).toBeUndefined();
});

test('a job that was pushed to the front is next', () => {
  const deque = new JobDeque();
  deque.pushBack(makeJob('a'));
  deque.pushFront(makeJob('b'));
  deque.pushFront(makeJob('c'));
  expect(deque.peek()?.id).toBe('c');
  expect(idsOf(deque)).toEqual(['c', 'b', 'a']);
});

test('a job of another deque is not removed', () => {
  const [one, other] = [new JobDeque(), new JobDeque()];
  const [a, b] = [makeJob('a'), makeJob('b')];
  one.pushBack(a);
  other.pushBack(b);
  expect(one.remove(b)).toBe(false);
  expect(one.has(b)).toBe(false);
  expect(one.size).toBe(1);
});

test('a removed job is not removed twice', () => {
  const deque = new JobDeque();
  const job = makeJob('a');
  deque.pushBack(job);
  deque.pushBack(makeJob('b'));
  expect([deque.remove(job), deque.remove(job)]).toEqual([true, false]);
  expect(idsOf(deque)).toEqual(['b']);
});

test('clear leaves an empty deque that can be used again', () => {
  const deque = new JobDeque();
  for (let n = 0; n < 100; n++) deque.pushBack(makeJob(`${n}`));
  deque.clear();
  expect(deque.size).toBe(0);
  expect(deque.peek()).toBeUndefined();
  deque.pushBack(makeJob('a'));
  expect(deque.shift()?.id).toBe('a');
});

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i', (seed) => {
  test('3,000 random operations leave it as they leave an array', () => {
    const choice = new Choice(seed);
    const deque = new JobDeque();
    const model: Job[] = [];
    // Now rather pushes, now rather removals, so that it grows, has holes, and becomes empty.
    for (let n = 0; n < 3_000; n++) {
      const pushes = Math.floor(n / 500) % 2 === 0 ? 6 : 3;
      const what = choice.below(10);
      if (what < pushes) {
        const job = makeJob(`${n}`);
        if (choice.below(3) === 0) {
          deque.pushFront(job);
          model.unshift(job);
        } else {
          deque.pushBack(job);
          model.push(job);
        }
      } else if (what < 8 && model.length > 0) {
        const job = choice.of(model);
        expect(deque.remove(job), `seed ${seed}, step ${n}`).toBe(true);
        model.splice(model.indexOf(job), 1);
      } else expect(deque.shift(), `seed ${seed}, step ${n}`).toBe(model.shift());
      expect(deque.size, `seed ${seed}, step ${n}`).toBe(model.length);
      expect(deque.peek(), `seed ${seed}, step ${n}`).toBe(model[0]);
      if (n % 50 !== 0) continue;
      expect(idsOf(deque), `seed ${seed}, step ${n}`).toEqual(idsOf(model));
      const [start, end] = [choice.below(20), choice.below(40)];
      expect(idsOf(deque.slice(start, end))).toEqual(
        idsOf(model.slice(start, Math.max(start, end))),
      );
    }
  });
});
