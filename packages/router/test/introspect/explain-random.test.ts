// explain beside find-my-way's own find, over random tables and targets: the walk that explains must never end elsewhere.
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import type { FindResult, Router } from '../../src/find-my-way/router.ts';
import { walkOf } from '../../src/find-my-way/router.ts';
import { allowedMethods } from '../../src/introspect/allowed-methods.ts';
import { tryRoutes } from '../../src/introspect/candidates.ts';
import { explain } from '../../src/introspect/explain.ts';
import { readTarget } from '../../src/introspect/target.ts';
import { randomQuestion } from '../support/differential.ts';
import type { Question } from '../support/differential.ts';
import { randomTable } from '../support/random-tables.ts';
import { randomFrom } from '../support/random.ts';
import { makeRouter, outcomeOf } from '../support/routers.ts';

const TABLES = 300;
const QUESTIONS = 40;

for (const isConstrained of [false, true]) {
  const kind = isConstrained ? 'constrained' : 'plain';
  test(`the walk that explains ends where find does, over random ${kind} tables`, () => {
    const outcomes = new Map<string, number>();
    let pairs = 0;
    for (let number = 0; number < TABLES; number++) {
      const seed = number + (isConstrained ? 1_000_000 : 0);
      const random = randomFrom(seed);
      const table = randomTable(random, { isConstrained });
      const router = makeRouter(table);
      for (let i = 0; i < QUESTIONS; i++) {
        const question = randomQuestion(random, table, { isConstrained });
        const found = outcomeOf(() => askFind(router, question));
        // What find throws on is not explained.
        if (found !== null && 'thrown' in found) continue;
        pairs++;
        const { outcome, fault } = compare(router, question, found);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (fault !== undefined) {
          throw new Error(`${fault}\nseed ${seed}, ${JSON.stringify({ ...question, ...table })}`);
        }
      }
    }
    console.log(`${pairs} pairs, ${kind}:`, Object.fromEntries(outcomes));
    expect(pairs).toBeGreaterThan(TABLES * QUESTIONS * 0.95);
    expect(outcomes.get('match')).toBeGreaterThan(pairs / 5);
    const wanted = ['no-route', 'other-method', 'bad-url', 'param-too-long'];
    for (const outcome of isConstrained ? [...wanted, 'constraint'] : wanted) {
      expect(outcomes.get(outcome), outcome).toBeGreaterThan(100);
    }
  });
}

function askFind(router: Router, { method, url, derived }: Question): FindResult | null {
  return walkOf(router).call(router, method, url, derived);
}

function compare(
  router: Router,
  question: Question,
  found: FindResult | null,
): { outcome: string; fault: string | undefined } {
  const { method, url, derived } = question;
  // Handlers of routes are theirs alone here, and a fallback's are made anew each time.
  const isRoute = router.routes.some(({ handler }) => handler === found?.handler);
  const route = isRoute ? found : null;
  const options = derived === undefined ? {} : { derived };
  const explained = explain(router, method, url, options);
  const { outcome, candidates } = explained;
  const fault = (text: string): { outcome: string; fault: string } => ({ outcome, fault: text });

  if ((outcome === 'match') !== isRoute) return fault(`${outcome}, but find says ${isRoute}`);
  if (!isDeepStrictEqual(explained.params, route?.params)) return fault('other parameters');
  if ((explained.route?.store ?? null) !== (route?.store ?? null)) return fault('another store');
  if (found !== null && !isRoute && outcome !== 'bad-url' && outcome !== 'param-too-long') {
    return fault(`${outcome}, but find has a fallback`);
  }
  const won = candidates.filter(({ verdict }) => verdict === 'won').map(({ pattern }) => pattern);
  const wanted = route === null ? [] : [explained.route?.pattern];
  if (!isDeepStrictEqual(won, wanted)) return fault(`${won.join()} won, not ${wanted.join()}`);
  const all = allowedMethods(router, url, { ...options, ignoreCatchAll: false });
  if (all.includes(method) !== isRoute) return fault(`allowed: ${all.join()}`);

  const target = readTarget(router, url);
  const root = router.trees[method];
  if (target === undefined || root === undefined) {
    return route === null ? { outcome, fault: undefined } : fault('the target was not read');
  }
  const { winner } = tryRoutes(router, root, target, derived);
  if (winner?.handler !== route?.handler) return fault('the walk ended elsewhere');
  const names = [...new Set(winner?.params)].sort();
  const given = Object.keys(route?.params ?? {}).sort();
  return isDeepStrictEqual(names, given)
    ? { outcome, fault: undefined }
    : fault(`the walk ended at parameters ${names.join()}, not ${given.join()}`);
}
