import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCacheControl, parseDeltaSeconds } from '../../src/rfc/parse-cache-control.ts';

describe('Cache-Control', () => {
  it('P1 reads names in any case, token and quoted arguments, and ignores unknown directives', () => {
    const found = parseCacheControl('PUBLIC, Max-Age=60, S-MaxAge="30", foo, bar=1, Immutable=x');
    expect(found).toMatchObject({ public: true, maxAge: 60, sMaxage: 30, immutable: true });
    expect(found).toMatchObject({ noStore: false, noCache: false, private: false });
  });

  it('P1 finds no directive inside a quoted argument', () => {
    expect(parseCacheControl('foo="max-age=3600, no-store", max-age=1')).toMatchObject({
      maxAge: 1,
      noStore: false,
    });
    expect(parseCacheControl('foo=", max-age=3600, "').maxAge).toBeUndefined();
    expect(parseCacheControl('foo="\\", max-age=3600"').maxAge).toBeUndefined();
  });

  it('P1 reads every flag and duration there is', () => {
    const text =
      'no-store, no-cache, private, public, must-revalidate, proxy-revalidate, must-understand, ' +
      'no-transform, immutable, only-if-cached, stale-while-revalidate=1, stale-if-error=2, ' +
      'max-stale=3, min-fresh=4, max-age=5, s-maxage=6';
    expect(parseCacheControl(text)).toEqual({
      maxAge: 5,
      sMaxage: 6,
      noStore: true,
      noCache: true,
      private: true,
      public: true,
      mustRevalidate: true,
      proxyRevalidate: true,
      mustUnderstand: true,
      noTransform: true,
      immutable: true,
      onlyIfCached: true,
      staleWhileRevalidate: 1,
      staleIfError: 2,
      maxStale: 3,
      minFresh: 4,
    });
    expect(parseCacheControl('max-stale, min-fresh=x')).toMatchObject({
      maxStale: Infinity,
      minFresh: Infinity,
    });
  });

  it.each([
    ['max-age=0100', 100],
    ['max-age=2147483648', 2_147_483_648],
    ['max-age=2147483649', 2_147_483_648],
    [`max-age=${'9'.repeat(400)}`, 2_147_483_648],
    ['max-age=-1', 0],
    ['max-age=+1', 0],
    ['max-age=1.5', 0],
    ['max-age=1e3', 0],
    ['max-age=0x10', 0],
    ['max-age=a100', 0],
    ['max-age=100a', 0],
    ["max-age='100'", 0],
    ['max-age =100', 0],
    ['max-age= 100', 0],
    ['max-age=', 0],
    ['max-age', 0],
    ['max-age=""', 0],
    ['max-age="100"x', 0],
    ['max-age=\u0661\u0662', 0],
    ['max-age=1 2', 0],
    ['max-age=1;2', 0],
  ])('P2 reads %j as %d seconds', (text, seconds) => {
    expect(parseCacheControl(text).maxAge).toBe(seconds);
    expect(parseCacheControl(text.replace('max-age', 's-maxage')).sMaxage).toBe(seconds);
  });

  it('P3 takes the smallest of several durations, on one line or more, an invalid one included', () => {
    expect(parseCacheControl('max-age=60, max-age=10').maxAge).toBe(10);
    expect(parseCacheControl(['max-age=10', 'max-age=60']).maxAge).toBe(10);
    expect(parseCacheControl('max-age=60, max-age=x').maxAge).toBe(0);
    expect(parseCacheControl(['s-maxage=60', 's-maxage=5']).sMaxage).toBe(5);
    expect(parseCacheControl('min-fresh=1, min-fresh=5').minFresh).toBe(5);
  });

  it('P3 takes the strictest where directives contradict each other', () => {
    expect(parseCacheControl('private="a", private')).toMatchObject({ private: true });
    expect(parseCacheControl('no-cache, no-cache="a"')).toMatchObject({ noCache: true });
    expect(parseCacheControl(['private="a"', 'private="b"']).private).toEqual(['a', 'b']);
  });

  it('P3 takes a quoted string that never ends for no-store', () => {
    expect(parseCacheControl('max-age=60, foo="bar, no-store').noStore).toBe(true);
    // Each line is read for itself: the quote does not swallow the next one.
    expect(parseCacheControl(['foo="bar', 'private']).private).toBe(true);
  });

  it.each([
    ['private="Set-Cookie, X-A"', ['set-cookie', 'x-a']],
    ['private=x-a', ['x-a']],
    ['private=""', true],
    ['private=', true],
    ['private=" , "', true],
    ['private="a b"', true],
    ['private="a"b', true],
    ['private= "a"', true],
    ['private="a\\', true],
  ])('S4 reads %j as %j', (text, expected) => {
    expect(parseCacheControl(text).private).toEqual(expected);
    expect(parseCacheControl(text.replace('private', 'no-cache')).noCache).toEqual(expected);
  });

  it('reads an absent and an empty field as no directive', () => {
    const nothing = parseCacheControl(undefined);
    expect(parseCacheControl('')).toEqual(nothing);
    expect(parseCacheControl(' , ,')).toEqual(nothing);
    expect(Object.values(nothing).every((value) => value === false || value === undefined)).toBe(
      true,
    );
  });

  it('reads delta-seconds', () => {
    expect(parseDeltaSeconds('007')).toBe(7);
    expect(parseDeltaSeconds('')).toBeUndefined();
  });

  it('never throws, and durations are never negative, NaN or above 2^31', () => {
    const piece = fc.constantFrom(
      'max-age',
      '=',
      '"',
      ',',
      ' ',
      '\\',
      '60',
      '-1',
      'private',
      'no-cache',
      's-maxage',
      'x',
      '\t',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(fc.oneof(text, fc.array(text)), (value) => {
        const { maxAge = 0, sMaxage = 0, staleIfError = 0 } = parseCacheControl(value);
        for (const seconds of [maxAge, sMaxage, staleIfError]) {
          expect(seconds >= 0 && seconds <= 2_147_483_648).toBe(true);
        }
      }),
    );
  });

  it('forbids the same whatever stands before and after a prohibition', () => {
    const harmless = fc.constantFrom('max-age=5', 'public', 'foo="a, b"', 'bar', 'x=', '"', 'y="');
    fc.assert(
      fc.property(fc.array(harmless), fc.array(harmless), (before, after) => {
        const text = [...before, 'no-store', ...after].join(', ');
        // Balanced quotes may hide it (it is then an argument); any unbalanced quote forbids by itself.
        const isArgument = before.some((item) => item === '"' || item === 'y="');
        if (!isArgument) expect(parseCacheControl(text).noStore).toBe(true);
      }),
    );
  });
});
