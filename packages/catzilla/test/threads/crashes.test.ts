import { expect, it } from 'vitest';
import { Crashes } from '../../src/threads/crashes.ts';

it('waits longer from crash to crash, and gives up at the fifth within a minute', () => {
  let now = 0;
  const crashes = new Crashes(() => now);
  const waits = [0, 1000, 2000, 3000, 59_999].map((time) => {
    now = time;
    return crashes.note();
  });
  expect(waits).toStrictEqual([100, 200, 400, 800, false]);
});

it('forgets what is a minute old', () => {
  let now = 0;
  const crashes = new Crashes(() => now);
  const waits = [0, 1, 2, 3, 60_000, 120_000].map((time) => {
    now = time;
    return crashes.note();
  });
  expect(waits).toStrictEqual([100, 200, 400, 800, 800, 100]);
});
