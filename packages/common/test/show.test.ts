import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { show } from '../src/index.ts';

class Empty {}
const throwing = new Proxy(
  {},
  {
    get() {
      throw new Error('no');
    },
  },
);

describe('show', () => {
  it.each<[unknown, string]>([
    [1, '1'],
    [-0, '-0'],
    [NaN, 'NaN'],
    [10n, '10n'],
    [1n << 80n, 'a bigint'],
    [-(1n << 80n), 'a bigint'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    ['a "b"\n', '"a \\"b\\"\\n"'],
    ['x'.repeat(41), `"${'x'.repeat(40)}"… (41 characters)`],
    [Symbol('secret'), 'a symbol'],
    [Math.max, 'function max'],
    [
      (
        () => () =>
          1
      )(),
      'a function',
    ],
    [[1, 2], 'an array of 2'],
    [new Uint8Array(3), 'a Uint8Array of 3 bytes'],
    [new Int16Array(3), 'an Int16Array of 6 bytes'],
    [
      Object.defineProperty(() => 1, 'name', { value: 'x'.repeat(99) }),
      `function ${'x'.repeat(40)}`,
    ],
    [new Date(0), 'a Date'],
    [new Empty(), 'an Empty'],
    [{ password: 'x' }, 'an object'],
    [Object.create(null), 'an object'],
    [throwing, 'an object that cannot be read'],
  ])('describes %#', (value, expected) => {
    expect(show(value)).toBe(expected);
  });

  it('never throws and stays short, whatever it gets', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
        // a cut string of control characters is six times as long when escaped
        expect(show(value).length).toBeLessThan(300);
      }),
    );
  });
});
