// What is asked of a router's routes again and again, found out once.
// Invariant: made anew when the list of routes has changed.
import { walkOf } from '../find-my-way/router.ts';
import type {
  Constraints,
  FindResult,
  Handler,
  LeafHandler,
  Route,
  Router,
} from '../find-my-way/router.ts';

interface Facts {
  readonly routes: number;
  readonly handlers: ReadonlySet<Handler>;
  /** Methods that have a route `*` or `/*`, and what such a route is known by at its leaf. */
  readonly bareMethods: ReadonlySet<string>;
  readonly bareParams: ReadonlySet<readonly string[]>;
}

const known = new WeakMap<readonly Route[], Facts>();

/** Asks find-my-way itself; null also where its answer is no route. */
export function findRoute(
  router: Router,
  method: string,
  url: string,
  derived: Constraints | undefined,
): FindResult | null {
  const found = walkOf(router).call(router, method, url, derived);
  return found !== null && isRoute(router, found) ? found : null;
}

/** The same, and null where find-my-way throws: it does where a regular expression has fewer groups than parameters. A
 * request for such a route fails; what only looks at routes should not. */
export function findRouteIfAny(
  router: Router,
  method: string,
  url: string,
  derived: Constraints | undefined,
): FindResult | null {
  try {
    return findRoute(router, method, url, derived);
  } catch {
    return null;
  }
}

/** Whether a result of find is a route. For a malformed URL and an over-long parameter find-my-way gives a handler that
 * is made for the moment, and belongs to none. */
function isRoute(router: Router, { handler }: FindResult): boolean {
  return factsOf(router).handlers.has(handler);
}

/** Whether a method has a route that is a bare `*` or `/*`. */
export function hasCatchAll(router: Router, method: string): boolean {
  return factsOf(router).bareMethods.has(method);
}

/** Whether a handler at a leaf is that of a bare `*` or `/*`. */
export function isCatchAll(router: Router, { params }: LeafHandler): boolean {
  return factsOf(router).bareParams.has(params);
}

/** Whether a route is a bare `*` or `/*`: find-my-way gives both the same pattern. */
export function isBare({ pattern }: Route): boolean {
  return pattern === '/*';
}

function factsOf({ routes }: Router): Facts {
  let facts = known.get(routes);
  if (facts?.routes !== routes.length) {
    const bare = routes.filter(isBare);
    facts = {
      routes: routes.length,
      handlers: new Set(routes.map(({ handler }) => handler)),
      bareMethods: new Set(bare.map(({ method }) => method)),
      bareParams: new Set(bare.map(({ params }) => params)),
    };
    known.set(routes, facts);
  }
  return facts;
}
