// Random operations against a Map with exact expiry: equal results as long as nothing needs to be evicted.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import { advance, setClock } from '../src/testing.ts';

interface Expected {
  readonly value: Buffer;
  readonly expiresAt: number;
}

const keys = ['a', 'b', 'key:é', '\ud800', '', 'k'.repeat(700), '🐈', 'ü'.repeat(400)];
const key = fc.constantFrom(...keys);
const asBytes = fc.boolean();
const ttl = fc.option(fc.constantFrom(1, 5, 20, 100, Infinity), { nil: undefined });
const value = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer({ min: 0, max: 30_000 }).map((size) => new Uint8Array(size).fill(size)),
);
const operation = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('set' as const), key, asBytes, value, ttl }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('get' as const),
      key,
      asBytes,
      times: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete' as const), key, asBytes }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('touch' as const), key, ttl }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('peek' as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('advance' as const),
      ms: fc.integer({ min: 0, max: 30 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('list' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('clear' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('sweep' as const) }) },
);

// WTF-8, as an independent reference: lone surrogates by hand, all else by Buffer.
function bytesOf(text: string): Buffer {
  return text === '\ud800' ? Buffer.of(0xed, 0xa0, 0x80) : Buffer.from(text);
}

describe.each(['native', 'js'] as const)('backend %s', (backend) => {
  it('behaves like a map with expiry', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 120 }), (operations) => {
        const cache = openCache({ backend, maxBytes: 4 * 2 ** 20, ttl: 50, sweepInterval: false });
        try {
          setClock(cache, 0);
          const model = new Map<string, Expected>();
          let now = 0;
          const live = (name: string) => {
            const entry = model.get(name);
            return entry !== undefined && entry.expiresAt > now ? entry : undefined;
          };
          let reads = 0;
          for (const step of operations) {
            switch (step.type) {
              case 'set': {
                const bytes =
                  typeof step.value === 'string'
                    ? Buffer.from(step.value)
                    : Buffer.from(step.value);
                const name = step.asBytes ? bytesOf(step.key) : step.key;
                expect(cache.set(name, step.value, { ttl: step.ttl })).toBe(true);
                model.set(step.key, { value: bytes, expiresAt: now + (step.ttl ?? 50) });
                break;
              }
              case 'get':
                for (let i = 0; i < step.times; i++) {
                  const name = step.asBytes ? bytesOf(step.key) : step.key;
                  expect(cache.get(name)).toEqual(live(step.key)?.value);
                  reads++;
                }
                break;
              case 'delete': {
                const name = step.asBytes ? bytesOf(step.key) : step.key;
                expect(cache.delete(name)).toBe(live(step.key) !== undefined);
                model.delete(step.key);
                break;
              }
              case 'touch': {
                const entry = live(step.key);
                expect(cache.touch(step.key, { ttl: step.ttl })).toBe(entry !== undefined);
                if (entry !== undefined) {
                  model.set(step.key, { value: entry.value, expiresAt: now + (step.ttl ?? 50) });
                }
                break;
              }
              case 'peek': {
                const entry = live(step.key);
                expect(cache.peek(step.key)).toEqual(entry?.value);
                expect(cache.has(step.key)).toBe(entry !== undefined);
                expect(cache.ttl(step.key)).toBe(entry && entry.expiresAt - now);
                break;
              }
              case 'advance':
                now += step.ms;
                advance(cache, step.ms);
                break;
              case 'list': {
                const expected = keys.filter((name) => live(name) !== undefined).map(bytesOf);
                const listed = [...cache.keys({ as: 'buffer' })];
                expect(listed.sort(Buffer.compare)).toEqual(expected.sort(Buffer.compare));
                break;
              }
              case 'clear':
                cache.clear();
                model.clear();
                break;
              case 'sweep':
                (cache as unknown as { sweep(interval: number, budget: number): void }).sweep(
                  1,
                  10,
                );
                break;
            }
          }
          const stats = cache.stats();
          expect(stats.hits + stats.misses).toBe(reads);
          expect(stats.evictions).toBe(0);
          expect(stats.bytes.used).toBeLessThanOrEqual(stats.bytes.max);
        } finally {
          cache.close();
        }
      }),
      { numRuns: 150 },
    );
  });
});
