// From the cells' samples to the figures that have targets.
import { median } from '../lib/statistics.mjs';

const SEPARATE = 'looping';

/**
 * One sample against LRU and S3-FIFO.
 * @returns gain: above LRU with as many entries; gap: below S3-FIFO with as many entries, the better of its two forms;
 *   the same with as many bytes; bytesPerEntry: of the engine's bound, its bookkeeping and spare room included; share:
 *   objects held over all
 */
export function costOf(sample) {
  const { ours, lru, lruSameBytes, s3fifoSameBytes, bytes, held, share } = sample;
  return {
    gain: ours - lru,
    gap: Math.max(sample.s3fifo, sample.s3fifoTwo) - ours,
    gainSameBytes: ours - lruSameBytes,
    gapSameBytes: s3fifoSameBytes - ours,
    bytesPerEntry: bytes / held.ours,
    share,
  };
}

/**
 * @param {Map<string, object[]>} samples by cell, as `zipf-0.99 1 %`
 * @returns ratios by id, those that can be told from the cells at hand
 */
export function makeRatios(samples) {
  const of = (id, field) => median(samples.get(id).map((sample) => costOf(sample)[field]));
  const worst = (ids) => Math.max(...ids.map((id) => of(id, 'gap')));
  const ids = [...samples.keys()];
  const loops = ids.filter((id) => id.startsWith(SEPARATE));
  const others = ids.filter((id) => !id.startsWith(SEPARATE));
  const ratios = {};
  if (samples.has('zipf-0.99 1 %')) {
    ratios.hit_ratio_gain_over_lru = of('zipf-0.99 1 %', 'gain');
    ratios.s3fifo_gap = of('zipf-0.99 1 %', 'gap');
    ratios.near_cache_loss = median(
      samples.get('zipf-0.99 1 %').map(({ ours, oursNear }) => ours - oursNear),
    );
  }
  if (others.length > 0) ratios.s3fifo_worst_gap = worst(others);
  if (loops.length > 0) ratios.s3fifo_worst_gap_looping = worst(loops);
  return ratios;
}
