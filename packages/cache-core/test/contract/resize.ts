// resize: another bound while values are there.
import { describe, expect, it } from 'vitest';
import { text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes what resize does. */
export function describeResize({ open }: Suite): void {
  describe('resize', () => {
    it('evicts on the way down and takes more on the way up', () => {
      const cache = open({ maxBytes: 4 * 2 ** 20, maxValueBytes: 4096 });
      const fill = () => {
        for (let i = 0; i < 6000; i++) cache.set(`key${i}`, Buffer.alloc(1024));
        return cache.stats().entries;
      };
      const before = fill();
      cache.resize(2 * 2 ** 20);
      expect(cache.stats().bytes.max).toBe(2 * 2 ** 20);
      expect(cache.stats().bytes.used).toBeLessThanOrEqual(2 * 2 ** 20);
      expect(cache.stats().entries).toBeLessThan(before);
      expect(fill()).toBeLessThan(before * 0.7);
      cache.resize(8 * 2 ** 20);
      expect(fill()).toBeGreaterThan(before * 1.2);
    });

    it('refuses bounds it cannot have, and keeps the old one', () => {
      const cache = open({
        maxBytes: 4 * 2 ** 20,
        maxValueBytes: 2 ** 20,
        reserveBytes: 8 * 2 ** 20,
      });
      cache.set('a', 'value');
      for (const bad of [8 * 2 ** 20 + 1, 2 ** 20, 0, -1, NaN, 4_194_304.5, '8388608' as never]) {
        expect(() => cache.resize(bad)).toThrow(
          expect.objectContaining({ code: 'CATZ_CACHE_RESIZE', name: expect.anything() }),
        );
      }
      expect(cache.stats().bytes.max).toBe(4 * 2 ** 20);
      expect(text(cache.get('a'))).toBe('value');
      cache.resize(8 * 2 ** 20);
      expect(cache.stats().bytes.max).toBe(8 * 2 ** 20);
    });
  });
}
