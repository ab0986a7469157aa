// Remembers something of keys for a while, in this process alone. Bounded: the oldest goes first when there are too many.
// Time is monotonic ms, given by the caller. Nothing is swept: what is over goes when it is met or pushed out.

const MAX_KEYS = 10_000;

/** Values by key, each with an end. */
export class KeyedMemory<T> {
  readonly #max: number;
  readonly #byKey = new Map<string, { readonly value: T; readonly until: number }>();

  /** @param max  keys kept. Default: 10_000 */
  constructor(max: number = MAX_KEYS) {
    this.#max = max;
  }

  /** @param until  monotonic ms from which on it is forgotten */
  set(key: string, value: T, until: number): void {
    this.#byKey.delete(key); // so that it becomes the youngest
    this.#byKey.set(key, { value, until });
    if (this.#byKey.size <= this.#max) return;
    for (const oldest of this.#byKey.keys()) {
      this.#byKey.delete(oldest);
      return;
    }
  }

  /** @returns undefined when there is nothing, or no longer */
  get(key: string, now: number): T | undefined {
    const found = this.#byKey.get(key);
    if (found === undefined) return undefined;
    if (now < found.until) return found.value;
    this.#byKey.delete(key);
    return undefined;
  }

  delete(key: string): void {
    this.#byKey.delete(key);
  }

  clear(): void {
    this.#byKey.clear();
  }
}
