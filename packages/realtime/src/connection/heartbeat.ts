// Signs of life of many connections by one timer: a wheel with a slot per tick, each connection in one slot.
// Invariant: each is beaten once per period, and one that was not touched within the deadline after a beat expires. The
// timer runs only while there is somebody, and never keeps the process alive.

/** One whose life is watched. */
export interface Beating {
  /** Asks for a sign of life, or gives one. Must not throw. */
  beat(): void;
  /** Gave no sign within the deadline; undefined: none is expected. Called once, after which it is no longer watched. */
  readonly expire?: (() => void) | undefined;
}

/** One that is watched. */
export interface Watched {
  /** It gave a sign of life. */
  touch(): void;
  /** Ends the watch. Idempotent. */
  remove(): void;
}

/** How often, in ms. */
export interface HeartbeatOptions {
  readonly period: number;
  /** How long after a beat a sign may take; at most a period. Default: 10000, or the period if that is shorter. */
  readonly deadline?: number | undefined;
}

interface Entry extends Watched {
  readonly beating: Beating;
  isAwaited: boolean;
}

/** The longest tick: how far a beat may be off. */
const TICK = 1_000;

export class Heartbeat {
  readonly #slots: Set<Entry>[];
  readonly #tick: number;
  /** Ticks from the beat to the check. */
  readonly #delay: number;
  #size = 0;
  /** The slot that the next one gets: they are spread evenly, however many come at once. */
  #next = 0;
  #now = 0;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ period, deadline = 10_000 }: HeartbeatOptions) {
    const count = Math.max(2, Math.ceil(period / TICK));
    this.#tick = period / count;
    this.#delay = Math.max(1, Math.min(count - 1, Math.ceil(deadline / this.#tick)));
    this.#slots = Array.from({ length: count }, () => new Set());
  }

  /** How many are watched. */
  get size(): number {
    return this.#size;
  }

  add(beating: Beating): Watched {
    const slot = this.#slots[this.#next]!;
    this.#next = (this.#next + 1) % this.#slots.length;
    const entry: Entry = {
      beating,
      isAwaited: false,
      touch: () => {
        entry.isAwaited = false;
      },
      remove: () => {
        if (!slot.delete(entry)) return;
        this.#size--;
        if (this.#size === 0) this.close();
      },
    };
    slot.add(entry);
    this.#size++;
    if (this.#timer === undefined) this.#start();
    return entry;
  }

  /** Stops the timer. The next `add` starts it again. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#turn(), this.#tick);
    this.#timer.unref();
  }

  #turn(): void {
    const now = performance.now();
    // A process that was held up has not read the answers yet, which are there: nobody expires by that.
    const isLate = now - this.#last > 2 * this.#tick;
    this.#last = now;
    const count = this.#slots.length;
    this.#now = (this.#now + 1) % count;
    if (!isLate) {
      for (const entry of this.#slots[(this.#now - this.#delay + count) % count]!) {
        if (!entry.isAwaited) continue;
        entry.remove();
        entry.beating.expire?.();
      }
    }
    for (const entry of this.#slots[this.#now]!) {
      entry.isAwaited = entry.beating.expire !== undefined;
      entry.beating.beat();
    }
  }
}
