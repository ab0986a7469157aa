// Appends on their way to the log, answered in the order in which they were sent.
// Invariant: each settles within the deadline, and what is still unanswered then counts against `maxInFlight` until the log has
// taken it: a thread that hangs cannot make us queue more than that for it.

/** One append. */
interface Sent {
  readonly due: number;
  readonly resolve: (sequence: number) => void;
  readonly reject: (cause: Error) => void;
  isOver: boolean;
}

/** What appends need of their bus. */
export interface AppendsHost {
  /** ms */
  readonly deadline: number;
  readonly maxInFlight: number;
  /** Somebody waits for an answer, or nobody does any more. */
  readonly onWait: (isWaited: boolean) => void;
  /** None came in time. */
  readonly onLate: (error: Error) => void;
}

export class Appends {
  readonly #host: AppendsHost;
  /** In the order in which they were sent. */
  readonly #sent = new Map<number, Sent>();
  #count = 0;
  /** Those who wait for an answer. */
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #onIdle: (() => void) | undefined;

  constructor(host: AppendsHost) {
    this.#host = host;
  }

  /** Notes one that is about to be sent.
   * @returns its sequence
   * @throws (rejects) why it has none */
  add(): Promise<number> {
    const { deadline, onWait } = this.#host;
    return new Promise((resolve, reject) => {
      const due = performance.now() + deadline;
      this.#sent.set(++this.#count, { due, resolve, reject, isOver: false });
      if (++this.#waiting === 1) onWait(true);
      this.#watch(deadline);
    });
  }

  /** @throws Error when too many are unanswered */
  admit(): void {
    const { maxInFlight } = this.#host;
    if (this.#sent.size >= maxInFlight) throw new Error(`${maxInFlight} appends are under way`);
  }

  /** The log has taken the oldest ones. */
  answer(sequences: readonly number[]): void {
    const oldest = this.#sent.entries();
    for (const sequence of sequences) {
      const [number, sent] = oldest.next().value!;
      this.#sent.delete(number);
      this.#settle(sent, () => sent.resolve(sequence));
    }
  }

  /** Nobody will answer. */
  fail(cause: Error): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#sent.values()];
    this.#sent.clear();
    for (const sent of all) this.#settle(sent, () => sent.reject(cause));
  }

  /** Resolves when nobody waits for an answer, so within the deadline. */
  idle(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #settle(sent: Sent, how: () => void): void {
    if (sent.isOver) return;
    sent.isOver = true;
    how();
    if (--this.#waiting > 0) return;
    this.#host.onWait(false);
    this.#onIdle?.();
  }

  // One timer for all: they become due in their order.
  #watch(wait: number): void {
    // When this thread was busy, timers run before the answers that have come meanwhile are read: those count.
    this.#timer ??= setTimeout(() => setImmediate(() => this.#look()), wait).unref();
  }

  #look(): void {
    if (this.#timer === undefined) return;
    this.#timer = undefined;
    const now = performance.now();
    const error = new Error(`no answer within ${this.#host.deadline} ms`);
    for (const sent of this.#sent.values()) {
      if (sent.isOver) continue;
      if (sent.due > now) {
        this.#watch(sent.due - now);
        return;
      }
      this.#host.onLate(error);
      this.#settle(sent, () => sent.reject(error));
    }
  }
}
