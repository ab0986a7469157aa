import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stableKey } from '../../src/wrap/stable-key.ts';

// Keys must not change between releases: a changed form loses the entries of all cached functions.
const golden = JSON.parse(
  readFileSync(new URL('golden-keys.json', import.meta.url), 'utf8'),
) as Record<string, string>;

const samples: Record<string, unknown[]> = {
  'no arguments': [],
  numbers: [1, -1.5, 0, -0, NaN, Infinity, 1e21, 5e-324],
  'a number and its text': [1, '1', 1n],
  constants: [undefined, null, true, false],
  text: ['', 'Zürich', '"quoted"', 'line\nbreak', '\ud800', '👩‍💻'],
  'objects by sorted keys': [{ b: 1, a: { d: [], c: {} } }],
  'a property that is undefined': [{ a: undefined }],
  'a property named __proto__': [JSON.parse('{"__proto__":1}')],
  arrays: [[1, [2, []], undefined]],
  'a date, and none': [new Date(1_700_000_000_000), new Date(NaN)],
  bytes: [Buffer.from('raw'), new Uint8Array()],
  'a Map by sorted keys': [
    new Map<unknown, unknown>([
      ['b', 1],
      ['a', 2],
      [1, { x: 1 }],
    ]),
  ],
  'a Set, sorted': [new Set(['b', 'a', 1])],
  'beyond 200 bytes': ['x'.repeat(199)],
};

const key = fc.constantFrom('a', 'b', 'c');
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(0, -0, 1, '1', '', 'a', 1n, true, null, undefined, NaN, '{', ','),
    fc.constantFrom(0, 1).map((ms) => new Date(ms)),
    fc.uint8Array({ maxLength: 2, max: 1 }),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(key, tie('value'), { maxKeys: 2, noNullPrototype: true }),
    fc.array(tie('value'), { maxLength: 2 }).map((items) => new Set(items)),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 2 }).map((pairs) => new Map(pairs)),
  ),
}));

/** A copy in which everything that has no order is the other way round. */
function turned(value: unknown): unknown {
  if (value instanceof Date || value instanceof Uint8Array) return structuredClone(value);
  if (value instanceof Set) return new Set([...value].toReversed().map(turned));
  if (value instanceof Map) {
    return new Map([...value].toReversed().map(([name, inner]) => [name, turned(inner)]));
  }
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([name, inner]) => [name, turned(inner)]));
}

describe('a stable key', () => {
  it.each(Object.entries(samples))('is what it has always been: %s', (name, args) => {
    expect(stableKey(args)).toBe(golden[name]);
  });

  it('has a sample of each kind', () => {
    expect(Object.keys(golden).toSorted()).toEqual(Object.keys(samples).toSorted());
  });

  it('is equal for equal arguments, whatever the order of what has none', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(stableKey([turned(value)])).toBe(stableKey([value]));
      }),
      { numRuns: 1000 },
    );
  });

  it('differs for different arguments', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(stableKey([a]) === stableKey([b])).toBe(isDeepStrictEqual(a, b));
        expect(stableKey([a, b]) === stableKey([b, a])).toBe(isDeepStrictEqual(a, b));
      }),
      { numRuns: 5000 },
    );
  });

  it('of text is that of JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(stableKey([text])).toBe(JSON.stringify(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('tells one argument from two, and none from undefined', () => {
    const keys = [[], [undefined], [undefined, undefined], [[]], [1, 2], [[1, 2]], ['1,2']];
    expect(new Set(keys.map(stableKey)).size).toBe(keys.length);
  });

  it('is at most 200 bytes, however long the arguments', () => {
    // 198 letters and two quotes; é is two bytes
    expect(stableKey(['x'.repeat(198)])).toHaveLength(200);
    expect(stableKey(['x'.repeat(199)])).toMatch(/^#[\w-]{43}$/);
    expect(stableKey(['é'.repeat(99)])).toHaveLength(101);
    expect(stableKey(['é'.repeat(100)])).toMatch(/^#/);
    expect(stableKey(['x'.repeat(1e6)])).not.toBe(stableKey(['x'.repeat(1e6 + 1)]));
  });

  it('takes an object without prototype as any object, and what is met twice', () => {
    const shared = { a: 1 };
    expect(stableKey([Object.assign(Object.create(null), shared)])).toBe(stableKey([shared]));
    expect(stableKey([[shared, shared]])).toBe('[{"a":1},{"a":1}]');
  });
});

describe('no stable key', () => {
  const cycle: { list: unknown[] } = { list: [] };
  cycle.list.push({ back: cycle });
  let deep: unknown[] = [];
  for (let i = 0; i < 100; i++) deep = [deep];

  it.each<[string, unknown[], string, string]>([
    ['a function', [{ user: { name: () => 1 } }], '[0].user.name', 'function name'],
    ['a symbol', [1, [Symbol('x')]], '[1][0]', 'a symbol'],
    ['an instance', [{ 'first name': new (class Point {})() }], '[0]["first name"]', 'a Point'],
    ['an error', [new Error('x')], '[0]', 'an Error'],
    ['an expression', [/x/], '[0]', 'a RegExp'],
    ['a URL', [new URL('http://a')], '[0]', 'a URL'],
    ['a promise', [Promise.resolve()], '[0]', 'a Promise'],
    ['a list of a class', [new (class List extends Array {})()], '[0]', 'may hold more'],
    ['numbers of another kind', [new Float64Array(1)], '[0]', 'a Float64Array'],
    ['a key of a Map', [new Map([[() => 1, 1]])], '[0].<key 0>', 'function'],
    ['a value of a Map', [new Map([['a', new WeakMap()]])], '[0].<value 0>', 'a WeakMap'],
    ['an item of a Set', [new Set([1, Symbol('x')])], '[0].<item 1>', 'a symbol'],
    ['a symbol as a name', [{ a: { [Symbol('x')]: 1 } }], '[0].a', 'a property that is a symbol'],
    ['a cycle', [cycle], '[0].list[0].back', 'part of itself'],
    ['what is too deep', [deep], `[0]${'[0]'.repeat(100)}`, 'deeper than 100 levels'],
  ])('is made of %s', (_what, args, path, why) => {
    const call = (): string => stableKey(args);
    expect(call).toThrow(expect.objectContaining({ code: 'CATZ_TIERS_ARGUMENT' }));
    expect(call).toThrow(`of argument ${path}: `);
    expect(call).toThrow(why);
  });

  it('leaves the next one as it was', () => {
    expect(() => stableKey([{ a: [() => 1] }])).toThrow();
    expect(stableKey([{ a: [1] }])).toBe('{"a":[1]}');
  });
});
