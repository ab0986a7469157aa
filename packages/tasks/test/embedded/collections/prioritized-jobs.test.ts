import { describe, expect, test } from 'vitest';
import { PrioritizedJobs } from '../../../src/embedded/collections/prioritized-jobs.ts';
import type { Job } from '../../../src/embedded/engine/job.ts';
import { Choice, idsOf, makeJob } from './support/jobs.ts';

test('smaller numbers go first, and equal ones in the order in which they came', () => {
  const jobs = new PrioritizedJobs();
  for (const [id, priority] of [
    ['a', 5],
    ['b', 1],
    ['c', 5],
    ['d', 2_097_151],
    ['e', 1],
  ] as const) {
    jobs.push(makeJob(id, priority));
  }
  expect(idsOf(jobs)).toEqual(['b', 'e', 'a', 'c', 'd']);
  expect(jobs.peek()?.id).toBe('b');
  expect(jobs.countOf(5)).toBe(2);
  expect(jobs.countOf(7)).toBe(0);
});

test('jobs that were put back go before those of their priority, by id', () => {
  const jobs = new PrioritizedJobs();
  jobs.push(makeJob('m', 5));
  for (const id of ['z', 'b', 'k']) jobs.pushFront(makeJob(id, 5));
  jobs.push(makeJob('a', 4));
  expect(idsOf(jobs)).toEqual(['a', 'b', 'k', 'z', 'm']);
});

test('only a job that was put back is at the front', () => {
  const jobs = new PrioritizedJobs();
  const [pushed, put] = [makeJob('a', 5), makeJob('b', 5)];
  jobs.push(pushed);
  jobs.pushFront(put);
  expect([jobs.isFront(pushed), jobs.isFront(put)]).toEqual([false, true]);
  expect([jobs.has(pushed), jobs.has(put), jobs.has(makeJob('c', 5))]).toEqual([true, true, false]);
});

test('a job that is not here is not removed', () => {
  const jobs = new PrioritizedJobs();
  jobs.push(makeJob('a', 5));
  expect(jobs.remove(makeJob('b', 5))).toBe(false);
  expect(jobs.remove(makeJob('b', 6))).toBe(false);
  expect(jobs.size).toBe(1);
});

test('clear empties it', () => {
  const jobs = new PrioritizedJobs();
  jobs.push(makeJob('a', 5));
  jobs.clear();
  expect([jobs.size, jobs.peek(), jobs.shift()]).toEqual([0, undefined, undefined]);
});

describe.each([11, 12, 13, 14])('seed %i', (seed) => {
  test('2,000 random operations leave it as they leave a sorted array', () => {
    const choice = new Choice(seed);
    const jobs = new PrioritizedJobs();
    let model: { job: Job; order: number }[] = [];
    for (let n = 0; n < 2_000; n++) {
      const at = `seed ${seed}, step ${n}`;
      const what = choice.below(10);
      if (what < 5) {
        const job = makeJob(`${n}`, 1 + choice.below(6));
        const front = choice.below(4) === 0;
        if (front) jobs.pushFront(job);
        else jobs.push(job);
        model.push({ job, order: front ? 0 : n + 1 });
        model.sort(
          (a, b) =>
            a.job.priority - b.job.priority || a.order - b.order || (a.job.id < b.job.id ? -1 : 1),
        );
      } else if (what < 8 && model.length > 0) {
        const { job } = choice.of(model);
        expect(jobs.remove(job), at).toBe(true);
        model = model.filter((one) => one.job !== job);
      } else expect(jobs.shift()?.id, at).toBe(model.shift()?.job.id);
      expect(jobs.size, at).toBe(model.length);
      if (n % 20 !== 0) continue;
      const ids = model.map(({ job }) => job.id);
      expect(idsOf(jobs), at).toEqual(ids);
      expect(idsOf(jobs.slice(2, 9)), at).toEqual(ids.slice(2, 9));
    }
  });
});
