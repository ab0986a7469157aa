import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LoopWatch } from '../../src/read/loop.ts';
import { ThreadReader } from '../../src/read/read-thread.ts';

/** Reads an application that has these parts. */
function readerOf(parts: Readonly<Record<string, unknown>>): ThreadReader {
  const loop = new LoopWatch();
  onTestFinished(() => loop.close());
  const recorder = { read: () => ({ inFlight: 0, routes: [] }) };
  return new ThreadReader('one', { app: parts as unknown as FastifyInstance, recorder, loop });
}

const read = (parts: Readonly<Record<string, unknown>>) => readerOf(parts).read(false);

const LATENCY = { count: 0, p50Ms: NaN, p99Ms: NaN, maxMs: NaN };
const TIER = { hits: 3, misses: 1, sets: 2, errors: 0, timeouts: 0, skipped: 0, latency: LATENCY };

/** A tiered cache of memory and Redis. */
function tieredCache(name: string) {
  return {
    name,
    memory: {
      name: `${name}-engine`,
      stats: () => ({
        backend: 'native',
        shared: true,
        entries: 7,
        hits: 5,
        refused: { tooLarge: 1, noRoom: 2 },
        segments: 9,
        usedSegments: 4,
        segmentBytes: 64,
        bytes: { max: 100, used: 50, live: 40, free: 50, index: 1 },
      }),
    },
    stats: () => ({
      memory: { ...TIER, latency: { count: 1, p50Ms: 0.0003, p99Ms: 0.0003, maxMs: 0.0003 } },
      remote: { ...TIER, latency: { ...LATENCY, p50Ms: 1, p99Ms: 9 } },
      disk: TIER,
    }),
    health: async () => ({
      memory: { state: 'ok' },
      remote: { state: 'down' },
      disk: { state: 'off' },
    }),
  };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('an application without parts', () => {
  it('reads as nothing but its loop and its requests', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    const reading = await read(app as never);
    expect(reading).toMatchObject({
      id: 'one',
      cache: undefined,
      engines: [],
      tiers: [],
      tasks: undefined,
      realtime: undefined,
      static: undefined,
      faults: 0,
    });
    expect(reading.loop.heapUsedBytes).toBeGreaterThan(1_000_000);
    expect(structuredClone(reading)).toEqual(reading);
  });
});

describe('a response cache', () => {
  const stats = { hits: 4, misses: 2, savedMs: 12.5, forwarded: { 'uri-miss': 2 }, raw: 'x' };
  const routes = [{ method: 'GET', url: '/a', hits: 4, misses: 2, stored: 1, notStored: 0 }];

  it('reads with its routes, engine and tiers', async () => {
    const tiers = tieredCache('pages');
    const cache = { stats: () => stats, routeStats: () => routes, tiers };
    const reading = await read({ cache });
    expect(reading.cache).toMatchObject({ hits: 4, misses: 2, savedMs: 12.5, stale: 0 });
    expect(reading.cache?.forwarded).toEqual({ 'uri-miss': 2 });
    const counts = { hits: 4, misses: 2, stored: 1, notStored: 0 };
    expect(reading.cacheRoutes).toEqual([{ method: 'GET', route: '/a', ...counts }]);
    expect(reading.engines).toMatchObject([
      { name: 'pages-engine', backend: 'native', isShared: true, entries: 7, refused: 3 },
    ]);
    expect(reading.engines[0]).toMatchObject({ segments: 9, usedSegments: 4, segmentBytes: 64 });
    expect(reading.engines[0]?.bytes).toEqual({ max: 100, used: 50, live: 40, free: 50 });
    expect(reading.tiers).toMatchObject([
      { cache: 'pages', tier: 'memory', state: 'ok', hits: 3, p50Ms: 0.0003, p99Ms: 0.0003 },
      { cache: 'pages', tier: 'remote', state: 'down', p50Ms: 1, p99Ms: 9 },
    ]);
  });

  it('of many routes is asked for them only where something was counted since', async () => {
    let hits = 4;
    const asked = vi.fn(() => [{ method: 'GET', url: '/a', hits, misses: 2 }]);
    const cache = { stats: () => ({ ...stats, hits }), routeStats: asked };
    const reader = readerOf({ cache });
    await reader.read(false);
    await reader.read(false);
    expect(asked).toHaveBeenCalledOnce();
    hits++;
    expect((await reader.read(false)).cacheRoutes).toMatchObject([{ hits: 5, stored: 0 }]);
  });

  it('that stands on the tiers of the application is read once', async () => {
    const tiers = tieredCache('all');
    const cache = { stats: () => stats, routeStats: () => routes, tiers };
    const reading = await read({ cache, tiers });
    expect(reading.engines).toHaveLength(1);
    expect(reading.tiers).toHaveLength(2);
  });
});

describe('other parts', () => {
  it('read what they tell, and 0 where a field is missing', async () => {
    const reading = await read({
      realtime: {
        stats: () => ({ connections: { websocket: 2 }, published: 5 }),
        health: () => ({ state: 'ok', reasons: [] }),
      },
      static: { stats: () => ({ hits: 1, reads: 2, files: 3 }) },
      tasks: {
        health: () => ({ state: 'degraded' }),
        stats: async () => ({
          backend: 'embedded',
          store: { mode: 'memory', isShared: true },
          queues: [
            {
              queue: 'mail',
              counts: { waiting: 4 },
              dead: 1,
              isPaused: true,
              waitingByPriority: { high: 2 },
            },
          ],
          tasks: [
            {
              task: 'send',
              queue: 'mail',
              totals: { completed: 3 },
              run: { p50Ms: 5, p99Ms: NaN },
            },
          ],
        }),
      },
    });
    expect(reading.realtime).toMatchObject({
      state: 'ok',
      connections: { websocket: 2, sse: 0 },
      published: 5,
      delivered: 0,
    });
    expect(reading.static).toMatchObject({ hits: 1, reads: 2, files: 3, refused: 0 });
    expect(reading.tasks).toMatchObject({
      backend: 'embedded',
      state: 'degraded',
      isShared: true,
      queues: [
        { queue: 'mail', waiting: 4, failed: 0, dead: 1, paused: true, priorities: { high: 2 } },
      ],
      tasks: [{ task: 'send', completed: 3, failed: 0, p50Ms: 5, p99Ms: undefined }],
    });
  });

  it('leave out queues that the backend does not tell of, for 0 would say that nothing waits', async () => {
    const counts = { waiting: 4 };
    const queues = [
      { queue: 'silent', counts: undefined, dead: undefined },
      { queue: 'half', counts, dead: undefined },
      { queue: 'mail', counts, dead: 0 },
    ];
    const { tasks } = await read({ tasks: { stats: async () => ({ queues }) } });
    expect(tasks?.queues).toMatchObject([{ queue: 'mail', waiting: 4 }]);
    expect(tasks?.queues).toHaveLength(1);
  });

  it.each([
    ['without a store', undefined, true],
    ['whose store says it is shared', { isShared: true }, true],
    ['whose store is of this thread', { mode: 'memory' }, false],
  ])('tasks %s', async (_title, store, isShared) => {
    const { tasks } = await read({ tasks: { stats: async () => ({ store }) } });
    expect(tasks?.isShared).toBe(isShared);
  });
});

describe('a part that fails', () => {
  const broken = () => {
    throw new Error('broken');
  };

  it('keeps what it said last', async () => {
    let isBroken = false;
    const tell =
      <T>(stats: T) =>
      (): T =>
        isBroken ? broken() : stats;
    const tiers = tieredCache('all');
    const memory = { ...tiers.memory, stats: tell(tiers.memory.stats()) };
    const reader = readerOf({
      cache: { stats: tell({ hits: 4 }), tiers: { ...tiers, memory, stats: tell(tiers.stats()) } },
      tasks: { stats: async () => tell({ backend: 'redis' })() },
      realtime: { stats: tell({ published: 2 }) },
      static: { stats: tell({ hits: 1 }) },
    });
    const { at: _at, loop: _loop, faults, ...before } = await reader.read(false);
    expect(faults).toBe(0);
    isBroken = true;
    expect(await reader.read(false)).toMatchObject({ ...before, faults: 6 });
  });

  it('that never said anything is counted and left out, and the others are read', async () => {
    const tiers = { ...tieredCache('all'), memory: { stats: broken }, stats: broken };
    const reading = await read({
      cache: { stats: broken, routeStats: broken, tiers },
      tasks: { stats: async () => broken() },
      realtime: { stats: broken },
      static: { stats: () => ({ hits: 1 }) },
    });
    expect(reading).toMatchObject({
      cache: undefined,
      cacheRoutes: [],
      engines: [],
      tiers: [],
      tasks: undefined,
      realtime: undefined,
      static: { hits: 1 },
      faults: 5,
    });
  });

  it('by not answering keeps what it said last, and is not asked again before it has', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let asked = 0;
    let answer = (_stats: unknown): void => undefined;
    const stats = () => {
      asked++;
      const first = Promise.resolve({ backend: 'first' });
      return asked === 1 ? first : new Promise((resolve) => (answer = resolve));
    };
    const reader = readerOf({ tasks: { stats } });
    expect((await reader.read(false)).tasks?.backend).toBe('first');
    for (let i = 1; i <= 2; i++) {
      const late = reader.read(false);
      await vi.advanceTimersByTimeAsync(150);
      const { tasks, faults } = await late;
      expect(tasks?.backend).toBe('first');
      expect(faults).toBe(i);
    }
    expect(asked).toBe(2);
    answer({ backend: 'second' });
    await vi.advanceTimersByTimeAsync(0);
    const next = reader.read(false);
    await vi.advanceTimersByTimeAsync(150);
    expect((await next).tasks?.backend).toBe('second');
  });

  const named = (part: unknown) =>
    read({ cache: part, tasks: part, realtime: part, static: part, tiers: part });

  it.each([null, 1, 'x', [], {}, { stats: 1 }])('to be one (%j) is none', async (part) => {
    expect(await named(part)).toMatchObject({
      cache: undefined,
      engines: [],
      tiers: [],
      tasks: undefined,
      realtime: undefined,
      static: undefined,
      faults: 0,
    });
  });

  it('to tell anything reads as empty', async () => {
    const reading = await named({ stats: () => null });
    expect(reading.cache?.hits).toBe(0);
    expect(reading.realtime).toMatchObject({ state: 'unknown', published: 0 });
    expect(reading.engines).toEqual([]);
    expect(reading.faults).toBe(0);
  });
});
