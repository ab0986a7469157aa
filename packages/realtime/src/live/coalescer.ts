// Collects what is invalidated, and tells it: at once where nothing was told of late, else together with all that comes within
// the window.
// Invariant: what was noted is told at most one window later; while nothing is noted there is no timer.
import { Changes } from './message.ts';
import type { LiveMessage } from './message.ts';

/** ms between two messages. */
const WINDOW = 10;

/** Tells changes, a few at a time. */
export class Coalescer {
  readonly #tell: (message: LiveMessage) => void;
  #changes = new Changes();
  #timer: NodeJS.Timeout | undefined;

  /** @param tell  must not throw */
  constructor(tell: (message: LiveMessage) => void) {
    this.#tell = tell;
  }

  /** Takes changes in.
   * @param add  adds them; it may add none */
  note(add: (changes: Changes) => void): void {
    add(this.#changes);
    if (this.#timer === undefined) this.#flush();
  }

  /** Tells what is left, and ends. Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
    this.#flush();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#changes.isEmpty) return;
    const message = this.#changes.message(Date.now());
    this.#changes = new Changes();
    this.#timer = setTimeout(() => this.#flush(), WINDOW);
    this.#timer.unref();
    this.#tell(message);
  }
}
