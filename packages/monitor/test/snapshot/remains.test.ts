// Threads that have left, added up: the same picture as of each by itself.
import { describe, expect, it } from 'vitest';
import type { ThreadReading } from '../../src/read/reading.ts';
import { addRemains, remainsOf } from '../../src/snapshot/remains.ts';
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

const cached = (name: string, hits: number, method = 'GET') => {
  return { method, route: name, hits, misses: 1, stored: 1, notStored: 0 };
};
const loop = (count: number) => ({ ...reading().loop, gc: { count, totalMs: count * 2 } });

/** Threads with all that a thread may have, each a little otherwise. */
const threads: readonly ThreadReading[] = [
  reading({
    id: 'a',
    at: 1,
    http: { inFlight: 2, routes: [route('/a', 1), route('/b', 2)] },
    cache: cache(),
    cacheRoutes: [cached('/a', 1), cached('/b', 2, 'GET,HEAD')],
    engines: [engine({ hits: 5 }), engine({ name: 'own', isShared: false, hits: 1 })],
    tiers: [tier({ state: 'down', p99Ms: 50 })],
    tasks: tasks({ isShared: false, state: 'failed' }),
    realtime: realtime({ state: 'closed' }),
    static: files(),
    loop: loop(1),
    faults: 1,
  }),
  reading({
    id: 'b',
    at: 3,
    http: { inFlight: 1, routes: [route('/c', 4), route('/b', 8), route('/a', 16)] },
    cache: cache({ reasons: { 'no-store': 2 } }),
    cacheRoutes: [cached('/c', 4)],
    engines: [engine({ name: 'own', isShared: false, hits: 2 }), engine({ hits: 9 })],
    tiers: [tier({ tier: 'disk' }), tier({ hits: 7 })],
    tasks: tasks(),
    loop: loop(2),
    faults: 2,
  }),
  reading({ id: 'c', at: 2, http: { inFlight: 0, routes: [route('/b', 32)] }, static: files() }),
];

const folded = (of: readonly ThreadReading[]): ThreadReading =>
  of.slice(1).reduce(addRemains, remainsOf(of[0]!));

/** By name, and without what is never the same. */
function sum(serving: readonly ThreadReading[], gone: readonly ThreadReading[]) {
  const all = gathered([reading({ id: 'here' }), ...serving], { gone });
  const {
    at: _at,
    process: _process,
    http,
    engines,
    tiers,
    ...rest
  } = sumReadings(all, new RoutePlaces());
  return {
    ...rest,
    http: { ...http, routes: byName(http.routes, 'route') },
    engines: byName(engines, 'name'),
    tiers: byName(tiers, 'tier'),
  };
}

function byName<T>(all: readonly T[], name: keyof T): readonly T[] {
  return all.toSorted((a, b) => String(a[name]).localeCompare(String(b[name])));
}

describe('threads that have left', () => {
  it('as one make the same snapshot as each by itself, in whatever order they left', () => {
    const [a, b, c] = threads as [ThreadReading, ThreadReading, ThreadReading];
    const each = sum([], threads);
    expect(each.http.requests).toBe(63);
    for (const order of [
      [a, b, c],
      [c, b, a],
      [b, a, c],
    ]) {
      expect(sum([], [folded(order)])).toEqual(each);
      expect(sum([], [folded([order[0]!]), folded(order.slice(1))])).toEqual(each);
      expect(sum([], [order[2]!, folded(order.slice(0, 2))])).toEqual(each);
    }
    const serving = [reading({ ...b, id: 'serving' })];
    expect(sum(serving, [folded([a, b, c])])).toEqual(sum(serving, threads));
  });

  it('leave nothing that was the case in them', () => {
    const { http, engines, tiers, loop: is, tasks: of } = folded(threads);
    expect(http.inFlight).toBe(0);
    expect(engines.find(({ name }) => name === 'own')).toMatchObject({ hits: 3, entries: 0 });
    expect(tiers.map(({ state, p99Ms }) => [state, p99Ms])).toEqual([
      ['ok', undefined],
      ['ok', undefined],
    ]);
    expect(of).toMatchObject({ state: 'ok', queues: [] });
    expect(is).toEqual({ ...reading().loop, gc: { count: 3, totalMs: 6 } });
  });

  it('leave of an engine that all share what was seen last', () => {
    const hits = (one: Pick<Snapshot, 'engines'>) => one.engines.map((each) => each.hits);
    const shared = [2, 9, 4].map((at) => reading({ at, engines: [engine({ hits: at })] }));
    expect(hits(sum([], shared))).toEqual([9]);
    expect(hits(sum([], [folded(shared)]))).toEqual([9]);
  });

  it('take as much room as one, and routes that nobody asked for none', () => {
    const idle = { ...cached('/idle', 0), misses: 0, stored: 0 };
    const one = reading({ ...threads[1]!, cacheRoutes: [cached('/c', 4), idle] });
    const size = (of: number) => JSON.stringify(folded(Array<ThreadReading>(of).fill(one))).length;
    expect(size(1000) - size(2)).toBeLessThan(300);
    expect(folded([one, one]).cacheRoutes.map((each) => each.route)).toEqual(['/c']);
  });

  it('are not changed by those that are added to them', () => {
    const before = structuredClone(threads);
    const sumOfTwo = folded(threads.slice(0, 2));
    const copy = structuredClone(sumOfTwo);
    addRemains(sumOfTwo, threads[2]!);
    expect(threads).toEqual(before);
    expect(sumOfTwo).toEqual(copy);
  });
});
