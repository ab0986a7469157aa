// The known name closest to a misspelt one, for "did you mean" in messages about unknown options.
// Distance: optimal string alignment (Damerau 1964, CACM 7:3): insertions, deletions, changes, swaps of neighbours.

/** Finds the known name that `name` most likely stands for.
 * @param name   what was written; upper and lower case count as equal
 * @param known  the names that exist
 * @returns the closest one, or undefined when none is within a third of the length of `name` (at least one letter) */
export function nearest(name: string, known: readonly string[]): string | undefined {
  // The distance costs O(n·m): names this long are no typing errors.
  if (name.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = alignment(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function alignment(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, beforeLast[j - 2]! + 1);
      }
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
