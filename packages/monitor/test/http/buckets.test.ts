import { describe, expect, it } from 'vitest';
import {
  addDurations,
  BUCKETS,
  bucketOf,
  lowerBound,
  NO_DURATIONS,
  quantile,
  upperBound,
} from '../../src/http/buckets.ts';

const SEED = 20_261_126;

/** Numbers from 0 to 1, the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('a bucket', () => {
  it('begins where the one before it ends', () => {
    for (let at = 1; at < BUCKETS; at++) expect(lowerBound(at)).toBe(upperBound(at - 1));
    expect(lowerBound(0)).toBe(0);
    expect(upperBound(BUCKETS - 1)).toBe(Infinity);
  });

  it('is at most a quarter wider than it begins', () => {
    for (let at = 1; at < BUCKETS - 1; at++) {
      expect(upperBound(at) / lowerBound(at)).toBeLessThanOrEqual(1.25);
    }
  });

  it(`holds what lies between its bounds (seed ${SEED})`, () => {
    const next = random(SEED);
    for (let i = 0; i < 20_000; i++) {
      const ms = 2 ** (next() * 26 - 8);
      const at = bucketOf(ms);
      expect(ms, `${ms} ms in bucket ${at}`).toBeGreaterThanOrEqual(lowerBound(at));
      expect(ms, `${ms} ms in bucket ${at}`).toBeLessThan(upperBound(at));
    }
  });

  it('takes whatever a clock gives', () => {
    expect([0, -1, NaN, 0.001].map(bucketOf)).toEqual([0, 0, 0, 0]);
    expect([131_072, 1e9, Infinity].map(bucketOf)).toEqual(Array(3).fill(BUCKETS - 1));
  });
});

describe('a quantile', () => {
  it(`is within a quarter of what was measured (seed ${SEED})`, () => {
    const next = random(SEED);
    const buckets = Array<number>(BUCKETS).fill(0);
    const all = Array.from({ length: 5000 }, () => 2 ** (next() * 10 - 2));
    for (const ms of all) buckets[bucketOf(ms)]!++;
    all.sort((a, b) => a - b);
    for (const share of [0.01, 0.5, 0.95, 0.99, 1]) {
      const exact = all[Math.ceil(share * all.length) - 1]!;
      const told = quantile(buckets, share)!;
      expect(told / exact, `share ${share}`).toBeGreaterThan(0.8);
      expect(told / exact, `share ${share}`).toBeLessThan(1.25);
    }
  });

  it('is null where nothing was counted', () => {
    expect(quantile([], 0.5)).toBeNull();
    expect(quantile([0, 0, 0], 0.99)).toBeNull();
  });

  it('of what is beyond all bounds is where that begins', () => {
    const buckets = Array<number>(BUCKETS).fill(0);
    buckets[BUCKETS - 1] = 3;
    expect(quantile(buckets, 0.5)).toBe(131_072);
  });

  it('passes over buckets that a difference has left negative', () => {
    expect(quantile([0, -1, 4], 0)).toBe(lowerBound(2));
  });
});

describe('durations', () => {
  const some = { count: 2, sumMs: 5, maxMs: 4, buckets: [1, 1] };

  it('add up, whichever is longer', () => {
    const other = { count: 3, sumMs: 7, maxMs: 3, buckets: [0, 1, 2] };
    const sum = { count: 5, sumMs: 12, maxMs: 4, buckets: [1, 2, 2] };
    expect(addDurations(some, other)).toEqual(sum);
    expect(addDurations(other, some)).toEqual(sum);
    expect(some.buckets).toEqual([1, 1]);
  });

  it('stay as they are with none', () => {
    expect(addDurations(some, NO_DURATIONS)).toBe(some);
    expect(addDurations(NO_DURATIONS, some)).toBe(some);
  });
});
