// Where time comes from, so that tests can move it. Timers are not part of it: waiting is always real.

/** A source of time. */
export interface Clock {
  /** Monotonic ms, for durations. */
  mono(): number;
  /** Wall clock, ms since the epoch. */
  wall(): number;
  /** The same with a fraction, for the order of what happens within one ms. Default: `wall`. */
  exact?(): number;
}

/** Largest fraction of a ms that is told: in whole microseconds it is still the same ms. */
const ALMOST_ONE = 0.999;

/** The clock of the machine. */
export const systemClock: Clock = Object.freeze({
  mono: () => performance.now(),
  wall: () => Date.now(),
  exact,
});

// Date.now() goes by whole ms, in which a value is set here, and removed by another process that was told of it. What goes
// by fractions does not follow when the clock is set: it is believed within the ms of the other alone.
function exact(): number {
  const wall = Date.now();
  const exactly = performance.timeOrigin + performance.now();
  return Math.min(Math.max(exactly, wall), wall + ALMOST_ONE);
}
