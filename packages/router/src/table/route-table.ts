// A route table without Fastify: patterns with values, built into an immutable table that finds them.
// Invariant: what a BuiltTable knows never changes; a route that is refused leaves the table as it was.
import FindMyWay from 'find-my-way';
import type { HTTPMethod } from 'find-my-way';
import { checkOptions, custom, optional, show } from '@catzilla/common';
import { makeEngines } from '../engine/choose.ts';
import { errors } from '../errors.ts';
import type { Router } from '../find-my-way/router.ts';
import { BuiltTable } from './built-table.ts';
import type { RouteEntry } from '../route-entry.ts';
import { tableSettings } from './options.ts';
import type { RouteTableOptions, TableSettings } from './options.ts';

/** What may stand beside a pattern. */
export interface RouteOptions {
  /** Values that a request must have, by strategy: `{ host: 'a.example' }`. Default: none. */
  readonly constraints?: Readonly<Record<string, unknown>>;
}

/** Collects routes; `build` makes the table that finds them. Needs no Fastify.
 * @example
 * const table = new RouteTable<string>();
 * table.add('GET', '/users/:id', 'user').add('GET', '/files/*', 'file');
 * const found = table.build().find('GET', '/users/7?full=1');
 * // { id: 0, value: 'user', params: { id: '7' }, path: '/users/7', query: 'full=1' } */
export class RouteTable<V> {
  readonly #settings: TableSettings;
  readonly #entries: RouteEntry<V>[] = [];
  #router: Router | undefined;
  #generation = 0;

  /** @throws CATZ_ROUTER_OPTIONS */
  constructor(options: RouteTableOptions = {}) {
    this.#settings = tableSettings(options);
    try {
      this.#router = makeRouter(this.#settings);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const wanted = 'expected options.constraints to be strategies of find-my-way';
      throw new errors.OPTIONS(`${wanted}: ${reason}`, { cause: error });
    }
  }

  /** How many routes there are. A pattern with an optional parameter is one route. */
  get size(): number {
    return this.#entries.length;
  }

  /** Adds a route.
   * @param method   an HTTP method in capitals: 'GET'
   * @param pattern  as Fastify takes it: `/users/:id`, `/files/*`, `/:id(^\\d+$)`, `/:year-:month`
   * @param value    what find gives back
   * @throws CATZ_ROUTER_OPTIONS, CATZ_ROUTER_BAD_PATTERN for a method, pattern or constraint that find-my-way refuses, CATZ_ROUTER_DUPLICATE */
  add(method: string, pattern: string, value: V, options: RouteOptions = {}): this {
    const { constraints } = routeOptions(options);
    const entry: RouteEntry<V> = {
      id: this.#entries.length,
      method,
      pattern,
      value,
      constraints: constraints === undefined ? undefined : Object.freeze({ ...constraints }),
    };
    const router = this.#writableRouter();
    try {
      addTo(router, entry);
    } catch (error) {
      // Half of it may be in the tree: the next one to come starts from what is known to be good.
      this.#router = undefined;
      throw refusal(error, method, pattern);
    }
    this.#entries.push(entry);
    return this;
  }

  /** Builds the table of all routes added so far. Routes may be added afterwards, for the next table.
   * Cost: O(routes), see building in docs/benchmarks.md.
   * @throws CATZ_ROUTER_NATIVE_UNAVAILABLE, CATZ_ROUTER_COMPILE_UNAVAILABLE when that engine was asked for by name */
  build(): BuiltTable<V> {
    const router = this.#writableRouter();
    const engines = makeEngines(router, this.#settings);
    this.#router = undefined;
    return new BuiltTable(router, engines, [...this.#entries], ++this.#generation);
  }

  // A router that was handed to a BuiltTable is its own from then on.
  #writableRouter(): Router {
    if (this.#router === undefined) {
      this.#router = makeRouter(this.#settings);
      for (const entry of this.#entries) addTo(this.#router, entry);
    }
    return this.#router;
  }
}

function routeOptions(options: RouteOptions): { constraints: object | undefined } {
  return checkOptions<{ constraints: object | undefined }>(
    options,
    { constraints: optional(custom('an object', isObject)) },
    { path: 'options', error: (message) => new errors.OPTIONS(message) },
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function makeRouter(settings: TableSettings): Router {
  const { constraints, engine: _engine, nativeThreshold: _n, compileLimit: _c, ...rest } = settings;
  const options = { ...rest, querystringParser: keepQuery };
  const router = FindMyWay(
    constraints === undefined ? options : ({ ...options, constraints } as typeof options),
  );
  return router as unknown as Router;
}

// find gives the query as it came.
function keepQuery(query: string): Record<string, unknown> {
  return query as unknown as Record<string, unknown>;
}

function noHandler(): void {}

function addTo<V>(router: Router, entry: RouteEntry<V>): void {
  const { method, pattern, constraints } = entry;
  const options = constraints === undefined ? {} : { constraints };
  router.on(method as HTTPMethod, pattern, options, noHandler, entry);
}

function refusal(error: unknown, method: string, pattern: string): Error {
  const reason = error instanceof Error ? error.message : String(error);
  const place = `${show(method)} ${show(pattern)}`;
  if (reason.startsWith(`Method '${method}' already declared for route '`)) {
    return new errors.DUPLICATE(`route ${place} is there already: ${reason}`, { cause: error });
  }
  return new errors.BAD_PATTERN(`route ${place} cannot be added: ${reason}`, { cause: error });
}
