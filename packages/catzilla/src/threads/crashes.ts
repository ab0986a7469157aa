// When threads that ended by themselves are started again, and when no more: a fault that comes back at once must not become a
// loop, and one that comes once a day must not end the process.

/** How many within WINDOW are too many. */
export const MOST = 5;
/** Over how long they are counted, ms. */
export const WINDOW = 60_000;
/** Wait before the first restart, ms; doubled by each further crash of the window. */
const FIRST_WAIT = 100;

/** Counts crashes of all threads together. */
export class Crashes {
  readonly #times: number[] = [];
  readonly #now: () => number;

  /** @param now  a clock that never goes back, ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Notes one.
   * @returns ms to wait before the restart; false: there were too many, give up */
  note(): number | false {
    const now = this.#now();
    const isOld = (time: number): boolean => now - time >= WINDOW;
    while (this.#times.length > 0 && isOld(this.#times[0]!)) this.#times.shift();
    this.#times.push(now);
    const { length } = this.#times;
    return length >= MOST ? false : FIRST_WAIT * 2 ** (length - 1);
  }
}
