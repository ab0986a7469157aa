// One dynamic table per host: find-my-way takes 31 constrained handlers for a path, this takes as many hosts as there are.
// Invariant: a change is one step, seen by all requests that come behind it; those in flight keep the route they have.
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { show } from '@catzilla/common';
import { dynamicRoutes, tableOf } from '../dynamic/dynamic-routes.ts';
import type { DynamicRoutes } from '../dynamic/dynamic-routes.ts';
import type { DynamicTable } from '../dynamic/dynamic-table.ts';
import { mount } from '../dynamic/mount.ts';
import type { DynamicRoute } from '../dynamic/route.ts';
import { siteOf } from '../dynamic/site.ts';
import type { Site } from '../dynamic/site.ts';
import { errors } from '../errors.ts';
import { hostOf, hostPattern, parentOf } from './host.ts';

/** What serves a host: a dynamic table, which may serve several; or routes, of which a table is made. */
export type HostRoutes =
  DynamicRoutes | readonly DynamicRoute[] | { readonly routes: readonly DynamicRoute[] };

/** Tables by host. Made by `hostTables`. */
export interface HostTables {
  /** To be registered once, in the scope whose hooks, decorators and schemas all tables shall have, instead of the tables'
   * own plugins. */
  readonly plugin: FastifyPluginAsync;
  /** How many hosts there are, wildcards and the default included. */
  readonly size: number;
  /** Lets a table serve a host from now on.
   * @param host  `a.example`, `*.a.example` or `default`
   * @returns the table
   * @throws CATZ_ROUTER_OPTIONS for a bad host or table, CATZ_ROUTER_DYNAMIC_CLOSED, and for routes what `DynamicRoutes.add`
   *   throws. Nothing has changed then */
  set(host: string, routes: HostRoutes): DynamicRoutes;
  /** Takes a host out.
   * @returns false when it was not there
   * @throws CATZ_ROUTER_OPTIONS, CATZ_ROUTER_DYNAMIC_CLOSED */
  delete(host: string): boolean;
  /** The table of a host as it was set, wildcards by their pattern.
   * @throws CATZ_ROUTER_OPTIONS */
  get(host: string): DynamicRoutes | undefined;
  /** The table that serves a request.
   * @param host  a Host header, in any spelling
   * @returns that of the host, else of its wildcard, else the default */
  find(host: string): DynamicRoutes | undefined;
  /** All hosts: `default` first if there is one, then names, then wildcards. */
  hosts(): readonly string[];
}

const DEFAULT = 'default';

interface Served {
  readonly routes: DynamicRoutes;
  readonly table: DynamicTable;
}

/** Gives each host its own routes. Hosts are compared in lower case, without port and trailing dot; an exact one goes before
 * a wildcard, and `*.` is exactly one label. The host is `request.host`: `X-Forwarded-Host` counts where the application
 * trusts its proxy, and only there. A request of another host goes to `default`, else it is not found.
 * @param hosts  what serves each host
 * @throws CATZ_ROUTER_OPTIONS, and for routes what `DynamicRoutes.add` throws
 * @example
 * const shop = dynamicRoutes({ name: 'shop' });
 * const hosts = hostTables({
 *   'shop.example': shop,
 *   '*.shop.example': [{ method: 'GET', url: '/', handler: async (request) => `shop of ${request.hostname}` }],
 *   default: { routes: [] },
 * });
 * app.register(hosts.plugin); */
export function hostTables(hosts: Readonly<Record<string, HostRoutes>> = {}): HostTables {
  if (typeof hosts !== 'object' || hosts === null || Array.isArray(hosts)) {
    throw new errors.OPTIONS(
      `expected hosts to be an object of tables by host, got ${show(hosts)}`,
    );
  }
  const state = new HostMap();
  for (const [host, routes] of Object.entries(hosts)) {
    if (state.get(host) !== undefined)
      throw new errors.OPTIONS(`host ${show(host)} is given twice`);
    state.set(host, routes);
  }
  const find = (host: string): Served | undefined => state.find(host);
  return Object.freeze({
    plugin: async (app) => {
      const site = siteOf(app);
      state.attach(site);
      mount(site, '', ({ host }: FastifyRequest) => find(host)?.table);
    },
    get size() {
      return state.size;
    },
    set: (host, routes) => state.set(host, routes).routes,
    delete: (host) => state.delete(host),
    get: (host) => state.get(host)?.routes,
    find: (host) => find(host)?.routes,
    hosts: () => state.hosts(),
  } satisfies HostTables);
}

class HostMap {
  readonly #exact = new Map<string, Served>();
  readonly #wildcards = new Map<string, Served>();
  #default: Served | undefined;
  #site: Site | undefined;

  get size(): number {
    return this.#exact.size + this.#wildcards.size + (this.#default === undefined ? 0 : 1);
  }

  find(text: string): Served | undefined {
    const host = hostOf(text);
    if (host === undefined) return this.#default;
    const exact = this.#exact.get(host);
    if (exact !== undefined) return exact;
    const parent = parentOf(host);
    return (parent === undefined ? undefined : this.#wildcards.get(parent)) ?? this.#default;
  }

  get(text: string): Served | undefined {
    if (text === DEFAULT) return this.#default;
    const { isWildcard, host } = hostPattern(text);
    return this.#of(isWildcard).get(host);
  }

  set(text: string, routes: HostRoutes): Served {
    this.#assertOpen();
    const pattern = text === DEFAULT ? undefined : hostPattern(text);
    const served = servedBy(text, routes);
    if (this.#site !== undefined) served.table.attach(this.#site);
    if (pattern === undefined) this.#default = served;
    else this.#of(pattern.isWildcard).set(pattern.host, served);
    return served;
  }

  delete(text: string): boolean {
    this.#assertOpen();
    if (text === DEFAULT) {
      const had = this.#default !== undefined;
      this.#default = undefined;
      return had;
    }
    const { isWildcard, host } = hostPattern(text);
    return this.#of(isWildcard).delete(host);
  }

  hosts(): readonly string[] {
    return [
      ...(this.#default === undefined ? [] : [DEFAULT]),
      ...this.#exact.keys(),
      ...[...this.#wildcards.keys()].map((host) => `*.${host}`),
    ];
  }

  /** Gives all tables, those to come included, their scope. */
  attach(site: Site): void {
    if (this.#site !== undefined) {
      throw new errors.OPTIONS('expected host tables to be registered once, got a second scope');
    }
    const all = [this.#default, ...this.#exact.values(), ...this.#wildcards.values()];
    for (const served of all) served?.table.attach(site);
    this.#site = site;
  }

  #of(isWildcard: boolean): Map<string, Served> {
    return isWildcard ? this.#wildcards : this.#exact;
  }

  #assertOpen(): void {
    if (this.#site?.isClosed === true) throw new errors.DYNAMIC_CLOSED('of hosts');
  }
}

function servedBy(host: string, given: HostRoutes): Served {
  const isObject = typeof given === 'object' && given !== null;
  const table = isObject ? tableOf(given) : undefined;
  if (table !== undefined) return { routes: given as DynamicRoutes, table };
  const list: unknown = isObject && 'routes' in given ? given.routes : given;
  if (!Array.isArray(list)) {
    throw new errors.OPTIONS(
      `expected what serves ${show(host)} to be dynamic routes or an array of routes, got ${show(given)}`,
    );
  }
  const routes = dynamicRoutes({ name: host });
  for (const route of list as readonly DynamicRoute[]) routes.add(route);
  routes.commit();
  return { routes, table: tableOf(routes)! };
}
