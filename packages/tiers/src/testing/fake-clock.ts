// A clock that stands until a test moves it. Timers are not part of it: waiting is always real.
import type { Clock } from '../clock/clock.ts';

/** A clock under the control of a test. */
export interface FakeClock extends Clock {
  /** Moves both times forward. @param ms  at least 0 */
  advance(ms: number): void;
  /** Sets the wall clock, back too, as an administrator or NTP does; monotonic time goes on. */
  setWall(ms: number): void;
}

/** Makes a clock that stands.
 * @param start  wall clock, ms since the epoch. Default: 1_700_000_000_000 */
export function fakeClock(start: number = 1_700_000_000_000): FakeClock {
  let mono = 0;
  let wall = start;
  return {
    mono: () => mono,
    wall: () => wall,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`expected ms to be at least 0, got ${ms}`);
      mono += ms;
      wall += ms;
    },
    setWall(ms) {
      wall = ms;
    },
  };
}
