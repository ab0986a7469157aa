import { describe, expect, test } from 'vitest';
import { FinishedJobs } from '../../../src/embedded/collections/finished-jobs.ts';
import type { Job } from '../../../src/embedded/engine/job.ts';
import { Choice, idsOf, makeJob } from './support/jobs.ts';

function finished(id: string, finishedOn: number): Job {
  const job = makeJob(id);
  job.finishedOn = finishedOn;
  return job;
}

test('they stand by the time of their end, and those of one ms by id', () => {
  const jobs = new FinishedJobs();
  for (const [id, on] of [
    ['9', 5],
    ['10', 5],
    ['a', 5],
    ['b', 7],
  ] as const) {
    jobs.push(finished(id, on));
  }
  expect(idsOf(jobs)).toEqual(['10', '9', 'a', 'b']);
});

test('a clock that was set back puts a job where its time says', () => {
  const jobs = new FinishedJobs();
  for (const [id, on] of [
    ['a', 5],
    ['b', 9],
    ['c', 7],
  ] as const) {
    jobs.push(finished(id, on));
  }
  expect(idsOf(jobs)).toEqual(['a', 'c', 'b']);
  expect(jobs.oldest()?.id).toBe('a');
});

test('a job that is not here is not removed', () => {
  const jobs = new FinishedJobs();
  jobs.push(finished('a', 1));
  expect(jobs.remove(finished('b', 1))).toBe(false);
  jobs.clear();
  expect([jobs.size, jobs.oldest()]).toEqual([0, undefined]);
});

describe.each([31, 32, 33, 34])('seed %i', (seed) => {
  test('2,000 random operations leave it as they leave a sorted array', () => {
    const choice = new Choice(seed);
    const jobs = new FinishedJobs();
    let model: Job[] = [];
    let clock = 1_000;
    for (let n = 0; n < 2_000; n++) {
      const at = `seed ${seed}, step ${n}`;
      const what = choice.below(10);
      if (what < 6) {
        clock += choice.below(3) - (choice.below(10) === 0 ? 4 : 0);
        const job = finished(`${choice.below(1_000)}-${n}`, clock);
        jobs.push(job);
        model.push(job);
        model.sort((a, b) => a.finishedOn - b.finishedOn || (a.id < b.id ? -1 : 1));
      } else if (model.length > 0) {
        const job = what < 8 ? choice.of(model) : (model[0] as Job);
        expect(jobs.remove(job), at).toBe(true);
        model = model.filter((one) => one !== job);
      }
      expect(jobs.size, at).toBe(model.length);
      expect(jobs.oldest(), at).toBe(model[0]);
      if (n % 20 !== 0) continue;
      expect(idsOf(jobs), at).toEqual(idsOf(model));
      expect(idsOf(jobs.slice(1, 7)), at).toEqual(idsOf(model.slice(1, 7)));
      expect(
        model.every((job) => jobs.has(job)),
        at,
      ).toBe(true);
    }
  });
});
