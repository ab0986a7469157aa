import { expect, test } from 'vitest';
import { Rate } from '../../src/monitor/rate.ts';

test('a rate is per second over the last minute', () => {
  const rate = new Rate(0);
  for (let second = 0; second < 120; second += 1) {
    for (let i = 0; i < 3; i += 1) rate.add(second * 1000 + i);
  }
  expect(rate.perSecond(119_900)).toBe(3);
});

test('seconds without anything let it fall to nothing', () => {
  const rate = new Rate(0);
  for (let i = 0; i < 60; i += 1) rate.add(i * 1000);
  expect(rate.perSecond(89_000)).toBeCloseTo(30 / 60, 5);
  expect(rate.perSecond(500_000)).toBe(0);
  rate.add(500_100);
  expect(rate.perSecond(500_100)).toBeCloseTo(1 / 60, 5);
});

test('before the first minute is over it is taken over the time since the start, at least a second', () => {
  const rate = new Rate(5000);
  rate.add(5100);
  rate.add(5200);
  expect(rate.perSecond(5200)).toBe(2);
  expect(rate.perSecond(15_000)).toBe(0.2);
});
