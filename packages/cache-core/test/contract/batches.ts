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

    it('uses each element at once when a generator refills one Buffer', () => {
      const cache = open();
      const [key, value] = [Buffer.alloc(2), Buffer.alloc(4)];
      function* entries() {
        for (let i = 0; i < 100; i++) {
          key.writeUInt16LE(i);
          value.fill(i);
          yield [key, value] as const;
        }
      }
      function* keys() {
        for (let i = 0; i < 101; i++) {
          key.writeUInt16LE(i);
          yield key;
        }
      }
      expect(cache.setMany(entries())).toBe(100);
      const expected = Array.from({ length: 100 }, (_, i) => Buffer.alloc(4, i));
      expect(cache.getMany(keys())).toEqual([...expected, undefined]);
      expect(cache.deleteMany(keys())).toBe(100);
      expect(cache.stats().entries).toBe(0);
    });

    it.each([
      ['an array', (entries: [string, string][]) => entries],
      ['a Map', (entries: [string, string][]) => new Map(entries)],
    ])('takes thousands of entries from %s', (_, collect) => {
      const cache = open({ maxBytes: 16 * 2 ** 20 });
      const entries = Array.from({ length: 5000 }, (_, i): [string, string] => [`k${i}`, `v${i}`]);
      const keys = [...entries.map(([key]) => key), 'none'];
      expect(cache.setMany(collect(entries))).toBe(5000);
      expect(cache.getMany(keys).map(text)).toEqual([
        ...entries.map(([, value]) => value),
        undefined,
      ]);
      expect(cache.getMany(new Set(keys)).length).toBe(5001);
      expect(cache.deleteMany(new Set(keys))).toBe(5000);
      expect(cache.stats().entries).toBe(0);
    });

    it('gives large values among small ones, each as it was stored', () => {
      const cache = open({ maxBytes: 32 * 2 ** 20 });
      // Around what has a place in a chunk that small values share (16 KiB), and what is larger than the chunk.
      const sizes = [10, 16_383, 16_384, 16_385, 20, 65_536, 30, 100_000, 0, 1_000_000, 15_000];
      const values = [...sizes, ...sizes].map((size, i) => Buffer.alloc(size, i + 1));
      const keys = values.map((_, i) => `k${i}`);
      cache.setMany(values.map((value, i) => [keys[i]!, value]));
      for (let round = 0; round < 5; round++) {
        const found = cache.getMany(keys);
        const isRight = found.map((value, i) => value!.equals(values[i]!));
        expect(isRight).toEqual(values.map(() => true));
      }
      // What was handed out stays as it is.
      const kept = cache.getMany(keys);
      for (let i = 0; i < 20; i++) cache.getMany([...keys].reverse());
      cache.setMany(keys.map((key) => [key, Buffer.alloc(15_000)]));
      cache.getMany(keys);
      expect(kept.every((value, i) => value!.equals(values[i]!))).toBe(true);
    });

    it('applies time to live, tags and since of an entry between plain ones', () => {
      const cache = open();
      const since = cache.epoch();
      cache.invalidateTag('old');
      const stored = cache.setMany([
        ['a', '1'],
        ['b', '2', { tags: ['t'], ttl: 1000 }],
        ['a', '3'],
        ['c', '4', { tags: ['old'], since }],
        ['d', '5', {}],
      ]);
      expect(stored).toBe(4);
      expect(cache.getMany(['a', 'b', 'c', 'd']).map(text)).toEqual(['3', '2', undefined, '5']);
      expect(cache.ttl('b')).toBeLessThanOrEqual(1000);
      cache.invalidateTag('t');
      expect(cache.getMany(['a', 'b']).map(text)).toEqual(['3', undefined]);
    });

    it('stops at a hole as at any entry that is none', () => {
      const cache = open();
      const entries: [string, string][] = [['a', '1']];
      entries[2] = ['c', '3'];
      expect(() => cache.setMany(entries)).toThrow(TypeError);
      expect(cache.getMany(['a', 'c']).map(text)).toEqual(['1', undefined]);
      const keys = ['a'];
      keys[2] = 'c';
      expect(() => cache.getMany(keys)).toThrow(code('CATZ_CACHE_KEY'));
      expect(() => cache.deleteMany(keys)).toThrow(code('CATZ_CACHE_KEY'));
      expect(cache.has('a')).toBe(false);
    });

    it('stores what stands before the failure, far into many entries', () => {
      for (const [bad, error] of [
        [['bad', 5], 'CATZ_CACHE_VALUE'],
        [[null, 'v'], 'CATZ_CACHE_KEY'],
        [['bad', 'v', { ttl: 0 }], 'CATZ_CACHE_TTL'],
        [['bad', 'v', { tags: [''] }], 'CATZ_CACHE_TAG'],
        [['bad', 'v', { unknown: 1 }], 'CATZ_CACHE_OPTION'],
      ] as const) {
        const cache = open({ maxBytes: 8 * 2 ** 20 });
        const entries = Array.from({ length: 3000 }, (_, i): unknown => [`k${i}`, 'v']);
        entries[2500] = bad;
        expect(() => cache.setMany(entries as never)).toThrow(code(error));
        expect(cache.stats().entries).toBe(2500);
        expect(cache.has('k2499')).toBe(true);
      }
    });

    it('reports the first of two failures', () => {
      const cache = open();
      const entries = [
        ['a', '1'],
        ['b', 5],
        ['c', '3', { ttl: 0 }],
      ];
      expect(() => cache.setMany(entries as never)).toThrow(code('CATZ_CACHE_VALUE'));
      expect(cache.stats().entries).toBe(1);
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
