// Headers of the current request, as they were when something was made of them: most requests have the same ones (those that
// a plugin sets on every reply), and what was made serves again. HOT: benchmarks/http.
// Invariant: the same means the same names and values in the same order, compared one by one; a list never is the same, for
// it may have been changed in place.
import type { ReplyHeaders } from '../internals.ts';

/** What headers were at one time. */
export interface Snapshot {
  readonly names: readonly string[];
  readonly values: readonly unknown[];
}

/** Remembers headers. */
export function snapshot(headers: ReplyHeaders): Snapshot {
  const names: string[] = [];
  const values: unknown[] = [];
  for (const name in headers) {
    const value = headers[name];
    names.push(name);
    // Equal to nothing.
    values.push(typeof value === 'object' ? Number.NaN : value);
  }
  return { names, values };
}

/** True when headers are what they were. */
export function isSame(headers: ReplyHeaders, { names, values }: Snapshot): boolean {
  let at = 0;
  for (const name in headers) {
    if (name !== names[at] || headers[name] !== values[at]) return false;
    at++;
  }
  return at === names.length;
}
