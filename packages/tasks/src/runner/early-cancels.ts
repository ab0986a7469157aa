// Cancels that came while no attempt could hear of them: the job was just taken, or between two attempts.
// Invariant: bounded. A cancel is noted until its job is taken here, or has ended anywhere: a job that somebody retries by hand
// after that is another matter.

/** More are not remembered: the oldest goes. */
const MAX_NOTED = 10_000;

export class EarlyCancels {
  readonly #reasons = new Map<string, string>();

  /** Keeps a cancel for the next attempt of a job; the first reason stays. */
  note(id: string, reason: string): void {
    if (this.#reasons.has(id)) return;
    if (this.#reasons.size >= MAX_NOTED) {
      const [oldest] = this.#reasons.keys();
      this.#reasons.delete(oldest!);
    }
    this.#reasons.set(id, reason);
  }

  /** Gives the reason, once; undefined when there is none. HOT: benchmarks/tasks */
  take(id: string): string | undefined {
    if (this.#reasons.size === 0) return undefined;
    const reason = this.#reasons.get(id);
    this.#reasons.delete(id);
    return reason;
  }

  /** The job has ended. HOT: benchmarks/tasks */
  forget(id: string): void {
    if (this.#reasons.size > 0) this.#reasons.delete(id);
  }
}
