// Types of the definition's methods: what a factory may return for a token, and what it may depend on.
import type { Disposer } from './options.ts';
import type { Dependency, KeyedDependency, ResolvedAll, SyncDependency } from '../modifiers.ts';
import type { Outcome } from '../types.ts';
import type { AnyToken, AsyncToken, MultiToken, Token } from '../token.ts';

/** The type of the service that a token stands for. */
export type ServiceOf<S> =
  S extends KeyedDependency<infer K> ? ServiceOf<K> : S extends AnyToken<infer T> ? T : never;

/** What a service of this token may depend on: a synchronous one on nothing that has to be awaited. */
export type DependencyOf<S> = S extends AsyncToken<unknown> ? Dependency : SyncDependency;

/** What a synchronous factory gives: the service, or a generator that yields it once. The generator goes on, with the outcome,
 * when the service is disposed. */
export type SyncResult<T> = T | Generator<T, void, Outcome>;

/** What a factory that is awaited gives. */
export type AsyncResult<T> = SyncResult<T> | PromiseLike<T> | AsyncGenerator<T, void, Outcome>;

/** What the factory of a scoped or transient service gives. */
export type ResultOf<S> =
  S extends AsyncToken<unknown> ? AsyncResult<ServiceOf<S>> : SyncResult<ServiceOf<S>>;

/** Makes a service of its dependencies, in their order. */
export type Factory<D extends readonly Dependency[], R> = (...dependencies: ResolvedAll<D>) => R;

/** A class whose constructor takes the dependencies. */
export type Constructor<D extends readonly Dependency[], T> = new (
  ...dependencies: ResolvedAll<D>
) => T;

/** What can be overridden. */
export type Overridable<T = unknown> =
  Token<T> | AsyncToken<T> | MultiToken<T> | KeyedDependency<Token<T> | AsyncToken<T>>;

/** Replaces by a value; of a multi token, by a list of them. */
export interface ValueReplacement<V, T = V> {
  readonly value: V;
  /** Default: none; the value belongs to who made it. */
  readonly dispose?: Disposer<T>;
}

/** Replaces by a factory. */
export interface FactoryReplacement<T, D extends readonly Dependency[]> {
  /** Default: none. */
  readonly deps?: D;
  readonly factory: Factory<D, AsyncResult<T>>;
  /** Default: that of what is replaced. */
  readonly lifetime?: 'singleton' | 'scoped' | 'transient';
  readonly dispose?: Disposer<T> | false;
}

/** What replaces the bindings of a token. */
export type Replacement<S, D extends readonly Dependency[]> =
  | ValueReplacement<S extends MultiToken<infer T> ? readonly T[] : ServiceOf<S>, ServiceOf<S>>
  | FactoryReplacement<ServiceOf<S>, D>;

/** A replacement whose types were not checked against its token: for lists of them. */
export type AnyReplacement =
  | { readonly value: unknown; readonly dispose?: (value: never, outcome: Outcome) => unknown }
  | {
      readonly deps?: readonly Dependency[];
      readonly factory: (...dependencies: never[]) => unknown;
      readonly lifetime?: 'singleton' | 'scoped' | 'transient';
      readonly dispose?: ((value: never, outcome: Outcome) => unknown) | false;
    };

/** One override of a list: `[Db, { value: fakeDb }]`. */
export type Override = readonly [token: Overridable, replacement: AnyReplacement];
