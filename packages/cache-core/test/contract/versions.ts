// version: a value computed before others have written its key is not stored over what they did.
import { describe, expect, it } from 'vitest';
import type { Cache } from '../../src/index.ts';
import { advance, setClock } from '../../src/testing.ts';
import { code, text } from './suite.ts';
import type { Suite } from './suite.ts';

const writes: readonly (readonly [string, (cache: Cache) => void])[] = [
  ['set', (cache) => cache.set('a', 'new')],
  ['setMany', (cache) => cache.setMany([['a', 'new']])],
  ['delete', (cache) => cache.delete('a')],
  ['deleteMany', (cache) => cache.deleteMany(['a'])],
  ['touch', (cache) => cache.touch('a', { ttl: 1000 })],
  ['clear', (cache) => cache.clear()],
  ['a refused set', (cache) => cache.set('a', Buffer.alloc(300_000))],
];

/** Describes what `version` tells, and what the option of set refuses by it. */
export function describeVersions({ open, uniqueName }: Suite): void {
  describe('version', () => {
    it('is a number that lets a value be stored as long as it is the same', () => {
      const cache = open();
      const version = cache.version('a');
      expect(Number.isSafeInteger(version) && version >= 0).toBe(true);
      expect(cache.version('a')).toBe(version);
      expect(cache.set('a', '1', { version })).toBe(true);
      expect(cache.set('a', '2', { version: cache.version('a'), ttl: 1000, tags: ['x'] })).toBe(
        true,
      );
      expect(text(cache.get('a'))).toBe('2');
      expect(cache.ttl('a')).toBeLessThanOrEqual(1000);
      expect(cache.stats()).toMatchObject({ sets: 2, refused: { version: 0 } });
    });

    it('is the same for a key as text and as bytes', () => {
      const cache = open();
      expect(cache.version('é')).toBe(cache.version(Buffer.from('é')));
      cache.delete(Buffer.from('é'));
      const version = cache.version('é');
      cache.delete('é');
      expect(cache.version(Buffer.from('é'))).not.toBe(version);
    });

    for (const [title, write] of writes) {
      it(`changes with ${title}, of an absent key and of one that is there`, () => {
        const cache = open();
        for (const isThere of [false, true]) {
          cache.delete('a');
          if (isThere) cache.set('a', 'old');
          const version = cache.version('a');
          write(cache);
          expect(cache.version('a')).not.toBe(version);
          const left = text(cache.peek('a'));
          expect(cache.set('a', 'late', { version })).toBe(false);
          expect(cache.set('a', Buffer.alloc(100_000), { version })).toBe(false);
          expect(text(cache.peek('a'))).toBe(left);
        }
        expect(cache.stats().refused).toEqual({
          tooLarge: title === 'a refused set' ? 2 : 0,
          noRoom: 0,
          since: 0,
          version: 4,
          lockTimeout: 0,
        });
        cache.resetStats();
        expect(cache.stats().refused.version).toBe(0);
      });
    }

    it('leaves what is newer also when the value is too large, and is looked at before since', () => {
      const cache = open({ maxValueBytes: 1000 });
      const [version, since] = [cache.version('a'), cache.epoch() + 1];
      cache.set('a', 'new');
      expect(cache.set('a', Buffer.alloc(1001), { version })).toBe(false);
      expect(cache.set('a', 'late', { version, since })).toBe(false);
      expect(text(cache.get('a'))).toBe('new');
      expect(cache.set('a', 'late', { version: cache.version('a'), since })).toBe(false);
      expect(cache.has('a')).toBe(false);
      expect(cache.stats().refused).toMatchObject({ tooLarge: 0, since: 1, version: 2 });
      cache.set('a', 'old');
      expect(cache.set('a', Buffer.alloc(1001), { version: cache.version('a') })).toBe(false);
      expect(cache.has('a')).toBe(false);
    });

    it('does not change with reads, expiry, eviction or an invalidated tag', () => {
      const cache = open({ maxValueBytes: 4096 });
      setClock(cache, 1000);
      cache.set('a', '1', { ttl: 10 });
      cache.set('b', '1', { tags: ['x'] });
      const versions = ['a', 'b'].map((key) => cache.version(key));
      for (let i = 0; i < 5; i++) cache.get('a');
      advance(cache, 20);
      cache.invalidateTag('x');
      expect(cache.getMany(['a', 'b'])).toEqual([undefined, undefined]);
      expect(['a', 'b'].map((key) => cache.version(key))).toEqual(versions);
      expect(cache.set('a', '2', { version: versions[0] })).toBe(true);
    });

    it('changes for another handle of the name', () => {
      const name = uniqueName();
      const one = open({}, name);
      const two = open({}, name);
      const version = one.version('a');
      expect(two.version('a')).toBe(version);
      two.delete('a');
      expect(one.set('a', '1', { version })).toBe(false);
    });

    it('holds for each entry of setMany', () => {
      const cache = open();
      const version = cache.version('a');
      cache.set('a', 'new');
      const stored = cache.setMany([
        ['a', 'late', { version }],
        ['b', '2', { version: cache.version('b') }],
        ['c', '3'],
      ]);
      expect(stored).toBe(2);
      expect(cache.getMany(['a', 'b', 'c']).map(text)).toEqual(['new', '2', '3']);
    });

    it('gives a fill that nobody disturbs its place after each change', () => {
      const cache = open();
      for (let i = 0; i < 200; i++) {
        const key = `k${i % 20}`;
        if (i % 3 === 0) cache.delete(key);
        if (i % 50 === 0) cache.clear();
        expect(cache.set(key, String(i), { version: cache.version(key) })).toBe(true);
        expect(text(cache.get(key))).toBe(String(i));
      }
    });

    it('refuses what is no version, and keys that are none', () => {
      const cache = open();
      for (const version of [-1, 1.5, NaN, Infinity, '1' as unknown as number]) {
        expect(() => cache.set('a', '1', { version })).toThrow(code('CATZ_CACHE_OPTION'));
      }
      expect(() => cache.set('a', '1', { version: -1 })).toThrow(
        'expected options.version to be what version() gave, got -1',
      );
      expect(() => cache.version(1 as unknown as string)).toThrow(code('CATZ_CACHE_KEY'));
      expect(() => cache.version('x'.repeat(9000))).toThrow(code('CATZ_CACHE_KEY_SIZE'));
      expect(cache.has('a')).toBe(false);
      cache.close();
      expect(() => cache.version('a')).toThrow(code('CATZ_CACHE_CLOSED'));
    });
  });
}
