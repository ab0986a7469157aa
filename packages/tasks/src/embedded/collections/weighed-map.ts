// A Map that says what its entries take, for what may be many and belongs to no job: deduplication keys, and jobs that are kept for later.
// Invariant: what it has told so far adds up to what its entries take. A value that changes is set anew, never written to.

/** What an entry takes beside its texts: about two objects and a place in a table. */
const ALLOWANCE = 100;

export class WeighedMap<V> extends Map<string, V> {
  readonly #weightOf: (value: V) => number;
  readonly #tell: (bytes: number) => void;
  #weight = 0;

  /** @param weightOf  characters of a value
   * @param tell  how many bytes more are taken, or fewer */
  constructor(weightOf: (value: V) => number, tell: (bytes: number) => void) {
    super();
    this.#weightOf = weightOf;
    this.#tell = tell;
  }

  override set(key: string, value: V): this {
    const old = this.get(key);
    const before = old === undefined ? 0 : this.#entryOf(key, old);
    this.#add(this.#entryOf(key, value) - before);
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    const old = this.get(key);
    if (old !== undefined) this.#add(-this.#entryOf(key, old));
    return super.delete(key);
  }

  override clear(): void {
    this.#add(-this.#weight);
    super.clear();
  }

  #entryOf(key: string, value: V): number {
    return ALLOWANCE + key.length + this.#weightOf(value);
  }

  #add(bytes: number): void {
    this.#weight += bytes;
    this.#tell(bytes);
  }
}
