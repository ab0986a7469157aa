// Following the clock of a server, on a machine where anything may take long.
import { expect, it } from 'vitest';
import { syncClock } from '../../src/cache/recover.ts';
import type { Core } from '../../src/cache/core.ts';
import { HybridClock } from '../../src/clock/hybrid-clock.ts';

it.each([0, 3, 10, 30])(
  'a clock that is right stays so, whatever it waits for: %i ms',
  async (pause) => {
    let time = 1_700_000_000_000;
    // The process is paused before each look at a clock; server and machine have one time.
    const look = (): number => (time += pause);
    const clock = new HybridClock({ mono: look, wall: look });
    const store = { state: 'ready', time: () => Promise.resolve(time) };
    await syncClock({ remote: { store }, clock } as unknown as Core);
    expect(clock.now()).toBe(time);
  },
);

it.each([-5000, 5000])(
  'a clock that is wrong is corrected to what the answer took: %i ms',
  async (wrong) => {
    let time = 1_700_000_000_000;
    const clock = new HybridClock({ mono: () => time, wall: () => time + wrong });
    const store = { state: 'ready', time: () => Promise.resolve((time += 2)) };
    await syncClock({ remote: { store }, clock } as unknown as Core);
    expect(Math.abs(clock.now() - time)).toBeLessThanOrEqual(1);
  },
);

it('a clock that is wrong is corrected by slow answers, too, as far as they tell', async () => {
  let time = 1_700_000_000_000;
  const clock = new HybridClock({ mono: () => time, wall: () => time - 5000 });
  const store = {
    state: 'ready',
    // The way there takes all of it.
    time: () => Promise.resolve((time += 400)),
  };
  const error = await syncClock({ remote: { store }, clock } as unknown as Core);
  expect(error).toBe(200);
  expect(Math.abs(clock.now() - time)).toBeLessThanOrEqual(error);
});

it('a clock that is wrong is corrected by the first quick answer among slow ones', async () => {
  let time = 1_700_000_000_000;
  let asked = 0;
  const clock = new HybridClock({ mono: () => time, wall: () => time + 5000 });
  const store = {
    state: 'ready',
    time: () => Promise.resolve((time += ++asked === 4 ? 2 : 150)),
  };
  expect(await syncClock({ remote: { store }, clock } as unknown as Core)).toBe(1);
  expect(asked).toBe(4);
  expect(Math.abs(clock.now() - time)).toBeLessThanOrEqual(1);
});
