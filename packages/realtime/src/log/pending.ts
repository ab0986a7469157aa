// Messages that the bus has not taken: appended again, in their order, under the same name, until it takes them.
// Invariant: bounded by count and bytes; above that the oldest are given up, and so is at once what is too long for the bus.
// One attempt at a time, of a few messages, with a pause after a failure; nothing here keeps the process alive.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RingBounds } from './ring.ts';

/** One that waits. */
export interface PendingMessage {
  readonly name: string;
  readonly payload: string;
}

/** Appends to the bus. Rejects when it was not taken, or nobody knows. */
export type Append = (message: PendingMessage) => Promise<unknown>;

/** Messages of one attempt: enough that the way to the server costs little, few enough that their order holds. */
const BATCH = 64;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;
const LAST_ATTEMPT = 1_000;

export class Pending {
  readonly #append: Append;
  readonly #bounds: RingBounds;
  readonly #onGivenUp: (message: PendingMessage) => void;
  readonly #messages = new Map<string, PendingMessage>();
  readonly #closed = new AbortController();
  #bytes = 0;
  #isRunning = false;
  #wake: AbortController | undefined;

  constructor(append: Append, bounds: RingBounds, onGivenUp: (message: PendingMessage) => void) {
    this.#append = append;
    this.#bounds = bounds;
    this.#onGivenUp = onGivenUp;
  }

  get size(): number {
    return this.#messages.size;
  }

  add(message: PendingMessage): void {
    this.#messages.set(message.name, message);
    this.#bytes += message.payload.length;
    const { max, maxBytes } = this.#bounds;
    for (const oldest of this.#messages.values()) {
      if (this.size <= max && (this.#bytes <= maxBytes || this.size === 1)) break;
      this.delete(oldest.name);
      this.#onGivenUp(oldest);
    }
    if (!this.#isRunning) void this.#run();
  }

  /** It was taken after all.
   * @returns whether it was waiting */
  delete(name: string): boolean {
    const message = this.#messages.get(name);
    if (message === undefined) return false;
    this.#messages.delete(name);
    this.#bytes -= message.payload.length;
    return true;
  }

  /** The bus is there again: tries at once. */
  wake(): void {
    this.#wake?.abort();
  }

  /** One last attempt for all that wait, and no more; at most a second long. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.wake();
    const attempts = [...this.#messages.values()].map((message) => this.#try(message));
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise((resolve) => (timer = setTimeout(resolve, LAST_ATTEMPT)));
    await Promise.race([Promise.all(attempts), end]);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let pause = FIRST_PAUSE;
    while (this.size > 0 && !this.#closed.signal.aborted) {
      const batch = [...this.#messages.values()].slice(0, BATCH);
      const taken = await Promise.all(batch.map((message) => this.#try(message)));
      if (taken.every(Boolean)) {
        pause = FIRST_PAUSE;
        continue;
      }
      await this.#rest(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
    this.#isRunning = false;
  }

  async #try(message: PendingMessage): Promise<boolean> {
    try {
      await this.#append(message);
      this.delete(message.name);
      return true;
    } catch (error) {
      // It waits on: what is wrong with the bus is in the bus's own health.
      if ((error as { code?: unknown }).code !== 'CATZ_BUS_SIZE') return false;
      // That it will say each time, and all others would wait behind it.
      if (this.delete(message.name)) this.#onGivenUp(message);
      return true;
    }
  }

  async #rest(pause: number): Promise<void> {
    this.#wake = new AbortController();
    await sleep(pause, undefined, { ref: false, signal: this.#wake.signal }).catch(() => undefined);
    this.#wake = undefined;
  }
}
