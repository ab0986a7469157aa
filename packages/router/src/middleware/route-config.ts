// The `config` of a request's route, by which its chain is found: it is one object for each route, which everything that
// Fastify keeps of the route leads to. Read from Fastify's context of the route, for `request.routeOptions` makes an object of
// a dozen properties each time; where that context is not found, it is read from there all the same.
import type { FastifyRequest } from 'fastify';
import type { Middleware } from './types.ts';

/** Middleware of the groups around a route, from the outside in, in its `config`. */
export const GROUPS: unique symbol = Symbol.for('catzilla.router.middleware.groups');
/** The entry of a route, in its `config`. */
export const ENTRY: unique symbol = Symbol.for('catzilla.router.middleware.entry');

/** What we read of the `config` of a route. */
export interface RouteConfig {
  readonly middleware?: unknown;
  readonly skip?: unknown;
  readonly [GROUPS]?: readonly Middleware[];
}

interface Keyed {
  readonly [context: symbol]: { readonly config: object } | undefined;
}

let context: symbol | undefined;

/** The config of the route that a request is for now. HOT */
export function configOf(request: FastifyRequest): object {
  if (context !== undefined) {
    const found = (request as unknown as Keyed)[context];
    if (found !== undefined) return found.config;
  }
  context = Object.getOwnPropertySymbols(request).find(
    ({ description }) => description === 'fastify.context',
  );
  return request.routeOptions.config;
}
