// Points as the page keeps them: in order, each once, bounded, with gaps where nothing is known.
import { describe, expect, it } from 'vitest';
import type { Frame, Hello, Point } from '../../src/dashboard/frame.ts';
import { pageModule } from './support/page-module.ts';
import { frameOf, helloOf, pointOf } from './support/sample.ts';

interface Store {
  welcome(hello: Hello): void;
  take(frame: Frame): void;
  view(range: 'quarter' | 'day'): { from: number; to: number; points: (Point | null)[] };
}
const { makeStore } = await pageModule<{ makeStore(): Store }>('store.js');

const MINUTE = 60_000;
const start = Date.UTC(2026, 4, 4, 12);
const bare = { seconds: [], minutes: [], events: [] };
const at = (ms: number, changes: Partial<Point> = {}): Point => ({ ...pointOf(0, start), at: start + ms, ...changes }); // prettier-ignore
const timesOf = (points: readonly (Point | null)[]) => points.map((point) => point && point.at - start); // prettier-ignore

function storeOf(...points: Point[]): Store {
  const store = makeStore();
  store.welcome(helloOf(start, bare));
  for (const point of points) store.take(frameOf(point, []));
  return store;
}

describe('the points of a quarter of an hour', () => {
  it('are no more than that, and end with the newest', () => {
    const store = makeStore();
    store.welcome(helloOf(start));
    for (let second = 0; second < 100; second += 1) store.take(frameOf(at(second * 1000), []));
    const { from, to, points } = store.view('quarter');
    expect(to).toBe(start + 99_000);
    expect(from).toBe(to - 15 * MINUTE);
    expect(points).toHaveLength(901);
    expect(timesOf(points)).toEqual(Array.from({ length: 901 }, (_, index) => (index - 801) * 1000)); // prettier-ignore
  });

  it('span what there is, as long as that is less', () => {
    const store = storeOf(at(0), at(1000), at(2000));
    expect(store.view('quarter').to - store.view('quarter').from).toBe(MINUTE);
    store.take(frameOf(at(7 * MINUTE), []));
    expect(store.view('quarter').to - store.view('quarter').from).toBe(8 * MINUTE);
  });

  it('have a gap where seconds are missing', () => {
    const store = storeOf(at(0), at(1000), at(3000), at(20_000));
    expect(timesOf(store.view('quarter').points)).toEqual([0, 1000, 3000, null, 20_000]);
  });

  it('take minutes from times in which nobody looked', () => {
    const store = makeStore();
    const minutes = [1, 2, 3].map((minute) => at(minute * MINUTE));
    store.welcome(helloOf(start, { ...bare, minutes, seconds: [at(3 * MINUTE + 1000)] }));
    expect(timesOf(store.view('quarter').points)).toEqual([MINUTE, 2 * MINUTE, 3 * MINUTE + 1000]);
  });

  it('are merged when the feed comes again, and none is there twice', () => {
    const store = storeOf(at(0), at(1000), at(2000));
    store.welcome(helloOf(start, { ...bare, seconds: [at(1000), at(2000), at(3000)] }));
    expect(timesOf(store.view('quarter').points)).toEqual([0, 1000, 2000, 3000]);
  });

  it('end with the newest also after the clock of the server was set back', () => {
    const store = storeOf(at(0), at(1000), at(MINUTE), at(MINUTE + 1000), at(2000));
    const { to, points } = store.view('quarter');
    expect(to).toBe(start + 2000);
    expect(timesOf(points)).toEqual([0, 1000, 2000]);
    expect(timesOf(store.view('day').points)).toEqual([1000, 2000]);
    store.take(frameOf(at(3000), []));
    expect(timesOf(store.view('quarter').points)).toEqual([0, 1000, 2000, 3000]);
  });

  it('stay when a server that starts again knows none', () => {
    const store = storeOf(at(0), at(1000));
    store.welcome(helloOf(start, bare));
    expect(timesOf(store.view('quarter').points)).toEqual([0, 1000]);
  });
});

describe('the points of a day', () => {
  it('are made of the seconds of each minute that is over', () => {
    const tierRatio = { memory: 1, remote: null, disk: 0.5 };
    const store = storeOf(
      at(0, { requests: 10, rssBytes: 5, tierRatio, latency: { p50: 1, p95: 1, p99: 9 } }),
      at(30_000, { requests: 20, rssBytes: 7, tierRatio: { ...tierRatio, disk: null }, latency: { p50: 3, p95: null, p99: 4 } }), // prettier-ignore
      at(MINUTE, { requests: 99 }),
    );
    const [minute, now] = store.view('day').points;
    expect(now!.requests).toBe(99);
    expect(minute).toMatchObject({
      at: start + 30_000,
      requests: 15,
      rssBytes: 7,
      tierRatio: { memory: 1, remote: null, disk: 0.5 },
      latency: { p50: 3, p95: 1, p99: 9 },
    });
  });

  it('are a day of minutes at most, and now', () => {
    const store = makeStore();
    const minutes = Array.from({ length: 2000 }, (_, index) => at((index - 2000) * MINUTE));
    store.welcome(helloOf(start, { ...bare, minutes, seconds: [at(0)] }));
    const { from, to, points } = store.view('day');
    expect(to - from).toBe(24 * 60 * MINUTE);
    expect(points).toHaveLength(1441);
  });
});
