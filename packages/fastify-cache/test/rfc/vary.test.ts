import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nominated, parseVary, variantKey } from '../../src/rfc/vary.ts';
import type { Normalizer, Normalizers } from '../../src/rfc/normalize.ts';

const normalize: Normalizers = new Map();

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
      expect(nominated(value, { add: ['a'], ignore: ['*', 'foo'], normalize })).toBe('*');
    },
  );

  it('adds and ignores names, added ones always count', () => {
    expect(nominated('B, a', { add: [], ignore: [], normalize })).toEqual(['a', 'b']);
    expect(nominated('B, a', { add: ['c', 'a'], ignore: ['b'], normalize })).toEqual(['a', 'c']);
    expect(nominated(undefined, { add: ['c'], ignore: ['c'], normalize })).toEqual(['c']);
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

  it('Y1 keeps an absent Accept-Encoding apart from an empty one and from any value', () => {
    const key = (value?: string): string =>
      variantKey(['accept-encoding'], value === undefined ? {} : { 'accept-encoding': value });
    expect(key()).toBe('accept-encoding;');
    for (const value of ['', '*', 'identity', 'sdch']) expect(key(value)).not.toBe(key());
  });

  it('reads a field by its normaliser, and only that field', () => {
    const by = new Map<string, Normalizer>([
      ['accept-language', { languages: ['de', 'en'] }],
      ['user-agent', (value) => (value?.includes('Mobile') === true ? 'mobile' : undefined)],
    ]);
    const key = (headers: Record<string, string>): string =>
      variantKey(['accept-language', 'foo', 'user-agent'], headers, by);
    const plain = key({ 'accept-language': 'de', foo: 'de, en' });
    expect(key({ foo: 'de, en', 'user-agent': 'Desktop' })).toBe(plain);
    expect(key({ 'accept-language': 'fr', foo: 'de, en' })).toBe(plain);
    expect(key({ 'accept-language': 'en', foo: 'de, en' })).not.toBe(plain);
    expect(key({ 'accept-language': 'de', foo: 'de' })).not.toBe(plain);
    expect(key({ foo: 'de, en', 'user-agent': 'A Mobile' })).not.toBe(plain);
    expect(key({ foo: 'de, en', 'user-agent': 'A Mobile' })).toBe(
      key({ foo: 'de, en', 'user-agent': 'Mobile B' }),
    );
  });

  it('gives a normaliser all lines of a field as one value', () => {
    const seen: unknown[] = [];
    const by = new Map<string, Normalizer>([['foo', (value) => (seen.push(value), value)]]);
    variantKey(['foo'], { foo: [' a ', 'b'] }, by);
    variantKey(['foo'], {}, by);
    expect(seen).toEqual(['a, b', undefined]);
  });

  it('gives the same key without normalisers, with none, and with those of other fields', () => {
    const names = ['accept-language', 'foo'];
    const headers = { 'accept-language': 'de, EN', foo: 'a , b' };
    const others = new Map<string, Normalizer>([['bar', () => 'x']]);
    expect(variantKey(names, headers, normalize)).toBe(variantKey(names, headers));
    expect(variantKey(names, headers, others)).toBe(variantKey(names, headers));
  });

  it('Y1 cannot be deceived by what a normaliser gives', () => {
    const by = new Map<string, Normalizer>([['a', (value) => value]]);
    const one = variantKey(['a', 'b'], { a: '1', b: '2' }, by);
    expect(variantKey(['a', 'b'], { a: '1;b=1:2' }, by)).not.toBe(one);
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
