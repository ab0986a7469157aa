// What was invalidated when, by tag. Time is an epoch that each invalidation and each clear raises by one.
// Invariant: a value of epoch e is valid as long as none of its tags has a record above e and the floor is not above
// e either. Records are bounded; one that has to go raises the floor to its epoch, so that forgetting only ever makes
// more values invalid. Removing and counting them is left to the store.

/** Most tags whose invalidation is remembered. */
const MAX_RECORDS = 4096;

/** The epochs of one store. */
export class JsTags {
  #epoch = 0;
  #clearedAt = 0;
  /** Tagged values of an earlier epoch may have a tag whose record is gone. */
  #floor = 0;
  /** Oldest record first. */
  readonly #records = new Map<string, number>();

  get epoch(): number {
    return this.#epoch;
  }

  /** Makes all values with one of the tags invalid. */
  invalidate(tags: readonly string[]): void {
    for (const tag of tags) {
      this.#records.delete(tag); // else it would keep its place among the oldest
      this.#records.set(tag, ++this.#epoch);
      if (this.#records.size > MAX_RECORDS) this.#forgetOldest();
    }
  }

  /** Everything was removed: what is computed from older data must not be stored any more, so no record is needed. */
  clear(): void {
    this.#clearedAt = ++this.#epoch;
    this.#records.clear();
  }

  /** Whether none of the tags was invalidated since an epoch. */
  isValid(tags: readonly string[], epoch: number): boolean {
    if (epoch < this.#floor) return false;
    for (const tag of tags) if ((this.#records.get(tag) ?? 0) > epoch) return false;
    return true;
  }

  /** Whether a value computed at `since` may be stored. An epoch to come is that of another cache: no. */
  mayStore(tags: readonly string[] | undefined, since: number): boolean {
    if (since < this.#clearedAt || since > this.#epoch) return false;
    return tags === undefined || this.isValid(tags, since);
  }

  #forgetOldest(): void {
    for (const [tag, epoch] of this.#records) {
      this.#records.delete(tag);
      this.#floor = epoch;
      return;
    }
  }
}
