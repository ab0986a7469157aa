import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram, NOT_MEASURED } from '../../src/observe/histogram.ts';

describe('a histogram', () => {
  it('has NaN while nothing was recorded', () => {
    const histogram = new Histogram();
    expect(histogram.snapshot()).toBe(NOT_MEASURED);
    expect(histogram.quantile(0.5)).toBeNaN();
  });

  it.each([
    ['0.1 microseconds', 10_000, undefined],
    ['10 nanoseconds', 100_000, 100_000],
  ])('gives quantiles within 3.2 % or %s of a recorded value', (_unit, unitsPerMs, given) => {
    const beyond = (2 ** 31 - 1) / unitsPerMs;
    const duration = fc.oneof(
      fc.double({ min: 0, max: 0.01, noNaN: true }),
      fc.double({ min: 0, max: 1000, noNaN: true }),
      fc.double({ min: 0, max: beyond, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (durations, share) => {
          const histogram = new Histogram(given);
          for (const each of durations) histogram.record(each);
          const sorted = durations.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
          const error = Math.abs(histogram.quantile(share) - exact);
          expect(error).toBeLessThanOrEqual(Math.max(1 / unitsPerMs, exact * 0.032));
          expect(histogram.snapshot().maxMs).toBe(sorted.at(-1));
        },
      ),
    );
  });

  it('keeps counting beyond its range, and below 0', () => {
    const histogram = new Histogram();
    histogram.record(-5);
    expect(histogram.snapshot()).toEqual({ count: 1, p50Ms: 0, p99Ms: 0, maxMs: 0 });
    histogram.record(1e9);
    histogram.record(Infinity);
    const { count, p99Ms, maxMs } = histogram.snapshot();
    expect([count, maxMs]).toEqual([3, Infinity]);
    expect(p99Ms).toBeGreaterThan(200_000);
  });

  it('counts from 0 again after reset', () => {
    const histogram = new Histogram();
    histogram.record(7);
    histogram.reset();
    expect(histogram.snapshot()).toBe(NOT_MEASURED);
    histogram.record(1);
    expect(histogram.snapshot().maxMs).toBe(1);
  });
});
