// A latency histogram: fixed logarithmic buckets, so recording is O(1), allocates nothing and never grows.
// Invariant: a quantile is within 3.2 % of a value that was recorded (or one unit, if that is more); the maximum is exact.
// Values above 2^31 units count as that.
// Source: the bucket layout of HdrHistogram (Tene): 16 linear steps within each power of two.
import type { Latency } from '../stats.ts';

/** Units of 0.1 microseconds: to 214 s, for what goes over a network or to a disk. */
const UNITS_PER_MS = 10_000;
const STEPS = 16;
const STEP_BITS = 4;
const MAX_UNITS = 2 ** 31 - 1;
const BUCKETS = (31 - STEP_BITS) * STEPS + STEPS;

/** What a tier shows that measures nothing. */
export const NOT_MEASURED: Latency = Object.freeze({
  count: 0,
  p50Ms: Number.NaN,
  p99Ms: Number.NaN,
  maxMs: Number.NaN,
});

/** Counts durations. */
export class Histogram {
  // Doubles: no count of a process's life overflows them.
  readonly #counts = new Float64Array(BUCKETS);
  readonly #unitsPerMs: number;
  #count = 0;
  #max = 0;

  /** @param unitsPerMs  how fine it is. Default: 10,000 */
  constructor(unitsPerMs: number = UNITS_PER_MS) {
    this.#unitsPerMs = unitsPerMs;
  }

  /** Records a duration in ms; less than 0 (a clock set back) counts as 0. HOT: twice for each call of a tier */
  record(ms: number): void {
    const units = ms > 0 ? Math.min(ms * this.#unitsPerMs, MAX_UNITS) | 0 : 0;
    const shift = units < STEPS ? 0 : 31 - STEP_BITS - Math.clz32(units);
    this.#counts[shift * STEPS + (units >>> shift)]! += 1;
    this.#count += 1;
    if (ms > this.#max) this.#max = ms;
  }

  /** The value below which a share of the durations lies, ms; NaN while there are none.
   * @param share  0 to 1 */
  quantile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    let index = 0;
    while (index < BUCKETS && (seen += this.#counts[index]!) < rank) index += 1;
    return Math.min(middleOf(index) / this.#unitsPerMs, this.#max);
  }

  snapshot(): Latency {
    if (this.#count === 0) return NOT_MEASURED;
    return {
      count: this.#count,
      p50Ms: this.quantile(0.5),
      p99Ms: this.quantile(0.99),
      maxMs: this.#max,
    };
  }

  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#max = 0;
  }
}

/** The middle of a bucket, units. */
function middleOf(index: number): number {
  const shift = index < STEPS ? 0 : Math.floor(index / STEPS) - 1;
  return (index - shift * STEPS + 0.5) * 2 ** shift;
}
