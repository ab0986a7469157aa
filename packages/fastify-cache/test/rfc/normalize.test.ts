import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptEncoding, acceptLanguage, normalizeValue } from '../../src/rfc/normalize.ts';

describe('normalising', () => {
  it.each([
    ['gzip, deflate, br', 'br,deflate,gzip'],
    ['br,gzip;q=1.0 ,  deflate', 'br,deflate,gzip'],
    ['GZIP', 'gzip'],
    ['gzip;q=0.5, br;q=0.9', 'br>gzip'],
    ['gzip;q=0.1, br;q=0.2', 'br>gzip'],
    ['gzip, br;q=0', 'gzip'],
    ['gzip, sdch', 'gzip'],
    ['', ''],
    ['identity;q=0', '!identity'],
    ['gzip, identity;q=0', 'gzip!identity'],
    ['*', '*'],
    ['gzip, *;q=0', 'gzip!*'],
    ['*, gzip;q=0', '*!gzip'],
    ['gzip, *;q=0.1, br;q=0', 'gzip>*!br'],
    ['gzip;q=2', '?gzip;q=2'],
    ['gzip;level=1', '?gzip;level=1'],
    ['br>gzip', '?br>gzip'],
    ['gzip;q=0.1234', '?gzip;q=0.1234'],
  ])('Y2 reads Accept-Encoding %j as %j', (value, expected) => {
    expect(acceptEncoding(value)).toBe(expected);
  });

  it('Y2 never makes a client that refuses a coding equal to one that takes it', () => {
    expect(acceptEncoding('*, gzip;q=0')).not.toBe(acceptEncoding('*'));
    expect(acceptEncoding('gzip;q=0')).not.toBe(acceptEncoding('gzip'));
    expect(acceptEncoding('dcz')).not.toBe(acceptEncoding(''));
  });

  it.each([
    ['en-GB, en;q=0.9, de;q=0.8', 'en-gb>en>de'],
    ['EN , de', 'en,de'],
    ['de, en', 'de,en'],
    ['de;q=0.5,en', 'en>de'],
    ['en, fr;q=0', 'en!fr'],
    ['en;x=1', '?en;x=1'],
  ])('Y2 reads Accept-Language %j as %j', (value, expected) => {
    expect(acceptLanguage(value)).toBe(expected);
  });

  it('Y2 drops optional whitespace in lists, not in quoted strings and not in credentials', () => {
    expect(normalizeValue('accept', ' a , b ')).toBe('a,b');
    expect(normalizeValue('foo', '"a , b" , c')).toBe('"a , b",c');
    expect(normalizeValue('foo', 'a, "b')).toBe('a, "b');
    expect(normalizeValue('foo', 'Ab c')).toBe('Ab c');
    for (const name of ['cookie', 'authorization', 'x-api-key', 'user-agent']) {
      expect(normalizeValue(name, ' a , b')).toBe('a , b');
    }
  });

  it('remembers, and forgets under a flood without a wrong answer', () => {
    for (let i = 0; i < 600; i++) {
      expect(normalizeValue('accept-encoding', `gzip, br;q=0.${i}`.slice(0, 15))).toMatch(
        /^(gzip|br)/,
      );
      expect(normalizeValue('accept-language', `l${i}`)).toBe(`l${i}`);
    }
    expect(normalizeValue('accept-language', 'L1')).toBe('l1');
    expect(normalizeValue('accept-language', 'a'.repeat(300))).toBe('a'.repeat(300));
    expect(normalizeValue('accept-language', 'A'.repeat(300))).toBe('a'.repeat(300));
  });

  it('Y2 gives a permutation of equal weights one form, and another weight order another', () => {
    const codings = ['gzip', 'br', 'zstd', 'deflate', 'identity'];
    const list = fc.shuffledSubarray(codings, { minLength: 2 });
    fc.assert(
      fc.property(list, (names) => {
        const [first, ...rest] = names;
        expect(acceptEncoding(names.join(','))).toBe(acceptEncoding([...names].sort().join(' , ')));
        const prefersFirst = [first, ...rest.map((name) => `${name};q=0.5`)].join(', ');
        const prefersLast = [`${first};q=0.5`, ...rest].join(', ');
        expect(acceptEncoding(prefersFirst)).not.toBe(acceptEncoding(prefersLast));
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        acceptEncoding(text);
        acceptLanguage(text);
        normalizeValue('foo', text);
      }),
    );
  });
});
