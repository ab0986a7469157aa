// An immutable table: finds, explains and describes the routes it was built of.
import { dispatch } from '../engine/accelerate.ts';
import type { EngineName, MethodEngine } from '../engine/engine.ts';
import type { Constraints, Params, Router, RouterFind } from '../find-my-way/router.ts';
import { allowedMethods } from '../introspect/allowed-methods.ts';
import type { AllowedMethodsOptions } from '../introspect/allowed-methods.ts';
import { findConflicts } from '../introspect/conflicts.ts';
import type { Conflicts } from '../introspect/conflicts.ts';
import { explain } from '../introspect/explain.ts';
import type { ExplainOptions, Explanation } from '../introspect/explain.ts';
import { nativeFailure } from '../native/addon.ts';
import { encodeTree } from '../image/encode.ts';
import type { RouteEntry } from '../route-entry.ts';
import { findBatch } from './find-batch.ts';
import { pathOf } from './path-of.ts';

/** What a URL was found to be. */
export interface RouteMatch<V> {
  readonly id: number;
  readonly value: V;
  /** Decoded values by name, in an object without a prototype; a wildcard's name is `*`. */
  readonly params: Params;
  /** The path as it came, not decoded. */
  readonly path: string;
  /** The query as it came, without its `?`. */
  readonly query: string;
}

/** What a table knows of itself. */
export interface TableStats {
  /** 'native' when at least one method is found by native code. */
  readonly backend: 'native' | 'js';
  readonly routes: number;
  readonly generation: number;
  /** Why native code could not be loaded; undefined when it could. */
  readonly nativeFailure: string | undefined;
  readonly methods: Readonly<Record<string, MethodStats>>;
}

/** The engine of one method. */
export interface MethodStats {
  readonly engine: EngineName;
  readonly routes: number;
  readonly buildMs: number;
  readonly imageBytes: number;
  readonly reason: string | undefined;
  /** Counted by engine 'native' only. */
  readonly hits: number;
  readonly misses: number;
  /** Lookups left to find-my-way, by reason; those that happened. */
  readonly deferred: Readonly<Record<string, number>>;
}

/** Made by RouteTable.build(). */
export class BuiltTable<V> {
  /** Counts the tables that one RouteTable has built, from 1. */
  readonly generation: number;
  readonly routes: readonly RouteEntry<V>[];
  readonly #router: Router;
  readonly #engines: ReadonlyMap<string, MethodEngine>;
  readonly #find: RouterFind;
  readonly #semicolon: boolean;

  /** Use RouteTable.build(). */
  constructor(
    router: Router,
    engines: ReadonlyMap<string, MethodEngine>,
    routes: readonly RouteEntry<V>[],
    generation: number,
  ) {
    this.#router = router;
    this.#engines = engines;
    this.#find = dispatch(engines);
    this.#semicolon = router.useSemicolonDelimiter === true;
    this.routes = Object.freeze(routes);
    this.generation = generation;
  }

  /** Finds the route of a request target.
   * @param url      `/users/7?full=1`, as it came: not decoded
   * @param derived  values for constrained routes, by strategy: `{ host: 'a.example' }`. Default: none
   * @returns null when no route matches, the URL is malformed, or only a parameter that is too long would match */
  find(method: string, url: string, derived?: Constraints): RouteMatch<V> | null {
    const found = this.#find(method, url, derived);
    if (found === null) return null;
    const { id, value } = found.store as RouteEntry<V>;
    const query = found.searchParams as string;
    return { id, value, params: found.params, path: pathOf(url, query, this.#semicolon), query };
  }

  /** Finds many request targets of one method at once: one crossing into native code, where it is at work.
   * @param bytes  all targets, one behind the other, as bytes of the wire (decoded as Latin-1, as Node does)
   * @param ends   where each ends in `bytes`, ascending
   * @param out    gets the id of each, or -1; at least as long as `ends`
   * @param options.raw  leave what only JavaScript can decide as -2. Default: false
   * @returns how many were found
   * @throws CATZ_ROUTER_OPTIONS when the arrays do not fit each other */
  findBatch(
    method: string,
    bytes: Uint8Array,
    ends: Uint32Array,
    out: Int32Array,
    options: { readonly raw?: boolean } = {},
  ): number {
    return findBatch(this.#engines.get(method), { bytes, ends, out }, options.raw === true);
  }

  /** Which route a request target takes, and why no other does; `route.store` is its RouteEntry. Not for a hot path. */
  explain(method: string, url: string, options: ExplainOptions = {}): Explanation {
    return explain(this.#router, method, url, options);
  }

  /** The methods that have a route for a URL, for `Allow`. Cost: one lookup per method.
   * @param options.ignoreCatchAll  leave out a bare `*` or `/*`, which would allow every URL. Default: true */
  allowedMethods(url: string, options: AllowedMethodsOptions = {}): readonly string[] {
    return allowedMethods(this.#router, url, options);
  }

  /** Routes that contradict each other, with a URL that shows it. Cost: bounded, but no less than a build: not for a
   * hot path. */
  conflicts(): Conflicts {
    return findConflicts(this.#router);
  }

  /** The image of a method's routes, for a worker or an addon; a route's number in it is not its id. It knows
   * nothing of `derived`: where a must-match strategy gives a request a value, ask `find`.
   * @returns undefined when the method has no routes */
  image(method: string): Uint8Array | undefined {
    const tree = this.#router.trees[method];
    if (tree === undefined) return undefined;
    const image = this.#engines.get(method)?.native?.image ?? encodeTree(this.#router, tree).image;
    return new Uint8Array(image);
  }

  stats(): TableStats {
    const engines = [...this.#engines.values()];
    return {
      backend: engines.some(({ name }) => name === 'native') ? 'native' : 'js',
      routes: this.routes.length,
      generation: this.generation,
      nativeFailure: nativeFailure(),
      methods: Object.fromEntries(engines.map((engine) => [engine.method, statsOf(engine)])),
    };
  }
}

/** The stats of one method's engine. */
export function statsOf({ name, routes, buildMs, reason, native }: MethodEngine): MethodStats {
  const deferred = Object.entries(native?.counts.deferred ?? {}).filter(([, count]) => count > 0);
  return {
    engine: name,
    routes,
    buildMs,
    imageBytes: native?.imageBytes ?? 0,
    reason,
    hits: native?.counts.hits ?? 0,
    misses: native?.counts.misses ?? 0,
    deferred: Object.fromEntries(deferred),
  };
}
