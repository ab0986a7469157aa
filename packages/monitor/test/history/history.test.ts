import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { History } from '../../src/history/history.ts';
import { basisOf, pointOf } from '../../src/history/point.ts';
import type { Point } from '../../src/history/point.ts';
import { responseCacheOf, snapshotOf } from '../dashboard/support.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Snapshots at which all that can be counted has been. */
function busy(at: number, times: number) {
  return snapshotOf({
    at: at as never,
    process: { uptimeMs: at - 5_000, rssBytes: 1e9, cpuMs: times * 500 },
    loop: { delay: { p50Ms: 1, p99Ms: 2.5, maxMs: 9 }, utilization: 0.25, heapUsedBytes: 7e7 },
    http: {
      requests: times * 100,
      statuses: { '2xx': times * 90, '5xx': times * 10 },
      durations: { count: times * 100, sumMs: times, maxMs: 1, buckets: [0, 0, times * 100] },
    },
    cache: responseCacheOf({ hits: times * 30, misses: times * 10 }) as never,
    engines: [
      {
        entries: 5,
        evictions: times * 4,
        expirations: times * 2,
        bytes: { max: 9, used: 4 },
        segments: 8,
        usedSegments: 3,
      },
      {
        entries: 2,
        evictions: 0,
        expirations: 0,
        bytes: { max: 1, used: 1 },
        segments: 2,
        usedSegments: 1,
      },
    ] as never,
    tiers: [
      { cache: 'a', tier: 'memory', hits: times * 3, misses: times, p99Ms: 0.5 },
      { cache: 'b', tier: 'memory', hits: 0, misses: 0, p99Ms: 0.75 },
      { cache: 'a', tier: 'remote', hits: 0, misses: times, p99Ms: undefined },
    ] as never,
    tasks: {
      queues: [{ waiting: 3 }, { waiting: 4 }],
      tasks: [{ completed: times * 8, failed: times * 2 }],
    } as never,
    realtime: { connections: { websocket: 2, sse: 3 }, delivered: times * 50 } as never,
  });
}

const quiet: Point = pointOf(basisOf(snapshotOf()), snapshotOf({ at: 1_001_000 as never }));

describe('a point', () => {
  it('has rates per second, ratios of the interval, and figures of now', () => {
    const point = pointOf(basisOf(busy(10_000, 1)), busy(12_000, 3));
    expect(point).toMatchObject({
      at: 12_000,
      requests: 100,
      errors: 10,
      hitRatio: 0.75,
      tierRatio: { memory: 0.75, remote: 0, disk: null },
      tierP99: { memory: 0.75, remote: null, disk: null },
      rssBytes: 1e9,
      heapUsedBytes: 7e7,
      cacheUsedBytes: 5,
      cacheMaxBytes: 10,
      usedSegments: 4,
      maxSegments: 10,
      entries: 7,
      evictions: 4,
      expirations: 2,
      loopP99Ms: 2.5,
      utilization: 0.25,
      cpu: 0.5,
      tasksWaiting: 7,
      tasksCompleted: 8,
      tasksFailed: 2,
      connections: 5,
      delivered: 50,
    });
    expect(point.latency.p50).toBeGreaterThan(0);
    expect(point.latency.p99).toBeGreaterThanOrEqual(point.latency.p50!);
  });

  it('has rates of the time that went by, whatever the clock was set to meanwhile', () => {
    const before = busy(100_000, 1);
    const now = busy(101_000, 2);
    const setBack = { ...now, at: now.at - 3_600_000 };
    const point = pointOf(basisOf(before), setBack);
    expect(point).toMatchObject({ at: setBack.at, requests: 100, cpu: 0.5, delivered: 50 });
  });

  it('is null where there is no such part, or nothing was asked', () => {
    expect(quiet).toMatchObject({
      hitRatio: null,
      latency: { p50: null, p95: null, p99: null },
      tierRatio: { memory: null, remote: null, disk: null },
      usedSegments: null,
      maxSegments: null,
      tasksWaiting: null,
      connections: null,
      delivered: null,
    });
  });

  it('knows of no segments where no engine has any', () => {
    const now = busy(2000, 2);
    const inHeap = now.engines.map((engine) => ({ ...engine, segments: 0, usedSegments: 0 }));
    const point = pointOf(basisOf(busy(1000, 1)), { ...now, engines: inHeap });
    expect(point).toMatchObject({ entries: 7, usedSegments: null, maxSegments: null });
  });

  it('keeps the time of a look-up in memory to five digits', () => {
    const now = busy(2000, 2);
    const tiers = now.tiers.map((tier) => ({ ...tier, p99Ms: 0.000123456 }));
    const { tierP99 } = pointOf(basisOf(busy(1000, 1)), { ...now, tiers });
    expect(tierP99.memory).toBe(0.00012346);
  });

  it('is 0 and never negative where a count was set back', () => {
    const point = pointOf(basisOf(busy(10_000, 9)), busy(11_000, 1));
    expect(point).toMatchObject({ requests: 0, errors: 0, cpu: 0, delivered: 0, hitRatio: null });
    expect(point.latency.p99).toBeNull();
  });
});

describe('the history', () => {
  it('gives each point back as it was, oldest first', () => {
    const history = new History();
    const points = [pointOf(basisOf(busy(1, 1)), busy(1001, 2)), quiet];
    for (const point of points) history.takeSecond(point);
    expect(history.seconds()).toStrictEqual(points);
  });

  it('keeps the last 900 seconds and the last 1440 minutes', () => {
    const history = new History();
    for (let i = 0; i < 1000; i++) history.takeSecond({ ...quiet, at: i });
    expect(history.seconds()).toHaveLength(900);
    expect(history.seconds()[0]!.at).toBe(100);
    expect(history.seconds().at(-1)!.at).toBe(999);
    for (let i = 1; i <= 1500; i++) history.takeMinute(busy(i * 60_000, i));
    expect(history.minutes()).toHaveLength(1440);
    expect(history.minutes()[0]!.at).toBe(61 * 60_000);
    // A mean of the minute.
    expect(history.minutes().at(-1)!.requests).toBe(Number((100 / 60).toPrecision(5)));
  });

  it('begins with the start of the process', () => {
    const history = new History();
    history.takeMinute(busy(10_000, 5));
    expect(history.minutes()[0]).toMatchObject({ at: 10_000, requests: 100 });
  });

  it('never gives a rate of less than a second', () => {
    const history = new History();
    history.takeMinute(busy(60_000, 1));
    history.takeMinute(busy(120_000, 4));
    expect(history.sinceMinute(busy(120_010, 5)).requests).toBe(
      Number((400 / 60.01).toPrecision(5)),
    );
    expect(history.sinceMinute(busy(122_000, 6)).requests).toBe(100);
  });

  it('takes no memory for seconds before somebody watches, and at most 2 MiB when it is full', () => {
    const history = new History();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    history.takeMinute(busy(1, 1));
    const ofMinutes = history.bytes;
    for (let i = 0; i < 2000; i++) {
      history.takeMinute(busy(i, i));
      history.takeSecond(quiet);
    }
    collect();
    const now = process.memoryUsage();
    expect(history.bytes).toBeGreaterThan(ofMinutes);
    expect(history.bytes).toBeLessThanOrEqual(2 * 1024 * 1024);
    // As the process sees it: what stands beside the points as well.
    const grown = now.heapUsed - heapUsed + now.arrayBuffers - arrayBuffers;
    expect(grown).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(history.seconds()).toHaveLength(900);
  });
});
