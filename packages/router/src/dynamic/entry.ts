// An entry of a dynamic table: a route where it stands, with its schemas compiled, ready to be served.
// Invariant: an entry never changes. Where a table learns its scope only later, its entries are made anew.
import type { Insides, RouteContext } from './insides.ts';
import { PARTS } from './insides.ts';
import type { Place } from './place.ts';
import type { Route } from './route.ts';
import type { CompiledSchemas } from './schemas.ts';

/** What `request.dynamicRoute` is: labels for metrics. */
export interface DynamicRouteInfo {
  /** Number of the route in its table; a route that was replaced keeps it. */
  readonly id: number;
  /** The whole pattern, with the prefix: `/tenants/users/:id`. */
  readonly pattern: string;
  /** Name of the table. */
  readonly name: string;
}

/** An entry. */
export interface Entry {
  readonly info: DynamicRouteInfo;
  readonly route: Route;
  readonly place: Place;
  readonly schemas: CompiledSchemas | undefined;
  /** By the context of the mounted route. */
  readonly contexts: Map<RouteContext, RouteContext>;
}

/** The context of an entry: that of the mounted route, with the entry's own config and schemas. So Fastify itself validates,
 * serializes, formats errors and tells `routeOptions`, in whatever way its version does. */
export function contextOf(entry: Entry, mounted: RouteContext, insides: Insides): RouteContext {
  let context = entry.contexts.get(mounted);
  if (context === undefined) {
    context = makeContext(entry, mounted, insides);
    entry.contexts.set(mounted, context);
  }
  return context;
}

function makeContext(entry: Entry, mounted: RouteContext, insides: Insides): RouteContext {
  const { route, info, schemas } = entry;
  const context = Object.create(mounted) as Record<string | symbol, unknown>;
  context['config'] = { ...route.config, url: info.pattern, method: mounted.config.method };
  context['schema'] = schemas?.schema;
  for (const part of PARTS) {
    const validator = schemas?.validators[part];
    if (validator !== undefined) context[insides.validators[part]] = validator;
  }
  if (schemas?.serializers !== undefined) context[insides.serializers] = schemas.serializers;
  return context as unknown as RouteContext;
}
