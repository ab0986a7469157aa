// The options of bindings, by lifetime: types for the user, and their check.
// Invariant: an option that a lifetime cannot use is an unknown one, so that none is silently without effect.
import {
  checkOptions,
  custom,
  duration,
  fn,
  list,
  oneOf,
  optional,
  string,
} from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { Outcome, ScopeKind } from '../types.ts';
import type { Dispose, DisposeAt } from './binding.ts';

/** Longest time a timer of Node can be set to, ms. */
export const MAX_TIMER: number = 2 ** 31 - 1;

/** Releases an instance, once, after all that depend on it. May be asynchronous; what it returns is of no account. */
export type Disposer<T> = (value: T, outcome: Outcome) => unknown;

/** Options of a value. */
export interface ValueOptions<T> {
  /** Runs when the container closes. Default: a value belongs to who made it, and is left alone. */
  readonly dispose?: Disposer<T>;
}

/** Options of a singleton. */
export interface SingletonOptions<T> {
  /** Default: `Symbol.asyncDispose` or `Symbol.dispose`, if the instance has one; false: never. */
  readonly dispose?: Disposer<T> | false;
  /** 'lazy': made when it is asked for first, unless an eager singleton needs it. Its factory is then synchronous, or its token an
   * asyncToken. Default: 'eager', made before the container has started. */
  readonly start?: 'eager' | 'lazy';
  /** ms that its factory may take at start. Default: none of its own, the container's holds for all together. */
  readonly startTimeout?: number;
}

/** Options of a scoped service, and of a transient one, which belongs to the scope that made it. */
export interface ScopedOptions<T> {
  /** As of a singleton. */
  readonly dispose?: Disposer<T> | false;
  /** 'handler': when the handler has settled and nothing is sent yet; a failing disposer fails the request. Default: 'response',
   * after the response; a failing disposer is logged and counted. */
  readonly disposeAt?: DisposeAt;
}

/** Options of one of several bindings. */
export interface ManyOptions<T> {
  /** Default: 'singleton'. */
  readonly lifetime?: 'singleton' | 'scoped' | 'transient';
  readonly dispose?: Disposer<T> | false;
  /** Of a singleton only. */
  readonly start?: 'eager' | 'lazy';
  /** Of a singleton only, ms. */
  readonly startTimeout?: number;
  /** Not of a singleton. */
  readonly disposeAt?: DisposeAt;
}

/** Options of a seed. */
export interface SeedOptions {
  /** The kinds of scopes that give it: who needs it in a scope of another kind is a fault. Default: all. */
  readonly kinds?: readonly ScopeKind[];
}

/** Checked options of a binding. */
export interface CheckedOptions {
  readonly dispose: Dispose | false | undefined;
  readonly disposeAt: DisposeAt;
  readonly start: 'eager' | 'lazy';
  readonly startTimeout: number | undefined;
}

/** The lifetimes that have options of these kinds. */
export type WithOptions = 'value' | 'singleton' | 'scoped' | 'transient';

const context = { path: 'options', error: (message: string): Error => new errors.OPTIONS(message) };

const disposer: OptionSpec<Dispose | false | undefined> = custom(
  'a function or false',
  (value): value is Dispose | false | undefined =>
    value === undefined || value === false || typeof value === 'function',
);
const ofScope = { dispose: disposer, disposeAt: oneOf(['response', 'handler'], 'response') };

const specs: Readonly<Record<WithOptions, OptionSpecs<Partial<CheckedOptions>>>> = {
  value: { dispose: optional(fn<Dispose>()) },
  singleton: {
    dispose: disposer,
    start: oneOf(['eager', 'lazy'], 'eager'),
    startTimeout: optional(duration({ max: MAX_TIMER })),
  },
  scoped: ofScope,
  transient: ofScope,
};

const defaults: CheckedOptions = {
  dispose: undefined,
  disposeAt: 'response',
  start: 'eager',
  startTimeout: undefined,
};

/** @throws CATZ_DI_OPTIONS */
export function checkBinding(lifetime: WithOptions, options: unknown): CheckedOptions {
  return { ...defaults, ...checkOptions(options, specs[lifetime], context) };
}

/** @throws CATZ_DI_OPTIONS */
export function checkLifetime(value: unknown): 'singleton' | 'scoped' | 'transient' {
  const spec = oneOf(['singleton', 'scoped', 'transient'], 'singleton');
  return spec.check(value, { ...context, path: 'options.lifetime' });
}

/** @throws CATZ_DI_OPTIONS */
export function checkSeed(options: unknown): readonly ScopeKind[] | undefined {
  return checkOptions(options, { kinds: optional(list(string())) }, context).kinds;
}
