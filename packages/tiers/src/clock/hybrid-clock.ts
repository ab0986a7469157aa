// One clock for a tiered cache: the wall clock corrected to the shared server's, and stamps that order events.
// Invariant: a stamp is greater than every stamp made or witnessed before, so "invalidate, then set" within one
// microsecond keeps the new value, and a slow clock revives nothing that was invalidated.
// Source: Kulkarni, Demirbas et al., "Logical Physical Clocks", OPODIS 2014; here one number in microseconds, whose
// logical part is the next microsecond.
import type { Clock } from './clock.ts';

/** How far a witnessed stamp may lie ahead, ms: a broken clock elsewhere must not drag ours along for ever. */
const MAX_AHEAD = 60_000;
/** How far corrected clocks may differ: a round trip by halves, a coarse wall clock, and drift between two corrections;
 * microseconds. */
const SKEW = 5000;

/** Makes stamps, and tells the corrected time. */
export class HybridClock {
  readonly #clock: Clock;
  #offset = 0;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Monotonic ms, for durations. */
  mono(): number {
    return this.#clock.mono();
  }

  /** Wall clock in ms since the epoch, corrected by `correct`. */
  now(): number {
    return this.#clock.wall() + this.#offset;
  }

  /** A time of the machine's clock, corrected. */
  corrected(wall: number): number {
    return wall + this.#offset;
  }

  /** A stamp in microseconds since the epoch, greater than all before. */
  stamp(): number {
    const physical = this.#micros();
    this.#last = physical > this.#last ? physical : this.#last + 1;
    return this.#last;
  }

  /** A stamp for what overrules loads, wherever they run: a removal, an invalidation, a value set explicitly. Somewhat ahead,
   * so that it is greater than that of any load that began anywhere before it, though clocks agree only so far. Among
   * themselves such stamps are all as far ahead: their order is that of the clocks. What is stored here later is greater
   * still; what is loaded elsewhere within this time may be taken for older, and is computed once more. Never further ahead
   * than that, however many are made: stamps that ran away from the clock would make what others
   * store look old. */
  removalStamp(): number {
    const ahead = this.#micros() + SKEW;
    this.#last = ahead > this.#last ? ahead : this.#last + 1;
    return this.#last;
  }

  /** Takes note of a stamp made elsewhere: later ones of ours are greater. */
  witness(stamp: number): void {
    if (stamp > this.#last && stamp <= (this.now() + MAX_AHEAD) * 1000) this.#last = stamp;
  }

  /** Follows the clock of a shared server.
   * @param serverNow  its time in ms since the epoch, at the middle of the round trip
   * @param at         ours then, by `now()` */
  correct(serverNow: number, at: number): void {
    this.#offset += serverNow - at;
  }

  #micros(): number {
    const wall = this.#clock.exact?.() ?? this.#clock.wall();
    return Math.floor((wall + this.#offset) * 1000);
  }
}
