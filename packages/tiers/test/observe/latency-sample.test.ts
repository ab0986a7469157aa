import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { NOT_MEASURED } from '../../src/observe/histogram.ts';
import { LatencySample } from '../../src/observe/latency-sample.ts';

/** Makes calls, and gives the numbers of those that were timed. */
function callsOf(sample: LatencySample, count: number): number[] {
  const timed: number[] = [];
  for (let i = 1; i <= count; i++) {
    if (!sample.isDue()) continue;
    sample.record(performance.now());
    timed.push(i);
  }
  return timed;
}

describe('a sample of latency', () => {
  it('times one call of 509, and nothing before it', () => {
    const sample = new LatencySample();
    expect(callsOf(sample, 508)).toEqual([]);
    expect(sample.latency).toBe(NOT_MEASURED);
    expect(callsOf(sample, 509 * 2)).toEqual([1, 510]);
    expect(sample.latency.count).toBe(2);
  });

  it('meets each of several calls that come in turns', () => {
    const sample = new LatencySample();
    const turns = new Set(callsOf(sample, 509 * 20).map((call) => call % 20));
    expect(turns.size).toBe(20);
  });

  it('tells what lies between its two looks at the clock, to 10 nanoseconds', () => {
    const sample = new LatencySample();
    const clock = vi.spyOn(performance, 'now');
    onTestFinished(() => clock.mockRestore());
    for (const took of [0.00013, 0.00013, 0.00075]) {
      clock.mockReturnValueOnce(1000).mockReturnValueOnce(1000 + took);
      callsOf(sample, 509);
    }
    const { count, p50Ms, p99Ms, maxMs } = sample.latency;
    expect(count).toBe(3);
    expect(Math.abs(p50Ms - 0.00013)).toBeLessThanOrEqual(0.00001);
    expect(Math.abs(p99Ms - 0.00075)).toBeLessThanOrEqual(0.000024);
    expect(maxMs).toBeCloseTo(0.00075, 9);
    sample.reset();
    expect(sample.latency).toBe(NOT_MEASURED);
  });
});
