// What a cache may answer, as a Map: every value of a key that is not dead, by what was said of it in order.
// Invariant: a `set` is the only value from then on; a load adds one (it says nothing against the one before, which tiers
// that fail may bring up again); deleting, invalidating and clearing leave none; a
// value past its time does not count. With all tiers well, the newest of them must be found; with tiers that fail, a miss
// is an answer as well, anything else than one of them is not.

/** One value as its author said it. */
export interface Written {
  readonly value: number;
  expiresAt: number;
  graceUntil: number;
  /** When each of its tags was last invalidated softly. */
  readonly softAt: Map<string, number>;
  readonly tags: readonly string[];
}

export interface Times {
  readonly ttl: number;
  readonly grace: number;
}

/** A model of one cache with namespaces; the root's keys are those of ''. */
export class Model {
  readonly #now: () => number;
  readonly #values = new Map<string, Written[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Values that may be found, the newest first; without those past their time. */
  alive(ns: string, key: string): readonly Written[] {
    const all = this.#values.get(idOf(ns, key)) ?? [];
    return all.filter(({ graceUntil }) => this.#now() < graceUntil);
  }

  isStale({ expiresAt, softAt }: Written): boolean {
    return softAt.size > 0 || this.#now() >= expiresAt;
  }

  /** When a value ceases to be fresh. */
  staleFrom({ expiresAt, softAt }: Written): number {
    return Math.min(expiresAt, ...softAt.values());
  }

  set(ns: string, key: string, value: number, times: Times, tags: readonly string[]): void {
    this.#values.set(idOf(ns, key), [this.#written(value, times, tags)]);
  }

  load(ns: string, key: string, value: number, times: Times, tags: readonly string[]): void {
    const id = idOf(ns, key);
    this.#values.set(id, [this.#written(value, times, tags), ...(this.#values.get(id) ?? [])]);
  }

  touch(ns: string, key: string, { ttl, grace }: Times): void {
    for (const one of this.alive(ns, key)) {
      one.expiresAt = this.#now() + ttl;
      one.graceUntil = one.expiresAt + grace;
    }
  }

  /** Makes values stale; those without grace go. */
  expire(ns: string, key: string): void {
    const left = this.alive(ns, key).filter(({ expiresAt, graceUntil }) => graceUntil > expiresAt);
    for (const one of left) one.expiresAt = Math.min(one.expiresAt, this.#now());
    this.#values.set(idOf(ns, key), [...left]);
  }

  delete(ns: string, key: string): void {
    this.#values.delete(idOf(ns, key));
  }

  invalidate(tag: string, isSoft: boolean): void {
    for (const [id, all] of this.#values) {
      if (!isSoft) {
        this.#values.set(
          id,
          all.filter(({ tags }) => !tags.includes(tag)),
        );
        continue;
      }
      for (const one of all) if (one.tags.includes(tag)) one.softAt.set(tag, this.#now());
    }
  }

  /** @param ns  with those within it; '': all */
  clear(ns: string): void {
    for (const id of this.#values.keys()) {
      const of = id.slice(0, id.indexOf(' '));
      if (ns === '' || of === ns || of.startsWith(`${ns}/`)) this.#values.delete(id);
    }
  }

  #written(value: number, { ttl, grace }: Times, tags: readonly string[]): Written {
    const expiresAt = this.#now() + ttl;
    return {
      value,
      expiresAt,
      graceUntil: expiresAt + grace,
      softAt: new Map<string, number>(),
      tags,
    };
  }
}

function idOf(ns: string, key: string): string {
  return `${ns} ${key}`;
}
