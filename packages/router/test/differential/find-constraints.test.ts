// Every engine against find-my-way's own walk, over random tables whose routes have constraints: hosts by name and by
// regular expression, versions, custom strategies of both kinds. A failure prints its seed and the routes it takes.
import { expect, it } from 'vitest';
import { compareWithWalk } from '../support/differential.ts';
import { acceleratedSubject, engineSubject, nativeCounts } from '../support/subjects.ts';

const tables = Number(process.env['ROUTER_TABLES'] ?? 1200);
const seed = Number(process.env['ROUTER_SEED'] ?? 2);
const questionsPerTable = 150;

it(
  `finds what find-my-way finds under constraints, in ${tables * questionsPerTable * 4} comparisons`,
  { timeout: 120_000 + tables * 60 },
  () => {
    const { comparisons, hits } = compareWithWalk({
      seed,
      tables,
      questionsPerTable,
      kind: { isConstrained: true },
      subjects: (router) => [
        ...engineSubject(router, 'compile'),
        ...engineSubject(router, 'native'),
        ...engineSubject(router, 'auto'),
        ...acceleratedSubject(router, 'auto'),
      ],
    });
    expect(comparisons).toBeGreaterThan(tables * questionsPerTable * 3.9);
    expect(hits).toBeGreaterThan(comparisons / 4);
    expect(nativeCounts.decided).toBeGreaterThan(comparisons / 30);
  },
);

it('has left targets to find-my-way for constraints and for derived values', () => {
  const { constraint, derived } = nativeCounts.deferred;
  expect(constraint).toBeGreaterThan(0);
  expect(derived).toBeGreaterThan(0);
});
