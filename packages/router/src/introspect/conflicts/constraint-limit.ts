// Paths with many constrained routes: find-my-way has room for 31 handlers at one path, and throws at the next.
import { leafOf } from '../../find-my-way/tree.ts';
import { witnessOf } from '../witness.ts';
import type { Finding, Scope } from './finding.ts';

const LIMIT = 31;
const WARN_FROM = 24;
/** Routes that are named. */
const SHOWN = 3;

export function* findConstraintLimits({ router, index }: Scope): Generator<Finding, void> {
  for (const places of index.places.values()) {
    for (const { node } of places) {
      const handlers = leafOf(node)?.handlers ?? [];
      if (handlers.length < WARN_FROM) continue;
      const all = handlers.map((handler) => index.routeOf(handler));
      const routes = all.filter((route) => route !== undefined).slice(0, SHOWN);
      const witness = routes[0] === undefined ? undefined : witnessOf(routes[0], router).hit;
      const why = `this path has ${handlers.length} routes with different constraints, and ${LIMIT} is the limit: for more hosts use a table of hosts`;
      yield { kind: 'constraint-limit', severity: 'warn', routes, witness, why };
    }
  }
}
