// The engine's clock, read once a ms: a near-cache hit checks an expiry without a native call.
// Invariant: a cached time is dropped after 1 ms of event loop and after 64 uses, so that a value is
// late by one synchronous stretch at most, and never early. Times are whole ms since the clock was
// made, small integers for V8: it compares them without a load from the heap.
import { clearTimeout, setTimeout } from 'node:timers';

const USES = 64;

/** The end of what never ends. */
export const NEVER = 0x7fffffff;
/** The last time this clock shows, after 24 days; what ends later is checked by the source itself. */
const LAST = NEVER - 1;

/** A clock in ms that calls its source seldom. */
export class CachedClock {
  readonly #source: () => number;
  readonly #start: number;
  #now = 0;
  #usesLeft = 0;
  #timer: NodeJS.Timeout | undefined;
  #isArmed = false;

  constructor(source: () => number) {
    this.#source = source;
    this.#start = source();
  }

  /** A time of the source as a small integer, for `isBefore`. */
  deadline(expiresAt: number): number {
    if (expiresAt === Infinity) return NEVER;
    return Math.max(-LAST, Math.min(LAST, expiresAt - this.#start)) | 0;
  }

  // HOT: benchmarks/engine
  /** Whether it is not yet `expiresAt`, of which `deadline` is the small integer. */
  isBefore(deadline: number, expiresAt: number): boolean {
    if (this.#usesLeft-- <= 0) this.#read();
    return this.#now < deadline || (deadline === LAST && this.#source() < expiresAt);
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

  #read(): void {
    this.#usesLeft = USES - 1;
    this.#now = Math.max(-LAST, Math.min(LAST, this.#source() - this.#start)) | 0;
    if (this.#isArmed) return;
    this.#isArmed = true;
    if (this.#timer !== undefined) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#isArmed = false;
      this.#usesLeft = 0;
    }, 1).unref();
  }
}
