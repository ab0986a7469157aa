// A made-up application as the page is told of it: points, frames and hellos that follow from a number, so that a test can say
// what has to be on the page. Nothing here measures anything.
import type { Frame, Hello, Point, RouteRow } from '../../../src/dashboard/frame.ts';

const MiB = 1024 * 1024;

/** What happened `index` seconds after the start. */
export function pointOf(index: number, start: number): Point {
  const wave = (period: number) => (Math.sin((index / period) * 2 * Math.PI) + 1) / 2;
  return {
    at: start + index * 1000,
    requests: Math.round(900 + 400 * wave(300) + 120 * wave(17)),
    errors: index % 60 < 5 ? 3 : 0,
    latency: { p50: 0.4 + 0.1 * wave(40), p95: 6 + 3 * wave(70), p99: 28 + 30 * wave(110) },
    hitRatio: 0.86 + 0.1 * wave(400),
    tierRatio: { memory: 0.8 + 0.1 * wave(400), remote: 0.55 + 0.1 * wave(90), disk: 0.3 },
    tierP99: { memory: 0.0004 + 0.0003 * wave(70), remote: 1.6 + wave(60), disk: 4 + wave(33) },
    rssBytes: 180 * MiB + 30 * MiB * wave(500),
    heapUsedBytes: 40 * MiB + 20 * MiB * wave(25),
    cacheUsedBytes: 90 * MiB + 20 * MiB * wave(900),
    cacheMaxBytes: 128 * MiB,
    usedSegments: 80 + Math.round(10 * wave(900)),
    maxSegments: 96,
    entries: 40_000,
    evictions: 12 * wave(80),
    expirations: 30 * wave(45),
    loopP99Ms: 1.2 + 3 * wave(50),
    utilization: 0.35 + 0.2 * wave(120),
    cpu: 0.42 + 0.2 * wave(120),
    tasksWaiting: Math.round(40 * wave(200)),
    tasksCompleted: 14 + 6 * wave(60),
    tasksFailed: index % 90 < 3 ? 1 : 0,
    connections: Math.round(220 + 30 * wave(600)),
    delivered: 800 * wave(90),
  };
}

/** A row of the table of routes, of ten thousand. */
export function routeOf(index: number): RouteRow {
  return {
    method: 'GET',
    route: `/api/things/${String(index).padStart(5, '0')}/:id`,
    perSecond: 10_000 / (index + 10),
    requests: 1_000_000 - index * 90,
    errors: index % 7 === 3 ? index : 0,
    latency: { p50: 0.4 + index / 1000, p95: 4 + index / 500, p99: 20 + index / 100 },
    hits: index % 5 === 4 ? null : 800_000 - index * 70,
    misses: index % 5 === 4 ? null : 90_000 - index * 5,
    notStored: index % 5 === 4 ? null : index,
  };
}

/** A frame with everything that a page can show. */
export function frameOf(
  point: Point,
  routes: readonly RouteRow[],
  changes: Partial<Frame> = {},
): Frame {
  return {
    point,
    totals: { requests: 18_412_907, hits: 15_300_000, misses: 1_700_000, savedMs: 86_400_000, uptimeMs: 273_845_000, threads: 2, node: 'v24.21.0', backend: 'native' }, // prettier-ignore
    engines: [
      { name: 'responses', backend: 'native', entries: 40_112, usedBytes: 96 * MiB, liveBytes: 81 * MiB, maxBytes: 128 * MiB, segments: 96, usedSegments: 84, segmentBytes: MiB, hitRatio: 0.91, evictions: 4100, expirations: 90_210 }, // prettier-ignore
      { name: 'sessions', backend: 'js', entries: 812, usedBytes: 3 * MiB, liveBytes: 3 * MiB, maxBytes: 16 * MiB, segments: 0, usedSegments: 0, segmentBytes: 0, hitRatio: null, evictions: 0, expirations: 17 }, // prettier-ignore
    ],
    tiers: [
      {
        tier: 'memory',
        state: 'ok',
        hitRatio: 0.85,
        p50: 0.00013,
        p99: 0.0042,
        errors: 0,
        timeouts: 0,
      },
      {
        tier: 'remote',
        state: 'down',
        hitRatio: 0.58,
        p50: 0.6,
        p99: 1.9,
        errors: 12,
        timeouts: 3,
      },
      { tier: 'disk', state: 'ok', hitRatio: 0.3, p50: 1.1, p99: 4.4, errors: 0, timeouts: 0 },
    ],
    routes: routes.slice(0, 25),
    routeCount: routes.length,
    keys: [
      { name: '<img src=x onerror="document.title=1">', count: 99_120, perSecond: 71 },
      { name: 'GET https://shop.example/products?page=2', count: 40_077, perSecond: 12.5 },
    ],
    reasons: [
      { name: 'set-cookie', count: 120_400, perSecond: 4.2 },
      { name: 'no-freshness', count: 8120, perSecond: 0.3 },
      { name: 'open-order', count: 77, perSecond: 0 },
    ],
    tasks: {
      backend: 'embedded',
      state: 'ok',
      queues: [
        { queue: 'mail', waiting: 21, delayed: 4, active: 8, failed: 2, dead: 1, paused: false, priorities: [{ name: 'high', count: 2, perSecond: 0 }, { name: 'normal', count: 19, perSecond: 0 }] }, // prettier-ignore
        { queue: 'reports', waiting: 3, delayed: 0, active: 0, failed: 0, dead: 0, paused: true, priorities: [] }, // prettier-ignore
      ],
      tasks: [
        { task: 'send-mail', completed: 80_122, failed: 2, retried: 31, p50: 41, p99: 380 },
        { task: 'nightly-report', completed: 12, failed: 0, retried: 0, p50: 31_200, p99: 64_000 },
      ],
    },
    channels: { state: 'ok', websocket: 211, sse: 30, channels: 48, subscriptions: 602, dropped: 0, bufferedBytes: 20_480 }, // prettier-ignore
    health: {
      state: 'degraded',
      parts: [
        { name: 'cache', state: 'degraded', reason: 'Redis is down, memory serves' },
        { name: 'tasks', state: 'ok', reason: null },
        { name: 'channels', state: 'ok', reason: null },
      ],
    },
    events: [],
    ...changes,
  };
}

/** An application of which nothing but Fastify is there. */
export function bareFrame(point: Point): Frame {
  const nothing = { memory: null, remote: null, disk: null };
  return frameOf(
    { ...point, hitRatio: null, tierRatio: nothing, tierP99: nothing, cacheMaxBytes: 0, cacheUsedBytes: 0, usedSegments: null, maxSegments: null, tasksWaiting: null, tasksCompleted: null, tasksFailed: null, connections: null, delivered: null }, // prettier-ignore
    [],
    {
      totals: { requests: 0, hits: null, misses: null, savedMs: null, uptimeMs: 1500, threads: 1, node: 'v20.19.0', backend: null }, // prettier-ignore
      engines: [],
      tiers: [],
      keys: null,
      reasons: [],
      tasks: null,
      channels: null,
      health: { state: 'ok', parts: [] },
    },
  );
}

/** The first message, with a quarter of an hour of seconds and some hours of minutes before `end`. */
export function helloOf(end: number, changes: Partial<Hello> = {}): Hello {
  const seconds = 900;
  const start = end - seconds * 1000;
  return {
    title: 'Shop',
    actions: true,
    showKeys: true,
    token: 'token-of-the-test',
    links: [{ title: 'API', href: '/docs' }],
    seconds: Array.from({ length: seconds }, (_, index) => pointOf(index, start)),
    minutes: Array.from({ length: 400 }, (_, index) => ({ ...pointOf(index * 7, 0), at: end - (400 - index) * 60_000 })), // prettier-ignore
    events: [
      { at: end - 40_000, kind: 'tier', text: 'Redis is down: connection refused', level: 'error' },
      { at: end - 90_000, kind: 'purge', text: 'The tag “prices” was purged', level: 'info' },
    ],
    ...changes,
  };
}
