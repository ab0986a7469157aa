import { describe, expect, it } from 'vitest';
import { Departed } from '../../src/peers/departed.ts';
import type { DepartedSum } from '../../src/peers/messages.ts';
import { counted, foldCounts, total } from './counted.ts';

/** A sum of threads, each with its count. */
function sumOf(counts: Readonly<Record<string, number>>): DepartedSum {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { ids: Object.keys(counts), sum: counted('left', 1, all) };
}

function departed({
  before = {},
  since = {},
}: {
  readonly before?: Readonly<Record<string, number>>;
  readonly since?: Readonly<Record<string, number>>;
} = {}): Departed {
  const made = new Departed(foldCounts);
  for (const [id, count] of Object.entries(before)) made.add(counted(id, 1, count), true);
  for (const [id, count] of Object.entries(since)) made.add(counted(id, 1, count), false);
  return made;
}

describe('threads that have left', () => {
  it('are one sum, however many they are', () => {
    const one = departed();
    const sizes = new Set<number>();
    for (let i = 0; i < 50; i++) {
      one.add(counted(`t${i}`, i, 2), false);
      sizes.add(one.sums().length);
    }
    expect([...sizes]).toEqual([1]);
    expect(total(one.sums())).toBe(100);
    expect(one.has('t0')).toBe(true);
    expect(one.has('t50')).toBe(false);
  });

  it('are told as one, whether this thread was there or not', () => {
    const one = departed({ before: { a: 1 }, since: { b: 2 } });
    expect(one.tell()).toMatchObject({ ids: ['a', 'b'], sum: { thread: { count: 3 } } });
    expect(departed().tell()).toEqual({ ids: [], sum: undefined });
  });

  it('are known by name up to ten thousand', () => {
    const one = departed();
    for (let i = 0; i <= 10_000; i++) one.add(counted(`t${i}`, i, 1), false);
    expect(one.tell().ids).toHaveLength(10_000);
    expect([one.has('t0'), one.has('t1'), one.has('t10000')]).toEqual([false, true, true]);
    expect(total(one.sums())).toBe(10_001);
  });
});

describe('a sum that another thread tells', () => {
  it('is taken where there is none', () => {
    const one = departed();
    one.join(sumOf({ a: 1, b: 2 }));
    expect(total(one.sums())).toBe(3);
    expect(one.has('b')).toBe(true);
  });

  it('without threads changes nothing', () => {
    const one = departed({ before: { a: 1 } });
    one.join({ ids: [], sum: undefined });
    expect(total(one.sums())).toBe(1);
  });

  it('is added where it has no thread in common', () => {
    const one = departed({ before: { a: 1 } });
    one.join(sumOf({ b: 2 }));
    expect(total(one.sums())).toBe(3);
    expect([one.has('a'), one.has('b')]).toEqual([true, true]);
  });

  it('takes the place of one that it holds', () => {
    const one = departed({ before: { a: 1 }, since: { c: 4 } });
    one.join(sumOf({ a: 1, b: 2 }));
    expect(total(one.sums())).toBe(7);
    expect(one.has('b')).toBe(true);
  });

  it('that holds no more is not added again', () => {
    const one = departed({ before: { a: 1, b: 2 } });
    one.join(sumOf({ a: 1, b: 2 }));
    one.join(sumOf({ a: 1 }));
    expect(total(one.sums())).toBe(3);
  });

  it('is left alone where each holds a thread that the other does not', () => {
    const one = departed({ before: { a: 1, b: 2 } });
    one.join(sumOf({ b: 2, c: 4 }));
    expect(total(one.sums())).toBe(3);
    expect(one.has('c')).toBe(false);
  });

  it('with a thread that was heard to leave is left alone', () => {
    const one = departed({ since: { a: 1 } });
    one.join(sumOf({ a: 1, b: 2 }));
    expect(total(one.sums())).toBe(1);
  });
});
