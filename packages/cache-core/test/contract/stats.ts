// stats(): counts of what happened, sizes within the bound, and what runs.
import { describe, expect, it } from 'vitest';
import type { Suite } from './suite.ts';

/** Describes statistics. */
export function describeStats({ open, target }: Suite): void {
  describe('stats', () => {
    it('count what happened', () => {
      const cache = open();
      cache.set('a', '1');
      cache.set('a', '2');
      for (let i = 0; i < 8; i++) cache.get('a');
      cache.getRecord('a');
      cache.getMany(['a', 'x']);
      cache.get('y');
      cache.peek('a');
      cache.has('a');
      cache.has('x');
      cache.delete('a');
      const stats = cache.stats();
      expect(stats).toMatchObject({ hits: 10, misses: 2, sets: 2, deletes: 1, entries: 0 });
      expect(stats.hitRatio).toBeCloseTo(10 / 12);
      expect(stats.nearHits).toBeLessThanOrEqual(stats.hits);
      expect(stats.backend).toBe(target.backend);
      expect(stats.shared).toBe(target.backend === 'native');
      expect(stats.isolates).toBe(1);
      expect(stats.capacity).toBe(2 ** 20);
      expect(stats.bytes.max).toBe(2 ** 20);
      expect(stats.bytes.free).toBe(stats.bytes.max - stats.bytes.used);
    });

    it('are 0, ratio included, before the first event and after a reset', () => {
      const cache = open();
      const zero = {
        hits: 0,
        nearHits: 0,
        misses: 0,
        hitRatio: 0,
        sets: 0,
        deletes: 0,
        evictions: 0,
      };
      expect(cache.stats()).toMatchObject(zero);
      cache.set('a', '1');
      for (let i = 0; i < 9; i++) cache.get('a');
      cache.get('x');
      expect(cache.stats().hitRatio).toBe(0.9);
      cache.resetStats();
      expect(cache.stats()).toMatchObject({ ...zero, entries: 1 });
      for (let i = 0; i < 4; i++) cache.get('a');
      expect(cache.stats()).toMatchObject({ hits: 4, misses: 0, hitRatio: 1 });
    });

    it('tell how many of its segments are in use', () => {
      const cache = open({ maxBytes: 2 ** 20, maxValueBytes: 4096 });
      const before = cache.stats();
      for (let i = 0; i < 100; i++) cache.set(`key${i}`, Buffer.alloc(4096, i));
      const after = cache.stats();
      if (target.backend === 'js') {
        expect(after).toMatchObject({ segments: 0, usedSegments: 0, segmentBytes: 0 });
        return;
      }
      expect(after.segments).toBe(before.segments);
      expect(after.usedSegments).toBeGreaterThan(before.usedSegments);
      expect(after.usedSegments).toBeLessThanOrEqual(after.segments);
      for (const { bytes, usedSegments, segmentBytes } of [before, after]) {
        expect(bytes.meta + usedSegments * segmentBytes).toBe(bytes.used);
      }
    });

    it('stay within the bound, and count what was evicted', () => {
      const cache = open({ maxBytes: 2 ** 20, maxValueBytes: 4096 });
      for (let i = 0; i < 2000; i++) {
        expect(cache.set(`key${i}`, Buffer.alloc(2048, i))).toBe(true);
        if (i % 50 === 0) {
          const { used, max } = cache.stats().bytes;
          expect(used).toBeLessThanOrEqual(max);
        }
      }
      const { entries, evictions, evictedUnread, sets } = cache.stats();
      expect(entries + evictions).toBe(sets);
      expect(evictedUnread).toBe(evictions);
      expect(entries).toBeGreaterThan(50);
    });
  });
}

/** Describes the statistics of what runs, and of what did not happen. */
export function describeStanding({ open, target }: Suite): void {
  describe('what runs', () => {
    it('is told, and nothing has gone wrong', () => {
      const cache = open();
      cache.set('a', '1');
      expect(cache.stats()).toMatchObject({
        backend: target.backend,
        scope: target.scope,
        opened: 'created',
        processes: 1,
        isolates: 1,
        invalidated: 0,
        refused: { tooLarge: 0, noRoom: 0, since: 0, lockTimeout: 0 },
        corrupt: 0,
        recoveries: 0,
        leases: { open: 0, copied: 0, leaked: 0 },
        bytes: { quarantined: 0 },
      });
      expect(cache.stats().openedReason).toBeUndefined();
    });

    it('has a layout and an allocator', () => {
      const { layoutVersion, allocator } = open().stats();
      if (target.backend === 'js') {
        expect({ layoutVersion, allocator }).toEqual({ layoutVersion: 0, allocator: 'v8' });
      } else {
        expect(layoutVersion).toBeGreaterThan(0);
        expect(allocator).toMatch(/^segments(\+jemalloc)?$/);
      }
    });
  });
}
