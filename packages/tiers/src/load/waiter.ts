// One caller who waits for a key: gets the load's value, an old one in its place, or an error, whichever comes first.
// Invariant: it settles once, is counted once as a hit or a miss then, and leaves no timer or listener behind.
// It never gets a value computed before an invalidation that had ended when its call began: `start` is later than the
// stamp of a flight it merely joined, so such a value is checked again at the end, and asked for anew if it fell.
import type { Entry } from '../entry.ts';
import { errors } from '../errors.ts';
import { isUsable, newerOf } from './fail-safe.ts';
import type { Flight, Outcome } from './flight.ts';
import type { LoadHost } from './host.ts';
import type { Plan } from './plan.ts';
import { Timeouts } from './timeouts.ts';

/** One caller. */
export class Waiter {
  readonly key: string;
  readonly plan: Plan;
  readonly promise: Promise<unknown>;
  readonly #host: LoadHost;
  /** Stamp of the call. */
  readonly #start: number;
  /** Joins another flight, or begins one. */
  readonly #again: (waiter: Waiter) => void;
  readonly #timeouts: Timeouts;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;
  #flight: Flight | undefined;
  #isOwner = false;
  #stale: Entry | undefined;
  #isImpatient: boolean;
  /** Waits for a load that was not begun for it. */
  #isCoalesced = false;
  #isSettled = false;

  constructor(host: LoadHost, key: string, plan: Plan, again: (waiter: Waiter) => void) {
    this.key = key;
    this.plan = plan;
    this.#host = host;
    this.#again = again;
    this.#start = host.stamp();
    this.#isImpatient = plan.softTimeout === 0;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timeouts = new Timeouts(plan, this);
  }

  /** Waits for a flight.
   * @param stale    what memory has, past its ttl
   * @param isOwner  whether the flight was begun for this caller */
  board(flight: Flight, stale: Entry | undefined, isOwner: boolean): void {
    this.#flight = flight;
    this.#stale = stale;
    this.#isOwner = isOwner;
    flight.join(this);
    if (this.#isImpatient) this.#takeStale();
    else if (flight.isDelayed) this.onDelay();
    this.#isCoalesced = !isOwner && !this.#isSettled;
  }

  /** Gives a value that was found, and needs no load. */
  find(entry: Entry): void {
    this.#finish(true, entry);
    this.#resolve(entry.value);
  }

  /** Gives an error without a load. */
  fail(error: unknown): void {
    this.#finish(false);
    this.#reject(error);
  }

  /** Gives an old value while the key's factory is known to fail. */
  hold(entry: Entry): void {
    this.#host.counters.failSafe++;
    this.find(entry);
  }

  onSoftTimeout(): void {
    this.#isImpatient = true;
    this.#host.counters.softTimeouts++;
    if (this.#takeStale()) this.#host.counters.failSafe++;
  }

  onHardTimeout(): void {
    const { counters } = this.#host;
    counters.hardTimeouts++;
    if (this.#takeStale()) counters.failSafe++;
    else {
      const error = new errors.TIMEOUT(cut(this.key), this.plan.hardTimeout);
      this.#leave(true);
      this.fail(error);
    }
  }

  onAbort(): void {
    const reason: unknown = this.plan.signal?.reason ?? new errors.ABORTED(cut(this.key));
    this.#leave(false);
    this.fail(reason);
    this.#flight?.cancel.giveUp(reason);
  }

  /** The flight has found an old value. */
  onOffer(): void {
    if (this.#isImpatient && this.#takeStale() && this.plan.softTimeout > 0) {
      this.#host.counters.failSafe++;
    }
  }

  /** The flight waits for another process. */
  onDelay(): void {
    if (this.#takeStale()) this.#host.counters.failSafe++;
  }

  onEnd(flight: Flight, outcome: Outcome): void {
    const { kind } = outcome;
    if (kind === 'closed') this.fail(outcome.error);
    else if (kind === 'yielded' || this.#isFallen(flight, outcome)) this.#again(this);
    else if (kind === 'value') this.#take(outcome);
    else if (this.#takeStale()) this.#host.counters.failSafe++;
    else this.fail(outcome.error);
  }

  #take({ found, raw, value }: Extract<Outcome, { readonly kind: 'value' }>): void {
    if (found !== undefined) return this.find(found);
    this.#finish(false);
    this.#resolve(this.#isOwner && this.plan.returnRaw ? raw : value);
  }

  // A load that began after this call read and computed after whatever had been invalidated before it. Errors are told
  // apart by the tags of the call: "there is none" may be what the invalidation was about.
  #isFallen(
    flight: Flight,
    { created, tags }: Extract<Outcome, { readonly created: number }>,
  ): boolean {
    return this.#start > flight.created && this.#host.isInvalid(created, tags);
  }

  // Whoever asks for a value computed anew has no use for an old one.
  #takeStale(): boolean {
    if (this.plan.fresh) return false;
    const entry = newerOf(this.#stale, this.#flight?.previous);
    if (!isUsable(this.#host, entry)) return false;
    this.#leave(true);
    this.find(entry);
    return true;
  }

  #leave(goesOn: boolean): void {
    this.#flight?.leave(this, goesOn);
  }

  #finish(isHit: boolean, entry?: Entry): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#timeouts.clear();
    if (this.#isCoalesced && this.#flight?.ran === true) this.#host.counters.coalesced++;
    if (isHit && entry !== undefined) this.#host.countHit(this.key, entry);
    else this.#host.countMiss(this.key);
  }
}

function cut(key: string): string {
  return key.length <= 64 ? JSON.stringify(key) : `${JSON.stringify(key.slice(0, 64))}…`;
}
