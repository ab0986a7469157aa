// Time to live, on a clock that the tests set.
import { describe, expect, it } from 'vitest';
import { advance, clockOf, setClock } from '../../src/testing.ts';
import { text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes when values expire. */
export function describeTtl({ open }: Suite): void {
  describe('time to live', () => {
    it('expires at its time, and not before', () => {
      const cache = open();
      setClock(cache, 1000);
      cache.set('a', 'value', { ttl: 100 });
      advance(cache, 99);
      expect(text(cache.get('a'))).toBe('value');
      expect(cache.ttl('a')).toBe(1);
      advance(cache, 1);
      expect(cache.get('a')).toBeUndefined();
      expect(cache.has('a')).toBe(false);
      expect(cache.peek('a')).toBeUndefined();
      expect(cache.getRecord('a')).toBeUndefined();
      expect(cache.ttl('a')).toBeUndefined();
      expect(cache.delete('a')).toBe(false);
      expect(cache.touch('a', { ttl: 100 })).toBe(false);
      expect(cache.stats()).toMatchObject({ expirations: 1, expired: { onRead: 1, swept: 0 } });
    });

    it('expires at its time also when it is hot', () => {
      const cache = open();
      setClock(cache, 1000);
      cache.set('a', 'value', { ttl: 100 });
      for (let i = 0; i < 200; i++) expect(text(cache.get('a'))).toBe('value');
      advance(cache, 99);
      for (let i = 0; i < 200; i++) expect(text(cache.get('a'))).toBe('value');
      advance(cache, 1);
      expect(cache.has('a')).toBe(false);
      expect(cache.get('a')).toBeUndefined();
    });

    it('rounds fractions up', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('a', 'value', { ttl: 0.001 });
      cache.set('b', 'value', { ttl: 1.5 });
      expect(cache.ttl('a')).toBe(1);
      expect(cache.ttl('b')).toBe(2);
    });

    it('uses the default of the cache, which a call may replace', () => {
      const cache = open({ ttl: 50.5 });
      setClock(cache, 0);
      cache.set('default', '');
      cache.set('absent option', '', {});
      cache.set('undefined option', '', { ttl: undefined });
      cache.set('own', '', { ttl: 70 });
      cache.set('never', '', { ttl: Infinity });
      expect(
        ['default', 'absent option', 'undefined option', 'own', 'never'].map((key) =>
          cache.ttl(key),
        ),
      ).toEqual([51, 51, 51, 70, Infinity]);
    });

    it('never expires without any ttl', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('a', 'value');
      expect(cache.ttl('a')).toBe(Infinity);
      setClock(cache, 2 ** 46);
      expect(text(cache.get('a'))).toBe('value');
    });

    it('accepts the longest ttl', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('a', 'value', { ttl: 2 ** 46 });
      for (let i = 0; i < 5; i++) expect(text(cache.get('a'))).toBe('value');
      setClock(cache, 2 ** 46 - 1);
      for (let i = 0; i < 5; i++) expect(text(cache.get('a'))).toBe('value');
      setClock(cache, 2 ** 46);
      expect(cache.get('a')).toBeUndefined();
    });

    it('touch gives a new time to live', () => {
      const cache = open({ ttl: 30 });
      setClock(cache, 0);
      cache.set('a', 'value', { ttl: 100 });
      for (let i = 0; i < 5; i++) cache.get('a');
      advance(cache, 90);
      expect(cache.touch('a', { ttl: 200 })).toBe(true);
      expect(cache.ttl('a')).toBe(200);
      advance(cache, 150);
      expect(text(cache.get('a'))).toBe('value');
      expect(cache.touch('a')).toBe(true);
      expect(cache.ttl('a')).toBe(30);
      expect(cache.touch('a', { ttl: Infinity })).toBe(true);
      expect(cache.ttl('a')).toBe(Infinity);
      expect(cache.touch('absent')).toBe(false);
    });

    it('goes back to the system clock', () => {
      const cache = open();
      setClock(cache, 5_000_000);
      expect(clockOf(cache)).toBe(5_000_000);
      setClock(cache, false);
      expect(clockOf(cache)).toBeLessThan(5_000_000);
    });
  });
}
