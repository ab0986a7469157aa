// Finds out that a tier is back: one direction's breaker, and the probe that runs in the background while it is open.
// Invariant: while the breaker is open exactly one timer or one probe is pending, so it can always close again; after
// `close` neither is, and an outcome that still comes changes nothing.
import { Breaker } from './breaker.ts';
import type { BreakerOptions } from './breaker.ts';

/** What a probe told. 'silent': no answer. 'refused': an answer, and it was no. 'misconfigured': it refuses us. */
export type ProbeOutcome = 'up' | 'silent' | 'refused' | 'misconfigured';

/** How a circuit probes. */
export interface CircuitOptions extends BreakerOptions {
  /** One bounded round trip. Never rejects. */
  readonly attempt: () => Promise<ProbeOutcome>;
  /** ms between probes of a tier that refuses us: it takes a person to change that. */
  readonly misconfiguredFor: number;
  readonly mono: () => number;
  /** The phase changed. */
  readonly onChange: () => void;
  /** The probe got no answer; how often in a row. */
  readonly onSilence: (inRow: number) => void;
}

/** A breaker that closes by itself. */
export class Circuit {
  readonly breaker: Breaker;
  readonly #options: CircuitOptions;
  #timer: NodeJS.Timeout | undefined;
  #isMisconfigured = false;
  #silences = 0;
  #closed = false;

  constructor(options: CircuitOptions) {
    this.#options = options;
    this.breaker = new Breaker(options);
  }

  /** A call failed or ran out of time. */
  failed(): void {
    if (this.breaker.failed(this.#options.mono())) this.#opened();
  }

  /** The tier has said that it will not. */
  trip(isMisconfigured: boolean): void {
    if (!this.breaker.trip(this.#options.mono())) return;
    this.#isMisconfigured = isMisconfigured;
    this.#opened();
  }

  /** Begins to count silent probes anew: the tier was told to connect anew. */
  forgetSilence(): void {
    this.#silences = 0;
  }

  /** Takes the outcome of a round trip, of whoever made it. */
  learn(outcome: ProbeOutcome): void {
    if (this.#closed) return;
    this.#isMisconfigured = outcome === 'misconfigured';
    if (outcome === 'up') {
      this.#silences = 0;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (this.breaker.close(this.#options.mono())) this.#options.onChange();
      return;
    }
    if (outcome === 'silent') {
      this.#silences += 1;
      this.#options.onSilence(this.#silences);
    } else {
      this.#silences = 0;
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #opened(): void {
    this.#schedule();
    this.#options.onChange();
  }

  #schedule(): void {
    if (this.#closed) return;
    const pause = this.breaker.pause();
    this.#timer = setTimeout(
      () => void this.#probe(),
      this.#isMisconfigured ? Math.max(pause, this.#options.misconfiguredFor) : pause,
    );
    this.#timer.unref();
  }

  async #probe(): Promise<void> {
    this.#timer = undefined;
    this.breaker.probe();
    this.#options.onChange();
    const outcome = await this.#options.attempt();
    this.learn(outcome);
    // Somebody else's round trip may have closed it meanwhile, and calls opened it again.
    if (this.breaker.isClosed || this.#timer !== undefined) return;
    this.breaker.reopen();
    this.#schedule();
    this.#options.onChange();
  }
}
