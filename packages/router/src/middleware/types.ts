// The words of middleware: what one is, what it provides to the context of a request, and when it runs.
// Invariant: what a middleware provides and requires stands in its type and, by name, in its lists: the types follow through
// groups, the names are checked when a route is declared.
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The points at which `pre` can run, in their order: before the body is parsed, before it is validated, before the handler. */
export type MiddlewarePoint = 'onRequest' | 'preValidation' | 'preHandler';

/** How a request has gone so far. 'short': it was answered before every `pre` had run; 'error': an error was answered, or the
 * client left before the answer was out; else 'ok'. */
export type Outcome = 'ok' | 'short' | 'error';

/** What every `request.ctx` has. To be augmented with what middleware for all routes provides:
 * `declare module '@catzilla/router' { interface MiddlewareContext { user: User } }`. */
export interface MiddlewareContext {
  readonly outcome: Outcome;
}

/** What `pre` gives back: what it provides; its reply, once it has answered by it; or a promise of either. */
export type PreResult<Provides extends object> = [keyof Provides] extends [never]
  ? void | FastifyReply | Promise<void | FastifyReply>
  : Provides | FastifyReply | Promise<Provides | FastifyReply>;

/** A list that names every key of a type. */
type AllOf<T extends object, Keys extends readonly string[]> =
  Exclude<keyof T & string, Keys[number]> extends never
    ? unknown
    : readonly (keyof T & string)[] & { missing: Exclude<keyof T & string, Keys[number]> };

/** The option that lists the keys of a type; not there where it has none. */
type ListOption<Name extends string, T extends object, Keys extends readonly string[]> = [
  keyof T,
] extends [never]
  ? { readonly [N in Name]?: readonly [] }
  : { readonly [N in Name]: Keys & AllOf<T, Keys> };

/** What `defineMiddleware` takes. It has at least one of `pre`, `post` and `after`. */
export type MiddlewareDefinition<
  Provides extends object,
  Requires extends object,
  ProvidedKeys extends readonly string[] = readonly string[],
  RequiredKeys extends readonly string[] = readonly string[],
> = MiddlewareOptionsOf<Provides, Requires> &
  ListOption<'provides', Provides, ProvidedKeys> &
  ListOption<'requires', Requires, RequiredKeys>;

interface MiddlewareOptionsOf<Provides extends object, Requires extends object> {
  /** Names it in lists, logs, timings and `skip`; one of a kind in the chain of a route. Letters, digits, `_`, `.` and `-`, at
   * most 64. */
  readonly name: string;
  /** Lower runs first: 0 to 1000. Of equal ones those for all routes go first, then those of groups, then those of the route.
   * Default: 500. */
  readonly priority?: number;
  /** The same for `post` and `after`. Default: `1000 - priority` with a `pre`, so that the pair closes like brackets, else
   * `priority`. */
  readonly postPriority?: number;
  /** Where `pre` runs. Default: 'preHandler'. */
  readonly at?: MiddlewarePoint;
  /** Runs before the handler. May throw, or answer and return `reply`: nothing behind it runs then but `post` and `after`. */
  readonly pre?: (
    request: FastifyRequest,
    reply: FastifyReply,
    ctx: MiddlewareContext & Requires,
  ) => PreResult<Provides>;
  /** Runs before the reply is sent, whoever has given it: may set headers. Where its own `pre` did not get to run, it does not
   * either; where that one has failed, what it provides is missing. With `transforms` it may return another payload. */
  readonly post?: (
    request: FastifyRequest,
    reply: FastifyReply,
    ctx: MiddlewareContext & Requires & Partial<Provides>,
    payload: unknown,
  ) => unknown;
  /** Runs once, when the answer is out or the client has left. What it throws is logged. */
  readonly after?: (
    request: FastifyRequest,
    reply: FastifyReply,
    ctx: MiddlewareContext & Requires & Partial<Provides>,
  ) => void | Promise<void>;
  /** `post` may return a new payload. A reply that comes from a cache has been transformed already. Default: false. */
  readonly transforms?: boolean;
  /** `post` sets headers that belong to one request: it runs for replies from a cache, too, and what it sets is not stored. It
   * cannot be asynchronous. Default: false. */
  readonly perRequest?: boolean;
  /** Of those for all routes: runs for requests that have no route, too. Default: false. */
  readonly on404?: boolean;
  /** A route may leave it out by `config: { skip: [name] }`. Default: false. */
  readonly skippable?: boolean;
}

/** A middleware, made by `defineMiddleware`. Frozen. */
export interface Middleware<Provides extends object = object, Requires extends object = object> {
  readonly name: string;
  readonly priority: number;
  readonly postPriority: number;
  readonly at: MiddlewarePoint;
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  readonly pre: Part | undefined;
  readonly post: Part | undefined;
  readonly after: Part | undefined;
  readonly transforms: boolean;
  readonly perRequest: boolean;
  readonly on404: boolean;
  readonly skippable: boolean;
  /** For the compiler alone. */
  readonly '~types'?: { readonly provides: Provides; readonly requires: Requires };
}

/** A function of a middleware. */
export type Part = (...args: never[]) => unknown;

/** What a list of middleware provides together; of an array of unknown length nothing is known. */
export type ContextOf<List extends readonly Middleware[]> = List extends readonly [
  Middleware<infer Provides>,
  ...infer Rest extends readonly Middleware[],
]
  ? Provides & ContextOf<Rest>
  : object;

declare module 'fastify' {
  interface FastifyRequest {
    /** What middleware has provided to the request. */
    readonly ctx: MiddlewareContext;
  }
  interface FastifyContextConfig {
    /** Middleware of the route. */
    middleware?: readonly Middleware[];
    /** Names of middleware that the route leaves out; each must be `skippable`. */
    skip?: readonly string[];
  }
}
