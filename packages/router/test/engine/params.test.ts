// The objects that parameters come in.
import { expect, it } from 'vitest';
import { paramsReader } from '../../src/engine/params.ts';
import { MAX_PARAMS, WORD_FIRST_PARAM, words } from '../../src/native/addon.ts';

/** Leaves values where native code does. */
function read(names: readonly string[], values: readonly string[]): Record<string, unknown> {
  const target = values.join('');
  let at = 0;
  values.forEach((value, i) => {
    words[WORD_FIRST_PARAM + i * 2] = at;
    words[WORD_FIRST_PARAM + i * 2 + 1] = at += value.length;
  });
  return paramsReader(names)(target);
}

it('keeps the order of the pattern', () => {
  expect(Object.entries(read(['b', 'a'], ['1', '2']))).toEqual([
    ['b', '1'],
    ['a', '2'],
  ]);
});

it('lets the last of two equal names win, in the place of the first', () => {
  expect(Object.entries(read(['a', 'b', 'a'], ['1', '2', '3']))).toEqual([
    ['a', '3'],
    ['b', '2'],
  ]);
});

it('takes any text for a name, and none of it for code', () => {
  const names = [
    '',
    '__proto__',
    'constructor',
    "'];boom();//",
    '"',
    '\\',
    '\u2028',
    '\ud800',
    '${x}',
  ];
  const values = names.map((_, i) => String(i));
  expect(Object.entries(read(names, values))).toEqual(names.map((name, i) => [name, String(i)]));
});

it('inherits nothing', () => {
  const params = read(['__proto__'], ['x']);
  expect([params['toString'], params['hasOwnProperty']]).toEqual([undefined, undefined]);
  expect(Object.getPrototypeOf(Object.getPrototypeOf(params))).toBeNull();
  const names: string[] = [];
  for (const name in read(['a'], ['1'])) names.push(name);
  expect(names).toEqual(['a']);
});

it('makes an object of its own for each hit', () => {
  const one = read(['a'], ['1']);
  one['b'] = 'mine';
  expect(read(['a'], ['1'])).toEqual({ a: '1' });
});

it('reads as many as native code counts to', () => {
  const names = Array.from({ length: MAX_PARAMS }, (_, i) => `p${i}`);
  const values = names.map((name) => `v${name}`);
  expect(Object.values(read(names, values))).toEqual(values);
});

it('shares the function of equal names, and no other', () => {
  expect(paramsReader(['a', 'b'])).toBe(paramsReader(['a', 'b']));
  expect(paramsReader(['a', 'b'])).not.toBe(paramsReader(['a,b']));
  expect(paramsReader(['a', 'b'])).not.toBe(paramsReader(['b', 'a']));
  expect(Object.keys(paramsReader([])('/'))).toEqual([]);
  expect(paramsReader([])).not.toBe(paramsReader(['']));
  expect(paramsReader([''])).not.toBe(paramsReader(['', '']));
});
