import { describe, expect, it } from 'vitest';
import { bucketOf, BUCKETS } from '../../src/http/buckets.ts';
import { Quantiles } from '../../src/otel/quantiles.ts';

/** Counts by bucket of durations in ms. */
function bucketsOf(...durations: number[]): number[] {
  const buckets = Array.from({ length: BUCKETS }, () => 0);
  for (const ms of durations) buckets[bucketOf(ms)]!++;
  return buckets;
}

function values(quantiles: Quantiles, buckets: readonly number[]): Record<string, number> {
  const { samples } = quantiles.family(buckets);
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['quantile'], value]));
}

describe('Quantiles', () => {
  it('are of what came since the call before, in seconds', () => {
    const quantiles = new Quantiles();
    const slow = values(quantiles, bucketsOf(1000, 1000, 1000));
    for (const share of ['0.5', '0.95', '0.99']) {
      expect(slow[share]).toBeGreaterThan(0.79);
      expect(slow[share]).toBeLessThan(1.3);
    }
    const quick = values(quantiles, bucketsOf(1000, 1000, 1000, 1, 1));
    expect(quick['0.99']).toBeLessThan(0.0013);
  });

  it('are none where nothing came', () => {
    const quantiles = new Quantiles();
    expect(values(quantiles, [])).toStrictEqual({});
    quantiles.family(bucketsOf(1));
    expect(values(quantiles, bucketsOf(1))).toStrictEqual({});
  });

  it('do not mind counts whose trailing zeros are missing', () => {
    const quantiles = new Quantiles();
    quantiles.family(bucketsOf(1).slice(0, bucketOf(1) + 1));
    expect(values(quantiles, bucketsOf(1, 50))['0.5']).toBeGreaterThan(0.03);
  });
});
