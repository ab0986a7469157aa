// Modifiers: how a dependency is taken (if it is there, later, all of them, by key), and the types of what comes of it.
// Invariant: a modifier holds only what it modifies; `Resolved` and `normalize` say the same thing, one in types and one at run
// time. What the table makes of it is left to the compile step.
import { show } from '@catzilla/common';
import { errors } from './errors.ts';
import { isToken } from './token.ts';
import type { AnyToken, AsyncToken, MultiToken, Token } from './token.ts';

/** What tells bindings of one token apart. */
export type Key = string | number | symbol;

/** The binding of a token that has this key: `keyed(Queue, 'mail')`. */
export interface KeyedDependency<
  S extends Token<unknown> | AsyncToken<unknown> = Token<unknown> | AsyncToken<unknown>,
> {
  readonly modifier: 'keyed';
  readonly of: S;
  readonly key: Key;
}

/** Every binding of a multi token: `all(Check)`. */
export interface AllDependency<T = unknown> {
  readonly modifier: 'all';
  readonly of: MultiToken<T>;
}

/** The service, or undefined when nobody provides it: `optional(Cache)`. */
export interface OptionalDependency<S extends Single = Single> {
  readonly modifier: 'optional';
  readonly of: S;
}

/** A handle that gets the service when it is called: `lazy(Tx)`. */
export interface LazyDependency<D extends Eager = Eager> {
  readonly modifier: 'lazy';
  readonly of: D;
}

/** One service: a token, or a token and a key. */
export type Single<T = unknown> =
  Token<T> | AsyncToken<T> | KeyedDependency<Token<T> | AsyncToken<T>>;

/** What `lazy` can put off. */
export type Eager = Single | AllDependency | OptionalDependency;

/** What a factory or a handler can ask for. */
export type Dependency = Eager | LazyDependency;

type SyncSingle = Token<unknown> | KeyedDependency<Token<unknown>>;

/** What a service that is there at once can ask for: nothing that has to be awaited, unless it is lazy. */
export type SyncDependency =
  SyncSingle | AllDependency | OptionalDependency<SyncSingle> | LazyDependency;

/** What `lazy` gives. `get` makes the service when it is not there yet; it throws what `scope.get` throws. */
export interface Lazy<T> {
  get(): T;
}

/** What a factory receives for a dependency: values, awaited where that is needed. */
export type Resolved<D> =
  D extends LazyDependency<infer L>
    ? Lazy<Got<L>>
    : D extends OptionalDependency<infer O>
      ? Resolved<O> | undefined
      : D extends AllDependency<infer T>
        ? readonly T[]
        : D extends KeyedDependency<infer K>
          ? Resolved<K>
          : D extends Token<infer T>
            ? T
            : D extends AsyncToken<infer T>
              ? T
              : never;

/** What `get` gives for a dependency: a promise for an async token. */
export type Got<D> =
  D extends OptionalDependency<infer O>
    ? Got<O> | undefined
    : D extends KeyedDependency<infer K>
      ? Got<K>
      : D extends AsyncToken<infer T>
        ? Promise<T>
        : Resolved<D>;

/** What an `inject` handler receives for a dependency: the same as a factory. */
export type Injected<D> = Resolved<D>;

/** `Resolved` of each dependency of a list. */
export type ResolvedAll<D extends readonly unknown[]> = {
  -readonly [I in keyof D]: Resolved<D[I]>;
};

/** Takes a service if somebody provides it, else undefined.
 * @throws CATZ_DI_OPTIONS when given something else than a token or `keyed` */
export function optional<S extends Single>(of: S): OptionalDependency<S> {
  return modify('optional', of, (need) => !need.isAll && !need.isLazy && !need.isOptional);
}

/** Takes a handle instead of the service: the service is made when `handle.get()` is called first, in the scope of who took the
 * handle. Breaks cycles, and lets a synchronous service use an asynchronous one (`get` then gives a promise).
 * @throws CATZ_DI_OPTIONS when given something else than a dependency that is not lazy itself */
export function lazy<D extends Eager>(of: D): LazyDependency<D> {
  return modify('lazy', of, (need) => !need.isLazy);
}

/** Takes the services of a multi token, in the order of their definition; an empty list when there is none.
 * @throws CATZ_DI_OPTIONS */
export function all<T>(of: MultiToken<T>): AllDependency<T> {
  if (!isToken(of) || of.kind !== 'multi') throw refuse('all', 'a multi token', of);
  return Object.freeze({ modifier: 'all', of });
}

/** Takes the binding of a token that has the given key.
 * @throws CATZ_DI_OPTIONS */
export function keyed<S extends Token<unknown> | AsyncToken<unknown>>(
  of: S,
  key: Key,
): KeyedDependency<S> {
  if (!isToken(of) || (of as AnyToken).kind === 'multi') {
    throw refuse('keyed', 'a token or an async token', of);
  }
  if (!['string', 'number', 'symbol'].includes(typeof key)) {
    throw new errors.OPTIONS(`expected a key to be a string, number or symbol, got ${show(key)}`);
  }
  return Object.freeze({ modifier: 'keyed', of, key });
}

/** A dependency, taken apart. */
export interface Need {
  readonly token: AnyToken;
  readonly key: Key | undefined;
  readonly isOptional: boolean;
  readonly isLazy: boolean;
  readonly isAll: boolean;
}

/** Takes a dependency apart; undefined when the value is none. */
export function normalize(value: unknown): Need | undefined {
  if (isToken(value)) {
    const isSingle = value.kind !== 'multi';
    return isSingle ? { token: value, key: undefined, ...PLAIN } : undefined;
  }
  if (typeof value !== 'object' || value === null || !('modifier' in value)) return undefined;
  const { modifier, of, key } = value as { modifier: unknown; of: unknown; key?: Key };
  if (modifier === 'all') return { token: of as AnyToken, key: undefined, ...PLAIN, isAll: true };
  const inner = normalize(of);
  if (inner === undefined) return undefined;
  if (modifier === 'keyed') return { ...inner, key };
  if (modifier === 'optional') return { ...inner, isOptional: true };
  return modifier === 'lazy' ? { ...inner, isLazy: true } : undefined;
}

/** How messages and graphs call a binding: `queue`, or `queue["mail"]`. */
export function nameOf(token: AnyToken, key: Key | undefined): string {
  if (key === undefined) return token.name;
  return `${token.name}[${typeof key === 'string' ? JSON.stringify(key) : String(key)}]`;
}

const PLAIN = { isOptional: false, isLazy: false, isAll: false } as const;

function modify<M extends string, D>(
  modifier: M,
  of: D,
  fits: (need: Need) => boolean,
): { readonly modifier: M; readonly of: D } {
  const need = normalize(of);
  if (need === undefined || !fits(need)) throw refuse(modifier, 'a dependency it can hold', of);
  return Object.freeze({ modifier, of });
}

function refuse(modifier: string, what: string, got: unknown): Error {
  const hint = isToken(got) ? `the ${got.kind} token ${got.name}` : show(got);
  return new errors.OPTIONS(`expected what ${modifier}() is given to be ${what}, got ${hint}`);
}
