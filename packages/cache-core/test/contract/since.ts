// since: a value computed from data that was invalidated meanwhile is not stored.
import { describe, expect, it } from 'vitest';
import { text } from './suite.ts';
import type { Suite } from './suite.ts';
import { flood } from './tags.ts';

/** Describes what `since` refuses. */
export function describeSince({ open, uniqueName }: Suite): void {
  describe('since', () => {
    it('stores when nothing was invalidated', () => {
      const cache = open();
      cache.invalidateTag('x');
      const since = cache.epoch();
      expect(cache.set('a', '1', { tags: ['x'], since })).toBe(true);
      expect(cache.set('a', '2', { since })).toBe(true);
      expect(cache.set('b', '3', { tags: ['x'], since, ttl: 1000 })).toBe(true);
      expect(text(cache.get('a'))).toBe('2');
      expect(cache.ttl('b')).toBeLessThanOrEqual(1000);
      expect(cache.stats().refused.since).toBe(0);
    });

    it('refuses once a tag of the value was invalidated, and removes the old value', () => {
      const cache = open();
      const since = cache.epoch();
      cache.invalidateTag('x');
      cache.set('a', 'old');
      expect(cache.set('a', 'new', { tags: ['y', 'x'], since })).toBe(false);
      expect(cache.has('a')).toBe(false);
      expect(cache.stats()).toMatchObject({ sets: 1, entries: 0, refused: { since: 1 } });
      expect(cache.set('a', 'new', { tags: ['x'], since: cache.epoch() })).toBe(true);
      expect(text(cache.get('a'))).toBe('new');
      cache.resetStats();
      expect(cache.stats().refused.since).toBe(0);
    });

    it('does not refuse for the tag of another value', () => {
      const cache = open();
      const since = cache.epoch();
      cache.invalidateTag('x');
      expect(cache.set('a', '1', { tags: ['y'], since })).toBe(true);
      expect(cache.set('b', '2', { since })).toBe(true);
      cache.set('old', '3', { tags: ['x'] });
      expect(cache.set('old', '4', { tags: ['y'], since })).toBe(true);
      expect(cache.getMany(['a', 'b', 'old']).map(text)).toEqual(['1', '2', '4']);
    });

    it('refuses after clear, tags or none', () => {
      const cache = open();
      const since = cache.epoch();
      cache.clear();
      expect(cache.set('a', '1', { since })).toBe(false);
      expect(cache.set('a', '1', { tags: ['x'], since })).toBe(false);
      expect(cache.stats()).toMatchObject({ entries: 0, refused: { since: 2 } });
      expect(cache.set('a', '1', { tags: ['x'], since: cache.epoch() })).toBe(true);
    });

    it('takes an epoch to come for that of another cache', () => {
      const cache = open();
      expect(cache.set('a', '1', { since: cache.epoch() + 1 })).toBe(false);
      expect(cache.set('a', '1', { since: Number.MAX_SAFE_INTEGER })).toBe(false);
      expect(cache.stats().refused.since).toBe(2);
    });

    it('refuses also when the table has forgotten the tag', () => {
      const cache = open();
      const since = cache.epoch();
      cache.invalidateTag('x');
      flood(cache);
      expect(cache.set('a', '1', { tags: ['x'], since })).toBe(false);
      expect(cache.set('a', '1', { since })).toBe(true);
    });

    it('sees what another handle invalidated', () => {
      const name = uniqueName();
      const one = open({}, name);
      const two = open({}, name);
      const since = one.epoch();
      two.invalidateTag('x');
      expect(one.set('a', '1', { tags: ['x'], since })).toBe(false);
    });

    it('holds for each entry of setMany', () => {
      const cache = open();
      const since = cache.epoch();
      cache.invalidateTag('x');
      const stored = cache.setMany([
        ['a', '1', { tags: ['x'], since }],
        ['b', '2', { tags: ['y'], since }],
      ]);
      expect(stored).toBe(1);
      expect(cache.getMany(['a', 'b']).map(text)).toEqual([undefined, '2']);
    });
  });
}
