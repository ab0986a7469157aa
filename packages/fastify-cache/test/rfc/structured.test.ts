import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDictionary, parseList } from '../../src/rfc/structured.ts';
import { processorTime } from '../support/processor-time.ts';

const one = (text: string): unknown => parseList(text)?.[0];

describe('structured fields', () => {
  it.each([
    ['1', 'integer', 1],
    ['-42', 'integer', -42],
    ['007', 'integer', 7],
    ['999999999999999', 'integer', 999_999_999_999_999],
    ['1.0', 'decimal', 1],
    ['-123456789012.125', 'decimal', -123_456_789_012.125],
    ['"a \\"b\\" \\\\"', 'string', 'a "b" \\'],
    ['""', 'string', ''],
    ['*a/b:c', 'token', '*a/b:c'],
    ['A%b', 'token', 'A%b'],
    ['?1', 'boolean', true],
    ['?0', 'boolean', false],
    [':aGk=:', 'bytes', 'aGk='],
    [':aGk:', 'bytes', 'aGk'],
    ['::', 'bytes', ''],
    ['@-1659578233', 'date', -1_659_578_233],
    ['%"f%c3%bc r"', 'display-string', 'fü r'],
  ])('reads %j as %s', (text, kind, value) => {
    expect(one(text)).toEqual({ kind, value });
    expect(parseDictionary(`a=${text}`)?.get('a')).toEqual({ kind, value });
  });

  it.each([
    ['1234567890123456'],
    ['1234567890123456a'],
    ['1234567890123.1'],
    ['1.'],
    ['1.a'],
    ['1.2345'],
    ['1.2.3'],
    ['-'],
    ['--1'],
    ['+1'],
    ['.5'],
    ['"a'],
    ['"a\\'],
    ['"a\\b"'],
    ['"é"'],
    ['"\t"'],
    ['"\u007f"'],
    ['?2'],
    ['?'],
    [':aGk='],
    [':a-k=:'],
    [':a:'],
    [':aG=:'],
    [':a=Gk:'],
    [':aGkh====:'],
    ['@1.5'],
    ['@'],
    ['@1234567890123456'],
    ['%"%C3%BC"'],
    ['%"%ff"'],
    ['%"%"'],
    ['%a'],
    ['{'],
    ['é'],
    ['('],
    ['("a"'],
    ['("a""b")'],
    ['("a",)'],
    ['(("a"))'],
    ['("a"\t"b")'],
    ['a;'],
    ['a;B'],
    ['a;b='],
    ['a;b=("c")'],
    ['a ;b'],
    ['a b'],
    ['a,'],
    ['a,,b'],
    [',a'],
    [','],
  ])('gives up the whole field for %j', (text) => {
    expect(parseList(text)).toBeUndefined();
    expect(parseList(`ok, ${text}`)).toBeUndefined();
    expect(parseDictionary(`x=${text}`)).toBeUndefined();
  });

  it.each([
    ['A=1'],
    ['1=a'],
    ['a=1, B'],
    ['a ,=1'],
    ['a =1'],
    ['a= 1'],
    ['"a"'],
    ['(a)'],
    ['a=1 b=2'],
  ])('reads no Dictionary from %j', (text) => {
    expect(parseDictionary(text)).toBeUndefined();
  });

  it.each([[undefined], [''], ['  '], [[]], [['']]])('takes %j for absent', (value) => {
    expect(parseDictionary(value)).toBeUndefined();
    expect(parseList(value)).toBeUndefined();
  });

  it('reads inner lists with any number of spaces', () => {
    const value = [
      { kind: 'string', value: 'a' },
      { kind: 'integer', value: 1 },
    ];
    expect(one('(  "a"   1 )')).toEqual({ kind: 'inner-list', value });
    expect(one('()')).toEqual({ kind: 'inner-list', value: [] });
  });

  it('checks parameters and drops them', () => {
    const text = 'a;x, b=1;  y="2";*z=?0, c=("d";e 2;f=@1);g';
    expect([...parseDictionary(text)!.keys()]).toEqual(['a', 'b', 'c']);
    expect(parseDictionary(text)?.get('b')).toEqual({ kind: 'integer', value: 1 });
    expect(parseList('"a";b, (1);c')).toHaveLength(2);
  });

  it('reads a key without a value as true, and lets the last of equal keys count', () => {
    expect(parseDictionary('a')?.get('a')).toEqual({ kind: 'boolean', value: true });
    expect(parseDictionary('a=1, b, a=x')?.get('a')).toEqual({ kind: 'token', value: 'x' });
  });

  it('goes on after a Date', () => {
    expect([...parseDictionary('a=@1659578233, b;c=@1;d')!.keys()]).toEqual(['a', 'b']);
  });

  it('joins lines before it reads them, so that a string may cross them', () => {
    expect(parseDictionary([' a=1 ', '\tb'])?.size).toBe(2);
    expect(one('"a, b"')).toEqual({ kind: 'string', value: 'a, b' });
    expect(parseList(['"a', 'b"'])).toEqual([{ kind: 'string', value: 'a, b' }]);
    expect(parseList(['a', ''])).toBeUndefined();
    expect(parseList('a \t,\t b')).toHaveLength(2);
  });

  it('never throws', () => {
    const characters = 'a*=,;()"\\ \t?01-.@:%~é'.split('');
    const piece = fc.constantFrom(...characters, '\u0000', '%"', 'max-age');
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(fc.oneof(text, fc.array(text)), (value) => {
        parseDictionary(value);
        parseList(value);
      }),
    );
  });

  it('reads back every String it could be given', () => {
    const printable = fc.string({ unit: fc.constantFrom(...'ab "\\~!,;=()'.split('')) });
    fc.assert(
      fc.property(fc.array(printable, { minLength: 1 }), (strings) => {
        const text = strings.map((s) => `"${s.replace(/["\\]/g, '\\$&')}"`).join(', ');
        expect(parseList(text)).toEqual(strings.map((value) => ({ kind: 'string', value })));
      }),
    );
  });

  // A quadratic reading of 512 KB would take minutes.
  it.each([
    ['members', 'a,'.repeat(262_144)],
    ['parameters', `a${';b'.repeat(262_144)};`],
    ['an inner list', `(${'"x" '.repeat(131_072)}`],
    ['inner lists', '('.repeat(524_288)],
    ['a string', `"${'\\\\'.repeat(262_144)}`],
    ['digits', '1'.repeat(524_288)],
    ['colons', ':a:,'.repeat(131_072)],
    ['a display string', `%"${'%c3%bc'.repeat(87_381)}`],
    ['spaces', `a${' '.repeat(524_287)}b`],
  ])('reads %s in time that is linear in their length', async (_what, text) => {
    const took = await processorTime(() => expect(parseList(text)).toBeUndefined());
    expect(took).toBeLessThan(5_000);
  });
});
