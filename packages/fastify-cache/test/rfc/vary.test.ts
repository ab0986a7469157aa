import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nominated, parseVary, variantKey } from '../../src/rfc/vary.ts';

describe('Vary', () => {
  it('Y1 reads names in any case and order, each once', () => {
    expect(parseVary('Foo, bar,foo')).toEqual(['bar', 'foo']);
    expect(parseVary(['b', ' , A'])).toEqual(['a', 'b']);
    expect(parseVary('')).toEqual([]);
    expect(parseVary(undefined)).toEqual([]);
  });

  it.each(['*', '*, *', ', *', 'Foo, *', ['Foo', '*'], 'a b', 'a;b', '"a"'])(
    'Y1 never matches %j',
    (value) => {
      expect(parseVary(value)).toBe('*');
      expect(nominated(value, { add: ['a'], ignore: ['*', 'foo'] })).toBe('*');
    },
  );

  it('adds and ignores names, added ones always count', () => {
    expect(nominated('B, a', { add: [], ignore: [] })).toEqual(['a', 'b']);
    expect(nominated('B, a', { add: ['c', 'a'], ignore: ['b'] })).toEqual(['a', 'c']);
    expect(nominated(undefined, { add: ['c'], ignore: ['c'] })).toEqual(['c']);
  });

  it('Y1 matches when all nominated fields match, and lets absent match absent only', () => {
    const names = ['a', 'b'];
    const key = (headers: Record<string, string>): string => variantKey(names, headers);
    expect(key({ a: '1', b: '2' })).toBe(key({ b: '2', a: '1', c: '3' }));
    expect(key({ a: '1' })).not.toBe(key({ a: '1', b: '' }));
    expect(key({ a: '1', b: '2' })).not.toBe(key({ a: '1', b: '3' }));
    expect(key({ a: '1', b: '2' })).not.toBe(key({ a: '2', b: '1' }));
    expect(variantKey([], { a: '1' })).toBe('');
  });

  it('Y2 joins lines and drops optional whitespace', () => {
    expect(variantKey(['foo'], { foo: ['1', '2'] })).toBe(variantKey(['foo'], { foo: '1,2' }));
    expect(variantKey(['foo'], { foo: ' 1 , 2 ' })).toBe(variantKey(['foo'], { foo: '1, 2' }));
    expect(variantKey(['foo'], { foo: '2, 1' })).not.toBe(variantKey(['foo'], { foo: '1, 2' }));
  });

  it('Y2 normalises Accept-Encoding and Accept-Language', () => {
    const key = (name: string, value: string): string => variantKey([name], { [name]: value });
    expect(key('accept-encoding', 'gzip, br')).toBe(key('accept-encoding', 'br,gzip'));
    expect(key('accept-language', 'de, EN')).toBe(key('accept-language', 'de,en'));
    expect(key('accept-language', 'de, en')).not.toBe(key('accept-language', 'en, de'));
  });

  it('selects by the value of one cookie, as it came, all of one name in order', () => {
    const key = (cookie: string | undefined): string => variantKey(['cookie:sid'], { cookie });
    expect(key('a=1; sid=x; b=2')).toBe(key('sid=x'));
    expect(key('sid=x')).not.toBe(key('sid=y'));
    expect(key('a, b')).toBe(key(undefined));
    expect(key('sid=')).not.toBe(key('a=1'));
    expect(key('sid=1; sid=2')).not.toBe(key('sid=2; sid=1'));
    expect(key('sid=a, b')).not.toBe(key('sid=a,b'));
    expect(key('xsid=1')).toBe(key(undefined));
    expect(variantKey(['cookie', 'sid'], {})).not.toBe(variantKey(['cookie:sid'], {}));
  });

  it('Y1 cannot be deceived by a value that looks like another field', () => {
    const names = ['a', 'b'];
    const one = variantKey(names, { a: '1', b: '2;b=3' });
    expect(one).not.toBe(variantKey(names, { a: '1;b=2', b: '3' }));
  });

  it('Y1 gives different values different keys, whatever they hold', () => {
    const value = fc.option(fc.string({ unit: fc.constantFrom('a', ';', '=', ':', '1', '2') }), {
      nil: undefined,
    });
    const record = fc.record({ 'x-api-key': value, authorization: value });
    const names = ['authorization', 'x-api-key'];
    fc.assert(
      fc.property(record, record, (one, other) => {
        const same =
          one.authorization === other.authorization && one['x-api-key'] === other['x-api-key'];
        expect(variantKey(names, one) === variantKey(names, other)).toBe(same);
      }),
    );
  });
});
