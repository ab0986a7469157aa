// limits: what a cache takes, told to those who were given one.
import { describe, expect, it } from 'vitest';
import type { Suite } from './suite.ts';

/** Describes the limits. */
export function describeLimits({ open, target }: Suite): void {
  const near = (bytes: number) => (target.backend === 'js' ? Infinity : bytes);

  describe('limits', () => {
    it('are the options, or their defaults', () => {
      expect(open().limits).toEqual({
        maxKeyBytes: 8192,
        maxValueBytes: 131_072,
        maxNearBytes: near(65_536),
      });
      const own = open({
        maxKeyBytes: 100,
        maxValueBytes: 2000,
        nearCache: { maxEntryBytes: 1000 },
      });
      expect(own.limits).toEqual({
        maxKeyBytes: 100,
        maxValueBytes: 2000,
        maxNearBytes: near(1000),
      });
      expect(Object.isFrozen(own.limits)).toBe(true);
    });

    it('are those of the first opener, but for the near-cache', () => {
      const name = `${target.scope}-${target.backend}-limits-${process.pid}`;
      open({ maxKeyBytes: 100, maxValueBytes: 2000, nearCache: false }, name);
      const second = open({ maxBytes: undefined, nearCache: { maxBytes: 2 ** 20 } }, name);
      expect(second.limits).toMatchObject({ maxKeyBytes: 100, maxValueBytes: 2000 });
    });

    it('tell what the near-cache takes, which may be less than was asked for', () => {
      expect(open({ nearCache: false }).limits.maxNearBytes).toBe(near(0));
      expect(
        open({ nearCache: { maxBytes: 80_000, maxEntryBytes: 50_000 } }).limits.maxNearBytes,
      ).toBe(near(10_000));
    });

    it('are true: what is as large is taken, what is larger is not', () => {
      const cache = open({
        maxBytes: 8 * 2 ** 20,
        maxKeyBytes: 100,
        maxValueBytes: 100_000,
        nearCache: { maxBytes: 320_000, maxEntryBytes: 2 ** 20 },
      });
      const { maxKeyBytes, maxValueBytes, maxNearBytes } = cache.limits;
      expect(cache.set('k'.repeat(maxKeyBytes), Buffer.alloc(maxValueBytes))).toBe(true);
      expect(cache.set('k', Buffer.alloc(maxValueBytes + 1))).toBe(false);
      expect(() => cache.get('k'.repeat(maxKeyBytes + 1))).toThrow();
      const isSame = (size: number) => {
        cache.set('k', Buffer.alloc(size));
        for (let i = 0; i < 5; i++) cache.get('k');
        return cache.getRecord('k') === cache.getRecord('k');
      };
      expect(isSame(Math.min(maxNearBytes, maxValueBytes))).toBe(true);
      expect(isSame(Math.min(maxNearBytes + 1, maxValueBytes))).toBe(maxNearBytes === Infinity);
    });

    it('may be read after close', () => {
      const cache = open();
      cache.close();
      expect(cache.limits.maxKeyBytes).toBe(8192);
    });
  });
}
