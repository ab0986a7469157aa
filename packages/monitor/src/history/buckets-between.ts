// Counts by bucket of what came between two counts. Trailing zeros may be missing in either.

/** The growth of each bucket; 0 where a count was set back. */
export function bucketsBetween(before: readonly number[], now: readonly number[]): number[] {
  return now.map((count, i) => Math.max(count - (before[i] ?? 0), 0));
}
