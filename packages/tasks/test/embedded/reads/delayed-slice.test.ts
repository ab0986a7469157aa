import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelayedJobs } from '../../../src/embedded/collections/delayed-jobs.ts';
import { Job } from '../../../src/embedded/engine/job.ts';

const options = { json: '{}', value: {}, isFlat: true };

describe('DelayedJobs.slice', () => {
  it('gives the same pages as a sort of all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 300 }),
        fc.nat(40),
        fc.nat(40),
        (dueTimes, start, length) => {
          const delayed = new DelayedJobs();
          dueTimes.forEach((dueAt, n) => {
            delayed.push(new Job(String(n), 'job', '{}', options, 0), dueAt);
          });
          const page = delayed.slice(start, start + length);
          expect(page).toEqual(delayed.toSorted().slice(start, start + length));
        },
      ),
      { seed: 8, numRuns: 300 },
    );
  });

  it('gives all without an end', () => {
    const delayed = new DelayedJobs();
    delayed.push(new Job('b', 'job', '{}', options, 0), 2);
    delayed.push(new Job('a', 'job', '{}', options, 0), 1);
    expect(delayed.slice(0, Infinity).map(({ id }) => id)).toEqual(['a', 'b']);
  });
});
