// Adding what threads tell. Invariant: nothing that is given is changed; what is in one of two stays.

/** Counts by name, added. */
export function addCounts(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...a };
  for (const [name, each] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + each;
  return sum;
}

/** Adds the numbers of two objects of one shape, and of the objects in them; of anything else that of the first stays. */
export function addFields<T extends object>(a: T, b: T): T {
  const sum = { ...a } as Record<string, unknown>;
  for (const [name, each] of Object.entries(b)) sum[name] = add(sum[name], each);
  return sum as T;
}

function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  return isRecord(a) && isRecord(b) ? addFields(a, b) : (a ?? b);
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Items of one key made into one, in the order of their first. */
export function mergeBy<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  merge: (a: T, b: T) => T,
): T[] {
  const merged = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    const same = merged.get(key);
    merged.set(key, same === undefined ? item : merge(same, item));
  }
  return [...merged.values()];
}

/** The larger of two quantiles: those of two sets cannot be added. */
export function worse(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}

/** The state that calls for a look: any other than those that are well. */
export function worseState(a: string, b: string): string {
  return WELL.has(a) ? b : a;
}

const WELL: ReadonlySet<string> = new Set(['ok', 'ready', 'off']);

/** A duration in whole 1024ths of a ms: sums of them are exact, and so the same in whatever order threads are added up. Else a
 * counter might go down in its last digit, which to Prometheus is a restart. */
export function addable(ms: number): number {
  return Math.round(ms * 1024) / 1024;
}
