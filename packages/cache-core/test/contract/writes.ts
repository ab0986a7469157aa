// set, delete and clear: what is there afterwards.
import { describe, expect, it } from 'vitest';
import { text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes what writes do. */
export function describeWrites({ open }: Suite): void {
  describe('set, delete, clear', () => {
    it('replaces a value by a shorter and a longer one', () => {
      const cache = open();
      for (const value of ['middle', 's', 'x'.repeat(5000), '', 'again']) {
        cache.set('a', value);
        expect(text(cache.get('a'))).toBe(value);
      }
      expect(cache.stats().entries).toBe(1);
    });

    it('removes the old value when it refuses the new one', () => {
      const cache = open({ maxValueBytes: 1000 });
      for (const tooLarge of [
        Buffer.alloc(1001),
        'x'.repeat(1001),
        'é'.repeat(501),
        'x'.repeat(20_000),
      ]) {
        cache.set('a', 'old');
        expect(cache.set('a', tooLarge)).toBe(false);
        expect(cache.has('a')).toBe(false);
      }
      expect(cache.stats().refused.tooLarge).toBe(4);
      expect(cache.set('a', Buffer.alloc(1000))).toBe(true);
    });

    it('says whether there was something to delete', () => {
      const cache = open();
      cache.set('a', '1');
      expect(cache.delete('a')).toBe(true);
      expect(cache.delete('a')).toBe(false);
      expect(cache.get('a')).toBeUndefined();
      expect(cache.stats().deletes).toBe(1);
    });

    it('forgets everything on clear', () => {
      const cache = open();
      for (let i = 0; i < 500; i++) cache.set(`k${i}`, 'value');
      for (let i = 0; i < 5; i++) cache.get('k1');
      cache.clear();
      expect(cache.get('k1')).toBeUndefined();
      expect([...cache.keys()]).toEqual([]);
      expect(cache.stats()).toMatchObject({ entries: 0, bytes: { live: 0 } });
      cache.set('k1', 'new');
      expect(text(cache.get('k1'))).toBe('new');
    });

    it('takes values larger than a segment, next to small ones', () => {
      const cache = open({ maxBytes: 32 * 2 ** 20 });
      const large = (seed: number) => {
        const value = Buffer.alloc(3 * 2 ** 20 + seed, seed);
        value.writeUInt32LE(seed, value.length - 4);
        return value;
      };
      cache.set('small', 'value');
      for (let i = 1; i <= 5; i++) expect(cache.set(`large${i}`, large(i))).toBe(true);
      for (let i = 1; i <= 5; i++) expect(cache.get(`large${i}`)?.equals(large(i))).toBe(true);
      for (let i = 6; i <= 40; i++) {
        expect(cache.set(`large${i % 5}`, large(i))).toBe(true);
        expect(cache.get(`large${i % 5}`)?.equals(large(i))).toBe(true);
      }
      expect(cache.delete('large4')).toBe(true);
      expect(cache.get('large4')).toBeUndefined();
      const target = Buffer.alloc(4 * 2 ** 20);
      expect(cache.getInto('large3', target)).toBe(large(38).length);
      expect(target.subarray(0, large(38).length).equals(large(38))).toBe(true);
      expect(cache.stats().bytes.used).toBeLessThanOrEqual(32 * 2 ** 20);
    });
  });
}
