// Durations in fixed buckets: four to each power of two of a millisecond, so a bucket is at most a quarter wider than it begins.
// Invariant: bounds never change, for counts of several threads and moments are added and subtracted. Recording is a few
// integer operations and allocates nothing once a bucket was used.
import type { DurationCounts } from '../snapshot/snapshot.ts';

/** Below 2^LOWEST ms all is one bucket, from 2^HIGHEST ms on another. */
const LOWEST = -6;
const HIGHEST = 17;
const PER_OCTAVE = 4;

/** How many buckets there are. */
export const BUCKETS: number = (HIGHEST - LOWEST) * PER_OCTAVE + 2;

const MIN_MS = 2 ** LOWEST;
const MAX_MS = 2 ** HIGHEST;
/** Exponent and the first two bits behind it, of MIN_MS, as they stand at the top of a double. */
const FIRST = (1023 + LOWEST) * PER_OCTAVE;
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
double[0] = 1;
const HIGH = words[1] === 0 ? 0 : 1;

/** The bucket of a duration in ms. HOT: benchmarks/monitor */
export function bucketOf(ms: number): number {
  if (!(ms >= MIN_MS)) return 0;
  if (ms >= MAX_MS) return BUCKETS - 1;
  double[0] = ms;
  return (words[HIGH]! >>> 18) - FIRST + 1;
}

/** Where a bucket ends, ms: it holds what is below. Infinity of the last. */
export function upperBound(bucket: number): number {
  return bucket >= BUCKETS - 1 ? Infinity : lowerBound(bucket + 1);
}

/** Where a bucket begins, ms. */
export function lowerBound(bucket: number): number {
  if (bucket <= 0) return 0;
  const at = Math.min(bucket, BUCKETS - 1) - 1;
  return 2 ** (LOWEST + Math.floor(at / PER_OCTAVE)) * (1 + (at % PER_OCTAVE) / PER_OCTAVE);
}

/** A quantile of counts by bucket, by interpolation within its bucket. Trailing zeros may be missing.
 * @param share  0 to 1
 * @returns ms; null: nothing was counted */
export function quantile(buckets: readonly number[], share: number): number | null {
  let count = 0;
  for (const each of buckets) count += each;
  if (count <= 0) return null;
  const rank = share * count;
  let seen = 0;
  let last = 0;
  for (let at = 0; at < buckets.length; at++) {
    const here = buckets[at]!;
    if (here <= 0) continue;
    last = at;
    if (seen + here >= rank) break;
    seen += here;
  }
  const from = lowerBound(last);
  const to = last >= BUCKETS - 1 ? from : upperBound(last);
  return from + (to - from) * Math.min(1, Math.max(0, (rank - seen) / buckets[last]!));
}

/** No durations. */
export const NO_DURATIONS: DurationCounts = Object.freeze({
  count: 0,
  sumMs: 0,
  maxMs: 0,
  buckets: Object.freeze([]),
});

/** Counts of both. */
export function addDurations(a: DurationCounts, b: DurationCounts): DurationCounts {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const [long, short] = a.buckets.length >= b.buckets.length ? [a, b] : [b, a];
  const buckets = long.buckets.slice();
  for (let at = 0; at < short.buckets.length; at++) buckets[at]! += short.buckets[at]!;
  return {
    count: a.count + b.count,
    sumMs: a.sumMs + b.sumMs,
    maxMs: Math.max(a.maxMs, b.maxMs),
    buckets,
  };
}

/** Adds up durations of many, without a copy for each. */
export class DurationSum {
  count = 0;
  sumMs = 0;
  maxMs = 0;
  readonly buckets: number[] = [];

  add({ count, sumMs, maxMs, buckets }: DurationCounts): void {
    this.count += count;
    this.sumMs += sumMs;
    if (maxMs > this.maxMs) this.maxMs = maxMs;
    while (this.buckets.length < buckets.length) this.buckets.push(0);
    for (let at = 0; at < buckets.length; at++) this.buckets[at]! += buckets[at]!;
  }

  /** What they are now, as plain data. */
  read(): DurationCounts {
    const { count, sumMs, maxMs, buckets } = this;
    return { count, sumMs, maxMs, buckets };
  }
}
