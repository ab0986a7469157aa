import { describe, expect, test } from 'vitest';
import { DelayedJobs } from '../../../src/embedded/collections/delayed-jobs.ts';
import type { Job } from '../../../src/embedded/engine/job.ts';
import { Choice, idsOf, makeJob } from './support/jobs.ts';

test('the first that is due is first, and those of the same time in the order in which they came', () => {
  const jobs = new DelayedJobs();
  jobs.push(makeJob('a'), 30);
  jobs.push(makeJob('b'), 10);
  jobs.push(makeJob('c'), 30);
  jobs.push(makeJob('d'), 20);
  expect(jobs.nextDueAt).toBe(10);
  expect(jobs.peek()?.id).toBe('b');
  expect(idsOf(jobs.toSorted())).toEqual(['b', 'd', 'a', 'c']);
});

test('pushFirst goes before all of that time, several by id', () => {
  const jobs = new DelayedJobs();
  jobs.push(makeJob('m'), 10);
  const [z, b] = [makeJob('z'), makeJob('b')];
  jobs.pushFirst(z, 10);
  jobs.pushFirst(b, 10);
  expect(idsOf(jobs.toSorted())).toEqual(['b', 'z', 'm']);
  expect(jobs.isFirst(z)).toBe(true);
  expect(jobs.isFirst(makeJob('c'))).toBe(false);
});

test('an empty one is never due', () => {
  const jobs = new DelayedJobs();
  expect([jobs.nextDueAt, jobs.peek(), jobs.shift()]).toEqual([Infinity, undefined, undefined]);
});

test('it tells when a job is due, and of others nothing', () => {
  const jobs = new DelayedJobs();
  const [a, b] = [makeJob('a'), makeJob('b')];
  jobs.push(a, 10);
  expect(jobs.dueAtOf(a)).toBe(10);
  expect(jobs.dueAtOf(b)).toBeUndefined();
  expect(jobs.remove(b)).toBe(false);
  jobs.clear();
  expect([jobs.size, jobs.has(a)]).toEqual([0, false]);
});

describe.each([21, 22, 23, 24])('seed %i', (seed) => {
  test('2,000 random operations leave it as they leave a sorted array', () => {
    const choice = new Choice(seed);
    const jobs = new DelayedJobs();
    let model: { job: Job; dueAt: number; order: number }[] = [];
    for (let n = 0; n < 2_000; n++) {
      const at = `seed ${seed}, step ${n}`;
      const what = choice.below(10);
      if (what < 6) {
        const job = makeJob(`${n}`);
        const dueAt = choice.below(200);
        jobs.push(job, dueAt);
        model.push({ job, dueAt, order: n });
        model.sort((a, b) => a.dueAt - b.dueAt || a.order - b.order);
      } else if (what < 8 && model.length > 0) {
        const { job } = choice.of(model);
        expect(jobs.remove(job), at).toBe(true);
        model = model.filter((one) => one.job !== job);
      } else expect(jobs.shift()?.id, at).toBe(model.shift()?.job.id);
      expect(jobs.size, at).toBe(model.length);
      expect(jobs.nextDueAt, at).toBe(model[0]?.dueAt ?? Infinity);
      if (n % 20 !== 0) continue;
      expect(idsOf(jobs.toSorted()), at).toEqual(model.map(({ job }) => job.id));
      const time = choice.below(220);
      expect(jobs.countBefore(time), at).toBe(model.filter(({ dueAt }) => dueAt < time).length);
    }
  });
});
