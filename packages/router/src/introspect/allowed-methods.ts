// The methods that have a route for a URL: what the field Allow lists (RFC 9110, 10.2.1 and 15.5.6).
// Invariant: find-my-way is asked for each method; only which route it found, where that matters, is found out here.
import type { Constraints, Router } from '../find-my-way/router.ts';
import { findRouteIfAny, hasCatchAll, isCatchAll } from './route-facts.ts';
import { winnerOf } from './search.ts';

/** What counts as allowed. */
export interface AllowedMethodsOptions {
  /** Leave out routes that are a bare `*` or `/*`: @fastify/cors registers `OPTIONS *`, and would allow every URL.
   * Default: true. */
  readonly ignoreCatchAll?: boolean;
  /** Values that routes are constrained by, by strategy: `{ host: 'a.example' }`. Default: none. */
  readonly derived?: Constraints;
}

/** The usual order; others follow by name. */
const ORDER = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'TRACE'];

/** The methods that have a route for a URL, GET first. HEAD is one of them where a route has it, as Fastify's GET routes
 * do by default. A malformed URL, and one whose parameter is too long, have none. Cost: one find per method.
 * @param url  a request target: `/users/7?full=1` */
export function allowedMethods(
  router: Router,
  url: string,
  options: AllowedMethodsOptions = {},
): string[] {
  const { ignoreCatchAll = true, derived } = options;
  const methods = Object.keys(router.trees).filter(
    (method) =>
      findRouteIfAny(router, method, url, derived) !== null &&
      !(ignoreCatchAll && isCaughtByAll(router, method, url, derived)),
  );
  return methods.sort(byOrder);
}

// Only where the method has such a route does it matter which one was found.
function isCaughtByAll(
  router: Router,
  method: string,
  url: string,
  derived: Constraints | undefined,
): boolean {
  if (!hasCatchAll(router, method)) return false;
  const winner = winnerOf(router, method, url, derived);
  return winner !== undefined && isCatchAll(router, winner);
}

function byOrder(a: string, b: string): number {
  return placeOf(a) - placeOf(b) || (a < b ? -1 : 1);
}

function placeOf(method: string): number {
  const place = ORDER.indexOf(method);
  return place === -1 ? ORDER.length : place;
}
