// Two routes of which one has a slash at its end. The pair that Fastify itself makes of a plugin's route '/' is none.
import type { Route } from '../../find-my-way/router.ts';
import { witnessOf } from '../witness.ts';
import { contextOf, writtenPattern } from '../written.ts';
import { constraintsText } from './finding.ts';
import type { Finding, Scope } from './finding.ts';

/** By method, pattern and constraints. */
type Routes = ReadonlyMap<string, Route>;

const GET = { method: 'GET' };

export function* findSlashPairs({ router }: Scope): Generator<Finding, void> {
  const routes: Routes = new Map(
    router.routes.map((route) => [keyOf(route, route.pattern), route]),
  );
  for (const route of router.routes) {
    const { pattern } = route;
    if (pattern.length < 2 || !pattern.endsWith('/')) continue;
    const other = routes.get(keyOf(route, pattern.slice(0, -1)));
    if (other === undefined || isOnePair(routes, route, other)) continue;
    const { hit } = witnessOf(route, router);
    const why = `a slash at the end makes another route; this URL goes to ${writtenPattern(route)}`;
    yield { kind: 'slash-pair', severity: 'info', routes: [other, route], witness: hit, why };
  }
}

function keyOf(route: Route, pattern: string, { method }: { method: string } = route): string {
  return `${method} ${pattern}\n${constraintsText(route)}`;
}

// Fastify gives both the same URL. Those of HEAD, which it makes of them, have each their own.
function isOnePair(routes: Routes, route: Route, other: Route): boolean {
  const [one, two] = [route, other].map((it) =>
    it.method === 'HEAD' ? routes.get(keyOf(it, it.pattern, GET)) : it,
  );
  if (one === undefined || two === undefined) return false;
  const url = contextOf(one)?.config.url;
  return url !== undefined && url === contextOf(two)?.config.url;
}
