// Random operations on a cache: few keys and tags, so that they meet, and sizes on both sides of every buffer.
import fc from 'fast-check';

/** Keys of one byte, of several, of none, and longer than the buffers for them. */
export const keys = ['a', 'b', 'key:é', '\ud800', '', 'k'.repeat(700), '🐈', 'ü'.repeat(400)];

const key = fc.constantFrom(...keys);
const asBytes = fc.boolean();
const ttl = fc.option(fc.constantFrom(1, 5, 20, 100, Infinity), { nil: undefined });
const value = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer({ min: 0, max: 30_000 }).map((size) => new Uint8Array(size).fill(size)),
);
const tags = fc.subarray(['x', 'y', 'z', 'é'.repeat(128)]);
/** Which of the epochs taken before; undefined: none. */
const since = fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 2 });

const kind = <K extends string>(type: K) => fc.constant(type);
const set = fc.record({ type: kind('set'), key, asBytes, value, ttl, tags, since });

const anyOperation = fc.oneof(
  { weight: 5, arbitrary: set },
  {
    weight: 8,
    arbitrary: fc.record({
      type: kind('get'),
      key,
      asBytes,
      times: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: kind('delete'), key, asBytes }) },
  { weight: 2, arbitrary: fc.record({ type: kind('touch'), key, ttl }) },
  { weight: 2, arbitrary: fc.record({ type: kind('peek'), key }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: kind('read'), key, size: fc.constantFrom(0, 30, 40_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: kind('advance'), ms: fc.integer({ min: 0, max: 30 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: kind('list') }) },
  { weight: 1, arbitrary: fc.record({ type: kind('clear') }) },
  { weight: 1, arbitrary: fc.record({ type: kind('sweep') }) },
  { weight: 2, arbitrary: fc.record({ type: kind('invalidate'), tags }) },
  { weight: 2, arbitrary: fc.record({ type: kind('epoch') }) },
  { weight: 2, arbitrary: fc.record({ type: kind('lease'), key, asBytes }) },
  { weight: 2, arbitrary: fc.record({ type: kind('release'), which: fc.nat({ max: 7 }) }) },
);

/** One operation. */
export type Operation = typeof anyOperation extends fc.Arbitrary<infer T> ? T : never;

/** Sequences of operations. */
export function sequences(): fc.Arbitrary<Operation[]> {
  return fc.array(anyOperation, { minLength: 1, maxLength: 400, size: 'max' });
}
