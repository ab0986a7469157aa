// One load of one key, which any number of callers wait for. It knows who waits and what old value there is; who runs it
// (run-one.ts, many.ts) ends it with an outcome, once.
// Invariant: `created` and `ticket` were taken before anything was read or computed, so an invalidation or delete that
// comes during the load is newer than its value.
import type { Entry } from '../entry.ts';
import type { Cancel } from './cancel.ts';
import { newerOf } from './fail-safe.ts';
import type { Departure } from './flights.ts';
import type { FillTicket, LoadHost } from './host.ts';
import type { Plan } from './plan.ts';
import type { Waiter } from './waiter.ts';

/** What a load came to. */
export type Outcome =
  | {
      readonly kind: 'value';
      /** As any reader gets it. */
      readonly value: unknown;
      /** As the factory gave it; the same as `value` when it was found. */
      readonly raw: unknown;
      /** Where it was found; undefined: it was computed. */
      readonly found: Entry | undefined;
      readonly created: number;
      readonly tags: readonly string[];
    }
  /** The factory failed: who may have an old value gets that. */
  | {
      readonly kind: 'error';
      readonly error: unknown;
      readonly created: number;
      readonly tags: readonly string[];
    }
  /** The cache was closed: no old value either. */
  | { readonly kind: 'closed'; readonly error: unknown }
  /** Given up in favour of another process, since nobody waited. */
  | { readonly kind: 'yielded' };

/** One load. */
export class Flight {
  readonly key: string;
  readonly plan: Plan;
  readonly early: boolean;
  readonly cancel: Cancel;
  /** Stamp; every call that came before it may have this load's value. */
  readonly created: number;
  readonly ticket: FillTicket;
  /** Monotonic ms. */
  readonly startedAt: number;
  /** Whether the factory was called. */
  ran = false;
  readonly #baseline: number;
  readonly #onEnd: (flight: Flight) => void;
  readonly #waiters = new Set<Waiter>();
  #previous: Entry | undefined;
  #isWanted: boolean;
  #isDelayed = false;
  #isOver = false;

  /** @param onEnd  called once, before those who wait are told */
  constructor(departure: Departure, host: LoadHost, onEnd: (flight: Flight) => void) {
    const { key, plan, cancel, previous, early } = departure;
    this.key = key;
    this.plan = plan;
    this.early = early;
    this.cancel = cancel;
    this.#onEnd = onEnd;
    this.#previous = previous;
    this.#baseline = previous?.created ?? 0;
    this.#isWanted = early;
    this.startedAt = host.mono();
    this.created = host.stamp();
    this.ticket = host.ticket(key);
    cancel.add(this);
  }

  /** The best old value known: stale, or to be replaced early. */
  get previous(): Entry | undefined {
    return this.#previous;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether there is still somebody who waits. */
  get isAwaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Whether it waits for another process. */
  get isDelayed(): boolean {
    return this.#isDelayed;
  }

  /** Whether all who waited have given up, and nobody wants it to go on regardless. */
  get isAbandoned(): boolean {
    return this.#isOver || (this.#waiters.size === 0 && !this.#isWanted);
  }

  /** Whether an entry found elsewhere makes the load needless. */
  accepts(entry: Entry): boolean {
    if (entry.stale) return false;
    if (this.plan.fresh) return entry.created > this.created;
    return !this.early || entry.created > this.#baseline;
  }

  join(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  /** A caller no longer waits.
   * @param goesOn  whether the load is to fill the cache all the same: its time was out, or it has an old value */
  leave(waiter: Waiter, goesOn: boolean): void {
    this.#waiters.delete(waiter);
    if (goesOn) this.#isWanted = true;
  }

  /** An old value was found: those whose soft time-out is over get it. */
  offer(entry: Entry): void {
    this.#previous = newerOf(this.#previous, entry);
    for (const waiter of this.#waiters) waiter.onOffer();
  }

  /** The load waits for another process: whoever may have an old value gets it now, and so does who joins meanwhile. */
  delay(): void {
    this.#isDelayed = true;
    for (const waiter of this.#waiters) waiter.onDelay();
  }

  /** The load waits no more. */
  proceed(): void {
    this.#isDelayed = false;
  }

  /** Ends it; later calls do nothing. */
  end(outcome: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(this);
    for (const waiter of this.#waiters) waiter.onEnd(this, outcome);
    this.#waiters.clear();
  }
}
