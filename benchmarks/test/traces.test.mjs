import { describe, expect, it } from 'vitest';
import { TRACES } from '../hit-ratio/traces/all.mjs';
import { zipfSource } from '../lib/random.mjs';

const size = { objects: 2000, requests: 60_000, capacity: 100 };
const make = (name, seed = 1, extra = {}) => {
  const { make: makeTrace, parameters } = TRACES[name];
  return makeTrace({ ...size, seed, ...parameters, ...extra });
};
const countsOf = (trace) => {
  const counts = new Map();
  for (const id of trace) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};
/** How much two parts of a trace have in common: of the `many` most popular of one, the share in those of the other. */
const overlap = (a, b, many) => {
  const top = (trace) =>
    [...countsOf(trace)]
      .sort(([, x], [, y]) => y - x)
      .slice(0, many)
      .map(([id]) => id);
  const others = new Set(top(b));
  return top(a).filter((id) => others.has(id)).length / many;
};

describe.each(Object.keys(TRACES))('trace %s', (name) => {
  it('is the same for the same seed, and another for another', () => {
    expect(make(name, 5)).toEqual(make(name, 5));
    expect(make(name, 5)).not.toEqual(make(name, 6));
    expect(make(name)).toHaveLength(size.requests);
  });
});

describe('zipf', () => {
  it('draws the first rank as often as its weight says', () => {
    const [first, second] = [...countsOf(make('zipf-0.99')).values()].sort((a, b) => b - a);
    let weights = 0;
    for (let rank = 1; rank <= size.objects; rank++) weights += rank ** -0.99;
    expect(first / size.requests).toBeCloseTo(1 / weights, 2);
    expect(first / second).toBeCloseTo(2 ** 0.99, 0);
  });

  it('takes the stream of the shared source', () => {
    const next = zipfSource(size.objects, 0.8, 9);
    expect(Array.from(make('zipf-0.8', 9).slice(0, 100))).toEqual(
      Array.from({ length: 100 }, next),
    );
  });
});

describe('scan-mixed', () => {
  it('reads each cold object once, one scan after so much traffic', () => {
    const trace = [...make('scan-mixed', 1, { every: 300, scan: 200 })];
    const cold = trace.filter((id) => id >= size.objects);
    expect(cold).toHaveLength((size.requests / 500) * 200);
    expect(new Set(cold).size).toBe(cold.length);
    expect(trace.slice(0, 300).every((id) => id < size.objects)).toBe(true);
    expect(trace.slice(300, 500).every((id) => id >= size.objects)).toBe(true);
  });
});

describe('one-hit', () => {
  it('asks for the given share of objects once', () => {
    const cold = [...make('one-hit')].filter((id) => id >= size.objects);
    expect(cold.length / size.requests).toBeCloseTo(0.5, 1);
    expect(new Set(cold).size).toBe(cold.length);
  });
});

describe('drifting', () => {
  it('moves the popular set, faster with a shorter life, where Zipf keeps it', () => {
    const kept = (trace) => overlap(trace.slice(0, 5000), trace.slice(5000, 10_000), 20);
    const fixed = kept(make('zipf-0.99'));
    const [slow, fast] = [200, 20].map((life) => kept(make('drifting', 1, { life })));
    expect(fixed).toBeGreaterThan(0.7);
    expect(slow).toBeLessThan(fixed - 0.1);
    expect(fast).toBeLessThan(slow - 0.1);
  });

  it('keeps the skew at any one time', () => {
    const part = (name) => countsOf(make(name).slice(0, 1000)).size;
    expect(Math.abs(part('drifting') - part('zipf-0.99'))).toBeLessThan(60);
  });
});

describe('looping', () => {
  it('asks for half as many again as the cache holds, each once a round', () => {
    const trace = [...make('looping')];
    const round = trace.slice(0, 150);
    expect(new Set(round).size).toBe(150);
    expect(trace.slice(150, 300)).toEqual(round);
  });
});
