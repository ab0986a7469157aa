// Every engine against find-my-way's own walk, over random tables without constraints. A failure prints its seed and the
// routes it takes. ROUTER_TABLES and ROUTER_SEED run more, or others.
import { expect, it } from 'vitest';
import { compareWithWalk } from '../support/differential.ts';
import { acceleratedSubject, engineSubject, nativeCounts } from '../support/subjects.ts';

const tables = Number(process.env['ROUTER_TABLES'] ?? 1600);
const seed = Number(process.env['ROUTER_SEED'] ?? 1);
const questionsPerTable = 150;

it(
  `finds what find-my-way finds, in ${tables * questionsPerTable * 4} comparisons`,
  { timeout: 120_000 + tables * 60 },
  () => {
    const { comparisons, hits } = compareWithWalk({
      seed,
      tables,
      questionsPerTable,
      kind: { isConstrained: false },
      subjects: (router) => [
        ...engineSubject(router, 'compile'),
        ...engineSubject(router, 'native'),
        ...engineSubject(router, 'auto'),
        ...acceleratedSubject(router, 'native'),
      ],
    });
    // A few tables cannot be compiled.
    expect(comparisons).toBeGreaterThan(tables * questionsPerTable * 3.9);
    expect(hits).toBeGreaterThan(comparisons / 3);
    expect(nativeCounts.decided).toBeGreaterThan(comparisons / 8);
  },
);

it('has left targets to find-my-way for every reason that needs no constraint', () => {
  const { none, noTable, constraint, derived, ...reasons } = nativeCounts.deferred;
  expect({ none, noTable, constraint, derived }).toEqual({
    none: 0,
    noTable: 0,
    constraint: 0,
    derived: 0,
  });
  for (const [reason, times] of Object.entries(reasons)) expect(times, reason).toBeGreaterThan(0);
});
