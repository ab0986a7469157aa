// When to try again to write to a disk without room: by a timer that waits longer each time, or with an enqueue that comes meanwhile.
// Invariant: between two attempts there are at least PAUSE ms; the timer keeps no process alive.

/** ms. */
const PAUSE = 100;
/** Longest pause of the timer, ms. */
const PAUSE_MAX = 5_000;

export class Probe {
  readonly #attempt: () => void;
  #timer: NodeJS.Timeout | undefined;
  #pause = PAUSE;
  #last = -Infinity;

  /** @param attempt  called by the timer: writes something */
  constructor(attempt: () => void) {
    this.#attempt = attempt;
  }

  /** Whether an attempt may be made now. */
  get isDue(): boolean {
    return performance.now() - this.#last >= PAUSE;
  }

  /** Notes that something is being written. */
  began(): void {
    this.#last = performance.now();
  }

  /** There was no room. */
  failed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#attempt, this.#pause).unref();
    this.#pause = Math.min(this.#pause * 2, PAUSE_MAX);
  }

  /** There is room, or nobody asks any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#pause = PAUSE;
  }
}
