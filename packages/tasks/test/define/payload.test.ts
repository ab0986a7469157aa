import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodePayload } from '../../src/define/payload.ts';

const MAX = 1_000_000;

class Money {
  readonly cents = 5;
}

function issuesOf(payload: unknown, max: number = MAX): unknown {
  return encodePayload(payload, max).issues;
}

describe('encodePayload', () => {
  test('gives a text that parses to an equal value, or refuses', () => {
    const seed = Date.now();
    fc.assert(
      fc.property(
        fc.anything({
          withDate: true,
          withMap: true,
          withSet: true,
          withBigInt: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
          withBoxedValues: true,
        }),
        (payload) => {
          const encoded = encodePayload(payload, MAX);
          if (encoded.issues !== undefined) {
            expect(encoded.issues.length).toBeGreaterThan(0);
            return;
          }
          const before = structuredClone(payload);
          expect(normal(JSON.parse(encoded.json))).toStrictEqual(normal(before));
        },
      ),
      { seed, numRuns: 2_000 },
    );
  });

  test.each<[unknown, string, RegExp]>([
    [{ at: new Date(0) }, '/at', /^must not be of class Date/],
    [{ a: [1, Buffer.from('x')] }, '/a/1', /^must not be of class Buffer/],
    [{ a: new Uint8Array(2) }, '/a', /^must be a plain object, is of class Uint8Array$/],
    [{ a: new Map() }, '/a', /^must be a plain object, is of class Map$/],
    [{ a: new Set() }, '/a', /^must be a plain object, is of class Set$/],
    [{ a: new Money() }, '/a', /^must be a plain object, is of class Money$/],
    [{ a: { toJSON: () => 1 } }, '/a', /^must not be an object with toJSON/],
    [{ a: 1n }, '/a', /^must not be a bigint$/],
    [{ a: () => 1 }, '/a', /^must not be a function$/],
    [{ a: Symbol('s') }, '/a', /^must not be a symbol$/],
    [{ a: { b: undefined } }, '/a/b', /^must not be undefined/],
    [{ a: [undefined] }, '/a/0', /^must not be undefined/],
    // eslint-disable-next-line no-sparse-arrays
    [{ a: [1, , 2] }, '/a/1', /^must not be undefined/],
    [{ a: NaN }, '/a', /^must be a finite number$/],
    [{ a: Infinity }, '/a', /^must be a finite number$/],
    [{ a: -0 }, '/a', /^must not be -0/],
    [{ 'a/b~c': undefined }, '/a~1b~0c', /^must not be undefined/],
    [{ [Symbol('s')]: 1 }, '', /symbols as names/],
    [undefined, '', /^must not be undefined/],
  ])('refuses %o at %s', (payload, path, message) => {
    expect(issuesOf(payload)).toEqual([
      { path, message: expect.stringMatching(message) as string },
    ]);
  });

  test('refuses what contains itself, but not what it has twice', () => {
    const shared = { n: 1 };
    expect(issuesOf({ a: shared, b: shared })).toBeUndefined();
    const own: { self?: unknown } = {};
    own.self = { own };
    expect(issuesOf(own)).toEqual([{ path: '/self/own', message: 'must not contain itself' }]);
  });

  test('refuses what is deeper than 512 levels, without running out of stack', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(issuesOf(deep)).toMatchObject([{ message: 'must be at most 512 levels deep' }]);
  });

  test('refuses what is longer as UTF-8 than it may be, and tells both sizes', () => {
    expect(issuesOf({ a: 'ä' }, 10)).toBeUndefined();
    expect(issuesOf({ a: 'ä' }, 9)).toEqual([
      { path: '', message: 'must be at most 9 bytes as JSON, has 10' },
    ]);
  });

  test('says nothing of the values', () => {
    const payload = { secret: Object.assign(new Money(), { text: 'hunter2' }), n: 123456789n };
    expect(JSON.stringify(issuesOf(payload))).not.toMatch(/hunter2|123456789/);
  });

  test('stops after 20 issues', () => {
    expect(issuesOf(Array.from({ length: 100 }, () => undefined))).toHaveLength(20);
  });
});

// Objects without a prototype come back as plain ones.
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, normal(member)]));
}
