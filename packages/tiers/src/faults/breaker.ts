// Decides whether a tier is asked: a circuit breaker for one direction. Pure: no timers, time is given.
// Invariant: while closed, `failed` opens it after `failures` in a row, or when a window of at least `rate.calls` calls has
// at least `rate.share` failures; only `close` closes it. Finding out that the tier is back is probe.ts, which tells it by
// `close` or `reopen`: no user's call is ever made to find out.
// Source: Nygard, "Release It!" (2007), the half-open state given to a background probe.

/** When a breaker opens, and for how long. Durations are ms. */
export interface BreakerOptions {
  /** Failures in a row. */
  readonly failures: number;
  readonly rate: {
    /** Share of failed calls, 0 to 1. */
    readonly share: number;
    /** Calls in the window before a share means something. */
    readonly calls: number;
    readonly window: number;
  };
  readonly openFor: {
    readonly first: number;
    readonly max: number;
    /** Share taken off at random, 0 to 1, so that processes do not probe in step. */
    readonly jitter: number;
  };
  /** 0 to below 1. */
  readonly random: () => number;
}

export type BreakerPhase = 'closed' | 'open' | 'probing';

const BUCKETS = 10;

/** One direction's breaker. `now` is monotonic ms throughout. */
export class Breaker {
  readonly #options: BreakerOptions;
  #phase: BreakerPhase = 'closed';
  #inRow = 0;
  readonly #calls = new Float64Array(BUCKETS);
  readonly #failures = new Float64Array(BUCKETS);
  #bucket = 0;
  /** Times it was opened anew without having been closed for as long as it was open. */
  #level = 0;
  #openedFor = 0;
  #closedAt = -Infinity;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get phase(): BreakerPhase {
    return this.#phase;
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** Counts a call that the tier answered, be it with an error of that one call. HOT: once for each call of a tier */
  answered(now: number): void {
    if (this.#phase !== 'closed') return;
    this.#inRow = 0;
    this.#calls[this.#turnTo(now)]! += 1;
  }

  /** Counts a call that failed or ran out of time.
   * @returns whether it opened the breaker */
  failed(now: number): boolean {
    if (this.#phase !== 'closed') return false;
    const index = this.#turnTo(now);
    this.#calls[index]! += 1;
    this.#failures[index]! += 1;
    this.#inRow += 1;
    const { failures, rate } = this.#options;
    if (this.#inRow < failures) {
      const calls = sum(this.#calls);
      if (calls < rate.calls || sum(this.#failures) < calls * rate.share) return false;
    }
    return this.trip(now);
  }

  /** Opens it at once: the tier itself has said that it will not.
   * @returns whether that changed anything */
  trip(now: number): boolean {
    if (this.#phase !== 'closed') return false;
    // A tier that answers probes but fails calls would otherwise cost its callers a few deadlines every second.
    this.#level = now - this.#closedAt < this.#openedFor ? this.#level + 1 : 0;
    this.#phase = 'open';
    return true;
  }

  /** A probe is under way. */
  probe(): void {
    if (this.#phase === 'open') this.#phase = 'probing';
  }

  /** The probe failed. */
  reopen(): void {
    if (this.#phase !== 'probing') return;
    this.#phase = 'open';
    this.#level += 1;
  }

  /** @returns whether that changed anything */
  close(now: number): boolean {
    if (this.#phase === 'closed') return false;
    this.#phase = 'closed';
    this.#closedAt = now;
    this.#inRow = 0;
    this.#calls.fill(0);
    this.#failures.fill(0);
    return true;
  }

  /** ms until the next probe, chosen anew by each call. */
  pause(): number {
    const { first, max, jitter } = this.#options.openFor;
    // 2 ** 1024 is Infinity, which the minimum bears.
    this.#openedFor = Math.min(max, first * 2 ** this.#level);
    return this.#openedFor * (1 - jitter * this.#options.random());
  }

  /** @returns the bucket of now, emptied of what is older than the window */
  #turnTo(now: number): number {
    const bucket = Math.floor((now * BUCKETS) / this.#options.rate.window);
    // A difference, so that a clock that stands or goes back empties nothing.
    const passed = Math.min(bucket - this.#bucket, BUCKETS);
    for (let step = 1; step <= passed; step += 1) {
      const index = (((bucket - passed + step) % BUCKETS) + BUCKETS) % BUCKETS;
      this.#calls[index] = 0;
      this.#failures[index] = 0;
    }
    if (passed > 0) this.#bucket = bucket;
    return ((this.#bucket % BUCKETS) + BUCKETS) % BUCKETS;
  }
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
