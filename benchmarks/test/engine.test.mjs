import { describe, expect, it } from 'vitest';
import { bytesToHold, engineRatio, ENGINES } from '../hit-ratio/engine.mjs';
import { costOf, makeRatios } from '../hit-ratio/ratios.mjs';
import { runSideBySide } from '../lib/pool.mjs';

const size = 1024;
const capacity = 1000;

describe('bytesToHold', () => {
  it('finds the bound at which the engine holds so many entries', () => {
    const bytes = bytesToHold(capacity, size);
    const trace = Uint32Array.from({ length: 3 * capacity }, (_, at) => at);
    const { entries } = engineRatio(trace, {
      bytes,
      size,
      warm: 2 * capacity,
      form: ENGINES.ours,
    });
    expect(Math.abs(entries / capacity - 1)).toBeLessThan(0.06);
  });
});

describe.each(Object.entries(ENGINES))('the engine as %s', (_, form) => {
  it('hits what it has room for', () => {
    const trace = Uint32Array.from({ length: 3000 }, (_at, at) => at % 500);
    const run = engineRatio(trace, { bytes: 2 ** 21, size, warm: 500, form });
    expect(run).toEqual({ ratio: 1, entries: 500 });
  });

  it('counts nothing before it is warm, and no hit where no key comes again', () => {
    const trace = Uint32Array.from({ length: 2000 }, (_at, at) => (at < 1000 ? at % 10 : at));
    expect(engineRatio(trace, { bytes: 2 ** 21, size, warm: 1000, form }).ratio).toBe(0);
  });
});

describe('the figures', () => {
  const sample = (ours) => ({
    ours,
    oursNear: ours - 0.01,
    lru: 0.5,
    lruSameBytes: 0.52,
    s3fifo: 0.6,
    s3fifoTwo: 0.61,
    s3fifoSameBytes: 0.62,
    bytes: 2000,
    held: { ours: 10 },
    share: 0.01,
  });

  it('are told from the better form of S3-FIFO', () => {
    const cost = costOf(sample(0.6));
    expect(cost.gain).toBeCloseTo(0.1);
    expect(cost.gap).toBeCloseTo(0.01);
    expect(cost.gainSameBytes).toBeCloseTo(0.08);
    expect(cost.gapSameBytes).toBeCloseTo(0.02);
    expect(cost.bytesPerEntry).toBe(200);
  });

  it('take the median of the seeds and the worst of the cells', () => {
    const ratios = makeRatios(
      new Map([
        ['zipf-0.99 1 %', [0.58, 0.6, 0.59].map(sample)],
        ['drifting 10 %', [sample(0.57)]],
        ['looping 10 %', [sample(0.41)]],
      ]),
    );
    expect(ratios.hit_ratio_gain_over_lru).toBeCloseTo(0.09);
    expect(ratios.s3fifo_gap).toBeCloseTo(0.02);
    expect(ratios.near_cache_loss).toBeCloseTo(0.01);
    expect(ratios.s3fifo_worst_gap).toBeCloseTo(0.04);
    expect(ratios.s3fifo_worst_gap_looping).toBeCloseTo(0.2);
  });

  it('are left out where their cells did not run', () => {
    expect(makeRatios(new Map([['drifting 1 %', [sample(0.6)]]]))).toEqual({
      s3fifo_worst_gap: expect.closeTo(0.01),
    });
  });
});

describe('runSideBySide', () => {
  it('keeps the order of the jobs, and runs no more than so many at a time', async () => {
    let running = 0;
    let most = 0;
    const job = (result) => async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return result;
    };
    expect(await runSideBySide([1, 2, 3, 4, 5].map(job), 2)).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  it('throws the first failure', async () => {
    const failing = () => Promise.reject(new Error('a cell failed'));
    await expect(runSideBySide([async () => 1, failing], 1)).rejects.toThrow('a cell failed');
  });
});
