import { describe, expect, it } from 'vitest';
import { Changes } from '../../src/dashboard/changes.ts';
import { Events } from '../../src/dashboard/events.ts';
import type { Frame } from '../../src/dashboard/frame.ts';
import { healthRows } from '../../src/dashboard/health-rows.ts';
import { listen as hear } from '../../src/dashboard/listen.ts';
import { makeFrame } from '../../src/dashboard/make-frame.ts';
import { Window } from '../../src/dashboard/pair.ts';
import { readRoutesQuery, routesPage } from '../../src/dashboard/route-rows.ts';
import type { RouteSnapshot } from '../../src/snapshot/snapshot.ts';
import { listen, open, responseCacheOf, routeOf, snapshotOf, watch } from './support.ts';

const EVIL = '<img src=x onerror=alert(1)>';
const around = { point: {} as Frame['point'], health: { state: 'ok', parts: [] }, keys: null };

function withRoutes(at: number, routes: readonly RouteSnapshot[]) {
  return snapshotOf({ at: at as never, http: { routes } });
}

describe('what tables look back at', () => {
  it('is ten to twenty seconds ago, and less only at the beginning', () => {
    const window = new Window();
    const at = (second: number) => snapshotOf({ at: (second * 1000) as never });
    expect(window.pair).toBeUndefined();
    expect(window.put(at(0))).toBeUndefined();
    expect(window.pair!.before).toBeUndefined();
    const spans: number[] = [];
    for (let second = 1; second <= 60; second++) {
      expect(window.put(at(second))!.at).toBe((second - 1) * 1000);
      const { before, now } = window.pair!;
      spans.push((now.at - before!.at) / 1000);
    }
    expect(spans.slice(0, 9)).toStrictEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Math.min(...spans.slice(9))).toBe(10);
    expect(Math.max(...spans)).toBeLessThan(20);
    window.clear();
    expect(window.pair).toBeUndefined();
  });

  it('is that also when the clock is set back, and rates stay what they are', () => {
    const window = new Window();
    for (let second = 0; second <= 60; second++) {
      const { at, process } = withRoutes(second * 1000, []);
      const isBack = second > 30;
      window.put({
        ...withRoutes(at - (isBack ? 3_600_000 : 0), [routeOf('/a', second * 7)]),
        process,
      });
      if (second > 0) expect(makeFrame(window.pair!, around).routes[0]!.perSecond).toBe(7);
    }
    const { before, now } = window.pair!;
    expect(now.process.uptimeMs - before!.process.uptimeMs).toBeLessThan(20_000);
  });
});

describe('a frame', () => {
  it('shows the busiest routes of any number, with rates, errors and latency of the time between', () => {
    const routes = Array.from({ length: 10_000 }, (_, i) => routeOf(`/r/${i}`, 5));
    const later = routes.map((route, i) =>
      i % 1000 === 7
        ? routeOf(route.route, 5 + i, {
            statuses: { '2xx': 5, '5xx': i },
            durations: { count: i, sumMs: i, maxMs: 1, buckets: [0, 0, 0, 0, i] },
            cache: { hits: 3, misses: 2, stored: 2, notStored: 1 },
          })
        : route,
    );
    const pair = { before: withRoutes(0, routes), now: withRoutes(10_000, later) };
    const frame = makeFrame(pair, around);
    expect(frame.routeCount).toBe(10_000);
    expect(frame.routes).toHaveLength(25);
    expect(frame.routes[0]).toMatchObject({
      route: '/r/9007',
      perSecond: 900.7,
      requests: 9012,
      errors: 9007,
      hits: 3,
      misses: 2,
      notStored: 1,
    });
    expect(frame.routes[0]!.latency.p99).toBeGreaterThan(0);
    expect(frame.routes[9]).toMatchObject({ route: '/r/7', perSecond: 0.7 });
    expect(frame.routes[10]).toMatchObject({ perSecond: 0, hits: null });
    expect(frame.routes[10]!.latency.p99).toBeNull();
  });

  it('finds a route again when others have come before it', () => {
    const pair = {
      before: withRoutes(0, [routeOf('/a', 10), routeOf('/b', 10)]),
      now: withRoutes(1000, [routeOf('/new', 1), routeOf('/b', 12), routeOf('/a', 15)]),
    };
    expect(makeFrame(pair, around).routes).toMatchObject([
      { route: '/a', perSecond: 5 },
      { route: '/b', perSecond: 2 },
      { route: '/new', perSecond: 1 },
    ]);
  });

  it('is at most 64 KB, whatever the application holds', () => {
    const long = 'x'.repeat(5000);
    const names = Array.from({ length: 500 }, (_, i) => `${i}${long}`);
    const counts = Object.fromEntries(names.map((name, i) => [name, i]));
    const snapshot = snapshotOf({
      http: { routes: names.map((name) => routeOf(name, 1)) },
      cache: responseCacheOf({ reasons: counts }) as never,
      engines: names.map((name) => ({ name, backend: 'js', bytes: {} })) as never,
      tiers: names.map((cache) => ({ cache, tier: 'memory', state: 'ok' })) as never,
      tasks: {
        backend: 'memory',
        state: 'ok',
        queues: names.map((queue) => ({ queue, waiting: 0, priorities: { high: 1 } })),
        tasks: names.map((task) => ({ task })),
      } as never,
    });
    const parts = Object.fromEntries(names.map((name) => [name, { state: 'ok', reason: long }]));
    const health = healthRows({ health: { snapshot: () => ({ state: 'ok', parts, checks: {} }) } });
    const frame = makeFrame({ before: undefined, now: snapshot }, { ...around, health });
    for (const list of [
      frame.routes,
      frame.reasons,
      frame.engines,
      frame.tiers,
      frame.tasks!.queues,
      frame.tasks!.tasks,
      frame.health.parts,
    ]) {
      expect(list).toHaveLength(25);
    }
    expect(JSON.stringify(frame).length).toBeLessThan(64 * 1024);
  });

  it('has the reasons why responses were not cached, most first', () => {
    const of = (at: number, reasons: Record<string, number>) =>
      snapshotOf({ at: at as never, cache: responseCacheOf({ reasons }) as never });
    const pair = { before: of(0, { a: 2 }), now: of(2000, { a: 6, 'set-cookie': 9 }) };
    expect(makeFrame(pair, around).reasons).toStrictEqual([
      { name: 'set-cookie', count: 9, perSecond: 4.5 },
      { name: 'a', count: 6, perSecond: 2 },
    ]);
  });

  it('has engines, tiers, tasks and channels as they are, and null for what is not there', () => {
    const quiet = makeFrame({ before: undefined, now: snapshotOf() }, around);
    expect(quiet).toMatchObject({ tasks: null, channels: null, keys: null, engines: [] });
    expect(quiet.totals).toMatchObject({ hits: null, backend: null, node: 'v20.19.0', threads: 1 });
    const tier = { tier: 'memory', state: 'ok', hits: 3, misses: 1, errors: 0, timeouts: 0 };
    const engine = {
      name: 'http',
      backend: 'native',
      entries: 3,
      hits: 9,
      misses: 1,
      evictions: 4,
      expirations: 5,
      segments: 2,
      usedSegments: 1,
      segmentBytes: 64,
      bytes: { max: 100, used: 60, live: 50, free: 40 },
    };
    const full = makeFrame(
      {
        before: undefined,
        now: snapshotOf({
          engines: [engine] as never,
          tiers: [
            { ...tier, cache: 'a' },
            { ...tier, cache: 'b', p50Ms: 0.000135, p99Ms: 1.25 },
          ] as never,
          tasks: {
            backend: 'redis',
            state: 'ok',
            queues: [{ queue: 'mail', waiting: 3, paused: false, priorities: { low: 1, high: 2 } }],
            tasks: [{ task: 'send', completed: 4, failed: 1, retried: 2, p50Ms: 3 }],
          } as never,
          realtime: {
            state: 'ok',
            connections: { websocket: 4, sse: 5 },
            channels: 6,
            subscriptions: 7,
            dropped: 8,
            bufferedBytes: 9,
            published: 1,
          } as never,
        }),
      },
      around,
    );
    expect(full.engines).toMatchObject([
      { name: 'http', usedBytes: 60, liveBytes: 50, maxBytes: 100, hitRatio: 0.9 },
    ]);
    expect(full.engines).toMatchObject([{ segments: 2, usedSegments: 1, segmentBytes: 64 }]);
    expect(full.tiers).toMatchObject([
      { tier: 'a memory', hitRatio: 0.75, p99: null },
      { tier: 'b memory', p50: 0.000135, p99: 1.25 },
    ]);
    expect(full.tasks).toMatchObject({
      queues: [{ queue: 'mail', priorities: [{ name: 'high', count: 2 }, { name: 'low' }] }],
      tasks: [{ task: 'send', p50: 3, p99: null }],
    });
    expect(full.channels).toStrictEqual({
      state: 'ok',
      websocket: 4,
      sse: 5,
      channels: 6,
      subscriptions: 7,
      dropped: 8,
      bufferedBytes: 9,
    });
    expect(full.totals.backend).toBe('native');
  });
});

describe('the table of routes', () => {
  const routes = Array.from({ length: 60 }, (_, i) =>
    routeOf(`/items/${i}`, i, {
      method: i % 2 === 0 ? 'GET' : 'POST',
      cache: i < 3 ? { hits: i, misses: 0, stored: 0, notStored: 0 } : undefined,
    }),
  );
  const ask = async (query: string) => {
    const { app } = await open({ take: () => withRoutes(1000, routes) });
    return (await app.inject(`/_catzilla/data/routes${query}`)).json() as {
      rows: { route: string; hits: number | null }[];
      total: number;
      offset: number;
    };
  };
  const names = ({ rows }: Awaited<ReturnType<typeof ask>>) => rows.map(({ route }) => route);

  it('is given page by page', async () => {
    const first = await ask('?sort=-requests');
    expect(first).toMatchObject({ total: 60, offset: 0 });
    expect(names(first).slice(0, 2)).toStrictEqual(['/items/59', '/items/58']);
    expect(first.rows).toHaveLength(25);
    const last = await ask('?sort=requests&offset=50&limit=100');
    expect(names(last)).toStrictEqual(Array.from({ length: 10 }, (_, i) => `/items/${50 + i}`));
  });

  it('is searched by method and route, in any case', async () => {
    expect((await ask('?q=post%20/ITEMS/1')).total).toBe(6);
    expect((await ask('?q=nowhere')).total).toBe(0);
    expect((await ask('?q=%3Cimg')).rows).toStrictEqual([]);
  });

  it('has what is not there last, in either order', async () => {
    expect((await ask('?sort=-hits')).rows.slice(0, 4).map(({ hits }) => hits)).toStrictEqual([
      2,
      1,
      0,
      null,
    ]);
    expect((await ask('?sort=hits')).rows.slice(0, 4).map(({ hits }) => hits)).toStrictEqual([
      0,
      1,
      2,
      null,
    ]);
  });

  it.each([
    'route',
    'perSecond',
    'requests',
    'errors',
    'p50',
    'p95',
    'p99',
    'hits',
    'misses',
    'notStored',
  ])('is ordered by %s', async (column) => {
    expect((await ask(`?sort=${column}`)).total).toBe(60);
    expect((await ask(`?sort=-${column}`)).rows).toHaveLength(25);
  });

  it.each([
    '?sort=constructor',
    '?sort=__proto__',
    '?offset=-1',
    '?offset=x',
    '?limit=0',
    '?q=a&q=b',
  ])('takes %s for a question that was not asked', async (query) => {
    const page = await ask(query);
    expect(page).toMatchObject({ total: 60, offset: 0 });
    expect(page.rows.length).toBeGreaterThan(0);
  });
});

describe('a page of the table of routes', () => {
  const query = readRoutesQuery({ limit: '10' });

  it('goes on where the busiest in a frame end, also while nothing goes on', () => {
    const routes = Array.from({ length: 25 }, (_, i) => routeOf(`/r/${i}`, (i * 7) % 20));
    const pair = { before: withRoutes(0, routes), now: withRoutes(10_000, routes) };
    const all = [0, 10, 20].flatMap((offset) => routesPage(pair, { ...query, offset }).rows);
    expect(all).toStrictEqual(makeFrame(pair, around).routes);
  });

  it('looks into the durations of its own rows alone, unless it is ordered by them', () => {
    const looked = new Set<number>();
    const routes = Array.from({ length: 100 }, (_, i) => {
      const durations = {
        count: 1,
        sumMs: 1,
        maxMs: 1,
        get buckets() {
          looked.add(i);
          return [1];
        },
      };
      return routeOf(`/r/${i}`, i, { durations });
    });
    const pair = { before: undefined, now: withRoutes(10_000, routes) };
    routesPage(pair, { ...query, column: 'requests' });
    expect([...looked]).toStrictEqual([99, 98, 97, 96, 95, 94, 93, 92, 91, 90]);
    routesPage(pair, { ...query, column: 'p99' });
    expect(looked.size).toBe(100);
  });
});

describe('names that strangers chose', () => {
  it('are data of JSON in frames, tables and events, and nothing of them is markup', async () => {
    const tiers = {
      name: 'app',
      hits: [] as ((event: { key: string; namespace: string }) => void)[],
      on(name: string, listener: never) {
        if (name === 'hit') this.hits.push(listener);
        return () => undefined;
      },
    };
    let at = 0;
    const { app } = await open({
      dashboard: { showKeys: true, title: EVIL },
      prepare: (app) => app.decorate('tiers', tiers),
      take: () => {
        tiers.hits.forEach((hit) => hit({ key: EVIL, namespace: '' }));
        return withRoutes((at += 1000), [routeOf(EVIL, at)]);
      },
    });
    const stream = await watch(await listen(app));
    const hello = await stream.next();
    expect(hello.data).toMatchObject({ title: EVIL });
    const frame = (await stream.next()).data as Frame;
    expect(frame.routes[0]!.route).toBe(EVIL);
    expect(frame.keys![0]!.name).toBe(EVIL);
    const table = await app.inject(`/_catzilla/data/routes?q=${encodeURIComponent('<img')}`);
    expect(table.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(table.headers['x-content-type-options']).toBe('nosniff');
    expect(table.json().rows[0].route).toBe(EVIL);
  });

  it('a line end in one begins no other event of the stream', async () => {
    const name = 'a\n\nevent: hello\ndata: {"title":"forged"}\n\n';
    const { app } = await open({ take: () => withRoutes(1000, [routeOf(name, 1)]) });
    const stream = await watch(await listen(app));
    await stream.next();
    const frame = await stream.next();
    expect(frame.event).toBe('frame');
    expect((frame.data as Frame).routes[0]!.route).toBe(name);
  });
});

describe('keys', () => {
  const tiersOf = () => ({
    name: 'app',
    listeners: 0,
    on(name: string) {
      if (name === 'hit') this.listeners += 1;
      return () => {
        if (name === 'hit') this.listeners -= 1;
      };
    },
  });

  it('are not listened to, nor sent, unless they are to be shown', async () => {
    const tiers = tiersOf();
    const { app } = await open({ prepare: (app) => app.decorate('tiers', tiers) });
    const stream = await watch(await listen(app));
    await stream.next();
    expect(((await stream.next()).data as Frame).keys).toBeNull();
    expect(tiers.listeners).toBe(0);
  });

  it('are listened to while somebody watches, once for a cache that two parts share', async () => {
    const tiers = tiersOf();
    const { app } = await open({
      dashboard: { showKeys: true },
      prepare: (app) => app.decorate('tiers', tiers).decorate('cache', { tiers }),
    });
    const port = await listen(app);
    expect(tiers.listeners).toBe(0);
    const stream = await watch(port);
    await stream.next();
    expect(tiers.listeners).toBe(1);
    const closed = app.close();
    await stream.rest();
    await closed;
    expect(tiers.listeners).toBe(0);
  });
});

describe('what happens', () => {
  const health = (state: string, reason: string | null = null): Frame['health'] => ({
    state: state === 'ok' ? 'ready' : 'degraded',
    parts: [{ name: 'cache', state, reason }],
  });

  it('is told of health and threads when they are another than before', () => {
    const events = new Events();
    const changes = new Changes(events);
    const process = (threads: number, silent: number) =>
      snapshotOf({ process: { threads, silent } });
    changes.see(process(2, 0), health('ok'));
    expect(events.last).toBe(0);
    changes.see(process(2, 0), health('ok'));
    expect(events.last).toBe(0);
    changes.see(process(3, 0), health('degraded', 'remote is down'));
    changes.see(process(2, 1), health('failed'));
    changes.see(process(2, 0), health('ok'));
    const told = events.between(0, events.last).map(({ level, text }) => `${level}: ${text}`);
    expect(told).toStrictEqual([
      'warn: the application is degraded',
      'warn: cache is degraded: remote is down',
      'info: a thread has joined: 3 now',
      'error: cache is failed',
      'info: a thread has left: 2 now',
      'warn: 1 of 2 give no answer',
      'info: the application is ready',
      'info: cache is ok',
      'info: every thread answers again',
    ]);
  });

  it('is heard of caches, without names unless keys are shown', () => {
    const cacheOf = () => {
      const listeners = new Map<string, (event: unknown) => void>();
      const on = (name: string, listener: never) => {
        listeners.set(name, listener);
        return () => void listeners.delete(name);
      };
      const cache = { tiers: { name: 'http', on }, onPurge: (hear: never) => on('purge', hear) };
      return { listeners, parts: { cache, tiers: { name: 'app', on } } as never };
    };
    for (const showKeys of [false, true]) {
      const { listeners, parts } = cacheOf();
      const events = new Events();
      const end = hear(parts, events, showKeys);
      listeners.get('state')!({ tier: 'remote', state: 'down', lastError: 'no route' });
      listeners.get('state')!({ tier: 'remote', state: 'ready', lastError: 'no route' });
      listeners.get('gap')!({ reason: 'trimmed' });
      listeners.get('purge')!({ kind: 'url', urls: [{ target: '/a' }], soft: false });
      listeners.get('purge')!({ kind: 'pattern', pattern: /^\/b/, soft: true });
      listeners.get('purge')!({ kind: 'tags', tags: ['a', 'b', 'c', 'd'], soft: false });
      listeners.get('purge')!({ kind: 'all', soft: false });
      listeners.get('invalidate')!({ tags: ['t'], soft: true });
      const told = events.between(0, events.last).map(({ level, text }) => `${level}: ${text}`);
      expect(told).toStrictEqual([
        'warn: tier remote is down: no route',
        'info: tier remote is ready',
        'warn: the bus has missed something, memory was checked anew: trimmed',
        ...(showKeys
          ? [
              'info: URL /a was purged',
              'info: /^\\/b/ was made stale',
              'info: tags a, b, c, and 1 more were purged',
              'info: everything was purged',
              'info: tag t was made stale',
            ]
          : [
              'info: 1 URL was purged',
              'info: a pattern was made stale',
              'info: 4 tags were purged',
              'info: everything was purged',
              'info: 1 tag was made stale',
            ]),
      ]);
      end();
      expect(listeners.size).toBe(0);
    }
  });

  it('of the same cache is told once, and nothing where there are no caches', () => {
    const heard: string[] = [];
    const tiers = { name: 'one', on: (name: string) => (heard.push(name), () => undefined) };
    const cache = { tiers, onPurge: () => () => undefined };
    hear({ cache, tiers } as never, new Events(), true);
    expect(heard).toStrictEqual(['state', 'gap']);
    hear({ cache: undefined, tiers: undefined }, new Events(), true)();
  });

  it('is in the frames that follow', async () => {
    let tell: ((event: unknown) => void) | undefined;
    const onPurge = (hear: (event: unknown) => void) => ((tell = hear), () => undefined);
    const { app } = await open({ prepare: (app) => app.decorate('cache', { onPurge }) });
    const stream = await watch(await listen(app));
    await stream.next();
    expect(((await stream.next()).data as Frame).events).toStrictEqual([]);
    tell!({ kind: 'all', soft: false });
    expect(((await stream.next()).data as Frame).events).toMatchObject([
      { kind: 'purge', text: 'everything was purged' },
    ]);
    expect(((await stream.next()).data as Frame).events).toStrictEqual([]);
  });
});
