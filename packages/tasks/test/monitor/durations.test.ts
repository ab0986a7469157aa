import { expect, test } from 'vitest';
import { Durations, secondsBounds } from '../../src/monitor/durations.ts';

test('quantiles are within 4.5 % of what was recorded', () => {
  const seed = 20_260_711;
  const random = mulberry(seed);
  for (let round = 0; round < 50; round += 1) {
    const durations = new Durations(0);
    const values = Array.from({ length: 200 }, () => 10 ** (random() * 9 - 3));
    for (const value of values) durations.record(value, 0);
    values.sort((a, b) => a - b);
    const shown = durations.snapshot(0);
    const pairs = [
      [shown.p50Ms, values[99]!],
      [shown.p95Ms, values[189]!],
      [shown.p99Ms, values[197]!],
    ] as const;
    for (const [got, exact] of pairs) {
      expect(
        Math.abs(got - exact),
        `seed ${seed}, round ${round}: ${got} for ${exact}`,
      ).toBeLessThan(exact * 0.045 + 0.001);
    }
    expect(shown.maxMs).toBe(values.at(-1));
    expect(shown.count).toBe(200);
  }
});

test('without durations all is NaN', () => {
  expect(new Durations(0).snapshot(5)).toEqual({
    count: 0,
    p50Ms: Number.NaN,
    p95Ms: Number.NaN,
    p99Ms: Number.NaN,
    maxMs: Number.NaN,
  });
});

test('a clock set back counts as no time', () => {
  const durations = new Durations(0);
  durations.record(-5, 0);
  durations.record(Number.NaN, 0);
  expect(durations.snapshot(0)).toMatchObject({ count: 2, maxMs: 0, p99Ms: 0 });
  expect(durations.sumMs).toBe(0);
});

test('months count as the last bucket, and the maximum stays exact', () => {
  const durations = new Durations(0);
  durations.record(1e12, 0);
  expect(durations.snapshot(0).maxMs).toBe(1e12);
  expect(durations.snapshot(0).p50Ms).toBeGreaterThan(4e9);
});

test('the window is one to two minutes long, the buckets for Prometheus never end', () => {
  const durations = new Durations(1000);
  durations.record(50, 1000);
  expect(durations.snapshot(60_999).count).toBe(1);
  durations.record(7, 61_000);
  expect(durations.snapshot(61_000)).toMatchObject({ count: 2, maxMs: 50 });
  expect(durations.snapshot(120_999).count).toBe(2);
  expect(durations.snapshot(121_000)).toMatchObject({ count: 1, maxMs: 7 });
  durations.record(3, 121_000);
  expect(durations.snapshot(500_000).count).toBe(0);
  expect(durations.count).toBe(3);
  expect(durations.sumMs).toBe(60);
});

test('cumulative buckets hold all that is not longer than their bound', () => {
  const durations = new Durations(0);
  for (const ms of [1, 1.5, 100, 4_000_000]) durations.record(ms, 0);
  const upTo = (seconds: number): number => durations.cumulative[secondsBounds.indexOf(seconds)]!;
  expect([upTo(0.001), upTo(0.005), upTo(0.05), upTo(0.1), upTo(3600)]).toEqual([1, 2, 2, 3, 3]);
});

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
