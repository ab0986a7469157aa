import { describe, expect, it } from 'vitest';
import { deepFreeze, freezeTree } from '../../src/codecs/freeze.ts';

describe('deepFreeze', () => {
  it('freezes objects and arrays at any depth', () => {
    const value = {
      a: [{ b: { c: 1 } }],
      d: null,
      e: Object.assign(Object.create(null), { f: [] }),
    };
    expect(deepFreeze(value)).toBe(true);
    expect(() => ((value.a[0] as { b: { c: number } }).b.c = 2)).toThrow(TypeError);
    expect(() => (value.e as { f: number[] }).f.push(1)).toThrow(TypeError);
    expect(Object.isFrozen(value.a)).toBe(true);
  });

  it('bears cycles', () => {
    const value: { self?: unknown } = {};
    value.self = [value];
    expect(deepFreeze(value)).toBe(true);
    expect(Object.isFrozen(value.self)).toBe(true);
  });

  it('bears nesting far deeper than the stack', () => {
    let value: unknown[] = [];
    for (let i = 0; i < 200_000; i++) value = [value];
    expect(deepFreeze(value)).toBe(true);
    expect(Object.isFrozen(value[0])).toBe(true);
  });

  it.each([1, 'x', null, undefined, true, 10n])('says that %o can be shared', (value) => {
    expect(deepFreeze(value)).toBe(true);
  });

  it.each([
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a Date', new Date(0)],
    ['bytes', Buffer.from('x')],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['an expression', /x/g],
    ['an error', new Error('x')],
    ['a function', () => 1],
    ['an instance', new (class Point {})()],
  ])('freezes nothing of a value that holds %s', (_what, inner) => {
    const value = { before: { a: 1 }, inner: [inner], after: {} };
    expect(deepFreeze(value)).toBe(false);
    expect(deepFreeze(inner)).toBe(false);
    value.before.a = 2;
    expect(Object.isFrozen(value.after)).toBe(false);
  });
});

describe('freezeTree', () => {
  it('freezes all that JSON.parse made', () => {
    const value = JSON.parse('{"a":[{"b":{"c":1}},[[]],null],"__proto__":{"d":[]}}') as {
      a: [{ b: object }, [[]]];
      __proto__: { d: unknown[] };
    };
    freezeTree(value);
    const parts = [value, value.a, value.a[0], value.a[0].b, value.a[1][0], value.__proto__.d];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('bears nesting far deeper than the stack, and values that hold nothing', () => {
    let value: unknown[] = [];
    for (let i = 0; i < 200_000; i++) value = [value];
    freezeTree(value);
    expect(Object.isFrozen(value[0])).toBe(true);
    freezeTree('x');
    freezeTree(null);
  });
});
