import { describe, expect, it } from 'vitest';
import type { Family } from '../../src/metrics/family.ts';
import { joinShown, SeriesLimit } from '../../src/metrics/series-limit.ts';

/** A family with a series of 1 for each name. */
function family(names: readonly string[], given: Partial<Family> = {}): Family {
  const samples = names.map((route) => ({ labels: { route }, value: 1 }));
  return { name: 'requests_total', help: 'Help', type: 'counter', samples, ...given };
}

/** Names and values of what is left. */
function bounded(limit: SeriesLimit, given: Family): Readonly<Record<string, number>> {
  const { samples } = limit.bound(given);
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['route'], value]));
}

const names = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => `/r${at + from}`);

function limitOf(max: number) {
  const warned: string[] = [];
  return { limit: new SeriesLimit(max, (metric) => warned.push(metric)), warned };
}

describe('series', () => {
  it('up to the bound stay as they are, without a warning', () => {
    const { limit, warned } = limitOf(10);
    const given = family(names(10));
    expect(limit.bound(given)).toBe(given);
    expect(warned).toEqual([]);
  });

  it('of 10,000 routes are 1000 and other, with one warning', () => {
    const { limit, warned } = limitOf(1000);
    for (let scrape = 0; scrape < 3; scrape++) {
      const left = bounded(limit, family(names(10_000)));
      expect(Object.keys(left)).toHaveLength(1001);
      expect(left['/r999']).toBe(1);
      expect(left['/r1000']).toBeUndefined();
      expect(left['other']).toBe(9000);
      limit.bound(family(names(5000), { name: 'another_total' }));
    }
    expect(warned).toEqual(['requests_total']);
  });

  it('that were shown stay, when others come before them', () => {
    const { limit } = limitOf(4);
    expect(Object.keys(bounded(limit, family(names(4, 10))))).toEqual(names(4, 10));
    const left = bounded(limit, family([...names(10), ...names(4, 10)]));
    expect(left).toEqual({ '/r10': 1, '/r11': 1, '/r12': 1, '/r13': 1, other: 10 });
  });

  it('that were shown while there were few stay, when many come at once', () => {
    const { limit } = limitOf(4);
    expect(Object.keys(bounded(limit, family(names(2, 10))))).toEqual(names(2, 10));
    const left = bounded(limit, family([...names(10), ...names(2, 10)]));
    expect(left).toEqual({ '/r0': 1, '/r1': 1, '/r10': 1, '/r11': 1, other: 8 });
  });

  it('never make other smaller', () => {
    const { limit } = limitOf(4);
    let before = 0;
    for (let count = 3; count < 40; count++) {
      const other = bounded(limit, family(names(count)))['other'] ?? 0;
      expect(other).toBeGreaterThanOrEqual(before);
      before = other;
    }
    expect(before).toBe(35);
  });

  it('keep labels of few values in other', () => {
    const { limit } = limitOf(1);
    const samples = ['2xx', '2xx', '5xx'].map((status, at) => ({
      labels: { route: `/r${at}`, status },
      value: 1,
    }));
    const { samples: left } = limit.bound(family([], { samples, few: ['status'] }));
    expect(left).toEqual([
      { labels: { route: '/r0', status: '2xx' }, value: 1 },
      { labels: { route: 'other', status: '2xx' }, value: 1 },
      { labels: { route: 'other', status: '5xx' }, value: 1 },
    ]);
  });

  it('of histograms add up', () => {
    const { limit } = limitOf(1);
    const samples = names(3).map((route) => ({
      labels: { route },
      value: 1,
      durations: { count: 1, sumMs: 2, maxMs: 2, buckets: [0, 1] },
    }));
    const { samples: left } = limit.bound(family([], { samples, type: 'histogram' }));
    expect(left[1]).toEqual({
      labels: { route: 'other' },
      value: 2,
      durations: { count: 2, sumMs: 4, maxMs: 2, buckets: [0, 2] },
    });
  });

  it('that one thread has shown are shown by the next', () => {
    const { limit: first } = limitOf(4);
    const { limit: second } = limitOf(4);
    first.bound(family(names(4, 10)));
    second.adopt(structuredClone(first.shown()));
    const all = family([...names(10), ...names(4, 10)]);
    expect(bounded(second, all)).toEqual(bounded(first, all));
    expect(bounded(second, all)['other']).toBe(10);
  });

  it('that another thread has shown take no more room than there is', () => {
    const { limit } = limitOf(2);
    limit.bound(family(names(2)));
    limit.adopt({ requests_total: ['route="/x"', 'route="/y"'] });
    expect(bounded(limit, family([...names(2), '/x']))).toEqual({ '/r0': 1, '/r1': 1, other: 1 });
  });

  it('that two threads have shown are kept up to the bound, of the first all', () => {
    const a = { one: ['/a', '/b'], two: ['/a'] };
    const b = { one: ['/b', '/c', '/d'], three: ['/x'] };
    expect(joinShown(a, b, 3)).toEqual({ one: ['/a', '/b', '/c'], two: ['/a'], three: ['/x'] });
  });
});
