// When tags and namespaces were last invalidated: one table of epochs by name, as far as this process knows them.
// Invariant: an epoch never falls. A name that is not in the table is unknown where a shared server could know it, and
// has the floor otherwise: forgetting a name may make entries invalid, never valid again.
// Where unknown names are looked up is left to the caller; what is written to Redis and disk too.

/** Epochs of one name; hybrid stamps in microseconds, 0: never. */
export interface Epoch {
  /** Entries created before it are dead. */
  hard: number;
  /** Entries created before it are stale. */
  soft: number;
  /** Until when it may be believed without asking the server; monotonic ms. */
  until: number;
}

/** Name of a tag's epoch. */
export function tagEpochName(tag: string): string {
  return `t:${tag}`;
}

/** Name of a namespace's epoch. */
export function namespaceEpochName(ns: string): string {
  return `n:${ns}`;
}

/** The table of epochs. */
export class Epochs {
  readonly #isShared: boolean;
  readonly #limit: number;
  readonly #epochs = new Map<string, Epoch>();
  #floor = 0;
  #hasSoft = false;

  /** @param isShared  a server knows what is forgotten here
   * @param limit  names it holds at most; the oldest are forgotten */
  constructor(isShared: boolean, limit = 100_000) {
    this.#isShared = isShared;
    this.#limit = limit;
  }

  /** Whether anything was ever invalidated softly: reads of memory look here only then. */
  get hasSoft(): boolean {
    return this.#hasSoft;
  }

  get size(): number {
    return this.#epochs.size;
  }

  /** Notes an invalidation. A lower stamp than the one known changes nothing. */
  raise(name: string, kind: 'hard' | 'soft', stamp: number, until: number): void {
    const epoch = this.#epochs.get(name) ?? this.#add(name, until);
    if (stamp > epoch[kind]) epoch[kind] = stamp;
    if (kind === 'soft') this.#hasSoft = true;
    epoch.until = Math.max(epoch.until, until);
  }

  /** Takes over what a server knows of a name. */
  learn(name: string, hard: number, soft: number, until: number): void {
    this.raise(name, 'hard', hard, until);
    if (soft > 0) this.raise(name, 'soft', soft, until);
  }

  /** Whether a name must be asked for at the server now. */
  isUnknown(name: string, now: number): boolean {
    const epoch = this.#epochs.get(name);
    return epoch === undefined || epoch.until < now;
  }

  /** Hard epoch of a name as known here. */
  hard(name: string): number {
    return this.#epochs.get(name)?.hard ?? this.#floor;
  }

  /** Soft epoch of a name as known here. */
  soft(name: string): number {
    return this.#epochs.get(name)?.soft ?? 0;
  }

  /** Makes every name unknown, keeping what is known of it as the least it can be: after a gap. */
  doubt(): void {
    for (const epoch of this.#epochs.values()) epoch.until = -Infinity;
  }

  #add(name: string, until: number): Epoch {
    if (this.#epochs.size >= this.#limit) this.#forgetOldest();
    const epoch: Epoch = { hard: this.#floor, soft: 0, until };
    this.#epochs.set(name, epoch);
    return epoch;
  }

  #forgetOldest(): void {
    for (const [name, epoch] of this.#epochs) {
      this.#epochs.delete(name);
      if (!this.#isShared) this.#floor = Math.max(this.#floor, epoch.hard, epoch.soft);
      return;
    }
  }
}
