// Stamps order what happens, here and elsewhere, within one ms of the wall clock too.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock/clock.ts';
import type { Clock } from '../../src/clock/clock.ts';
import { HybridClock } from '../../src/clock/hybrid-clock.ts';

const WALL = 1_700_000_000_000;

/** A machine whose wall clock stands while a few microseconds go by. */
function within(): { readonly clock: Clock; micros: number } {
  const machine = {
    micros: 0,
    clock: {
      mono: () => machine.micros / 1000,
      wall: () => WALL,
      exact: () => WALL + machine.micros / 1000,
    },
  };
  return machine;
}

describe('stamps', () => {
  it.each(['stamp', 'removalStamp'] as const)(
    'of two clocks are in order within one ms: %s',
    (kind) => {
      const machine = within();
      const [a, b] = [new HybridClock(machine.clock), new HybridClock(machine.clock)];
      const stamps: number[] = [];
      for (const clock of [a, b, b, a, b]) {
        machine.micros += 100;
        stamps.push(clock[kind]());
      }
      expect(stamps.map((stamp) => stamp - (stamps[0] ?? 0))).toEqual([0, 100, 200, 300, 400]);
    },
  );

  it('of a clock that goes by ms alone are greater than those before all the same', () => {
    const clock = new HybridClock({ mono: () => 0, wall: () => WALL });
    expect([clock.stamp(), clock.stamp(), clock.removalStamp(), clock.stamp()]).toEqual([
      WALL * 1000,
      WALL * 1000 + 1,
      WALL * 1000 + 5000,
      WALL * 1000 + 5001,
    ]);
  });
});

describe('the clock of the machine', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['where both agree', 0.25, 0.25],
    ['where the wall clock was set forward', -3000, 0],
    ['where it was set back', 3000, 0.999],
  ])('tells fractions of the ms that the wall clock tells: %s', (_title, apart, fraction) => {
    // What comes of both within a double.
    const elapsed = WALL - performance.timeOrigin;
    vi.spyOn(Date, 'now').mockReturnValue(WALL);
    vi.spyOn(performance, 'now').mockReturnValue(elapsed + apart);
    expect(systemClock.exact?.()).toBeCloseTo(WALL + fraction, 2);
  });
});
