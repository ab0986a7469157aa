// Leases: a value's bytes that stay as they are until they are released.
import { describe, expect, it } from 'vitest';
import { openCache } from '../../src/index.ts';
import type { Cache, Lease } from '../../src/index.ts';
import { code, text } from './suite.ts';
import type { Suite } from './suite.ts';

const KiB = 1024;

/** Describes what leases give. */
export function describeLeases({ open, optionsOf, target, uniqueName }: Suite): void {
  const pins = target.backend === 'native';

  /** 24 values of 128 KiB, of which each is `i` throughout. */
  const fill = (cache: Cache) => {
    for (let i = 0; i < 24; i++) cache.set(`k${i}`, Buffer.alloc(128 * KiB, i));
  };
  const leaseAll = (cache: Cache): Lease[] =>
    Array.from({ length: 24 }, (_, i) => cache.lease(`k${i}`)!);

  describe('leases', () => {
    it('give the value', () => {
      const cache = open({ maxBytes: 32 * 2 ** 20 });
      for (const size of [0, 1, 7, 8, 100, 16_385, 100_000, 3 * 2 ** 20]) {
        const value = Buffer.alloc(size, size % 251);
        cache.set('a', value);
        for (const key of ['a', Buffer.from('a')]) {
          const lease = cache.lease(key)!;
          expect(Object.getPrototypeOf(lease.bytes)).toBe(Buffer.prototype);
          expect(lease.bytes.equals(value), `${size}`).toBe(true);
          expect(lease.copied).toBe(!pins);
          lease.release();
        }
      }
      expect(cache.lease('absent')).toBeUndefined();
    });

    it('count like get', () => {
      const cache = open();
      cache.set('a', 'value');
      cache.lease('a')!.release();
      cache.lease('absent');
      expect(cache.stats()).toMatchObject({ hits: 1, misses: 1 });
    });

    it('are released once, by release or dispose', () => {
      const cache = open();
      cache.set('a', 'value');
      const one = cache.lease('a')!;
      const two = cache.lease('a')!;
      expect(cache.stats().leases.open).toBe(2);
      one.release();
      one.release();
      one[Symbol.dispose]();
      expect(cache.stats().leases.open).toBe(1);
      expect(text(two.bytes)).toBe('value');
      two[Symbol.dispose]();
      two.release();
      expect(cache.stats().leases).toMatchObject({ open: 0, leaked: 0 });
    });

    it('are released at the end of the block with using', () => {
      const cache = open();
      cache.set('a', 'value');
      {
        using lease = cache.lease('a');
        expect(text(lease?.bytes)).toBe('value');
        expect(cache.stats().leases.open).toBe(1);
      }
      expect(cache.stats().leases.open).toBe(0);
    });

    it.each<[string, (cache: Cache) => unknown]>([
      ['overwritten', (cache) => cache.set('k3', Buffer.alloc(128 * KiB, 200))],
      ['overwritten by a shorter one', (cache) => cache.set('k3', Buffer.alloc(90 * KiB, 200))],
      ['deleted', (cache) => cache.delete('k3')],
      ['invalidated', (cache) => cache.invalidateTag('x')],
      ['cleared', (cache) => cache.clear()],
    ])('keep their bytes when the value is %s and the memory is wanted', (_, change) => {
      const cache = open({ maxBytes: 4 * 2 ** 20 });
      fill(cache);
      cache.set('k3', Buffer.alloc(128 * KiB, 3), { tags: ['x'] });
      const lease = cache.lease('k3')!;
      change(cache);
      for (let i = 0; i < 200; i++) cache.set(`new${i}`, Buffer.alloc(100 * KiB, 201));
      expect(lease.bytes.equals(Buffer.alloc(128 * KiB, 3))).toBe(true);
      lease.release();
      expect(cache.stats().leases.open).toBe(0);
      expect(cache.stats().bytes.used).toBeLessThanOrEqual(4 * 2 ** 20);
    });

    it('are copies beyond leaseLimit', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20, leaseLimit: 0.25 });
      fill(cache);
      const leases = leaseAll(cache);
      const pinned = leases.filter(({ copied }) => !copied);
      expect(leases.every(({ bytes }, i) => bytes.equals(Buffer.alloc(128 * KiB, i)))).toBe(true);
      expect(pinned.length * 128 * KiB).toBeLessThanOrEqual(2 * 2 ** 20);
      expect(pinned.length > 0).toBe(pins);
      expect(cache.stats().leases).toMatchObject({
        open: leases.length,
        copied: leases.length - pinned.length,
      });
      for (const lease of leases) lease.release();
      using again = cache.lease('k0');
      expect(again?.copied).toBe(!pins);
      cache.resetStats();
      expect(cache.stats().leases).toMatchObject({ open: 1, copied: 0 });
    });

    it('are all copies with leaseLimit 0', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20, leaseLimit: 0 });
      fill(cache);
      for (const lease of leaseAll(cache)) {
        expect(lease.copied).toBe(true);
        lease.bytes.fill(255); // a copy is the caller's own
        lease.release();
      }
      expect(cache.stats().leases).toEqual({ open: 0, copied: 24, leaked: 0 });
      for (let i = 0; i < 24; i++) expect(cache.get(`k${i}`)![5]).toBe(i);
    });

    it('may be released after close', () => {
      const cache = open();
      cache.set('a', 'value');
      const lease = cache.lease('a')!;
      cache.close();
      expect(() => lease.release()).not.toThrow();
      expect(() => lease.release()).not.toThrow();
    });

    it('throw for keys that are none', () => {
      const cache = open({ maxKeyBytes: 10 });
      expect(() => cache.lease(5 as never)).toThrow(code('CATZ_CACHE_KEY'));
      expect(() => cache.lease('x'.repeat(11))).toThrow(code('CATZ_CACHE_KEY_SIZE'));
      expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, leases: { open: 0 } });
    });

    it('have the limit that the first opener decided', () => {
      const name = uniqueName();
      open({ leaseLimit: 0.5 }, name);
      expect(() => openCache(name, { ...optionsOf(name), leaseLimit: 0.25 })).toThrow(
        code('CATZ_CACHE_OPTIONS_MISMATCH'),
      );
      expect(() => openCache(name, { ...optionsOf(name), leaseLimit: 0.25 })).toThrow(
        /leaseLimit: 0\.5, asked for 0\.25/,
      );
      expect(() => open({ leaseLimit: 0.5 }, name)).not.toThrow();
    });
  });
}
