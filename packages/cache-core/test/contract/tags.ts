// Tags: one call makes all values of a group invalid, for every way of reading, at once.
// Invariant under test: errors go to over-invalidation only; what was invalidated never comes back.
import { describe, expect, it } from 'vitest';
import type { Cache } from '../../src/index.ts';
import { advance, setClock } from '../../src/testing.ts';
import { text } from './suite.ts';
import type { Suite } from './suite.ts';

/** More than any table of invalidated tags remembers one by one. */
const FLOOD = 150_000;

/** Invalidates so many other tags that the oldest records must have been forgotten. */
export function flood(cache: Cache): void {
  for (let i = 0; i < FLOOD; i += 1000) {
    cache.invalidateTag(Array.from({ length: 1000 }, (_, j) => `flood:${i + j}`));
  }
}

/** Describes what tags do. */
export function describeTags({ open, uniqueName }: Suite): void {
  describe('tags', () => {
    const setAll = (cache: Cache) => {
      cache.set('x', 'in x', { tags: ['x'] });
      cache.set('y', 'in y', { tags: ['y'] });
      cache.set('xy', 'in both', { tags: ['x', 'y'] });
      cache.set('none', 'in none');
    };
    const there = (cache: Cache) =>
      ['x', 'y', 'xy', 'none'].filter((key) => cache.get(key) !== undefined);

    it('take away what was set with them before, and nothing else', () => {
      const cache = open();
      setAll(cache);
      expect(there(cache)).toEqual(['x', 'y', 'xy', 'none']);
      cache.invalidateTag('x');
      expect(there(cache)).toEqual(['y', 'none']);
      cache.invalidateTag('nobody has it');
      expect(there(cache)).toEqual(['y', 'none']);
    });

    it('leave what is set afterwards', () => {
      const cache = open();
      cache.invalidateTag('x');
      setAll(cache);
      expect(there(cache)).toEqual(['x', 'y', 'xy', 'none']);
      cache.invalidateTag('x');
      cache.set('x', 'again', { tags: ['x'] });
      expect(text(cache.get('x'))).toBe('again');
      cache.invalidateTag('x');
      expect(cache.get('x')).toBeUndefined();
    });

    it.each<[string, (cache: Cache) => unknown, unknown]>([
      ['get', (cache) => cache.get('x'), undefined],
      ['getMany', (cache) => cache.getMany(['x'])[0], undefined],
      ['getRecord', (cache) => cache.getRecord('x'), undefined],
      ['getInto', (cache) => cache.getInto('x', new Uint8Array(9)), -1],
      ['peek', (cache) => cache.peek('x'), undefined],
      ['lease', (cache) => cache.lease('x'), undefined],
      ['has', (cache) => cache.has('x'), false],
      ['ttl', (cache) => cache.ttl('x'), undefined],
      ['touch', (cache) => cache.touch('x'), false],
      ['delete', (cache) => cache.delete('x'), false],
      ['keys', (cache) => [...cache.keys({ prefix: 'x' })].length, 0],
    ])('hold for %s, also of a hot value', (_, read, absent) => {
      const cache = open();
      cache.set('x', 'value', { tags: ['x'] });
      for (let i = 0; i < 200; i++) expect(text(cache.get('x'))).toBe('value');
      cache.invalidateTag('x');
      expect(read(cache)).toEqual(absent);
    });

    it('are invalidated several at once', () => {
      const cache = open();
      setAll(cache);
      cache.invalidateTag([]);
      expect(there(cache)).toEqual(['x', 'y', 'xy', 'none']);
      cache.invalidateTag(['z', 'y', 'x', 'x']);
      expect(there(cache)).toEqual(['none']);
    });

    it('are replaced by the next set, and stay with touch', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('a', '1', { tags: ['x'], ttl: 10 });
      cache.set('a', '2', { tags: ['y'], ttl: 10 });
      cache.touch('a', { ttl: 20 });
      cache.invalidateTag('x');
      advance(cache, 15);
      expect(text(cache.get('a'))).toBe('2');
      cache.invalidateTag('y');
      expect(cache.get('a')).toBeUndefined();
    });

    it.each([
      ['absent', undefined],
      ['{}', {}],
      ['tags: []', { tags: [] }],
    ] as const)('go with a set whose options are %s', (_, options) => {
      const cache = open();
      cache.set('a', '1', { tags: ['x'] });
      cache.set('a', '2', options);
      cache.invalidateTag('x');
      expect(text(cache.get('a'))).toBe('2');
    });

    it('stay as they were when the array of the caller changes', () => {
      const cache = open();
      const tags = ['x'];
      cache.set('a', '1', { tags });
      tags[0] = 'y';
      cache.invalidateTag('y');
      expect(text(cache.get('a'))).toBe('1');
      cache.invalidateTag('x');
      expect(cache.get('a')).toBeUndefined();
    });

    it('may be 64 of 256 bytes, and are told apart to the last', () => {
      const cache = open({ maxBytes: 4 * 2 ** 20 });
      const tags = Array.from({ length: 64 }, (_, i) => `${'é'.repeat(126)}${1000 + i}`);
      expect(Buffer.byteLength(tags[0]!)).toBe(256);
      for (const tag of tags) {
        cache.set('all', 'value', { tags });
        cache.set('others', 'value', { tags: tags.filter((other) => other !== tag) });
        cache.invalidateTag(tag);
        expect(cache.has('all'), tag).toBe(false);
        expect(cache.has('others'), tag).toBe(true);
      }
    });

    it('come with setMany', () => {
      const cache = open();
      cache.setMany([
        ['a', '1', { tags: ['x'] }],
        ['b', '2', { tags: ['y'] }],
      ]);
      cache.invalidateTag('x');
      expect(cache.getMany(['a', 'b']).map(text)).toEqual([undefined, '2']);
    });

    it('are those of the cache, not of the handle', () => {
      const name = uniqueName();
      const one = open({}, name);
      const two = open({}, name);
      one.set('a', 'value', { tags: ['x'] });
      for (let i = 0; i < 50; i++) one.get('a');
      two.invalidateTag('x');
      expect(one.get('a')).toBeUndefined();
      expect(one.epoch()).toBe(two.epoch());
    });

    it('belong to values of every size', () => {
      const cache = open({ maxBytes: 32 * 2 ** 20 });
      for (const size of [0, 1, 5000, 100_000, 3 * 2 ** 20]) {
        const value = Buffer.alloc(size, 7);
        expect(cache.set('a', value, { tags: ['x', 'y'] })).toBe(true);
        expect(cache.get('a')?.equals(value)).toBe(true);
        cache.invalidateTag('y');
        expect(cache.get('a')).toBeUndefined();
      }
    });

    it('are never taken for valid once the table has forgotten them', () => {
      const cache = open();
      cache.set('tagged', 'value', { tags: ['x', 'y'] });
      cache.set('untagged', 'value');
      cache.invalidateTag('x');
      flood(cache);
      expect(cache.get('tagged')).toBeUndefined();
      expect(text(cache.get('untagged'))).toBe('value');
      cache.set('tagged', 'new', { tags: ['x', 'y'] });
      expect(text(cache.get('tagged'))).toBe('new');
      flood(cache);
      cache.set('after', 'value', { tags: ['x', 'flood:0', `flood:${FLOOD - 1}`] });
      expect(text(cache.get('after'))).toBe('value');
    });

    it('are counted when their values are noticed, each once', () => {
      const cache = open();
      for (let i = 0; i < 100; i++) cache.set(`k${i}`, 'value', { tags: [`t${i % 2}`] });
      cache.invalidateTag('t0');
      for (let i = 0; i < 100; i++) cache.get(`k${i}`);
      for (let i = 0; i < 100; i++) cache.has(`k${i}`);
      const { hits, misses, entries, invalidated, evictions, deletes } = cache.stats();
      expect({ hits, misses, entries }).toEqual({ hits: 50, misses: 50, entries: 50 });
      expect({ invalidated, evictions, deletes }).toEqual({
        invalidated: 50,
        evictions: 0,
        deletes: 0,
      });
      cache.resetStats();
      expect(cache.stats().invalidated).toBe(0);
    });

    it('make room, which does not count as eviction', () => {
      const cache = open({ maxValueBytes: 4096 });
      for (let i = 0; i < 300; i++) cache.set(`old${i}`, Buffer.alloc(2048), { tags: ['old'] });
      expect(cache.stats()).toMatchObject({ entries: 300, evictions: 0 });
      cache.invalidateTag('old');
      for (let i = 0; i < 2000; i++) cache.set(`new${i}`, Buffer.alloc(2048), { tags: ['new'] });
      const { entries, evictions, invalidated, sets } = cache.stats();
      expect(invalidated).toBe(300);
      expect(entries + evictions + invalidated).toBe(sets);
    });
  });

  describe('epoch', () => {
    it('rises with invalidations and clear, with nothing else', () => {
      const cache = open();
      const first = cache.epoch();
      expect(Number.isSafeInteger(first) && first >= 0).toBe(true);
      cache.set('a', '1', { tags: ['x'] });
      cache.get('a');
      cache.delete('a');
      cache.invalidateTag([]);
      expect(cache.epoch()).toBe(first);
      cache.invalidateTag('x');
      const second = cache.epoch();
      expect(second).toBeGreaterThan(first);
      cache.invalidateTag('x');
      const third = cache.epoch();
      expect(third).toBeGreaterThan(second);
      cache.clear();
      expect(cache.epoch()).toBeGreaterThan(third);
    });
  });
}
