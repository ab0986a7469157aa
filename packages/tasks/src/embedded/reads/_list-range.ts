// Ranges as Redis counts them: both ends belong to it, and negative ones count from the end.

/** The bounds of a range within a list, `[from, to)`; from equals to when it is empty. */
export function boundsOf(length: number, start: number, end: number): { from: number; to: number } {
  const from = Math.max(0, start < 0 ? length + start : start);
  const last = Math.min(length - 1, end < 0 ? length + end : end);
  return last < from ? { from: 0, to: 0 } : { from, to: last + 1 };
}

/** A copy of a range of a list. */
export function listRange<T>(list: readonly T[], start: number, end: number): T[] {
  const { from, to } = boundsOf(list.length, start, end);
  return list.slice(from, to);
}
