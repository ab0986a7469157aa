// Two snapshots that tables look at, ten to twenty seconds apart, so that rates are steady and rows do not jump.
// Invariant: only while somebody watches; three snapshots are kept at most.
import type { Snapshot } from '../snapshot/snapshot.ts';

/** How long a snapshot is looked back at, ms. */
const SPAN = 10_000;

/** A look at an application: now, and some seconds before. */
export interface Pair {
  /** undefined: now is all that is known. */
  readonly before: Snapshot | undefined;
  readonly now: Snapshot;
}

/** Keeps what tables look back at. */
export class Window {
  #before: Snapshot | undefined;
  #next: Snapshot | undefined;
  #now: Snapshot | undefined;

  /** What was put in last, and before; undefined: nothing was. */
  get pair(): Pair | undefined {
    return this.#now && { before: this.#before, now: this.#now };
  }

  /** Puts a snapshot in.
   * @returns the one that was put in before it */
  put(now: Snapshot): Snapshot | undefined {
    const last = this.#now;
    if (this.#next === undefined) this.#next = now;
    else if (this.#before === undefined) this.#before = this.#next;
    if (this.#before !== undefined && now.process.uptimeMs - this.#next.process.uptimeMs >= SPAN) {
      this.#before = this.#next;
      this.#next = now;
    }
    this.#now = now;
    return last;
  }

  /** Forgets all. */
  clear(): void {
    this.#before = undefined;
    this.#next = undefined;
    this.#now = undefined;
  }
}
