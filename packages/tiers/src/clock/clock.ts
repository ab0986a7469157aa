// Where time comes from, so that tests can move it. Timers are not part of it: waiting is always real.

/** A source of time. */
export interface Clock {
  /** Monotonic ms, for durations. */
  mono(): number;
  /** Wall clock, ms since the epoch. */
  wall(): number;
}

/** The clock of the machine. */
export const systemClock: Clock = Object.freeze({
  mono: () => performance.now(),
  wall: () => Date.now(),
});
