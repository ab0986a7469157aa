// Random operations against a Map with exact expiry and tags: equal results as long as nothing needs to be evicted.
// How many operations: MODEL_OPERATIONS, about. A failure prints seed and path, with which fc.assert repeats it.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeSuite, targets } from './contract/suite.ts';
import { Model, TTL } from './model/model.ts';
import { sequences } from './model/operations.ts';

const wanted = Number(process.env['MODEL_OPERATIONS'] ?? 20_000);
const numRuns = Math.ceil(wanted / 150); // sequences have some 150 operations in the mean

for (const target of targets) {
  const suite = makeSuite(target);

  it(
    `behaves like a map with expiry and tags: ${target.title}`,
    { timeout: 240_000 + wanted },
    () => {
      let done = 0;
      fc.assert(
        fc.property(sequences(), (operations) => {
          const cache = suite.open({ maxBytes: 4 * 2 ** 20, ttl: TTL });
          try {
            const model = new Model(cache);
            for (const step of operations) model.run(step);
            model.end();
            done += operations.length;
            const { hits, misses, evictions, bytes } = cache.stats();
            expect({ reads: hits + misses, evictions }).toEqual({
              reads: model.reads,
              evictions: 0,
            });
            expect(bytes.used).toBeLessThanOrEqual(bytes.max);
          } finally {
            cache.close();
          }
        }),
        { numRuns },
      );
      expect(done).toBeGreaterThan(wanted / 2);
    },
  );
}
