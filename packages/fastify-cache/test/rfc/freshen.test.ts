// Updating a stored response (src/rfc/freshen.ts): is a 304, or the 200 of a HEAD, about it, and what of it changes.
// What becomes of the entry then is hooks/revalidate.ts; which fields of the update may be stored is stored-headers.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHttpDate, validatorsOf } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import { comparedByHead, freshened, isAbout } from '../../src/rfc/freshen.ts';
import type { StoredField } from '../../src/rfc/stored-headers.ts';

const now = Date.UTC(2026, 0, 1);
const modified = formatHttpDate(now - 60_000);
const other = formatHttpDate(now - 30_000);

const about = (stored: Fields, headers: Fields, isWeakened = false): boolean =>
  isAbout(validatorsOf(200, stored, now), headers, now, isWeakened);

describe('a 304', () => {
  it.each<[string | undefined, string, boolean]>([
    ['"a"', '"a"', true],
    ['"a"', ' "a" ', true],
    ['"a"', '"b"', false],
    ['"a"', '"A"', false],
    ['W/"a"', 'W/"a"', true],
    ['W/"a"', 'W/"b"', false],
    ['W/"a"', '"b"', false],
    ['"a"', 'W/"b"', false],
    ['"a"', 'W/"a"', true],
    // The stored tag is weak where a hook coded the body behind a strong one.
    ['W/"a"', '"a"', false],
    // Tags that a handler wrote without quotes are compared as they are.
    ['a', 'a', true],
    ['a', '"a"', false],
    ['a', 'W/"a"', false],
    ['"a"', 'a', false],
    ['"a"', '', false],
    ['"a"', '"a", "b"', false],
    ['"a"', '*', false],
    [undefined, '"a"', false],
    [undefined, 'W/"a"', false],
  ])(
    'V2 says of the stored tag %j with its own %j that they are one: %s',
    (stored, given, expected) => {
      expect(about({ etag: stored }, { etag: given })).toBe(expected);
      // A date that is the same does not outweigh its tag, and one that is not does not void it.
      const dated = { etag: stored, 'last-modified': modified };
      expect(about(dated, { etag: given, 'last-modified': modified })).toBe(expected);
      expect(about(dated, { etag: given, 'last-modified': other })).toBe(expected);
    },
  );

  it.each<[string, string | string[], boolean]>([
    ['the same', modified, true],
    ['another date', other, false],
    ['no date', 'yesterday', false],
    ['an empty line', '', false],
    ['two lines', [modified, modified], false],
  ])('V2 goes by Last-Modified where it has no tag: %s', (_, given, expected) => {
    expect(about({ 'last-modified': modified }, { 'last-modified': given })).toBe(expected);
    expect(about({ etag: '"a"', 'last-modified': modified }, { 'last-modified': given })).toBe(
      expected,
    );
  });

  it('V2 reads Last-Modified in every form of a date', () => {
    const imf = 'Sun, 06 Nov 1994 08:49:37 GMT';
    expect(about({ 'last-modified': imf }, { 'last-modified': 'Sun Nov  6 08:49:37 1994' })).toBe(
      true,
    );
  });

  it('V2 is about the only one that was asked for where it has no validator', () => {
    for (const stored of [{}, { etag: '"a"' }, { etag: 'W/"a"', 'last-modified': modified }]) {
      expect(about(stored, { date: modified })).toBe(true);
    }
  });

  it('V2 is never about a response with another strong tag, whatever it says besides', () => {
    const opaque = fc.string({ unit: fc.constantFrom('a', 'b', ',', '!'), maxLength: 3 });
    fc.assert(
      fc.property(opaque, opaque, (one, two) => {
        const headers = { etag: `"${two}"`, 'last-modified': modified };
        const stored = { etag: `"${one}"`, 'last-modified': modified };
        expect(about(stored, headers)).toBe(one === two);
      }),
    );
  });

  it('never throws, whatever its validators are', () => {
    const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.integer());
    const headers = fc.dictionary(
      fc.constantFrom('etag', 'last-modified', 'content-length'),
      value,
    );
    fc.assert(
      fc.property(headers, headers, fc.nat(), (stored, given, length) => {
        const validators = validatorsOf(200, stored, now);
        expect(isAbout(validators, given, now, false)).toBeTypeOf('boolean');
        expect(['same', 'other', 'unknown']).toContain(
          comparedByHead(validators, length, given, now),
        );
      }),
    );
  });
});

describe('the 200 of a HEAD', () => {
  const stored = validatorsOf(200, { etag: '"a"', 'last-modified': modified }, now);

  it.each<[Fields, string]>([
    [{}, 'unknown'],
    [{ 'content-length': '5' }, 'unknown'],
    [{ 'content-length': 5 }, 'unknown'],
    [{ 'content-length': '6' }, 'other'],
    [{ 'content-length': '05' }, 'other'],
    [{ 'content-length': ['5', '5'] }, 'other'],
    [{ etag: '"a"' }, 'same'],
    [{ etag: '"b"' }, 'other'],
    [{ etag: 'W/"a"' }, 'other'],
    [{ 'last-modified': modified }, 'same'],
    [{ 'last-modified': other }, 'other'],
    [{ 'last-modified': 'x' }, 'other'],
    [{ etag: '"a"', 'last-modified': modified, 'content-length': '5' }, 'same'],
    [{ etag: '"a"', 'last-modified': other }, 'other'],
    [{ etag: '"b"', 'last-modified': modified }, 'other'],
    [{ etag: '"a"', 'content-length': '6' }, 'other'],
  ])('V6 says with %j of the stored response: %s', (headers, expected) => {
    expect(comparedByHead(stored, 5, headers, now)).toBe(expected);
  });

  it('V6 is about no response that lacks a validator it has', () => {
    const bare = validatorsOf(200, {}, now);
    expect(comparedByHead(bare, 5, { etag: '"a"' }, now)).toBe('other');
    expect(comparedByHead(bare, 5, { 'last-modified': modified }, now)).toBe('other');
    expect(comparedByHead(bare, 5, { 'content-length': '5' }, now)).toBe('unknown');
  });
});

describe('a freshened response', () => {
  const old: readonly StoredField[] = [
    ['content-type', 'text/html'],
    ['x-a', ['1', '2']],
    ['etag', '"a"'],
    ['content-length', '5'],
    ['content-encoding', 'gzip'],
  ];

  it('V2 has each field that came in the place of all lines of its name, and new ones behind', () => {
    const update: readonly StoredField[] = [
      ['x-new', ['n', 'm']],
      ['x-a', '3'],
      ['content-type', 'text/plain'],
    ];
    expect(freshened(old, update)).toEqual([
      ['content-type', 'text/plain'],
      ['x-a', '3'],
      ['etag', '"a"'],
      ['content-length', '5'],
      ['content-encoding', 'gzip'],
      ['x-new', ['n', 'm']],
    ]);
  });

  it.each(['content-length', 'content-encoding', 'content-range'])(
    'V2 keeps its own %s, and gets none',
    (name) => {
      expect(freshened([[name, 'old']], [[name, 'new']])).toEqual([[name, 'old']]);
      expect(freshened([], [[name, 'new']])).toEqual([]);
    },
  );

  it('V2 has a weak tag become strong by no update', () => {
    expect(freshened([['etag', 'W/"a"']], [['etag', '"a"']])).toEqual([['etag', 'W/"a"']]);
    expect(freshened([['etag', '"a"']], [['etag', 'W/"a"']])).toEqual([['etag', 'W/"a"']]);
    expect(freshened([], [['etag', '"a"']])).toEqual([['etag', '"a"']]);
  });

  it('leaves what it was made of as it was', () => {
    const before = structuredClone(old);
    const update: readonly StoredField[] = [['x-a', '3']];
    freshened(old, update);
    expect(old).toEqual(before);
    expect(update).toEqual([['x-a', '3']]);
  });

  it('V2 has every name of both once, those of the body aside', () => {
    const names = ['content-length', 'content-encoding', 'etag', 'date', 'x-a', 'x-b'];
    const field = fc.tuple(fc.constantFrom(...names), fc.constantFrom('1', '2'));
    const fields = fc.uniqueArray(field, { selector: ([name]) => name });
    fc.assert(
      fc.property(fields, fields, (stored, update) => {
        const result = new Map(freshened(stored, update));
        const added = update.filter(([name]) => !name.startsWith('content-'));
        const wanted = new Map([...stored, ...added]);
        expect(result).toEqual(wanted);
        expect(freshened(stored, update)).toHaveLength(wanted.size);
      }),
    );
  });
});

describe('a 304 by Last-Modified', () => {
  it('V2 is about no response without the Last-Modified that it names', () => {
    expect(about({ etag: '"a"' }, { 'last-modified': modified })).toBe(false);
  });
});
