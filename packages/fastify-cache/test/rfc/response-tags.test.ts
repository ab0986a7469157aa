import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tagFault } from '../../src/options/tag.ts';
import { responseTags, tagFields } from '../../src/rfc/response-tags.ts';

describe('response tags', () => {
  it.each([
    ['surrogate-key', 'a b,c  d\t', ['a', 'b,c', 'd']],
    ['surrogate-key', 'a\tb', ['a', 'b']],
    ['surrogate-key', ['a', ' b '], ['a', 'b']],
    ['cache-tag', 'a b , c,,\td', ['a b', 'c', 'd']],
    ['cache-tag', ['a', 'b, c'], ['a', 'b', 'c']],
    ['cache-tag', 7, ['7']],
    ['surrogate-key', '', []],
    ['cache-tag', undefined, []],
  ])('reads %s: %j', (name, value, tags) => {
    expect(responseTags({ [name]: value })).toEqual(tags);
  });

  it('reads both fields, keeps a tag once, and tells cases apart', () => {
    expect(responseTags({ 'cache-tag': 'a, B', 'surrogate-key': 'b a b', etag: '"x"' })).toEqual([
      'b',
      'a',
      'B',
    ]);
    expect(responseTags({})).toEqual([]);
  });

  it('skips what is no tag', () => {
    const fits = 'é'.repeat(128);
    expect(responseTags({ 'cache-tag': `${fits}x, ${fits}, \u0000a, \ud800, b` })).toEqual([
      fits,
      'b',
    ]);
    expect(responseTags({ 'surrogate-key': `${'x'.repeat(257)} ${'x'.repeat(256)}` })).toHaveLength(
      1,
    );
  });

  it('names every field it reads', () => {
    expect(tagFields.flatMap((name) => responseTags({ [name]: name }))).toEqual(tagFields);
  });

  it('never throws, and returns tags only, each once', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', ',', '\t', '\u0000', '\ud800', 'é'),
    });
    const value = fc.oneof(text, fc.array(text), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(value, value, (keys, list) => {
        const tags = responseTags({ 'surrogate-key': keys, 'cache-tag': list });
        expect(tags.every((tag) => tagFault(tag) === undefined)).toBe(true);
        expect(new Set(tags).size).toBe(tags.length);
      }),
    );
  });
});
