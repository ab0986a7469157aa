// Conditions of clients against a stored response (src/conditional.ts), RFC 9110 13.
// Whether a 304 of the handler is about that response is freshen.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isMatch,
  isNotModified,
  isUnmodified,
  notModifiedFields,
  validatorsOf,
} from '../src/conditional.ts';
import type { Fields } from '../src/fields.ts';

const now = Date.UTC(2026, 0, 1);
const modified = 'Sun, 06 Nov 1994 08:49:37 GMT';
const later = 'Mon, 07 Nov 1994 08:49:37 GMT';
const earlier = 'Sat, 05 Nov 1994 08:49:37 GMT';
const entry: Fields = { etag: '"a"', 'last-modified': modified, date: later };

const check = (request: Fields, headers: Fields = entry, status = 200): boolean =>
  isNotModified(request, validatorsOf(status, headers, now), now);

describe('V4 conditions', () => {
  it.each([
    ['"a"', true],
    ['W/"a"', true],
    ['"b"', false],
    ['"b", "a"', true],
    ['"b", W/"a" , "c"', true],
    ['"b" "a"', false],
    ['*', true],
    [' * ', true],
    ['*, "b"', false],
    ['a', false],
    ['', false],
    ['"A"', false],
  ])('V4 judges If-None-Match %j: %s', (value, expected) => {
    expect(check({ 'if-none-match': value })).toBe(expected);
  });

  it('V4 compares with a weak stored tag, a tag with a comma and an unquoted one', () => {
    expect(check({ 'if-none-match': '"a"' }, { etag: 'W/"a"' })).toBe(true);
    expect(check({ 'if-none-match': '"x", "a,b"' }, { etag: '"a,b"' })).toBe(true);
    expect(check({ 'if-none-match': '"x", "b"' }, { etag: '"a,b"' })).toBe(false);
    expect(check({ 'if-none-match': 'abc' }, { etag: 'abc' })).toBe(true);
    expect(check({ 'if-none-match': '"abc"' }, { etag: 'abc' })).toBe(false);
    expect(check({ 'if-none-match': '"a"' }, {})).toBe(false);
    expect(check({ 'if-none-match': '' }, { etag: '' })).toBe(false);
    expect(check({ 'if-none-match': '*' }, {})).toBe(true);
  });

  it('V4 looks at If-None-Match alone where both are given', () => {
    expect(check({ 'if-none-match': '"b"', 'if-modified-since': later })).toBe(false);
    expect(check({ 'if-none-match': '"a"', 'if-modified-since': earlier })).toBe(true);
  });

  it.each([
    [modified, true],
    [later, true],
    [earlier, false],
    ['Sunday, 06-Nov-94 08:49:37 GMT', true],
    ['Sun Nov  6 08:49:37 1994', true],
    ['Sun Nov  6 08:49:36 1994', false],
    ['0', false],
    ['', false],
  ])('V4 judges If-Modified-Since %j: %s', (value, expected) => {
    expect(check({ 'if-modified-since': value })).toBe(expected);
  });

  it('V4 goes by Date where there is no valid Last-Modified', () => {
    expect(check({ 'if-modified-since': modified }, { date: later })).toBe(false);
    expect(check({ 'if-modified-since': later }, { date: later })).toBe(true);
    expect(check({ 'if-modified-since': later }, { date: later, 'last-modified': 'x' })).toBe(true);
    expect(check({ 'if-modified-since': later }, {})).toBe(false);
    const twice = { 'if-modified-since': [later, later] };
    expect(check(twice)).toBe(false);
    expect(check({ 'if-modified-since': modified }, { 'last-modified': [modified, earlier] })).toBe(
      false,
    );
  });

  it('V4 ignores conditions where the stored status is not 2xx', () => {
    for (const status of [301, 404, 500])
      expect(check({ 'if-none-match': '"a"' }, entry, status)).toBe(false);
    expect(check({ 'if-none-match': '"a"' }, entry, 203)).toBe(true);
  });

  it('V4 is silent without conditions', () => {
    expect(check({})).toBe(false);
  });

  it('V4 goes by If-None-Match in several lines as in one', () => {
    expect(check({ 'if-none-match': ['"b"', '"a"'] })).toBe(true);
    expect(check({ 'if-none-match': ['"b"', '"c"'], 'if-modified-since': later })).toBe(false);
  });

  it('V1 finds the validators of a response, and none in what cannot be read', () => {
    expect(validatorsOf(203, entry, now)).toEqual({
      status: 203,
      etag: '"a"',
      lastModified: Date.UTC(1994, 10, 6, 8, 49, 37),
      date: Date.UTC(1994, 10, 7, 8, 49, 37),
    });
    const none = { status: 200, etag: undefined, lastModified: undefined, date: undefined };
    expect(validatorsOf(200, {}, now)).toEqual(none);
    expect(validatorsOf(200, { 'last-modified': 'x', date: [later, later] }, now)).toEqual(none);
    expect(validatorsOf(200, { etag: 'W/"a"' }, now).etag).toBe('W/"a"');
  });

  it('V4 never throws, and never says so of a status outside 2xx', () => {
    const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.constantFrom('*', '"a"', later));
    const names = fc.constantFrom('if-none-match', 'if-modified-since');
    const stored = fc.dictionary(fc.constantFrom('etag', 'last-modified', 'date'), value);
    const status = fc.integer({ min: 200, max: 599 });
    fc.assert(
      fc.property(fc.dictionary(names, value), stored, status, (request, headers, code) => {
        const isCurrent = check(request, headers, code);
        if (code > 299 || Object.keys(request).length === 0) expect(isCurrent).toBe(false);
      }),
    );
  });

  it('V5 keeps six fields for a 304', () => {
    const names = ['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary'];
    const others = ['content-type', 'content-length', 'content-encoding', 'last-modified', 'x-a'];
    const fields = [...others, ...names].map((name) => [name, 'v'] as const);
    expect(notModifiedFields(fields).map(([name]) => name)).toEqual(names);
  });
});

describe('preconditions of a change', () => {
  const strong = validatorsOf(200, entry, now);
  it.each([
    [undefined, true],
    ['*', true],
    ['"a"', true],
    ['"b", "a"', true],
    ['"b"', false],
    ['W/"a"', false],
    ['', false],
  ])('If-Match %j holds: %s', (value, expected) => {
    expect(isMatch({ 'if-match': value }, strong)).toBe(expected);
  });
  it('If-Match never holds for a weak tag, or where there is none', () => {
    expect(isMatch({ 'if-match': '"a"' }, validatorsOf(200, { etag: 'W/"a"' }, now))).toBe(false);
    expect(isMatch({ 'if-match': '"a"' }, validatorsOf(200, {}, now))).toBe(false);
  });
  it('If-Unmodified-Since is judged by Last-Modified, and not beside If-Match', () => {
    expect(isUnmodified({ 'if-unmodified-since': later }, strong, now)).toBe(true);
    expect(isUnmodified({ 'if-unmodified-since': modified }, strong, now)).toBe(true);
    expect(isUnmodified({ 'if-unmodified-since': earlier }, strong, now)).toBe(false);
    expect(isUnmodified({ 'if-unmodified-since': 'soon' }, strong, now)).toBe(true);
    expect(isUnmodified({ 'if-unmodified-since': earlier }, validatorsOf(200, {}, now), now)).toBe(
      true,
    );
    expect(isUnmodified({ 'if-unmodified-since': earlier, 'if-match': '"a"' }, strong, now)).toBe(
      true,
    );
  });
});
