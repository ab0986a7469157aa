// Compares ways to find routes with find-my-way's own walk, over random tables and targets.
// Invariant: a difference ends the run with the seed, the table cut down to the routes it needs, and the target.
import { inspect } from 'node:util';
import type { Constraints, Router } from '../../src/find-my-way/router.ts';
import { walkOf } from '../../src/find-my-way/router.ts';
import { randomDerived, randomTable } from './random-tables.ts';
import type { TableKind, TableSpec } from './random-tables.ts';
import { randomUrl } from './random-urls.ts';
import { randomFrom } from './random.ts';
import type { Random } from './random.ts';
import { difference, makeRouter, outcomeOf } from './routers.ts';
import type { Outcome } from './routers.ts';

/** A target to find. */
export interface Question {
  readonly method: string;
  readonly url: string;
  readonly derived: Constraints | undefined;
}

/** One way to find, ready to be asked. */
export interface Subject {
  readonly title: string;
  readonly answer: (question: Question) => Outcome;
  /** Called after the last question. */
  readonly end?: () => void;
}

/** Makes the subjects of a table. */
export type MakeSubjects = (router: Router, table: TableSpec) => readonly Subject[];

/** What to run. */
export interface Run {
  readonly seed: number;
  readonly tables: number;
  readonly questionsPerTable: number;
  readonly kind: TableKind;
  readonly subjects: MakeSubjects;
}

/** Runs all tables of a seed.
 * @returns how many comparisons were made, and how many of them were of routes that were found
 * @throws when a subject differs from the walk */
export function compareWithWalk(run: Run): { comparisons: number; hits: number } {
  let comparisons = 0;
  let hits = 0;
  for (let number = 0; number < run.tables; number++) {
    const random = randomFrom(run.seed * 100_003 + number);
    const table = randomTable(random, run.kind);
    const router = makeRouter(table);
    const walk = walkOf(router);
    const subjects = run.subjects(router, table);
    for (let i = 0; i < run.questionsPerTable; i++) {
      const question = randomQuestion(random, table, run.kind);
      const expected = answerOfWalk(router, walk, question);
      if (expected !== null && !('thrown' in expected)) hits += subjects.length;
      for (const { title, answer } of subjects) {
        const found = difference(expected, answer(question));
        if (found !== undefined) throw failure(run, number, { table, question, title, found });
        comparisons++;
      }
    }
    for (const { end } of subjects) end?.();
  }
  return { comparisons, hits };
}

function answerOfWalk(
  router: Router,
  walk: Router['find'],
  { method, url, derived }: Question,
): Outcome {
  return outcomeOf(() => walk.call(router, method, url, derived));
}

/** A target for a table, by a method that may have no routes. */
export function randomQuestion(random: Random, table: TableSpec, kind: TableKind): Question {
  return {
    method: random.once(20) ? random.pick(['POST', 'PUT', '__proto__']) : 'GET',
    url: randomUrl(random, table),
    derived: kind.isConstrained ? randomDerived(random, table) : undefined,
  };
}

interface Difference {
  readonly table: TableSpec;
  readonly question: Question;
  readonly title: string;
  readonly found: string;
}

function failure(run: Run, number: number, difference: Difference): Error {
  const { title, question } = difference;
  const { table, found } = shrunk(run.subjects, difference);
  const text = inspect(
    { ...table, ...question },
    { depth: 6, breakLength: 100, maxStringLength: 400 },
  );
  return new Error(
    `${title} differs from find-my-way: ${found}\nseed ${run.seed}, table ${number}\n${text}`,
  );
}

// Leaves out one route after another as long as the difference stays.
function shrunk(subjects: MakeSubjects, difference: Difference): Difference {
  let smallest = difference;
  for (let i = 0; i < smallest.table.routes.length;) {
    const routes = smallest.table.routes.toSpliced(i, 1);
    const found = differenceOf(subjects, { ...smallest, table: { ...smallest.table, routes } });
    if (found === undefined) i++;
    else smallest = found;
  }
  return smallest;
}

function differenceOf(subjects: MakeSubjects, tried: Difference): Difference | undefined {
  const router = makeRouter(tried.table);
  const expected = answerOfWalk(router, walkOf(router), tried.question);
  for (const { title, answer } of subjects(router, tried.table)) {
    if (title !== tried.title) continue;
    const found = difference(expected, answer(tried.question));
    if (found !== undefined) return { ...tried, found };
  }
  return undefined;
}
