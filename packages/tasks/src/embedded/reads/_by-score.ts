// The order of a sorted set of Redis: by number, and those of the same number by the bytes of their names.

/** For Array.prototype.sort. */
export function byScore(
  scoreOfA: number,
  nameOfA: string,
  scoreOfB: number,
  nameOfB: string,
): number {
  return scoreOfA - scoreOfB || byBytes(nameOfA, nameOfB);
}

/** UTF-16 sorts as UTF-8 does, but for surrogates: those few are compared as bytes. */
export function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const SURROGATE = /[\ud800-\udfff]/;
