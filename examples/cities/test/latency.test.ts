import { describe, expect, it } from 'vitest';
import { LatencyLog } from '../src/latency.ts';

describe('LatencyLog', () => {
  it('has no percentiles before the first answer', () => {
    expect(new LatencyLog().summary('hit')).toStrictEqual({ count: 0, p50Ms: null, p99Ms: null });
  });

  it('gives nearest-rank percentiles by kind', () => {
    const log = new LatencyLog();
    for (let ms = 100; ms >= 1; ms--) log.add('miss', ms);
    log.add('hit', 0.25);
    expect(log.summary('miss')).toStrictEqual({ count: 100, p50Ms: 50, p99Ms: 99 });
    expect(log.summary('hit')).toStrictEqual({ count: 1, p50Ms: 0.25, p99Ms: 0.25 });
    expect(log.summary('uncached').count).toBe(0);
  });

  it('counts all and forgets all but the last 512', () => {
    const log = new LatencyLog();
    for (let i = 0; i < 1000; i++) log.add('uncached', 1000);
    for (let i = 0; i < 512; i++) log.add('uncached', 2);
    expect(log.summary('uncached')).toStrictEqual({ count: 1512, p50Ms: 2, p99Ms: 2 });
  });
});
