import { describe, expect, it } from 'vitest';
import { Counters } from '../../src/observe/counters.ts';
import { NOT_MEASURED } from '../../src/observe/histogram.ts';

const sources = { queued: 3, dropped: 5, busGaps: 2, listenerErrors: 1 };

describe('counters', () => {
  it('make statistics in which requests are hits and misses', () => {
    const counters = new Counters();
    expect(counters.snapshot(sources).hitRatio).toBe(0);
    counters.hits += 3;
    counters.misses += 1;
    counters.stale += 1;
    counters.memory.hits += 2;
    counters.remote.hits += 1;
    counters.remote.promotions += 1;
    const stats = counters.snapshot(sources);
    expect(stats).toMatchObject({ requests: 4, hits: 3, misses: 1, stale: 1, hitRatio: 0.75 });
    expect(stats).toMatchObject({ queued: 3, dropped: 5, busGaps: 2, listenerErrors: 1 });
    expect(stats.memory).toMatchObject({ hits: 2, errors: 0, latency: NOT_MEASURED });
    expect(stats.remote).toMatchObject({ hits: 1, promotions: 1, timeouts: 0 });
    expect(stats.disk).toMatchObject({ hits: 0, bytes: 0 });
  });

  it('put in what guards counted', () => {
    const latency = { count: 1, p50Ms: 2, p99Ms: 2, maxMs: 2 };
    const faults = { errors: 1, timeouts: 2, skipped: 3 };
    const { memory, remote, disk } = new Counters().snapshot({
      ...sources,
      memory: latency,
      remote: { faults, latency },
      disk: { faults, latency, bytes: 4096 },
    });
    expect(memory).toMatchObject({ errors: 0, latency });
    expect(remote).toMatchObject({ ...faults, latency });
    expect(disk).toMatchObject({ ...faults, latency, bytes: 4096 });
  });

  it('give snapshots that do not change', () => {
    const counters = new Counters();
    const before = counters.snapshot(sources);
    counters.memory.sets += 1;
    counters.hits += 1;
    expect([before.memory.sets, before.hits]).toEqual([0, 0]);
  });

  it('count from 0 again after reset, what others count included', () => {
    const counters = new Counters();
    const fresh = counters.snapshot({ queued: 0, dropped: 0, busGaps: 0, listenerErrors: 0 });
    for (const [name, value] of Object.entries(counters)) {
      if (typeof value === 'number') Object.assign(counters, { [name]: 7 });
      else for (const each of Object.keys(value)) Object.assign(value, { [each]: 7 });
    }
    expect(counters.snapshot(sources).factoryCalls).toBe(7);
    counters.reset(sources);
    expect(counters.snapshot({ ...sources, queued: 0 })).toEqual(fresh);
    expect(counters.snapshot({ ...sources, dropped: 8 }).dropped).toBe(3);
  });
});
