import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fieldLines,
  fieldText,
  isToken,
  isWritable,
  splitList,
  trimOws,
  unquote,
} from '../src/fields.ts';

describe('fields', () => {
  it('reads lines from a string, a list, a number and nothing', () => {
    expect(fieldLines(' a ')).toEqual(['a']);
    expect(fieldLines(['a\t', ' b'])).toEqual(['a', 'b']);
    expect(fieldLines(12)).toEqual(['12']);
    expect(fieldLines(undefined)).toEqual([]);
    expect(fieldText(['a', 'b'])).toBe('a, b');
    expect(fieldText([])).toBeUndefined();
    expect(fieldText('')).toBe('');
    expect(fieldText(7)).toBe('7');
  });

  it('trims only spaces and tabs', () => {
    expect(trimOws(' \t a b \t')).toBe('a b');
    expect(trimOws('\u00a0a\n')).toBe('\u00a0a\n');
    expect(trimOws(' \t ')).toBe('');
  });

  it('knows tokens', () => {
    for (const token of ['GET', 'x-a', "!#$%&'*+-.^_`|~1"]) expect(isToken(token)).toBe(true);
    for (const other of ['', 'a b', 'a:', 'a"', 'ä', 'a\n']) expect(isToken(other)).toBe(false);
  });

  it('splits lists at commas outside quoted strings', () => {
    expect(splitList('a, b="c, \\", d" ,, e').members).toEqual(['a', 'b="c, \\", d"', 'e']);
    expect(splitList('a, "b, c')).toEqual({ members: ['a', '"b, c'], open: true });
    expect(splitList('"a\\')).toEqual({ members: ['"a\\'], open: true });
    expect(splitList('')).toEqual({ members: [], open: false });
    // A backslash outside quotes escapes nothing.
    expect(splitList('a\\, b').members).toEqual(['a\\', 'b']);
  });

  it('unquotes exactly one quoted string', () => {
    expect(unquote('"a\\"b\\\\c"')).toBe('a"b\\c');
    expect(unquote('""')).toBe('');
    for (const other of ['', '"', 'a', '"a', '"a"b', '"a\\"', '"a\\']) {
      expect(unquote(other)).toBeUndefined();
    }
  });

  it('refuses fields that would split a response', () => {
    expect(isWritable('x-a', ['fine', 'tab\tand \u00e4'])).toBe(true);
    expect(isWritable('x-a', 'a\r\nset-cookie: b')).toBe(false);
    expect(isWritable('x-a', ['ok', 'a\u0000'])).toBe(false);
    expect(isWritable('x-a', '\u20ac')).toBe(false);
    expect(isWritable('x a', 'b')).toBe(false);
  });

  it('takes any text apart and loses nothing but commas and whitespace', () => {
    const alphabet = fc.constantFrom('a', '"', '\\', ',', ' ', '=', '\t');
    fc.assert(
      fc.property(fc.string({ unit: alphabet }), (text) => {
        const { members } = splitList(text);
        const strip = (value: string): string => value.replace(/[, \t]/g, '');
        expect(strip(members.join(''))).toBe(strip(text));
        for (const member of members) expect(member).toBe(trimOws(member));
      }),
    );
  });

  it('reads back every quoted string', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const quoted = `"${text.replace(/["\\]/g, '\\$&')}"`;
        expect(unquote(quoted)).toBe(text);
        expect(splitList(`a=${quoted}, b`)).toEqual({ members: [`a=${quoted}`, 'b'], open: false });
      }),
    );
  });
});
