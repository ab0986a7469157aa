// The latency of what is too quick to be timed each time: one call in EVERY is. Two looks at the clock cost about as much as a
// look-up in memory does; one of them lies in what is measured.
// Invariant: a call that is not timed costs a count and a comparison, and makes no object.
import type { Latency } from '../stats.ts';
import { Histogram } from './histogram.ts';

/** A prime, so that calls that come in turns (an index, then its entry) are all met; large, for each of the sample costs as
 * much as several look-ups. */
const EVERY = 509;
/** Units of 10 ns: to 21 s. */
const UNITS_PER_MS = 100_000;

/** A sample of durations. HOT: benchmarks/tiers */
export class LatencySample {
  readonly #histogram = new Histogram(UNITS_PER_MS);
  #left = EVERY;

  /** Whether the next call is one of the sample: to be timed, out of the way of those that are not, and recorded. */
  isDue(): boolean {
    if (--this.#left > 0) return false;
    this.#left = EVERY;
    return true;
  }

  /** Records a call of the sample.
   * @param began  when it began, by `performance.now()`: as exact as process.hrtime(), which makes an array or a BigInt */
  record(began: number): void {
    this.#histogram.record(performance.now() - began);
  }

  get latency(): Latency {
    return this.#histogram.snapshot();
  }

  reset(): void {
    this.#histogram.reset();
  }
}
