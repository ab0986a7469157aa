// Which keys are hit most, in bounded memory: the Space-Saving sketch (Metwally, Agrawal, El Abbadi, ICDT 2005). A key that is
// not among those kept takes the place of one that was hit least, and inherits its count as its possible error.
// Invariant: at most `size` keys, and a step of constant cost, however many keys there are; a key with more than 1/size of all
// hits is always among them.
import { short } from '../history/point.ts';
import { TOP } from './frame.ts';
import type { CountRow } from './frame.ts';
import { keyName } from './key-name.ts';

/** Longer keys are told by their beginning, UTF-16 units. */
const MAX_LENGTH = 200;

interface Counter {
  count: number;
  /** How much of the count may be of keys that were here before. */
  error: number;
}

/** Counts hits by key. */
export class TopKeys {
  readonly #size: number;
  #counters = new Map<string, Counter>();
  /** Keys by count: whoever is in the place of the least is found at once. */
  #byCount = new Map<number, Set<string>>();
  #least = 0;
  #last = new Map<string, number>();
  #lastAt = 0;

  /** @param size  how many keys are kept */
  constructor(size = 256) {
    this.#size = size;
  }

  /** Counts a hit. HOT: each hit, while somebody watches and keys are shown.
   * @param namespace  of the cache, '' for its root */
  hit(given: string, namespace = ''): void {
    const name = given.length > MAX_LENGTH ? `${given.slice(0, MAX_LENGTH)}…` : given;
    const key = namespace === '' ? name : `${namespace}: ${name}`;
    const known = this.#counters.get(key);
    if (known !== undefined) {
      this.#move(key, known.count, known.count + 1);
      known.count += 1;
    } else if (this.#counters.size < this.#size) {
      this.#counters.set(key, { count: 1, error: 0 });
      this.#place(key, 1);
      this.#least = 1;
    } else {
      this.#replace(key);
    }
  }

  /** The keys hit most, by hits that are certainly theirs; rates since the last call.
   * @param now  ms, of a clock that nobody sets back */
  rows(now: number): readonly CountRow[] {
    const seconds = Math.max(now - this.#lastAt, 1) / 1000;
    const counts = [...this.#counters].map(
      ([name, { count, error }]) => [name, count - error] as const,
    );
    const rows = counts
      .filter(([, count]) => count > 0)
      .sort((a, b) => b[1] - a[1])
      .slice(0, TOP)
      .map(([name, count]) => {
        const before = this.#last.get(name);
        // Of a key that is new here, nothing is known of the time before.
        const perSecond =
          Math.max(count - (before ?? (this.#lastAt === 0 ? count : 0)), 0) / seconds;
        return { name: keyName(name), count, perSecond: short(perSecond) };
      });
    this.#last = new Map(counts);
    this.#lastAt = now;
    return rows;
  }

  /** Forgets all. */
  clear(): void {
    this.#counters = new Map();
    this.#byCount = new Map();
    this.#last = new Map();
    this.#least = 0;
    this.#lastAt = 0;
  }

  #replace(key: string): void {
    const count = this.#least;
    const [loser] = this.#byCount.get(count)!;
    this.#counters.delete(loser!);
    this.#counters.set(key, { count: count + 1, error: count });
    this.#byCount.get(count)!.delete(loser!);
    this.#place(key, count + 1);
    this.#leave(count);
  }

  #move(key: string, from: number, to: number): void {
    this.#byCount.get(from)!.delete(key);
    this.#place(key, to);
    this.#leave(from);
  }

  #place(key: string, count: number): void {
    const same = this.#byCount.get(count);
    if (same === undefined) this.#byCount.set(count, new Set([key]));
    else same.add(key);
  }

  // Whoever left the least count went one further: so that is the least now.
  #leave(count: number): void {
    if (this.#byCount.get(count)!.size > 0) return;
    this.#byCount.delete(count);
    if (count === this.#least) this.#least = count + 1;
  }
}
