// Tokens: what services are asked for by. Identity is the object; the name is for messages and graphs.
// Invariant: whether a service is asynchronous is in the kind of its token, so that types and the compile step agree on who
// must await what. Who provides a token is left to definitions.
import { show } from '@catzilla/common';
import { errors } from './errors.ts';

declare const TYPE: unique symbol;

// Registered, so that tokens of a second installed copy of this package are tokens too.
const BRAND = Symbol.for('catzilla.di.token');

/** Stands for a service of type `T` that is there when it is asked for. */
export interface Token<T> {
  readonly name: string;
  readonly kind: 'sync';
  /** Only for types: never there at run time. */
  readonly [TYPE]: () => T;
}

/** Stands for a service of type `T` that has to be awaited: `scope.get` gives a promise; factories receive the value. */
export interface AsyncToken<T> {
  readonly name: string;
  readonly kind: 'async';
  /** Only for types: never there at run time. */
  readonly [TYPE]: () => T;
}

/** Stands for any number of services of type `T`; asked for with `all(token)` or `scope.getAll(token)`. */
export interface MultiToken<T> {
  readonly name: string;
  readonly kind: 'multi';
  /** Only for types: never there at run time. */
  readonly [TYPE]: () => T;
}

/** A token of any kind. */
export type AnyToken<T = unknown> = Token<T> | AsyncToken<T> | MultiToken<T>;

/** Makes a token. Two tokens of one name are two tokens; a container that holds both warns.
 * @param name  what messages and graphs call the service; not empty
 * @throws CATZ_DI_OPTIONS
 * @example const Config = token<AppConfig>('config'); */
export function token<T>(name: string): Token<T> {
  return make(name, 'sync') as Token<T>;
}

/** Makes a token of a service whose factory is asynchronous and runs per scope, per use, or late.
 * A singleton that is awaited at start needs none.
 * @param name  as in `token`
 * @throws CATZ_DI_OPTIONS */
export function asyncToken<T>(name: string): AsyncToken<T> {
  return make(name, 'async') as AsyncToken<T>;
}

/** Makes a token that many may provide.
 * @param name  as in `token`
 * @throws CATZ_DI_OPTIONS */
export function multiToken<T>(name: string): MultiToken<T> {
  return make(name, 'multi') as MultiToken<T>;
}

/** Whether a value is a token, of this copy of the package or another. */
export function isToken(value: unknown): value is AnyToken {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, BRAND);
}

function make(name: unknown, kind: AnyToken['kind']): unknown {
  if (typeof name !== 'string' || name === '') {
    throw new errors.OPTIONS(
      `expected the name of a token to be a non-empty string, got ${show(name)}`,
    );
  }
  return Object.freeze({ name, kind, [BRAND]: true });
}
