// How often something happened in the last minute: a counter for each second, in a ring.
// Invariant: counting is O(1) but for seconds that were skipped, at most 60 of them; nothing grows.

const SECONDS = 60;

/** Counts over the last 60 s. */
export class Rate {
  readonly #ring = new Uint32Array(SECONDS);
  readonly #begun: number;
  #second: number;
  #sum = 0;

  /** @param now  monotonic ms, as in every call */
  constructor(now: number) {
    this.#begun = now;
    this.#second = Math.floor(now / 1000);
  }

  /** HOT: benchmarks/tasks */
  add(now: number): void {
    this.#turn(now);
    this.#ring[this.#second % SECONDS]! += 1;
    this.#sum += 1;
  }

  /** Per second, over the last minute, or since the start where that is less (but at least a second). */
  perSecond(now: number): number {
    this.#turn(now);
    return this.#sum / Math.min(SECONDS, Math.max(1, (now - this.#begun) / 1000));
  }

  #turn(now: number): void {
    const second = Math.floor(now / 1000);
    const passed = Math.min(second - this.#second, SECONDS);
    for (let i = 1; i <= passed; i += 1) {
      const slot = (this.#second + i) % SECONDS;
      this.#sum -= this.#ring[slot]!;
      this.#ring[slot] = 0;
    }
    if (passed > 0) this.#second = second;
  }
}
