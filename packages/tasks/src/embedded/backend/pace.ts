// Lets the event loop turn while workers are busy. On Redis every job waits for a reply, and so for the loop; here a worker with quick
// jobs would run them all in one go, and timers, requests and signals of the process would wait for the last.
// Invariant: after SLICE ms of jobs without a turn of the loop, whoever takes another job waits for that turn.
import { setImmediate } from 'node:timers';

/** ms. */
const SLICE = 1;

export class Pace {
  #startedAt = -1;
  #turn: Promise<void> | undefined;
  #endTurn: (() => void) | undefined;

  /** Called with every job that is given out.
   * @returns what to wait for first; undefined: nothing */
  take(): Promise<void> | undefined {
    if (this.#startedAt === -1) {
      this.#startedAt = performance.now();
      setImmediate(this.#turned);
      return undefined;
    }
    if (this.#turn === undefined) {
      if (performance.now() - this.#startedAt < SLICE) return undefined;
      this.#turn = new Promise((resolve) => {
        this.#endTurn = resolve;
      });
    }
    return this.#turn;
  }

  readonly #turned = (): void => {
    this.#startedAt = -1;
    this.#endTurn?.();
    this.#turn = undefined;
    this.#endTurn = undefined;
  };
}
