import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bool,
  bytes,
  custom,
  duration,
  fn,
  int,
  list,
  number,
  object,
  oneOf,
  optional,
  orFalse,
  string,
} from '../src/index.ts';
import type { OptionSpec } from '../src/index.ts';

const site = { path: 'o.x', error: (message: string) => new Error(message) };
const check = <T>(spec: OptionSpec<T>, value: unknown): T => spec.check(value, site);

interface Case {
  readonly spec: OptionSpec<unknown>;
  readonly what: string;
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
}

const cases: Record<string, Case> = {
  number: {
    spec: number(),
    what: 'a number',
    good: [0, -0, -1.5, 1e300],
    bad: [NaN, Infinity, -Infinity, '1', 1n, null, undefined],
  },
  'number in a range': {
    spec: number({ min: 0, max: 1 }),
    what: 'a number from 0 to 1',
    good: [0, 0.5, 1],
    bad: [-0.01, 1.01],
  },
  'number at most': {
    spec: number({ max: 1 }),
    what: 'a number of at most 1',
    good: [-9],
    bad: [2],
  },
  int: {
    spec: int({ min: 1 }),
    what: 'an integer of at least 1',
    good: [1, 2 ** 53 - 1],
    bad: [0, 1.5, 2 ** 53, NaN, Infinity],
  },
  'int without limit': {
    spec: int({ min: 1, allowInfinity: true }),
    what: 'an integer of at least 1 or Infinity',
    good: [1, Infinity],
    bad: [0, 1.5, -Infinity],
  },
  bytes: { spec: bytes(), what: 'an integer of at least 0', good: [0, 1], bad: [-1, 0.5] },
  'bytes from': {
    spec: bytes({ min: 4096 }),
    what: 'an integer of at least 4096',
    good: [4096],
    bad: [4095],
  },
  duration: {
    spec: duration(),
    what: 'a duration in ms above 0',
    good: [1, 0.5],
    bad: [0, -0, -1, NaN, Infinity, '1s'],
  },
  'duration with zero': {
    spec: duration({ allowZero: true }),
    what: 'a duration in ms',
    good: [0, 1],
    bad: [-1, NaN, Infinity],
  },
  'duration without limit': {
    spec: duration({ allowInfinity: true }),
    what: 'a duration in ms above 0 or Infinity',
    good: [1, Infinity],
    bad: [0, -Infinity, NaN],
  },
  bool: {
    spec: bool(),
    what: 'true or false',
    good: [true, false],
    bad: [0, 'true', null, undefined],
  },
  oneOf: { spec: oneOf(['auto', 'send']), what: '"auto" or "send"', good: ['auto'], bad: ['x', 0] },
  string: {
    spec: string(),
    what: 'a non-empty string',
    good: ['x'],
    bad: ['', 1, null, undefined],
  },
  'string of a length': {
    spec: string({ minLength: 2, maxLength: 3 }),
    what: 'a string of at least 2 characters of at most 3 characters',
    good: ['ab', 'abc'],
    bad: ['a', 'abcd'],
  },
  'string that may be empty': {
    spec: string({ minLength: 0 }),
    what: 'a string',
    good: [''],
    bad: [1],
  },
  'string of a pattern': {
    spec: string({ pattern: /^[a-z]+$/g }),
    what: 'a non-empty string matching ^[a-z]+$',
    good: ['abc', 'abc'], // twice: a global pattern must not remember where it stopped
    bad: ['A'],
  },
  'string in own words': {
    spec: string({ pattern: /^\//, what: 'a path' }),
    what: 'a path',
    good: ['/'],
    bad: ['x'],
  },
  fn: { spec: fn(), what: 'a function', good: [() => 1, class {}], bad: [{}, 'f', undefined] },
  list: {
    spec: list(int()),
    what: 'an array',
    good: [[], [1, 2]],
    bad: [{}, 'ab', null, undefined],
  },
  object: {
    spec: object({ a: int({ default: 1 }) }),
    what: 'an object',
    good: [{ a: 1 }],
    bad: [1, null],
  },
  orFalse: {
    spec: orFalse(int({ min: 1 })),
    what: 'false or an integer of at least 1',
    good: [false, 1],
    bad: [0, true, null, undefined],
  },
  'orFalse of an object': {
    spec: orFalse(object({})),
    what: 'false or an object',
    good: [false, {}],
    bad: [true, 1],
  },
  custom: {
    spec: custom('a Date', (value) => value instanceof Date),
    what: 'a Date',
    good: [new Date(0)],
    bad: ['now', undefined],
  },
};

describe.each(Object.entries(cases))('%s', (_name, { spec, what, good, bad }) => {
  it.each(good.map((value) => [value]))('accepts %s', (value) => {
    expect(check(spec, value)).toStrictEqual(value);
  });

  it.each(bad.map((value) => [value]))('refuses %s and says what it expected', (value) => {
    expect(() => check(spec, value)).toThrow(`expected o.x to be ${what}, got `);
  });
});

describe('defaults', () => {
  it.each<[OptionSpec<unknown>, unknown]>([
    [number({ default: 1.5 }), 1.5],
    [int({ default: 2 }), 2],
    [bytes({ default: 3 }), 3],
    [duration({ default: 4 }), 4],
    [bool(false), false],
    [oneOf(['a', 'b'], 'b'), 'b'],
    [string({ default: 'x' }), 'x'],
    [fn(Math.max), Math.max],
    [list(int(), [1]), [1]],
    [object({ a: int({ default: 1 }) }), { a: 1 }],
    [optional(int()), undefined],
    [orFalse(int({ default: 5 })), 5],
    [orFalse(int(), false), false],
    [orFalse(int(), 6), 6],
    [custom('a number', (value) => value === 7, 7), 7],
  ])('stand in for an absent option (%#)', (spec, expected) => {
    expect(check(spec, undefined)).toStrictEqual(expected);
  });

  it('do not stand in for null', () => {
    expect(() => check(list(int(), []), null)).toThrow(/got null/);
    expect(() => check(optional(int()), null)).toThrow(/got null/);
    expect(() => check(orFalse(int(), false), null)).toThrow(/got null/);
  });
});

describe('list', () => {
  it('copies, freezes and checks every item, holes too', () => {
    const given = [1, 2];
    const checked = check(list(int()), given);
    given.push(3);
    expect(checked).toEqual([1, 2]);
    expect(Object.isFrozen(checked)).toBe(true);
    expect(() => check(list(int()), [1, 'x'])).toThrow('expected o.x[1] to be an integer, got "x"');
    const holes = Object.assign([], { length: 1 });
    expect(() => check(list(int()), holes)).toThrow('expected o.x[0] to be an integer');
  });

  it('does not carry the word of an outer orFalse into its items', () => {
    expect(() => check(orFalse(list(int())), [null])).toThrow(
      /^expected o\.x\[0\] to be an integer, got null$/,
    );
  });
});

describe('int', () => {
  it('accepts exactly the safe integers of its range', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()), (value) => {
        const spec = int({ min: -1000, max: 1000 });
        const fits = Number.isInteger(value) && value >= -1000 && value <= 1000;
        if (fits) expect(check(spec, value)).toBe(value);
        else expect(() => check(spec, value)).toThrow(/from -1000 to 1000/);
      }),
    );
  });
});
