// A queue of writes that a tier takes later, in batches: one value per id, bounded in entries and bytes.
// Invariant: the last value put for an id is the last one flushed; at most one flush is under way; what waits or is being
// flushed is what `peek` gives, so a reader never misses a write that was accepted. A batch whose flush fails is kept for
// one more attempt, then dropped. How long a flush may take is for whoever gives `flush` to bound.

/** Bounds of a queue, and where it goes. */
export interface WriteBehindOptions<V> {
  /** Default: 10_000. */
  readonly maxEntries?: number | undefined;
  /** Bytes of ids and values, those being flushed included. Default: 8 MiB. */
  readonly maxBytes?: number | undefined;
  /** ms from the first write to the flush. Default: 20. */
  readonly interval?: number | undefined;
  /** Entries of one flush; as many waiting begin one at once. Default: 500. */
  readonly maxBatch?: number | undefined;
  /** Bytes of a value: O(1), and always the same for one value. */
  readonly sizeOf: (value: V) => number;
  /** Rejects when nothing of the batch is to be taken as written. */
  readonly flush: (batch: readonly (readonly [id: string, value: V])[]) => Promise<void>;
  /** Told of each write that was given up while the queue is open, and of which nothing newer waits: the tier keeps what it
   * was to replace. Must not throw. */
  readonly onDrop?: ((id: string, value: V) => void) | undefined;
}

/** A batch may take this share of the bytes at most, so that a slow flush does not crowd out what comes meanwhile. */
const BATCH_SHARE = 0.25;

/** Queues writes. `V` must not include undefined. */
export class WriteBehind<V> {
  readonly #options: WriteBehindOptions<V>;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #maxBatch: number;
  readonly #interval: number;
  readonly #waiting = new Map<string, V>();
  /** Kept, for a new one would step over all that has left the front since the Map last grew: 5 microseconds a put. */
  #ids: Iterator<string, undefined> = this.#waiting.keys();
  /** What it gave last; all that wait came after it. */
  #front: string | undefined;
  /** Being flushed, or kept for its second attempt. */
  #batch: Map<string, V> = new Map();
  #batchBytes = 0;
  #hasFailed = false;
  #bytes = 0;
  #dropped = 0;
  /** Writes accepted and then given up: those of `dropped`, less what was never accepted. */
  #lost = 0;
  /** Entries that have left the front of the queue, ever; and how many had when a batch last ended. */
  #left = 0;
  #settled = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #flushing: Promise<void> | undefined;
  #closed = false;

  constructor(options: WriteBehindOptions<V>) {
    this.#options = options;
    this.#maxEntries = options.maxEntries ?? 10_000;
    this.#maxBytes = options.maxBytes ?? 8 * 1024 * 1024;
    this.#maxBatch = options.maxBatch ?? 500;
    this.#interval = options.interval ?? 20;
  }

  /** Entries that wait or are being flushed. */
  get size(): number {
    return this.#waiting.size + this.#batch.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Writes given up: the queue was full or closed, or the tier did not take them twice. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Accepts a write; beyond the bounds the oldest is dropped. HOT: each write of a tier
   * @returns false when this very write was dropped */
  put(id: string, value: V): boolean {
    const bytes = this.#sizeOf(id, value);
    if (this.#closed || bytes > this.#maxBytes) {
      this.forget(id);
      this.#dropped += 1;
      this.#tell(id, value);
      return false;
    }
    const before = this.#waiting.get(id);
    // Keeps its place: an id that is written all the time must not be put off all the time.
    this.#waiting.set(id, value);
    this.#bytes += before === undefined ? bytes : bytes - this.#sizeOf(id, before);
    if (this.#bytes > this.#maxBytes || this.size > this.#maxEntries) this.#makeRoom();
    if (this.#waiting.size >= this.#maxBatch) this.#flushSoon();
    else if (this.#timer === undefined) this.#flushLater();
    return this.#waiting.has(id);
  }

  /** The value that was put last, while it waits or is being flushed. */
  peek(id: string): V | undefined {
    const value = this.#waiting.get(id);
    return value === undefined ? this.#batch.get(id) : value;
  }

  /** Takes back a write. One that is being flushed goes on, but `peek` no longer gives it.
   * @returns whether there was one */
  forget(id: string): boolean {
    const value = this.#batch.get(id);
    if (value !== undefined) {
      const bytes = this.#sizeOf(id, value);
      this.#batch.delete(id);
      this.#batchBytes -= bytes;
      this.#bytes -= bytes;
    }
    return this.#take(id) || value !== undefined;
  }

  /** Flushes what is there now, at once; what comes meanwhile may wait. Never rejects.
   * @param timeout  ms
   * @returns whether all of it was written: false when time was over, or a write was given up meanwhile */
  async drain(timeout: number): Promise<boolean> {
    const end = performance.now() + timeout;
    const last = this.#left + this.#waiting.size;
    const lost = this.#lost;
    // One that was forgotten is waited for in vain, but for no longer than the queue has any.
    while (this.size > 0 && this.#settled < last) {
      const left = end - performance.now();
      if (left <= 0 || this.#closed) return false;
      await within(this.#flushing ?? this.#flush(), left);
    }
    return this.#lost === lost;
  }

  /** Drops what waits; `drain` before. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#stopTimers();
    this.#lose(this.#waiting.size);
    this.#waiting.clear();
    this.#bytes = this.#batchBytes;
    if (this.#flushing === undefined) this.#giveUp();
  }

  #sizeOf(id: string, value: V): number {
    return id.length + this.#options.sizeOf(value);
  }

  #take(id: string): boolean {
    const value = this.#waiting.get(id);
    if (value === undefined) return false;
    this.#waiting.delete(id);
    this.#bytes -= this.#sizeOf(id, value);
    return true;
  }

  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes || this.size > this.#maxEntries) {
      const id = this.#oldestId();
      if (id === undefined) return;
      const value = this.#waiting.get(id);
      this.#take(id);
      this.#left += 1;
      this.#lose(1);
      if (value !== undefined) this.#tell(id, value);
    }
  }

  #oldestId(): string | undefined {
    if (this.#front !== undefined && this.#waiting.has(this.#front)) return this.#front;
    let next = this.#ids.next();
    if (next.done === true) {
      // An iterator that has come to the end stays there.
      this.#ids = this.#waiting.keys();
      next = this.#ids.next();
    }
    this.#front = next.value;
    return this.#front;
  }

  #lose(writes: number): void {
    this.#dropped += writes;
    this.#lost += writes;
  }

  #flushLater(): void {
    this.#timer = setTimeout(() => {
      // It may fire while a flush is under way: then that one sets the next.
      this.#timer = undefined;
      void this.#flush();
    }, this.#interval);
    this.#timer.unref();
  }

  // Not within put: its caller should not pay for building the batch. And never unref'd: such an immediate lets the loop
  // sleep until something else wakes it.
  #flushSoon(): void {
    if (this.#immediate !== undefined || this.#flushing !== undefined || this.#hasFailed) return;
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined;
      void this.#flush();
    });
  }

  #stopTimers(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#flushOnce().finally(() => {
      this.#flushing = undefined;
      if (this.#closed) this.#giveUp();
      else if (this.#waiting.size >= this.#maxBatch && !this.#hasFailed) this.#flushSoon();
      else if (this.size > 0 && this.#timer === undefined) this.#flushLater();
    });
    return this.#flushing;
  }

  async #flushOnce(): Promise<void> {
    this.#stopTimers();
    if (this.#batch.size === 0) this.#fill();
    if (this.#batch.size === 0) return;
    try {
      await this.#options.flush([...this.#batch]);
      this.#forgetBatch();
    } catch {
      // Why it failed is the guard's to count and to show; here it decides only whether there is another attempt.
      if (this.#hasFailed) this.#giveUp();
      else this.#hasFailed = true;
    }
  }

  /** Moves the oldest that wait into the batch. */
  #fill(): void {
    while (this.#batch.size < this.#maxBatch) {
      const id = this.#oldestId();
      if (id === undefined) return;
      const value = this.#waiting.get(id) as V;
      const bytes = this.#sizeOf(id, value);
      if (this.#batch.size > 0 && this.#batchBytes + bytes > this.#maxBytes * BATCH_SHARE) return;
      this.#batch.set(id, value);
      this.#batchBytes += bytes;
      this.#waiting.delete(id);
      this.#left += 1;
    }
  }

  #giveUp(): void {
    const given = this.#batch;
    this.#lose(given.size);
    this.#forgetBatch();
    for (const [id, value] of given) this.#tell(id, value);
  }

  #tell(id: string, value: V): void {
    if (!this.#closed && this.peek(id) === undefined) this.#options.onDrop?.(id, value);
  }

  #forgetBatch(): void {
    this.#settled = this.#left;
    this.#bytes -= this.#batchBytes;
    this.#batchBytes = 0;
    this.#batch = new Map();
    this.#hasFailed = false;
  }
}

/** Waits for a promise that does not reject, or until time is over. */
function within(promise: Promise<void>, timeout: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeout);
    void promise.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
