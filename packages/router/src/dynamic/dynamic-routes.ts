// Routes that come and go while the application serves: what the application holds of a dynamic table.
import type { FastifyPluginAsync, RouteGenericInterface } from 'fastify';
import { DynamicTable } from './dynamic-table.ts';
import type { DynamicRouteEntry, DynamicStats } from './dynamic-table.ts';
import { mount } from './mount.ts';
import { dynamicSettings } from './options.ts';
import type { DynamicRoutesOptions } from './options.ts';
import type { DynamicRoute } from './route.ts';
import { siteOf } from './site.ts';

/** Routes that come and go while the application serves. Made by `dynamicRoutes`. */
export interface DynamicRoutes {
  /** To be registered once, in the scope whose hooks, decorators and schemas the routes shall have:
   * `app.register(routes.plugin)`. */
  readonly plugin: FastifyPluginAsync;
  /** The generation that requests come to now; 0 before the first commit. */
  readonly generation: number;
  /** Adds a route.
   * @returns its number, for `request.dynamicRoute.id`
   * @throws CATZ_ROUTER_BAD_ROUTE, CATZ_ROUTER_BAD_PATTERN, CATZ_ROUTER_OPTIONS for a property that no route has,
   *   CATZ_ROUTER_DUPLICATE, CATZ_ROUTER_TOO_MANY_ROUTES, CATZ_ROUTER_DYNAMIC_CLOSED. Nothing has changed then. Schemas are
   *   compiled at once, or, before the table is registered, when it is: a bad one then fails the start. */
  add<G extends RouteGenericInterface = RouteGenericInterface>(route: DynamicRoute<G>): number;
  /** Puts a route in the place of the one with the same method and URL, whose number it takes; adds it when there is none.
   * @throws as add */
  replace<G extends RouteGenericInterface = RouteGenericInterface>(route: DynamicRoute<G>): number;
  /** Removes the route of a method and URL, whatever its parameters are called.
   * @returns false when there is none
   * @throws CATZ_ROUTER_DYNAMIC_CLOSED */
  remove(method: string, url: string): boolean;
  /** Lets requests that come from now on see all changes. Cost: one rebuild of the table, O(routes): see building
   * in docs/benchmarks.md. With `commit: 'auto'` it happens by itself behind the tick of the changes.
   * @returns the current generation, which is a new one if anything has changed
   * @throws CATZ_ROUTER_DYNAMIC_CLOSED */
  commit(): number;
  /** Resolves when no request of a generation or an earlier one is in flight: what only they used can be closed then.
   * A request is in flight until its answer has left or its connection has closed, and the promises of its own hooks and
   * handler have settled. It has the generation of the moment its route was looked up: behind the onRequest hooks of the scope.
   * @param options.signal  ends the waiting. Default: none
   * @throws CATZ_ROUTER_OPTIONS for what was no generation yet
   * @example
   * routes.remove('GET', '/report');
   * await routes.drained(routes.commit() - 1); */
  drained(generation: number, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** All routes, committed or not, in the order of their numbers. */
  routes(): readonly DynamicRouteEntry[];
  stats(): DynamicStats;
}

const tables = new WeakMap<object, DynamicTable>();

/** Makes a table of routes that can be changed while the application serves. Fastify takes no routes after its start: this
 * mounts one wildcard route per method below `prefix`, and finds the rest by itself. Not in the OpenAPI document, and no
 * scope of its own for each route.
 * @throws CATZ_ROUTER_OPTIONS, CATZ_ROUTER_NATIVE_UNAVAILABLE, CATZ_ROUTER_COMPILE_UNAVAILABLE
 * @example
 * const tenants = dynamicRoutes({ name: 'tenants', prefix: '/tenants' });
 * app.register(tenants.plugin);
 * await app.listen({ port: 3000 });
 * tenants.add({ method: 'GET', url: '/acme/:page', handler: async (request) => request.params });
 * tenants.remove('GET', '/acme/:page'); */
export function dynamicRoutes(options: DynamicRoutesOptions): DynamicRoutes {
  const table = new DynamicTable(dynamicSettings(options));
  const routes: DynamicRoutes = Object.freeze({
    plugin: async (app) => {
      const site = siteOf(app);
      table.attach(site);
      mount(site, table.settings.prefix, () => table);
    },
    get generation() {
      return table.generations.current.number;
    },
    add: (route) => table.add(route),
    replace: (route) => table.replace(route),
    remove: (method, url) => table.remove(method, url),
    commit: () => table.commit(),
    drained: (generation, { signal } = {}) => table.generations.drained(generation, signal),
    routes: () => table.list(),
    stats: () => table.stats(),
  } satisfies DynamicRoutes);
  tables.set(routes, table);
  return routes;
}

/** The table behind what `dynamicRoutes` made; undefined for anything else. */
export function tableOf(routes: object): DynamicTable | undefined {
  return tables.get(routes);
}
