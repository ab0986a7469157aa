// The engine's clock, read once a ms: a near-cache hit checks an expiry without a native call.
// Invariant: a cached time is dropped after 1 ms of event loop and after 64 uses, so that a value is
// late by one synchronous stretch at most, and never early.
import { clearTimeout, setTimeout } from 'node:timers';

const USES = 64;

/** A clock in ms that calls its source seldom. */
export class CachedClock {
  readonly #source: () => number;
  #now = 0;
  #usesLeft = 0;
  #timer: NodeJS.Timeout | undefined;
  #isArmed = false;

  constructor(source: () => number) {
    this.#source = source;
  }

  // HOT: benchmarks/engine
  now(): number {
    if (this.#usesLeft > 0) {
      this.#usesLeft--;
      return this.#now;
    }
    return this.#read();
  }

  /** The next use asks the source. */
  drop(): void {
    this.#usesLeft = 0;
  }

  close(): void {
    this.drop();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isArmed = false;
  }

  #read(): number {
    this.#usesLeft = USES - 1;
    if (!this.#isArmed) {
      this.#isArmed = true;
      if (this.#timer !== undefined) this.#timer.refresh();
      else {
        this.#timer = setTimeout(() => {
          this.#isArmed = false;
          this.#usesLeft = 0;
        }, 1).unref();
      }
    }
    this.#now = this.#source();
    return this.#now;
  }
}
