// The clock of the near-cache: few calls, never early.
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { CachedClock, NEVER } from '../src/native/cached-clock.ts';

function makeClock(start = 1000) {
  const source = { now: start, calls: 0 };
  const clock = new CachedClock(() => {
    source.calls++;
    return source.now;
  });
  source.calls = 0;
  const isBefore = (expiresAt: number) => clock.isBefore(clock.deadline(expiresAt), expiresAt);
  return { clock, source, isBefore };
}

it('asks its source once in 64 uses', () => {
  const { source, isBefore, clock } = makeClock();
  for (let i = 0; i < 64; i++) isBefore(5000);
  expect(source.calls).toBe(1);
  isBefore(5000);
  expect(source.calls).toBe(2);
  clock.close();
});

it('asks its source again after a ms', async () => {
  const { source, isBefore, clock } = makeClock();
  for (let round = 1; round <= 3; round++) {
    expect(isBefore(source.now + 1)).toBe(true);
    source.now += 10;
    await wait(5);
    expect(source.calls).toBe(round);
  }
  clock.close();
});

it('tells the exact end', () => {
  const { clock, source, isBefore } = makeClock();
  source.now = 1499;
  expect(isBefore(1500)).toBe(true);
  source.now = 1500;
  clock.drop();
  expect(isBefore(1500)).toBe(false);
  clock.close();
});

it('counts beyond small integers, and before its start', () => {
  const { clock, source, isBefore } = makeClock(2 ** 40);
  expect(clock.deadline(Infinity)).toBe(NEVER);
  expect(isBefore(2 ** 46)).toBe(true);
  expect(isBefore(0)).toBe(false);
  source.now = 2 ** 46 - 1;
  clock.drop();
  expect(isBefore(2 ** 46)).toBe(true);
  source.now = 2 ** 46;
  clock.drop();
  expect(isBefore(2 ** 46)).toBe(false);
  source.now = 5;
  clock.drop();
  expect(isBefore(2 ** 40 + 5)).toBe(true);
  clock.close();
});
