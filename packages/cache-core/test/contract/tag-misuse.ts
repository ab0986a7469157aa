// Tags that are none, and options of tags where they do not belong: errors, and nothing changed.
import { describe, expect, it } from 'vitest';
import { code, text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes what wrong tags and epochs do. */
export function describeTagMisuse({ open }: Suite): void {
  const badTags = [
    '',
    'x'.repeat(257),
    'é'.repeat(129),
    '日'.repeat(86),
    5,
    null,
    undefined,
    {},
    Symbol('x'),
    Buffer.from('x'),
    ['x'],
  ];

  describe('bad tags', () => {
    it('throw from set, and change nothing', () => {
      const cache = open();
      cache.set('a', 'value', { tags: ['x'] });
      const epoch = cache.epoch();
      const lists = [
        ...badTags.map((tag) => ['x', tag]),
        Array.from({ length: 65 }, (_, i) => `t${i}`),
        Array(2),
        'x',
        { 0: 'x', length: 1 },
        null,
        5,
      ] as never[];
      for (const tags of lists) {
        const call = () => cache.set('a', 'other', { tags });
        expect(call).toThrow(RangeError);
        expect(call).toThrow(code('CATZ_CACHE_TAG'));
        expect(() => cache.setMany([['a', 'other', { tags }]])).toThrow(code('CATZ_CACHE_TAG'));
      }
      expect(text(cache.get('a'))).toBe('value');
      expect(cache.epoch()).toBe(epoch);
      expect(cache.stats().sets).toBe(1);
      cache.invalidateTag('x');
      expect(cache.has('a')).toBe(false);
    });

    it('throw from invalidateTag, and invalidate nothing', () => {
      const cache = open();
      cache.set('a', 'value', { tags: ['x'] });
      const epoch = cache.epoch();
      const isList = (tag: unknown) => Array.isArray(tag);
      const tags = [...badTags.filter((tag) => !isList(tag)), ...badTags.map((tag) => ['x', tag])];
      for (const tag of tags as never[]) {
        expect(() => cache.invalidateTag(tag)).toThrow(RangeError);
        expect(() => cache.invalidateTag(tag)).toThrow(code('CATZ_CACHE_TAG'));
      }
      expect(cache.epoch()).toBe(epoch);
      expect(text(cache.get('a'))).toBe('value');
    });

    it('are named in the message', () => {
      const cache = open();
      expect(() => cache.set('a', '', { tags: ['x', ''] })).toThrow(
        'expected options.tags[1] to be a string of 1 to 256 bytes of UTF-8, got ""',
      );
      expect(() => cache.set('a', '', { tags: Array(65).fill('x') })).toThrow(
        'expected options.tags to be an array of at most 64 tags, got an array of 65',
      );
      expect(() => cache.invalidateTag(5 as never)).toThrow('expected tag to be a string');
      expect(() => cache.invalidateTag(['x', 5] as never)).toThrow('expected tag[1] to be');
    });
  });

  describe('a bad since', () => {
    it('throws, and changes nothing', () => {
      const cache = open();
      cache.set('a', 'value');
      for (const since of [-1, 0.5, NaN, Infinity, 2 ** 53, '0', null, 0n] as never[]) {
        expect(() => cache.set('a', 'other', { since })).toThrow(TypeError);
        expect(() => cache.set('a', 'other', { since })).toThrow(code('CATZ_CACHE_OPTION'));
      }
      expect(() => cache.set('a', 'other', { since: -1 })).toThrow(
        'expected options.since to be an integer of at least 0, got -1',
      );
      expect(text(cache.get('a'))).toBe('value');
      expect(cache.stats().refused.since).toBe(0);
    });
  });

  describe('misspelt options of set', () => {
    it('throw, with the name that was meant', () => {
      const cache = open();
      expect(() => cache.set('a', '', { tag: ['x'] } as never)).toThrow(/did you mean tags\?/);
      expect(() => cache.set('a', '', { sinse: 0 } as never)).toThrow(/did you mean since\?/);
      expect(() => cache.set('a', '', { copy: true } as never)).toThrow(
        'unknown option options.copy, known are ttl, tags, since',
      );
      expect(cache.stats().entries).toBe(0);
    });
  });

  describe('tags and epoch once closed', () => {
    it('throw', () => {
      const cache = open();
      cache.close();
      expect(() => cache.invalidateTag('x')).toThrow(code('CATZ_CACHE_CLOSED'));
      expect(() => cache.epoch()).toThrow(code('CATZ_CACHE_CLOSED'));
      expect(() => cache.lease('a')).toThrow(code('CATZ_CACHE_CLOSED'));
    });
  });
}
