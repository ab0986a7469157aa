// How many jobs of a queue run at once: between min and max, and beside them those whose handlers were abandoned.
// Invariant: the worker has as many slots as the concurrency of now, and one more for each abandoned handler: its job stays active,
// so that nobody can begin it again. More of these than max, and the worker takes nothing until some have settled.
import type { ConcurrencyRange } from '../define/types.ts';
import { isBusy, nextConcurrency } from './scaling.ts';

/** As much of BullMQ's worker as is used here. */
export interface SlotWorker {
  concurrency: number;
  pause(doNotWaitActive: boolean): Promise<void>;
  resume(): Promise<void>;
}

/** What a look at the slots is told. */
export interface Surroundings {
  /** p99 of the event loop's delay, in ms. */
  readonly loopDelay: number;
  readonly isUnderPressure: boolean;
  /** Whether jobs wait; asked only while all slots are busy. */
  hasBacklog(): Promise<boolean>;
}

export class Slots {
  readonly #worker: SlotWorker;
  readonly #range: ConcurrencyRange;
  readonly #onError: (error: unknown) => void;
  #now: number;
  #abandoned = 0;
  // The most that ran at once since the last look.
  #peak = 0;
  #lastActive = performance.now();
  #isPaused = false;
  #isSaturated = false;
  #isLooking = false;
  #isClosed = false;

  constructor(worker: SlotWorker, range: ConcurrencyRange, onError: (error: unknown) => void) {
    this.#worker = worker;
    this.#range = range;
    this.#onError = onError;
    this.#now = range.min;
  }

  get now(): number {
    return this.#now;
  }

  /** Handlers that ignore their abort. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /** Whether too many are abandoned. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** An attempt began. */
  took(running: number): void {
    if (running > this.#peak) this.#peak = running;
  }

  /** An attempt ended. */
  freed(wasAbandoned: boolean): void {
    this.#lastActive = performance.now();
    if (!wasAbandoned) return;
    this.#abandoned -= 1;
    this.#apply();
  }

  /** The handler of an attempt was given up. */
  abandon(): void {
    this.#abandoned += 1;
    this.#apply();
  }

  /** Changes nothing any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Looks at the load, and goes up or down. While a look waits for its backend, there is no other: what it has seen would be
   * judged by slots that the other has changed.
   * @returns whether all slots have come to be in use at max while jobs wait; once until that is over */
  async look(runningNow: number, around: Surroundings): Promise<boolean> {
    if (this.#isClosed || this.#isPaused || this.#isLooking) return false;
    const running = Math.max(this.#peak, runningNow);
    this.#peak = runningNow;
    const hasBacklog = isBusy(this.#now, running) && (await this.#ask(around));
    const idle = running > 0 ? 0 : performance.now() - this.#lastActive;
    // Where it goes up only now, the new slots may take all that waits.
    const isFull = hasBacklog && this.#now === this.#range.max;
    const next = nextConcurrency(this.#now, this.#range, { ...around, running, hasBacklog, idle });
    if (next !== this.#now) {
      this.#now = next;
      this.#apply();
    }
    const wasSaturated = this.#isSaturated;
    this.#isSaturated = isFull && next === this.#range.max;
    return this.#isSaturated && !wasSaturated;
  }

  async #ask({ hasBacklog }: Surroundings): Promise<boolean> {
    this.#isLooking = true;
    try {
      return await hasBacklog();
    } finally {
      this.#isLooking = false;
    }
  }

  #apply(): void {
    if (this.#isClosed) return;
    const worker = this.#worker;
    const before = worker.concurrency;
    worker.concurrency = this.#now + this.#abandoned;
    if (this.#abandoned > this.#range.max) {
      this.#isPaused = true;
      worker.pause(true).catch(this.#onError);
    } else if (this.#isPaused) {
      this.#isPaused = false;
      worker.resume().catch(this.#onError);
    } else if (worker.concurrency > before) {
      // One whose slots are all in use waits for one of them to be free, and learns of a new one only when it is resumed.
      worker
        .pause(true)
        .then(() => (this.#isPaused ? undefined : worker.resume()))
        .catch(this.#onError);
    }
  }
}
