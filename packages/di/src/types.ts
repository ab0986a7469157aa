// What containers and scopes show to the outside, and what they are told. Types only.
import type { AsyncToken, MultiToken, Token } from './token.ts';
import type { Dependency, Key } from './modifiers.ts';

/** What a scope is for. */
export type ScopeKind = 'request' | 'task' | 'socket' | 'message' | (string & {});

/** How the work of a scope ended; every disposer gets it. A singleton's is `{ ok: true, aborted: false }`. */
export interface Outcome {
  readonly ok: boolean;
  /** What the handler threw, or what made the request fail. */
  readonly error?: unknown;
  /** Whether the client or the caller gave up. */
  readonly aborted: boolean;
}

/** As much of pino's logger as is used here. */
export interface Logger {
  debug(...args: readonly unknown[]): void;
  info(...args: readonly unknown[]): void;
  warn(...args: readonly unknown[]): void;
  error(...args: readonly unknown[]): void;
}

/** A value that a scope is born with. */
export type Seed = readonly [token: Token<unknown>, value: unknown];

/** What a scope is told when it opens. */
export interface ScopeOptions {
  /** Default: 'task'; of a child scope, its parent's. */
  readonly kind?: ScopeKind;
  /** Values of seeds. Default: none; a child scope also has its parent's. */
  readonly seeds?: readonly Seed[];
  /** What `Signal` gives, or makes when it is asked for. Default: a signal that aborts when the scope is disposed. */
  readonly signal?: AbortSignal | (() => AbortSignal) | undefined;
  /** What `Log` gives. Default: the container's. */
  readonly log?: Logger | undefined;
  /** Names the scope in warnings: a route, a job. Default: its kind. */
  readonly label?: string | undefined;
  /** What CurrentRequest gives. */
  readonly request?: unknown;
  /** What CurrentReply gives. */
  readonly reply?: unknown;
}

/** How `ScopeInfo` describes a scope. */
export interface ScopeInfo {
  readonly kind: ScopeKind;
  readonly label: string;
}

/** How services are got from a container or a scope. */
export interface Resolver {
  /** The service, made if it is not there yet.
   * @throws CATZ_DI_MISSING, CATZ_DI_NOT_STARTED, CATZ_DI_SCOPE_CLOSED, CATZ_DI_SEED_MISSING, CATZ_DI_FACTORY_FAILED;
   *   of a container also CATZ_DI_SCOPE_NEEDED and CATZ_DI_TRANSIENT_OWNER */
  get<T>(token: Token<T>): T;
  /** The service, awaited: concurrent calls share one promise, a rejected one is dropped. */
  get<T>(token: AsyncToken<T>): Promise<T>;
  /** Whether somebody provides the token (with this key). Makes nothing. */
  has(token: Token<unknown> | AsyncToken<unknown> | MultiToken<unknown>, key?: Key): boolean;
  /** Every service of a multi token, in the order of their definition. */
  getAll<T>(token: MultiToken<T>): readonly T[];
  /** The binding of a token with a key. */
  getKeyed<T>(token: Token<T>, key: Key): T;
  getKeyed<T>(token: AsyncToken<T>, key: Key): Promise<T>;
}

/** One unit of work: what is scoped is made in it at most once, and released with it. */
export interface Scope extends Resolver, AsyncDisposable {
  readonly kind: ScopeKind;
  readonly label: string;
  /** False from the moment disposal begins. */
  readonly isOpen: boolean;
  /** Promises given to `hold` that have not settled. */
  readonly holds: number;
  /** What `Signal` gives in this scope. */
  readonly signal: AbortSignal;
  /** Gives a seed its value.
   * @throws CATZ_DI_SEED_TWICE, CATZ_DI_MISSING when the token is no seed, CATZ_DI_SCOPE_CLOSED */
  seed<T>(token: Token<T>, value: T): void;
  /** Keeps the scope from being disposed until the promise has settled. Its rejection is left to who made it.
   * @throws CATZ_DI_SCOPE_CLOSED */
  hold(promise: PromiseLike<unknown>): void;
  /** Settles when no hold is left; undefined when there is none now. */
  released(): undefined | Promise<void>;
  /** Opens a scope in this one: its own scoped services, this one's seeds, request and log. Disposed with this one at the latest.
   * @throws CATZ_DI_SCOPE_CLOSED, CATZ_DI_OPTIONS */
  child(options?: ScopeOptions): Scope;
  /** Runs the disposers that stand at 'handler', once; undefined when none of them is asynchronous.
   * @throws what the disposer threw; CATZ_DI_DISPOSE_FAILED when several did */
  endHandler(outcome: Outcome): undefined | Promise<void>;
  /** Ends the scope: children first, then its services in reverse order of dependency, each at most once. Does not wait for holds.
   * @param outcome  default: ok, and aborted if the signal is
   * @param how.forced  counts it as forced
   * @returns undefined when nothing of it is asynchronous
   * @throws CATZ_DI_DISPOSE_FAILED (thrown, or rejected), an AggregateError */
  dispose(outcome?: Outcome, how?: { readonly forced?: boolean }): undefined | Promise<void>;
  /** Waits for the holds, then disposes. The same as `await using`. */
  close(): Promise<void>;
}

/** Opens scopes. */
export interface ScopeFactory {
  /** @throws CATZ_DI_OPTIONS, CATZ_DI_NOT_STARTED, CATZ_DI_CLOSED */
  createScope(options?: ScopeOptions): Scope;
  /** Runs work in a scope of its own: handler disposers when it has settled (a failing one fails the work), then, when no hold is
   * left, the others.
   * @returns what the work gave
   * @throws what the work threw; CATZ_DI_DISPOSE_FAILED when only the disposal failed */
  runInScope<T>(options: ScopeOptions, work: (scope: Scope) => T | Promise<T>): Promise<T>;
}

/** Where services are injected into code that the container does not make: a route, a task. */
export interface InjectionSite {
  /** For messages: 'GET /users/:id'. */
  readonly where: string;
  readonly tokens: readonly Dependency[];
  readonly kind: ScopeKind;
}

/** What an injection site needs, compiled. */
export interface Injector {
  /** The values in the order of the tokens; a promise when one of them has to be awaited. */
  resolve(scope: Scope): unknown[] | Promise<unknown[]>;
}

/** Counters of one binding since the container started. */
export interface TokenStats {
  readonly token: string;
  readonly lifetime: string;
  /** How often its factory has given a value. */
  readonly created: number;
  /** Instances that the container or a scope holds now. Transients without a disposer are not held. */
  readonly live: number;
  /** Disposers that have ended well. */
  readonly disposed: number;
  readonly disposeErrors: number;
  /** With `timings`: how long its factory took, awaited. */
  readonly createMs?: { readonly count: number; readonly sum: number; readonly max: number };
}

/** Counters of a container. */
export interface ContainerStats {
  readonly name: string;
  readonly state: ContainerState;
  readonly tokens: readonly TokenStats[];
  readonly scopes: {
    readonly opened: number;
    readonly active: number;
    /** Disposed before their work had ended. */
    readonly forced: number;
  };
}

/** Where a container is in its life. */
export type ContainerState = 'new' | 'starting' | 'started' | 'failed' | 'closing' | 'closed';
