// Asking what may take its time, as a server far away does.
// Invariant: nobody waits longer than the deadline, and nothing is asked again before it has answered: what hangs is not made worse.

/** Something that is asked again and again. */
export class InTime<T> {
  readonly #deadline: number;
  #last: T | undefined;
  #pending: Promise<void> | undefined;

  /** @param deadline  how long an answer is waited for, ms */
  constructor(deadline: number) {
    this.#deadline = deadline;
  }

  /** Whether it has not answered yet. */
  get isLate(): boolean {
    return this.#pending !== undefined;
  }

  /** What it says, or, where that takes too long, what it said last. Never rejects.
   * @param failed  told what it threw; gives what stands in the place of an answer */
  async ask(
    read: () => Promise<T>,
    failed: (error: unknown, last: T | undefined) => T | undefined,
  ): Promise<T | undefined> {
    this.#pending ??= this.#read(read, failed);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#deadline).unref();
    });
    await Promise.race([this.#pending, late]);
    clearTimeout(timer);
    return this.#last;
  }

  async #read(
    read: () => Promise<T>,
    failed: (error: unknown, last: T | undefined) => T | undefined,
  ): Promise<void> {
    try {
      this.#last = await read();
    } catch (error) {
      this.#last = failed(error, this.#last);
    } finally {
      this.#pending = undefined;
    }
  }
}
