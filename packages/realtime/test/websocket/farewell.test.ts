import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { retryAfter, sayGoodbye } from '../../src/connection/farewell.ts';
import type { Leaving } from '../../src/connection/farewell.ts';

/** Connections that leave when they are told to, or only when they are cut off. */
function makeAll(count: number, leavesWhenTold: boolean) {
  const all = new Set<Leaving>();
  const told: number[] = [];
  let cut = 0;
  for (let at = 0; at < count; at++) {
    const one: Leaving = {
      close() {
        told.push(performance.now());
        if (leavesWhenTold) all.delete(one);
      },
      terminate() {
        cut++;
        all.delete(one);
      },
    };
    all.add(one);
  }
  return { all, told, cut: () => cut };
}

/** Has everything happen that is to happen in time. */
async function over(ending: Promise<void>): Promise<void> {
  await vi.runAllTimersAsync();
  await ending;
}

describe('sayGoodbye', () => {
  // It goes by the clock: on a busy machine there are fewer groups.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells all, in groups, and cuts nobody off who leaves', async () => {
    const { all, told, cut } = makeAll(1000, true);
    const start = performance.now();
    await over(sayGoodbye(all, 200));
    expect(told.length).toBe(1000);
    expect(cut()).toBe(0);
    const groups = new Set(told.map((time) => Math.round(time - start)));
    expect([...groups]).toEqual([0, 20, 40, 60, 80]);
  });

  it('cuts off those who stay, once their time is over', async () => {
    const { all, told, cut } = makeAll(100, false);
    const ending = sayGoodbye(all, 100);
    await vi.advanceTimersByTimeAsync(99);
    expect([told.length, cut(), all.size]).toEqual([100, 0, 100]);
    await over(ending);
    expect([told.length, cut(), all.size]).toEqual([100, 100, 0]);
  });

  it('cuts off at once without a delay', async () => {
    const { all, cut } = makeAll(10, false);
    await over(sayGoodbye(all, 0));
    expect([cut(), all.size]).toEqual([10, 0]);
  });

  it('does not tell who left before its turn', async () => {
    const { all, told } = makeAll(100, true);
    const ending = sayGoodbye(all, 200);
    const last = [...all].at(-1)!;
    all.delete(last);
    await over(ending);
    expect(told.length).toBe(99);
  });

  it('is done at once where nobody is', async () => {
    await over(sayGoodbye(new Set(), 60_000));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('retryAfter', () => {
  it('is later than the end, and not the same for all', () => {
    const times = Array.from({ length: 100 }, () => retryAfter(2000));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(2000);
    expect(Math.max(...times)).toBeLessThanOrEqual(6000);
    expect(new Set(times).size).toBeGreaterThan(10);
  });
});
