// Heads of envelopes for tests: one that says everything, and arbitrary ones.
import fc from 'fast-check';
import type { EnvelopeHead } from '../../src/envelope/envelope.ts';

/** A head with every field set, of numbers that f32 keeps. */
export const fullHead: EnvelopeHead = {
  codec: 1,
  compression: 0,
  flags: 0,
  created: 1_700_000_000_123_456,
  expiresAt: 1_700_000_060_000,
  graceUntil: 1_700_000_120_000.5,
  memoryTtl: 30_000,
  remoteTtl: 60_000,
  diskTtl: Infinity,
  cost: 12.5,
  tags: ['product:42', 'größe'],
  meta: { etag: '"abc"', 'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT' },
};

/** A head that says as little as one can. */
export const bareHead: EnvelopeHead = {
  ...fullHead,
  expiresAt: Infinity,
  graceUntil: Infinity,
  memoryTtl: NaN,
  remoteTtl: NaN,
  diskTtl: NaN,
  cost: NaN,
  tags: [],
  meta: {},
};

const stay = fc.oneof(
  fc.constant(NaN),
  fc.constant(Infinity),
  fc.double({ min: 0, max: 3e38, noNaN: true }),
);
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

/** Any head that a cache may write. */
export const anyHead: fc.Arbitrary<EnvelopeHead> = fc
  .record({
    codec: fc.integer({ min: 0, max: 255 }),
    flags: fc.integer({ min: 0, max: 7 }),
    created: fc.double({ min: 0, max: 2 ** 53, noNaN: true }),
    expiresAt: fc.double({ min: 0, max: 1e15, noNaN: true }),
    grace: fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.constant(Infinity)),
    memoryTtl: stay,
    remoteTtl: stay,
    diskTtl: stay,
    cost: fc.oneof(fc.constant(NaN), fc.float({ min: 0, noNaN: true })),
    tags: fc.array(text, { maxLength: 56 }),
    meta: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), fc.string({ maxLength: 30 }), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  })
  .map(({ grace, ...head }) => ({ ...head, compression: 0, graceUntil: head.expiresAt + grace }));
