import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBoolean, toInteger, toNumber } from '../../src/coerce/text.ts';

describe('toInteger', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['7', 7],
    ['-12', -12],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ])('reads %s', (text, value) => {
    expect(Object.is(toInteger(text), value)).toBe(true);
  });

  it.each([
    '',
    ' 5',
    '5 ',
    '+5',
    '05',
    '5.0',
    '5e0',
    '0x10',
    '0b1',
    '1_000',
    '١',
    '--5',
    '-',
    'NaN',
    'Infinity',
    '9007199254740992',
    '5\n',
  ])('leaves %j a text', (text) => {
    expect(toInteger(text)).toBe(text);
  });
});

describe('toNumber', () => {
  it.each([
    ['0.5', 0.5],
    ['-0.5e-3', -0.0005],
    ['1E+2', 100],
    ['12345678901234567890', 12345678901234567e3],
  ])('reads %s', (text, value) => {
    expect(toNumber(text)).toBe(value);
  });

  it.each([
    '',
    '.5',
    '5.',
    '1e',
    '01',
    '3,14',
    'Infinity',
    '-Infinity',
    'NaN',
    '1e999',
    '0x1p3',
    '1e5\n',
    '１',
  ])('leaves %j a text', (text) => {
    expect(toNumber(text)).toBe(text);
  });

  it('reads exactly what JSON.parse reads as a number', () => {
    const texts = fc.oneof(
      fc.double().map(String),
      fc.integer().map(String),
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789.+-eE ')), maxLength: 8 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        // JSON allows white space around a value; a parameter with it is none.
        const parsed = /\s/.test(text) ? undefined : parse(text);
        expect(toNumber(text)).toEqual(
          typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : text,
        );
      }),
      { seed: 7001, numRuns: 2000 },
    );
  });
});

describe('toBoolean', () => {
  it('reads true and false, and nothing else', () => {
    expect([toBoolean('true'), toBoolean('false')]).toEqual([true, false]);
    for (const text of ['', '1', '0', 'TRUE', 'yes', 'on', ' true', 'null'])
      expect(toBoolean(text)).toBe(text);
  });
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
