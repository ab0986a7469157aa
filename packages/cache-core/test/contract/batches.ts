// getMany, setMany, deleteMany: one after the other, in order, not one atomic step.
import { describe, expect, it } from 'vitest';
import { code, text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes calls for many keys. */
export function describeBatches({ open }: Suite): void {
  describe('batches', () => {
    it('works on many keys at once', () => {
      const cache = open();
      const entries = [
        ['a', '1'],
        ['b', Buffer.from('2')],
        [Buffer.from('c'), '3', { ttl: 50 }],
      ] as const;
      expect(cache.setMany(entries)).toBe(3);
      expect(cache.getMany(['a', 'x', 'b', 'c']).map(text)).toEqual(['1', undefined, '2', '3']);
      expect(cache.ttl('c')).toBeGreaterThan(0);
      expect(cache.deleteMany(['a', 'x', 'c'])).toBe(2);
      expect(cache.getMany(new Set(['a', 'b'])).map(text)).toEqual([undefined, '2']);
    });

    it('counts refused values of setMany as not stored', () => {
      const cache = open({ maxValueBytes: 10 });
      expect(
        cache.setMany([
          ['a', '1'],
          ['b', 'x'.repeat(11)],
        ]),
      ).toBe(1);
    });

    it('gives values in the order of the keys, once for each time a key comes', () => {
      const cache = open();
      const keys = Array.from({ length: 300 }, (_, i) => `k${(i * 7919) % 100}`);
      for (let i = 0; i < 100; i += 2) cache.set(`k${i}`, `value of k${i}`);
      const expected = keys.map((key) =>
        Number(key.slice(1)) % 2 === 0 ? `value of ${key}` : undefined,
      );
      expect(cache.getMany(keys).map(text)).toEqual(expected);
      expect(cache.stats()).toMatchObject({ hits: 150, misses: 150 });
      expect(cache.getMany([])).toEqual([]);
    });

    it('stores in order: of one key the last value stays', () => {
      const cache = open();
      expect(
        cache.setMany([
          ['a', '1'],
          ['b', '2'],
          ['a', '3', { ttl: 1000 }],
          [Buffer.from('b'), '4'],
        ]),
      ).toBe(4);
      expect(cache.getMany(['a', 'b']).map(text)).toEqual(['3', '4']);
      expect(cache.ttl('a')).toBeLessThanOrEqual(1000);
      expect(cache.stats()).toMatchObject({ sets: 4, entries: 2 });
      expect(cache.setMany([])).toBe(0);
    });

    it('deletes a key once, however often it comes', () => {
      const cache = open();
      cache.set('a', '1');
      expect(cache.deleteMany(['a', 'a', Buffer.from('a')])).toBe(1);
      expect(cache.deleteMany([])).toBe(0);
    });

    it('takes any iterable, one step at a time', () => {
      const cache = open();
      const seen: number[] = [];
      function* entries() {
        for (let i = 0; i < 3; i++) {
          seen.push(cache.stats().entries);
          yield [`k${i}`, 'value'] as const;
        }
      }
      expect(cache.setMany(entries())).toBe(3);
      expect(seen).toEqual([0, 1, 2]);
      expect(cache.getMany(cache.keys()).length).toBe(3);
      expect(cache.deleteMany(new Set(['k0', 'k1']))).toBe(2);
    });

    it('keeps what stands before an entry that throws', () => {
      const cache = open();
      cache.set('c', 'old');
      expect(() =>
        cache.setMany([
          ['a', '1'],
          ['b', '2'],
          ['c', 5 as never],
          ['d', '4'],
        ]),
      ).toThrow(code('CATZ_CACHE_VALUE'));
      expect(cache.getMany(['a', 'b', 'c', 'd']).map(text)).toEqual(['1', '2', 'old', undefined]);
      expect(() => cache.deleteMany(['a', 5 as never, 'b'])).toThrow(code('CATZ_CACHE_KEY'));
      expect(cache.getMany(['a', 'b']).map(text)).toEqual([undefined, '2']);
      expect(() => cache.getMany(['b', null as never])).toThrow(code('CATZ_CACHE_KEY'));
      expect(() => cache.setMany(5 as never)).toThrow(TypeError);
    });
  });
}
