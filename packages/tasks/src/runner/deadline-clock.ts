// One timer for the deadlines of all attempts of a queue.
// Invariant: nothing that is due waits longer than a timer does. A job that ends in time costs no timer: the clock is set for the
// earliest deadline that was asked for, and looks, once that has come, which attempts are still there.

/** Something that has a deadline. */
export interface Timed {
  /** In ms of performance.now(); Infinity: none. */
  readonly due: number;
  /** Called once it is due; gives itself a new deadline, or none. */
  tick(): void;
}

// Longer timers fire at once in Node.
const LONGEST_TIMER = 2 ** 31 - 1;
/** Timers of Node may fire so many ms early. */
const EARLY = 1;

export class DeadlineClock {
  readonly #timed: () => Iterable<Timed>;
  #timer: NodeJS.Timeout | undefined;
  #setFor = Infinity;

  /** @param timed  all that may be due, asked for at every look */
  constructor(timed: () => Iterable<Timed>) {
    this.#timed = timed;
  }

  /** Looks at the latest when this is due. HOT: benchmarks/tasks */
  expect(due: number): void {
    if (due >= this.#setFor) return;
    this.#setFor = due;
    clearTimeout(this.#timer);
    const wait = Math.min(Math.max(due - performance.now(), 0), LONGEST_TIMER);
    this.#timer = setTimeout(look, wait, this).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#setFor = Infinity;
  }

  /** For the timer alone. */
  look(): void {
    this.#setFor = Infinity;
    const now = performance.now() + EARLY;
    const due: Timed[] = [];
    for (const each of this.#timed()) if (each.due <= now) due.push(each);
    for (const each of due) each.tick();
    let next = Infinity;
    for (const each of this.#timed()) next = Math.min(next, each.due);
    this.expect(next);
  }
}

function look(clock: DeadlineClock): void {
  clock.look();
}
