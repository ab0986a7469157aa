// How far the log of invalidations has been heard, noted now and then beside what outlives this process.
// Invariant: a place is noted only once everything heard until there has reached the disk; noting too little only repeats.
import type { Core } from './core.ts';

const NOTE_EVERY = 1000;

/** Notes places in the log. */
export class LogNotes {
  readonly #core: Core;
  #position: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** All messages until this position were applied, or are on their way to the disk. */
  heard(position: string): void {
    this.#position = position;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.write();
    }, NOTE_EVERY).unref();
  }

  /** Notes the place. Never rejects. */
  async write(): Promise<void> {
    const position = this.#position;
    const { memory, disk, pending, settings, isClosed } = this.#core;
    if (position === undefined || isClosed) return;
    if (memory.outlives) memory.note = position;
    if (disk === undefined) return;
    // Until then the note says from where the log has still to be replayed onto it.
    if (!disk.isLive) return this.heard(position);
    await Promise.allSettled(pending);
    if (await disk.queue.drain(settings.deadline.disk)) disk.store.note = position;
  }

  /** Ends it; called once the queues are drained. What closes now and then would otherwise have nothing to begin from. */
  close(): void {
    clearTimeout(this.#timer);
    const { memory, disk, pending } = this.#core;
    if (this.#position === undefined) return;
    if (memory.outlives) memory.note = this.#position;
    // A change that is still on its way to the disk, or never reached it, must be heard again.
    if (disk?.isLive === true && disk.queue.size === 0 && pending.size === 0) {
      disk.store.note = this.#position;
    }
  }
}
