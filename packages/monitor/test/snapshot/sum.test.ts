import { describe, expect, it } from 'vitest';
import type { Gathered } from '../../src/peers/peers.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { RoutePlaces } from '../../src/snapshot/sum-routes.ts';
import { sumReadings } from '../../src/snapshot/sum.ts';
import {
  cache,
  engine,
  files,
  gathered,
  reading,
  realtime,
  route,
  tasks,
  tier,
} from './reading.ts';

const sum = (all: Gathered): Snapshot => sumReadings(all, new RoutePlaces());

describe('one thread', () => {
  it('is told as it is', () => {
    const snapshot = sum(
      gathered([
        reading({
          http: { inFlight: 2, routes: [route('/a', 3)] },
          cache: cache(),
          engines: [engine({ entries: 7 })],
          tiers: [tier({})],
          tasks: tasks(),
          realtime: realtime(),
          static: files(),
          faults: 4,
        }),
      ]),
    );
    expect(snapshot.http).toMatchObject({ requests: 3, inFlight: 2, statuses: { '2xx': 3 } });
    expect(snapshot.http.durations).toEqual({ count: 3, sumMs: 3, maxMs: 1, buckets: [0, 3] });
    expect(snapshot.http.routes).toEqual([{ ...route('/a', 3), cache: undefined }]);
    expect(snapshot.cache).toEqual(cache());
    const { isShared: _engine, ...asEngine } = engine({ entries: 7 });
    expect(snapshot.engines).toEqual([asEngine]);
    expect(snapshot.tiers).toEqual([tier({})]);
    const { isShared: _tasks, ...asTasks } = tasks();
    expect(snapshot.tasks).toEqual(asTasks);
    expect(snapshot.realtime).toEqual(realtime());
    expect(snapshot.static).toEqual(files());
    expect(snapshot.readFaults).toBe(4);
    expect(snapshot.process).toMatchObject({ pid: process.pid, threads: 1, silent: 0 });
    expect(snapshot.process.rssBytes).toBeGreaterThan(1_000_000);
    expect(structuredClone(snapshot)).toEqual(snapshot);
  });

  it('without parts has none', () => {
    const snapshot = sum(gathered([reading()]));
    expect(snapshot).toMatchObject({ cache: undefined, tasks: undefined, realtime: undefined });
    expect(snapshot).toMatchObject({ static: undefined, engines: [], tiers: [] });
    expect(snapshot.http.routes).toEqual([]);
  });
});

describe('several threads', () => {
  it('add up their requests by route, and what is in flight', () => {
    const a = reading({ http: { inFlight: 1, routes: [route('/a', 3), route('/b', 1)] } });
    const b = reading({
      id: 'b',
      http: { inFlight: 2, routes: [route('/b', 2, 'PUT'), route('/a', 4)] },
    });
    const { http } = sum(gathered([a, b]));
    expect(http).toMatchObject({ requests: 10, inFlight: 3, statuses: { '2xx': 10 } });
    expect(http.routes.map((each) => [each.method, each.route, each.requests])).toEqual([
      ['GET', '/a', 7],
      ['GET', '/b', 1],
      ['PUT', '/b', 2],
    ]);
  });

  it('add up their response caches, by reason too', () => {
    const b = cache({ forwarded: { 'uri-miss': 1, stale: 3 }, reasons: {} });
    const all = sum(gathered([reading({ cache: cache() }), reading({ id: 'b', cache: b })]));
    expect(all.cache).toMatchObject({ hits: 8, misses: 4, savedMs: 3000 });
    expect(all.cache?.forwarded).toEqual({ 'uri-miss': 3, stale: 3 });
    expect(all.cache?.reasons).toEqual({ 'set-cookie': 1 });
  });

  it('tell of an engine that all share once, as this thread sees it, and add up those of their own', () => {
    const shared = (entries: number) => engine({ name: 'shared', entries, hits: entries });
    const own = engine({ name: 'own', isShared: false, entries: 5, hits: 2, sets: 1 });
    const a = reading({ engines: [shared(8), own] });
    const b = reading({ id: 'b', engines: [shared(7), own, engine({ name: 'theirs' })] });
    const { engines } = sum(gathered([a, b]));
    expect(engines.map(({ name, entries, hits }) => [name, entries, hits])).toEqual([
      ['shared', 8, 8],
      ['own', 10, 4],
      ['theirs', 1, 0],
    ]);
    expect(engines[0]).toMatchObject({ segments: 4, usedSegments: 3 });
    expect(engines[1]).toMatchObject({ bytes: { max: 200, used: 20 }, segmentBytes: 1024 });
    expect(engines[1]).toMatchObject({ segments: 8, usedSegments: 6 });
  });

  it('add up their tiers, and the worst state and the slowest quantile stand', () => {
    const a = reading({ tiers: [tier({ p50Ms: 2 })] });
    const b = reading({ id: 'b', tiers: [tier({ state: 'down', p50Ms: 1, p99Ms: 9, errors: 3 })] });
    const expected = tier({
      state: 'down',
      hits: 2,
      misses: 2,
      sets: 2,
      errors: 3,
      p50Ms: 2,
      p99Ms: 9,
    });
    expect(sum(gathered([a, b])).tiers).toEqual([expected]);
    expect(sum(gathered([b, a])).tiers).toEqual([expected]);
  });

  it('tell of queues that all share once, and add up what each has done', () => {
    const all = sum(gathered([reading({ tasks: tasks() }), reading({ id: 'b', tasks: tasks() })]));
    expect(all.tasks?.queues).toEqual(tasks().queues);
    expect(all.tasks?.tasks).toMatchObject([{ enqueued: 6, completed: 4, p50Ms: 1 }]);
  });

  it('add up queues of their own', () => {
    const own = tasks({ isShared: false, state: 'degraded' });
    const all = sum(
      gathered([reading({ tasks: tasks({ isShared: false }) }), reading({ id: 'b', tasks: own })]),
    );
    expect(all.tasks).toMatchObject({
      state: 'degraded',
      queues: [{ waiting: 4, active: 2, priorities: { high: 4 }, paused: false }],
    });
  });

  it('add up live channels and files, but for what they have in common', () => {
    const a = reading({ realtime: realtime(), static: files() });
    const b = reading({
      id: 'b',
      realtime: realtime({ channels: 9, state: 'degraded' }),
      static: files({ files: 5 }),
    });
    const all = sum(gathered([a, b]));
    expect(all.realtime).toMatchObject({
      state: 'degraded',
      connections: { websocket: 4, sse: 2 },
      channels: 9,
      published: 10,
    });
    expect(all.static).toMatchObject({ hits: 10, reads: 4, files: 5 });
  });

  it('tell of the worst loop, and of all heaps together', () => {
    const loopOf = (p99Ms: number, utilization: number) => ({
      delay: { p50Ms: 1, p99Ms, maxMs: p99Ms },
      utilization,
      gc: { count: 2, totalMs: 5 },
      heapUsedBytes: 10,
      heapTotalBytes: 20,
      externalBytes: 3,
    });
    const all = gathered([
      reading({ loop: loopOf(4, 0.2) }),
      reading({ id: 'b', loop: loopOf(9, 0.1) }),
    ]);
    const { loop, process: is } = sum({ ...all, silent: new Set(['b']) });
    expect(loop).toEqual({
      delay: { p50Ms: 1, p99Ms: 9, maxMs: 9 },
      utilization: 0.2,
      gc: { count: 4, totalMs: 10 },
      heapUsedBytes: 20,
      heapTotalBytes: 40,
    });
    expect(is).toMatchObject({ threads: 2, silent: 1, externalBytes: 6 });
  });
});

describe('a thread that is gone', () => {
  const left = reading({
    id: 'left',
    http: { inFlight: 5, routes: [route('/a', 3)] },
    cache: cache(),
    engines: [
      engine({ name: 'shared', hits: 9 }),
      engine({ name: 'own', isShared: false, hits: 2 }),
    ],
    tiers: [tier({ state: 'down', p99Ms: 50 })],
    tasks: tasks({ isShared: false, state: 'failed' }),
    realtime: realtime({ state: 'closed' }),
    static: files(),
    faults: 2,
  });

  it('leaves its counts, and nothing that is the case now', () => {
    const all = sum(gathered([reading()], { gone: [left] }));
    expect(all.http).toMatchObject({ requests: 3, inFlight: 0 });
    expect(all.cache).toEqual(cache());
    expect(all.engines).toMatchObject([
      { name: 'shared', hits: 9, entries: 1 },
      { name: 'own', hits: 2, entries: 0, bytes: { max: 0, used: 0, live: 0, free: 0 } },
    ]);
    expect(all.tiers).toEqual([tier({ p99Ms: undefined })]);
    expect(all.tasks).toMatchObject({ state: 'ok', queues: [], tasks: [{ enqueued: 3 }] });
    expect(all.tasks?.tasks[0]?.p50Ms).toBeUndefined();
    expect(all.realtime).toMatchObject({
      state: 'ok',
      connections: { websocket: 0, sse: 0 },
      channels: 0,
      bufferedBytes: 0,
      published: 5,
    });
    expect(all.static).toMatchObject({ hits: 5, files: 0 });
    expect(all.readFaults).toBe(2);
    expect(all.process.threads).toBe(1);
  });

  it('adds to those that serve', () => {
    const here = reading({
      http: { inFlight: 1, routes: [route('/a', 1)] },
      engines: [
        engine({ name: 'shared', hits: 10 }),
        engine({ name: 'own', isShared: false, hits: 1 }),
      ],
      tasks: tasks(),
      realtime: realtime(),
      static: files(),
      tiers: [tier({})],
    });
    const all = sum(gathered([here], { gone: [left] }));
    expect(all.http).toMatchObject({ requests: 4, inFlight: 1 });
    expect(all.engines).toMatchObject([
      { name: 'shared', hits: 10 },
      { name: 'own', hits: 3, entries: 1, segments: 4, usedSegments: 3 },
    ]);
    expect(all.tasks).toMatchObject({ queues: [{ waiting: 2 }], tasks: [{ enqueued: 6 }] });
    expect(all.realtime).toMatchObject({
      channels: 3,
      published: 10,
      connections: { websocket: 2 },
    });
    expect(all.static).toMatchObject({ hits: 10, files: 2 });
  });

  it('has its routes added up once, not for each snapshot', () => {
    const places = new RoutePlaces();
    const here = reading({ http: { inFlight: 0, routes: [route('/a', 1)] } });
    let looks = 0;
    const gone = [2, 3].map((requests) =>
      reading({
        http: {
          inFlight: 0,
          get routes() {
            looks++;
            return [route('/a', requests), route('/gone', 1)];
          },
        },
      }),
    );
    const told = () => sumReadings(gathered([here], { gone }), places).http;
    const first = told();
    expect(first.routes.map((one) => [one.route, one.requests])).toEqual([
      ['/a', 6],
      ['/gone', 2],
    ]);
    looks = 0;
    expect(told()).toEqual(first);
    expect(looks).toBe(0);
    gone.push(reading({ http: { inFlight: 0, routes: [route('/a', 4)] } }));
    expect(told().requests).toBe(12);
  });
});

describe('routes', () => {
  const cached = (name: string, hits: number, method = 'GET') => {
    return { method, route: name, hits, misses: 1, stored: 1, notStored: 0 };
  };

  it('have what the response cache counts of them, of several methods the first', () => {
    const a = reading({
      http: { inFlight: 0, routes: [route('/a', 3), route('/b', 1)] },
      cacheRoutes: [cached('/a', 2), cached('/b', 1, 'GET,HEAD')],
    });
    const b = reading({ id: 'b', cacheRoutes: [cached('/a', 5)] });
    const { routes } = sum(gathered([a, b])).http;
    expect(routes.map((each) => each.cache)).toEqual([
      { hits: 7, misses: 2, stored: 2, notStored: 0 },
      { hits: 1, misses: 1, stored: 1, notStored: 0 },
    ]);
  });

  it('that nobody asked for are left out', () => {
    const idle = { ...cached('/idle', 0), misses: 0, stored: 0 };
    const all = reading({ cacheRoutes: [idle, cached('/early', 1)] });
    const { routes, requests } = sum(gathered([all])).http;
    expect(routes.map((each) => each.route)).toEqual(['/early']);
    expect(requests).toBe(0);
  });

  it('of one thread have the counts of the cache as both grow', () => {
    const places = new RoutePlaces();
    const counts = (http: readonly string[], inCache: readonly string[]) => {
      const cacheRoutes = inCache.map((name) => cached(name, name.length));
      const routes = http.map((name) => route(name, 1));
      const all = gathered([reading({ http: { inFlight: 0, routes }, cacheRoutes })]);
      return sumReadings(all, places).http.routes.map((each) => [each.route, each.cache?.hits]);
    };
    expect(counts(['/b'], ['/aa', '/b'])).toEqual([
      ['/b', 2],
      ['/aa', 3],
    ]);
    expect(counts(['/b'], ['/aa', '/b'])).toEqual([
      ['/b', 2],
      ['/aa', 3],
    ]);
    expect(counts(['/b', '/aa'], ['/aa', '/b'])).toEqual([
      ['/b', 2],
      ['/aa', 3],
    ]);
    expect(counts(['/b', '/aa', '/c'], ['/aa', '/b', '/d'])).toEqual([
      ['/b', 2],
      ['/aa', 3],
      ['/c', undefined],
      ['/d', 2],
    ]);
  });

  it('keep their places from one snapshot to the next, whichever thread knows them', () => {
    const places = new RoutePlaces();
    const of = (...names: readonly string[]) =>
      reading({ http: { inFlight: 0, routes: names.map((name) => route(name, 1)) } });
    const names = (all: Gathered) => sumReadings(all, places).http.routes.map((each) => each.route);
    expect(names(gathered([of('/b'), of('/c')]))).toEqual(['/b', '/c']);
    expect(names(gathered([of('/a', '/b'), of('/c')]))).toEqual(['/b', '/c', '/a']);
    expect(names(gathered([of('/a', '/b'), of('/d', '/c')]))).toEqual(['/b', '/c', '/a', '/d']);
  });
});
