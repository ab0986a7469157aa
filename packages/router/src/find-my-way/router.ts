// What we know of find-my-way, Fastify's router: its objects as types, and the check that an object has that shape.
// Invariant: nothing else in this package reads a router's insides without these names; what does not pass the check is
// left alone. Written against 9.3 to 9.10, whose trees differ only in how static children are kept (tree.ts).
import type { HTTPMethod } from 'find-my-way';

/** Parameter values by name, in an object without a prototype. */
export type Params = Record<string, string | undefined>;

/** Values that requests are constrained by, by the name of their strategy: `{ host, version }`. */
export type Constraints = Readonly<Record<string, unknown>>;

/** A route's function; find-my-way never calls it from find. */
export type Handler = (...args: never[]) => unknown;

/** One route as it was registered. `path` is without what the router overlooks, `pattern` without names. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly pattern: string;
  readonly params: readonly string[];
  readonly opts: { readonly constraints?: Constraints };
  readonly handler: Handler;
  readonly store: unknown;
}

/** What find gives. */
export interface FindResult {
  readonly handler: Handler;
  readonly store: unknown;
  readonly params: Params;
  readonly searchParams: unknown;
}

/** A handler at a leaf. */
export interface LeafHandler {
  readonly params: readonly string[];
  readonly constraints: Constraints;
  readonly handler: Handler;
  readonly store: unknown;
}

/** The handlers at a leaf, of which constraints choose one. */
export interface HandlerStorage {
  readonly handlers: readonly LeafHandler[];
  readonly constraints: readonly string[];
  getMatchingHandler(derived: Constraints | undefined): LeafHandler | null;
}

/** The kinds of nodes. */
export const STATIC = 0;
export const PARAMETRIC = 1;
export const WILDCARD = 2;

/** A node of a method's tree. Static children: `staticChildren` in tree.ts. */
export interface Node {
  readonly kind: number;
  readonly prefix?: string;
  readonly isLeafNode: boolean;
  readonly handlerStorage: HandlerStorage | null;
  readonly parametricChildren?: readonly Node[];
  readonly wildcardChild?: Node | null;
  readonly isRegex?: boolean;
  readonly regex?: RegExp | null;
  readonly nodePaths?: ReadonlySet<string>;
}

/** One way to constrain routes. */
export interface Strategy {
  readonly name: string;
  readonly mustMatchWhenDerived?: boolean;
}

/** Derives the values that requests are constrained by. */
export interface Constrainer {
  readonly strategies: Readonly<Record<string, Strategy>>;
  deriveConstraints(request: unknown, context?: unknown): Constraints | undefined;
  /** True for a strategy that routes use, and for every one that was added. */
  hasConstraintStrategy(name: string): boolean;
}

/** `find` of one method, or of a router whose method is bound. */
export type Find = (url: string, derived: Constraints | undefined) => FindResult | null;

/** A router of find-my-way. */
export interface Router {
  readonly routes: readonly Route[];
  readonly trees: Readonly<Record<string, Node>>;
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
  readonly ignoreDuplicateSlashes: boolean;
  readonly useSemicolonDelimiter?: boolean;
  readonly maxParamLength: number;
  readonly constrainer: Constrainer;
  readonly querystringParser: (query: string) => unknown;
  find: RouterFind;
  on(
    method: HTTPMethod,
    path: string,
    opts: { constraints?: Record<string, unknown> },
    handler: Handler,
    store?: unknown,
  ): void;
}

/** find-my-way's own find. */
export type RouterFind = (method: string, url: string, derived?: Constraints) => FindResult | null;

/** Why an object is no router that can be worked with; undefined when nothing is missing. */
export function shapeFault(router: unknown): string | undefined {
  if (typeof router !== 'object' || router === null) return 'it is no object';
  const it = router as Partial<Record<keyof Router, unknown>>;
  if (!Array.isArray(it.routes)) return 'it has no list of routes';
  if (typeof it.trees !== 'object' || it.trees === null) return 'it has no trees';
  if (typeof it.find !== 'function') return 'it has no find';
  if (typeof it.querystringParser !== 'function') return 'it has no querystringParser';
  if (typeof it.maxParamLength !== 'number') return 'it has no maxParamLength';
  const constrainer = it.constrainer as Partial<Constrainer> | undefined;
  if (typeof constrainer?.strategies !== 'object') return 'it has no constraint strategies';
  return undefined;
}

/** The find of a router's class, whatever stands in its place by now: the one source of semantics. */
export function walkOf(router: Router): RouterFind {
  const { find } = Object.getPrototypeOf(router) as Router;
  return find;
}
