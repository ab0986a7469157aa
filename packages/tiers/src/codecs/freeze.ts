// Freezes values that many share. All or nothing: a value that cannot be frozen whole is left as it is, so that who
// gets a copy of his own gets one he can write.

/** Freezes plain objects and arrays, at any depth, with cycles.
 * @returns false, and nothing is frozen, when the value holds something that freezing does not make unwritable: Map,
 *   Set, Date, bytes, an instance of a class. Cost: O(objects) */
export function deepFreeze(value: unknown): boolean {
  if (isPrimitive(value)) return true;
  // The queue is also the list of what is to be frozen; recursion would end at some ten thousand levels.
  const found: object[] = [];
  const seen = new Set<object>();
  if (!take(value, found, seen)) return false;
  for (let i = 0; i < found.length; i++) {
    for (const item of Object.values(found[i] as object)) {
      if (!isPrimitive(item) && !take(item, found, seen)) return false;
    }
  }
  for (let i = 0; i < found.length; i++) Object.freeze(found[i]);
  return true;
}

function take(value: object, found: object[], seen: Set<object>): boolean {
  if (seen.has(value)) return true;
  if (!Array.isArray(value)) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
  }
  seen.add(value);
  found.push(value);
  return true;
}

function isPrimitive(value: unknown): value is string | number | boolean | null | undefined {
  return (typeof value !== 'object' && typeof value !== 'function') || value === null;
}
