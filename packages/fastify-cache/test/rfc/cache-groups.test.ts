// Groups of responses (src/rfc/cache-groups.ts), as RFC 9875 writes them and as tags keep them apart.
// What an invalidation by group reaches is shown by the plugin's tests.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tagFault } from '../../src/options/tag.ts';
import { groupTag, parseGroups } from '../../src/rfc/cache-groups.ts';

describe('cache groups', () => {
  it('I2 reads the examples of RFC 9875', () => {
    expect(parseGroups('"scripts"')).toEqual(['scripts']);
    expect(parseGroups('"eurovision-results", "australia"')).toEqual([
      'eurovision-results',
      'australia',
    ]);
  });

  it('I2 ignores parameters, tells cases apart, joins lines and keeps each group once', () => {
    expect(parseGroups(['"a";revalidate, "A"', '"b", "a"'])).toEqual(['a', 'A', 'b']);
    expect(parseGroups('"a, \\"b\\" | c", ""')).toEqual(['a, "b" | c', '']);
  });

  it.each([
    [undefined],
    [''],
    ['scripts'],
    ['"a", b'],
    ['"a", 1'],
    ['"a", ("b")'],
    ['"a", "b'],
    ['"a",'],
  ])('I2 finds no group in %j', (value) => {
    expect(parseGroups(value)).toEqual([]);
  });

  it('I2 takes 32 groups of 32 characters', () => {
    const groups = Array.from({ length: 32 }, (_, i) => String(i).padStart(32, 'x'));
    expect(parseGroups(groups.map((group) => `"${group}"`))).toEqual(groups);
  });

  it('I2 leaves out no group, however many or long they are', () => {
    const groups = [...Array.from({ length: 1_000 }, (_, i) => `g${i}`), 'x'.repeat(10_000)];
    const text = groups.map((group) => `"${group}"`).join(', ');
    expect(parseGroups(text)).toEqual(groups);
    expect(parseGroups(`${text}, token`)).toEqual([]);
  });

  it('I2 gives a group of one origin a tag that can be read', () => {
    expect(groupTag('https', 'a.example:8443', 'scripts')).toBe(
      'group|https|a.example:8443|scripts',
    );
    expect(groupTag('http', 'a.example', '')).toBe('group|http|a.example|');
  });

  it('I2 hashes what is too long, the same each time, and tells such groups apart', () => {
    const host = `${'h'.repeat(240)}.example`;
    const tag = groupTag('https', host, 'a');
    expect(tag).toMatch(/^group\|[\w-]{43}$/);
    expect(groupTag('https', host, 'a')).toBe(tag);
    expect(groupTag('http', host, 'a')).not.toBe(tag);
    expect(groupTag('https', host, 'A')).not.toBe(tag);
  });

  it('I2 lets no group of one origin have the tag of another', () => {
    expect(groupTag('https', 'a', 'b|c')).not.toBe(groupTag('https', 'a|b', 'c'));
    expect(groupTag('https|a', 'b', 'c')).not.toBe(groupTag('https', 'a', 'b|c'));
    const part = fc.string({
      unit: fc.constantFrom('a', '|', '\u0000', 'é', '\ud800'),
      maxLength: 3,
    });
    const triple = fc.tuple(part, part, part);
    fc.assert(
      fc.property(triple, triple, (one, other) => {
        const isSame = one.every((text, i) => text === other[i]);
        expect(groupTag(...one) === groupTag(...other)).toBe(isSame);
      }),
      { numRuns: 1_000 },
    );
  });

  it('I2 makes a tag of any group', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string(), (host, group) => {
        const tag = groupTag('https', host, group);
        expect(tagFault(tag)).toBeUndefined();
        expect(tag.startsWith('group|')).toBe(true);
      }),
    );
  });

  it('I2 reads back any groups of printable ASCII', () => {
    const group = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(fc.array(group), (groups) => {
        const text = groups.map((name) => `"${name.replace(/["\\]/g, '\\$&')}"`).join(',');
        expect(parseGroups(text)).toEqual([...new Set(groups)]);
      }),
    );
  });

  it('never throws, and finds no group twice', () => {
    const piece = fc.constantFrom('"a"', '"b";c', '"', ',', ' ', '\\', 'x', '(');
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(fc.oneof(text, fc.array(text)), (value) => {
        const groups = parseGroups(value);
        expect(groups).toEqual([...new Set(groups)]);
      }),
    );
  });
});
