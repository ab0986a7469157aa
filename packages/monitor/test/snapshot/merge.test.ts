import { expect, it } from 'vitest';
import { RouteCounts } from '../../src/http/route-counts.ts';
import { addable } from '../../src/snapshot/merge.ts';

it('durations have the same sum in whatever order they are added', () => {
  const [a, b, c] = [0.1, 0.2, 0.3].map(addable) as [number, number, number];
  expect(a + b + c).toBe(c + b + a);
  expect(0.1 + 0.2 + 0.3).not.toBe(0.3 + 0.2 + 0.1);
  expect(addable(0.1)).toBeCloseTo(0.1, 3);
  expect(addable(12.5)).toBe(12.5);
});

it('durations of a route are such ones', () => {
  const counts = new RouteCounts('GET', '/a');
  for (const ms of [0.1, 0.2, 0.3]) counts.time(ms);
  const { sumMs } = counts.read().durations;
  expect(sumMs).toBe(addable(sumMs));
  expect(sumMs).toBeCloseTo(0.6, 3);
});
