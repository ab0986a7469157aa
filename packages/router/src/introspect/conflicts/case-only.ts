// Routes whose patterns differ only by case. A router that overlooks case refuses the second one as a duplicate.
import type { Route } from '../../find-my-way/router.ts';
import { witnessOf } from '../witness.ts';
import { writtenPattern } from '../written.ts';
import { constraintsText } from './finding.ts';
import type { Finding, Scope } from './finding.ts';

export function* findCasePairs({ router }: Scope): Generator<Finding, void> {
  const firsts = new Map<string, Route>();
  for (const route of router.routes) {
    const key = `${route.method} ${route.pattern.toLowerCase()}\n${constraintsText(route)}`;
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, route);
      continue;
    }
    const { hit } = witnessOf(route, router);
    const why = `they differ only by case; this URL goes to ${writtenPattern(route)}`;
    yield { kind: 'case-only', severity: 'warn', routes: [first, route], witness: hit, why };
  }
}
