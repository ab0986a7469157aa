// A route as its author wrote it, found again in what find-my-way stores beside it.
import type { Route } from '../find-my-way/router.ts';
import type { RouteEntry } from '../route-entry.ts';

/** What is read of the context that Fastify stores beside a route; the rest of it is of no concern here. */
export interface FastifyContext {
  readonly config: { readonly url: string; readonly method: string | readonly string[] };
  readonly schema?: unknown;
  readonly server?: { readonly prefix?: unknown };
  readonly [name: string]: unknown;
}

/** The pattern of a route as it was written: with parameter names, and a slash at its end though the router overlooks it.
 * A pattern with an optional parameter is two routes of the same pattern. */
export function writtenPattern(route: Route): string {
  const context = contextOf(route);
  if (context !== undefined) {
    const { url } = context.config;
    // Of a plugin's route '/' Fastify makes two, and writes the prefix for both.
    return `${url}/` === route.path ? route.path : url;
  }
  return entryOf(route)?.pattern ?? route.path;
}

/** A route in one line: `GET /users/:id`, `GET /users/:id {host: a.example}`. */
export function routeText(route: Route): string {
  const { constraints = {} } = route.opts;
  const wanted = Object.entries(constraints).map(([name, value]) => `${name}: ${String(value)}`);
  const suffix = wanted.length === 0 ? '' : ` {${wanted.join(', ')}}`;
  return `${route.method} ${writtenPattern(route)}${suffix}`;
}

/** The context of a route of Fastify's router; undefined for a route of another. */
export function contextOf({ method, store }: Route): FastifyContext | undefined {
  if (typeof store !== 'object' || store === null || !('config' in store)) return undefined;
  const { config } = store as { config?: Partial<FastifyContext['config']> | null };
  if (typeof config?.url !== 'string' || config.method === undefined) return undefined;
  return [config.method].flat().includes(method) ? (store as FastifyContext) : undefined;
}

// The entry of a route of a RouteTable.
function entryOf({ method, store }: Route): RouteEntry<unknown> | undefined {
  if (typeof store !== 'object' || store === null) return undefined;
  const entry = store as Partial<RouteEntry<unknown>>;
  const isEntry = typeof entry.id === 'number' && typeof entry.pattern === 'string';
  return isEntry && entry.method === method ? (store as RouteEntry<unknown>) : undefined;
}
