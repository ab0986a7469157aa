// Gives old values when new ones cannot be had: which may be given, and for how long no new attempt is made.
// Invariant: an entry past its grace, or invalidated, is never given, whenever it was read.
import type { Entry } from '../entry.ts';
import type { LoadHost } from './host.ts';
import { KeyedMemory } from './keyed-memory.ts';

/** Whether an entry read earlier may still be given in place of a new value. */
export function isUsable(host: LoadHost, entry: Entry | undefined): entry is Entry {
  return (
    entry !== undefined &&
    host.now() < entry.graceUntil &&
    !host.isInvalid(entry.created, entry.tags)
  );
}

/** The one computed later; the first when they are equal. */
export function newerOf(a: Entry | undefined, b: Entry | undefined): Entry | undefined {
  if (a === undefined) return b;
  return b !== undefined && b.created > a.created ? b : a;
}

/** Keys whose factory has failed a short while ago while there was an old value: they are not tried. */
export class Holds {
  readonly #host: LoadHost;
  readonly #failures = new KeyedMemory<{ readonly error: unknown }>();

  constructor(host: LoadHost) {
    this.#host = host;
  }

  /** Begins a hold, and tells of it.
   * @param ms  how long; 0: none */
  begin(key: string, error: unknown, ms: number): void {
    if (ms > 0) this.#failures.set(key, { error }, this.#host.mono() + ms);
    this.#host.emit.failsafe(key, error);
  }

  /** The failure that holds a key. */
  find(key: string): { readonly error: unknown } | undefined {
    return this.#failures.get(key, this.#host.mono());
  }

  /** Ends a hold: the factory works again, or the key was deleted. */
  end(key: string): void {
    this.#failures.delete(key);
  }

  endAll(): void {
    this.#failures.clear();
  }
}
