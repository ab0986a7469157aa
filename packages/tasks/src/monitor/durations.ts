// How long things took: quantiles of the last one to two minutes, and cumulative buckets for Prometheus.
// Invariant: recording is O(1), allocates nothing and never grows; a quantile is within 4.5 % of a duration that was recorded
// (or a microsecond, if that is more), the maximum is exact. Bucket layout: geometric, eight to each power of two.
import type { DurationStats } from './types.ts';

/** Buckets count in microseconds. */
const UNITS_PER_MS = 1000;
const PER_OCTAVE = 8;
/** 2^42 microseconds are 50 days: what took longer counts as that. */
const BUCKETS = 42 * PER_OCTAVE + 1;
/** ms that a half of the window covers. */
const HALF = 60_000;

/** Upper bounds of the cumulative buckets, seconds; the last one, +Inf, is the count. */
export const secondsBounds: readonly number[] = Object.freeze([
  0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600,
]);

/** Counts durations. */
export class Durations {
  // Two halves of a window: quantiles read both, the older one is dropped when the newer is full of time.
  #newer = new Uint32Array(BUCKETS);
  #older = new Uint32Array(BUCKETS);
  #newerMax = 0;
  #olderMax = 0;
  #begun: number;

  /** Since the start: how many, their sum in ms, and how many up to each of `secondsBounds`. */
  count = 0;
  sumMs = 0;
  readonly cumulative: Float64Array = new Float64Array(secondsBounds.length);

  /** @param now  monotonic ms, as in every call */
  constructor(now: number) {
    this.#begun = now;
  }

  /** Records a duration. Less than 0 (a clock set back) counts as 0. HOT: benchmarks/tasks
   * @param ms   the duration
   * @param now  monotonic ms */
  record(ms: number, now: number): void {
    this.#turn(now);
    const taken = ms > 0 ? ms : 0;
    const index = Math.floor(Math.log2(1 + taken * UNITS_PER_MS) * PER_OCTAVE);
    this.#newer[Math.min(index, BUCKETS - 1)]! += 1;
    if (taken > this.#newerMax) this.#newerMax = taken;
    this.count += 1;
    this.sumMs += taken;
    const seconds = taken / 1000;
    for (let i = secondsBounds.length - 1; i >= 0 && seconds <= secondsBounds[i]!; i -= 1) {
      this.cumulative[i]! += 1;
    }
  }

  /** What the last minutes show; NaN while they show nothing. */
  snapshot(now: number): DurationStats {
    this.#turn(now);
    let count = 0;
    for (let i = 0; i < BUCKETS; i += 1) count += this.#newer[i]! + this.#older[i]!;
    if (count === 0) return NOTHING;
    const maxMs = Math.max(this.#newerMax, this.#olderMax);
    const quantile = (share: number): number => Math.min(this.#quantile(share * count), maxMs);
    return {
      count,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      p99Ms: quantile(0.99),
      maxMs,
    };
  }

  #quantile(exactRank: number): number {
    const rank = Math.max(1, Math.ceil(exactRank));
    let seen = 0;
    let index = 0;
    while ((seen += this.#newer[index]! + this.#older[index]!) < rank) index += 1;
    return middleOf(index);
  }

  #turn(now: number): void {
    const halves = Math.floor((now - this.#begun) / HALF);
    if (halves < 1) return;
    this.#begun += halves * HALF;
    const dropped = this.#older;
    dropped.fill(0);
    if (halves === 1) {
      this.#older = this.#newer;
      this.#olderMax = this.#newerMax;
    } else {
      this.#older = this.#newer.fill(0);
      this.#olderMax = 0;
    }
    this.#newer = dropped;
    this.#newerMax = 0;
  }
}

const NOTHING: DurationStats = Object.freeze({
  count: 0,
  p50Ms: Number.NaN,
  p95Ms: Number.NaN,
  p99Ms: Number.NaN,
  maxMs: Number.NaN,
});

/** ms in the middle of a bucket. */
function middleOf(index: number): number {
  return (2 ** ((index + 0.5) / PER_OCTAVE) - 1) / UNITS_PER_MS;
}
