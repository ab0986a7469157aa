// All routes of a router, each with what can be known of it without running it.
// Invariant: plain frozen data; nothing in it changes with the router. Hooks and schemas are those of Fastify's routes, and
// complete once the application is ready.
import { REQUEST_HOOKS } from '../request-hooks.ts';
import type { RequestHook } from '../request-hooks.ts';
import type { EngineName, MethodEngine } from '../engine/engine.ts';
import { WILDCARD } from '../find-my-way/router.ts';
import type { Constraints, Route, Router } from '../find-my-way/router.ts';
import { deferReason } from './defer-reason.ts';
import type { RouteDefer } from './defer-reason.ts';
import { treeIndex } from './tree-index.ts';
import type { Place, TreeIndex } from './tree-index.ts';
import { contextOf, writtenPattern } from './written.ts';
import type { FastifyContext } from './written.ts';

/** One route. */
export interface RouteInfo {
  /** Its place in the order of registering, from 0. A pattern with an optional parameter is two routes. */
  readonly id: number;
  readonly method: string;
  /** The pattern as it was written. */
  readonly url: string;
  /** Names of its parameters in their order; a wildcard's name is `*`. */
  readonly params: readonly string[];
  /** The most general kind of part it has; `regex` also for `:a-:b`. */
  readonly kind: RouteKind;
  /** Values that a request must have, by strategy; undefined without any. */
  readonly constraints: Constraints | undefined;
  /** The prefix of the plugin it was declared in; undefined without one, and outside of Fastify. */
  readonly prefix: string | undefined;
  /** How many hooks run for it, by name; those that there are. */
  readonly hooks: Readonly<Partial<Record<RouteHook, number>>>;
  /** The parts of its schema. */
  readonly schema: readonly SchemaPart[];
  /** What finds it. */
  readonly engine: EngineName;
  /** Why native code leaves it to find-my-way; undefined when it does not, or is not at work. */
  readonly deferReason: RouteDefer | undefined;
  /** What answers it: 'js', or another plan that was given to it. */
  readonly plan: string;
}

export type RouteKind = 'static' | 'parametric' | 'regex' | 'wildcard';

const SCHEMA_PARTS = ['body', 'querystring', 'params', 'headers', 'response'] as const;

/** A hook that Fastify runs for a request. */
export type RouteHook = RequestHook;
/** A part of a route's schema. */
export type SchemaPart = (typeof SCHEMA_PARTS)[number];

/** What a router itself does not know of its routes. */
export interface DescribeRoutesOptions {
  /** The engines by method. Default: find-my-way's walk for all. */
  readonly engines?: ReadonlyMap<string, MethodEngine>;
  /** The plan that answers a route. Default: 'js' for all. */
  readonly planOf?: (route: Route) => string | undefined;
}

/** Describes all routes of a router, in the order of registering. Cost: O(routes). */
export function describeRoutes(
  router: Router,
  options: DescribeRoutesOptions = {},
): readonly RouteInfo[] {
  const index = treeIndex(router);
  return Object.freeze(
    router.routes.map((route, id) => Object.freeze(describe(router, route, id, index, options))),
  );
}

function describe(
  router: Router,
  route: Route,
  id: number,
  index: TreeIndex,
  { engines, planOf }: DescribeRoutesOptions,
): RouteInfo {
  const context = contextOf(route);
  const place = index.placeOf(route);
  const engine = engines?.get(route.method)?.name ?? 'walk';
  const { constraints = {} } = route.opts;
  const isConstrained = Object.keys(constraints).length > 0;
  return {
    id,
    method: route.method,
    url: writtenPattern(route),
    params: Object.freeze([...route.params]),
    kind: kindOf(route, place),
    constraints: isConstrained ? Object.freeze({ ...constraints }) : undefined,
    prefix: prefixOf(context),
    hooks: Object.freeze(hooksOf(context)),
    schema: Object.freeze(schemaOf(context)),
    engine,
    deferReason:
      engine === 'native' && place !== undefined ? deferReason(router, place) : undefined,
    plan: planOf?.(route) ?? 'js',
  };
}

function kindOf({ params }: Route, place: Place | undefined): RouteKind {
  let kind: RouteKind = params.length === 0 ? 'static' : 'parametric';
  for (let at = place; at !== undefined; at = at.parent) {
    if (at.node.kind === WILDCARD) return 'wildcard';
    if (at.node.isRegex === true) kind = 'regex';
  }
  return kind;
}

function prefixOf(context: FastifyContext | undefined): string | undefined {
  const prefix = context?.server?.prefix;
  return typeof prefix === 'string' && prefix !== '' ? prefix : undefined;
}

function hooksOf(context: FastifyContext | undefined): Partial<Record<RouteHook, number>> {
  const hooks: Partial<Record<RouteHook, number>> = {};
  for (const name of REQUEST_HOOKS) {
    const functions = context?.[name];
    if (Array.isArray(functions) && functions.length > 0) hooks[name] = functions.length;
  }
  return hooks;
}

// `query` is the old name of `querystring`; Fastify renames it when it gets ready.
function schemaOf(context: FastifyContext | undefined): SchemaPart[] {
  const schema = context?.schema;
  if (typeof schema !== 'object' || schema === null) return [];
  const has = (name: string): boolean => (schema as Record<string, unknown>)[name] !== undefined;
  return SCHEMA_PARTS.filter((part) => has(part) || (part === 'querystring' && has('query')));
}
