// Request collapsing: the first miss of a key fills it, the others wait for that fill and then look up again.
// Invariant: every fill that is opened is settled, by whatever ends its request; a settled fill frees all its waiters at
// once. Waiters look at the cache again; the outcome handed to them is only a hint not to queue a second time.
// A key whose answer could not be stored is marked for a while (hit-for-miss), so that nobody queues for nothing.
// Scope: one process; across instances it is tiers/fill-lock.ts. What waiters do next is left to hooks/miss.ts.

/** How a fill ended for those who waited. 'again': for a reason of its own request (credentials, an abort, a purge
 * meanwhile), so that the next one may well be stored, and it is worth waiting for. 'failed': the handler failed, and its
 * client was sent a stale response. */
export type FillOutcome = 'stored' | 'not-stored' | 'again' | 'failed' | 'timeout';

/** Settings of collapsing; durations in ms. */
export interface CollapseSettings {
  readonly timeout: number;
  readonly maxWaiters: number;
  readonly hitForMiss: number | false;
}

/** One handler run whose answer others may wait for. */
export interface OpenFill {
  readonly key: string;
  /** When its handler started, ms. */
  readonly started: number;
  waiters: number;
  /** Made by the first waiter; most fills never have one. */
  gate: Gate | undefined;
  timer: NodeJS.Timeout | undefined;
}

interface Gate {
  readonly promise: Promise<FillOutcome>;
  readonly resolve: (outcome: FillOutcome) => void;
}

/** Keys remembered as not storable. */
const MAX_MARKS = 4096;

/** The open fills of one scope. */
export class Collapser {
  readonly #settings: CollapseSettings;
  readonly #fills = new Map<string, OpenFill>();
  readonly #marks = new Map<string, number>();

  constructor(settings: CollapseSettings) {
    this.#settings = settings;
  }

  /** Opens a fill; undefined when one is open for the key, or the key is marked: then nobody may wait for this request. */
  open(key: string, now: number): OpenFill | undefined {
    const current = this.#fills.get(key);
    // An overdue fill is replaced: its waiters are gone, and it may hang for ever.
    if (current !== undefined && now - current.started < this.#settings.timeout) return undefined;
    if (this.isMarked(key, now)) return undefined;
    if (current !== undefined) this.settle(current, 'timeout');
    const fill: OpenFill = { key, started: now, waiters: 0, gate: undefined, timer: undefined };
    this.#fills.set(key, fill);
    return fill;
  }

  /** Waits for the open fill of a key.
   * @returns undefined when there is none worth waiting for: none open, overdue, or its queue is full */
  wait(key: string, now: number): Promise<FillOutcome> | undefined {
    const fill = this.#fills.get(key);
    if (fill === undefined || fill.waiters >= this.#settings.maxWaiters) return undefined;
    const left = this.#settings.timeout - (now - fill.started);
    if (left <= 0) return undefined;
    fill.waiters++;
    if (fill.gate === undefined) {
      fill.gate = makeGate();
      const { gate } = fill;
      fill.timer = setTimeout(() => gate.resolve('timeout'), left);
      fill.timer.unref();
    }
    return fill.gate.promise;
  }

  /** Ends a fill and frees its waiters; harmless when it has ended. */
  settle(fill: OpenFill, outcome: FillOutcome): void {
    if (this.#fills.get(fill.key) === fill) this.#fills.delete(fill.key);
    clearTimeout(fill.timer);
    fill.gate?.resolve(outcome);
  }

  /** Marks a key: for `hitForMiss` ms nobody waits for it. */
  mark(key: string, now: number): void {
    const { hitForMiss } = this.#settings;
    if (hitForMiss === false) return;
    this.#marks.delete(key);
    if (this.#marks.size >= MAX_MARKS) {
      for (const oldest of this.#marks.keys()) {
        this.#marks.delete(oldest);
        break;
      }
    }
    this.#marks.set(key, now + hitForMiss);
  }

  /** Forgets the mark of a key that turned out to be storable. */
  unmark(key: string): void {
    if (this.#marks.size > 0) this.#marks.delete(key);
  }

  /** Frees everybody, for close. */
  close(): void {
    for (const fill of this.#fills.values()) this.settle(fill, 'not-stored');
    this.#marks.clear();
  }

  /** Whether a key turned out not to be storable, a short while ago. */
  isMarked(key: string, now: number): boolean {
    if (this.#marks.size === 0) return false;
    const until = this.#marks.get(key);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#marks.delete(key);
    return false;
  }
}

function makeGate(): Gate {
  let resolve: (outcome: FillOutcome) => void = () => {};
  const promise = new Promise<FillOutcome>((give) => (resolve = give));
  return { promise, resolve };
}
