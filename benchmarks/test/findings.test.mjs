import { describe, expect, it } from 'vitest';
import { findings } from '../hit-ratio/findings.mjs';

const row = (label, ours, rivals, kind = 'policies') => {
  const others = { lru: 0.1, fifo: 0.1, sieve: 0.1, s3fifo: 0.1, s3fifoTwo: 0.1, wTinyLfu: 0.1 };
  const details = [ours - 0.01, ours, ours + 0.01].map((one) => ({
    ...others,
    ...rivals,
    ours: one,
  }));
  return { group: 'room for 1 %', kind, label, details };
};

describe('findings', () => {
  it('names where ours leads, where another does and by how much, and where LRU is above', () => {
    expect(
      findings([
        row('calm', 0.5, { lru: 0.4, s3fifo: 0.501 }),
        row('steep', 0.5, { wTinyLfu: 0.53, lru: 0.4 }),
        row('fast', 0.5, { lru: 0.51 }),
        row('calm', 0.5, {}, 'policy-cost'),
      ]),
    ).toEqual([
      '- **Room for 1 %**: ours is the best, or equal to it, on calm. Another is better on steep (W-TinyLFU by 3.0 points); ' +
        'fast (LRU by 1.0 points). Exact LRU is above ours on fast.',
    ]);
  });

  it('says when LRU is nowhere above', () => {
    expect(findings([row('calm', 0.5, {})])).toEqual([
      '- **Room for 1 %**: ours is the best, or equal to it, on calm. Exact LRU is above ours on no trace.',
    ]);
  });
});
