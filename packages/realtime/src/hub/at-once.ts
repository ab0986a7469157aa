// Answers that have to be there at once. Invariant: a promise is no answer, and its rejection, which nobody waits for, does not
// end the process.
import { types } from 'node:util';

/** @param value  what a function of the application gave
 * @param name  of that function
 * @throws TypeError where it is a promise */
export function atOnce(value: unknown, name: string): unknown {
  if (!types.isPromise(value)) return value;
  value.catch(() => undefined);
  throw new TypeError(`expected ${name} of a channel to answer at once, got a promise`);
}
