// Makes bindings out of what the methods of a definition are given.
// Invariant: whatever comes out was checked, so the steps after it never meet a token that is none or a factory that is no function.
import { types } from 'node:util';
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { nameOf, normalize } from '../modifiers.ts';
import type { Key, Need } from '../modifiers.ts';
import { isToken } from '../token.ts';
import type { AnyToken } from '../token.ts';
import type { Binding, Make, Origin, OverrideEntry } from './binding.ts';
import { checkBinding, checkLifetime, checkSeed } from './options.ts';

/** A token and, of a keyed binding, its key. */
export interface Address {
  readonly token: AnyToken;
  readonly key: Key | undefined;
}

/** Finds token and key in the first argument of a method.
 * @param kinds  the kinds of tokens that the method takes
 * @throws CATZ_DI_OPTIONS */
export function addressOf(target: unknown, kinds: readonly AnyToken['kind'][]): Address {
  const need = isToken(target) ? { token: target, key: undefined } : normalize(target);
  const isPlain = need !== undefined && !('isLazy' in need && (need.isLazy || need.isOptional));
  if (isPlain && kinds.includes(need.token.kind)) return { token: need.token, key: need.key };
  const wanted = kinds.map((kind) => (kind === 'sync' ? 'a token' : `an ${kind} token`));
  const got = isToken(target) ? `the ${target.kind} token ${target.name}` : show(target);
  throw new errors.OPTIONS(`expected ${wanted.join(' or ').replace('an m', 'a m')}, got ${got}`);
}

/** A value. @throws CATZ_DI_OPTIONS */
export function valueBinding(
  at: Address,
  value: unknown,
  options: unknown,
  origin: Origin,
): Binding {
  return binding(at, { lifetime: 'value', value, ...checkBinding('value', options), origin });
}

/** A service with a factory or a class. @throws CATZ_DI_OPTIONS */
export function madeBinding(
  at: Address,
  lifetime: 'singleton' | 'scoped' | 'transient',
  dependencies: unknown,
  make: unknown,
  options: unknown,
  origin: Origin,
  isClass = false,
): Binding {
  const needs = needsOf(dependencies, nameOf(at.token, at.key));
  if (typeof make !== 'function') {
    const [what, kind] = isClass ? ['class', 'a class'] : ['factory', 'a function'];
    throw refuse(`the ${what} of ${nameOf(at.token, at.key)} to be ${kind}`, make);
  }
  const checked = checkBinding(lifetime, options);
  if (types.isGeneratorFunction(make) && checked.dispose !== undefined) {
    throw new errors.OPTIONS(
      `expected no option dispose for ${nameOf(at.token, at.key)}: what follows the yield of its generator is its disposer`,
    );
  }
  return binding(at, { lifetime, needs, make: make as Make, isClass, ...checked, origin });
}

/** One of several services, whose options hold the lifetime. @throws CATZ_DI_OPTIONS */
export function oneOfMany(
  at: Address,
  dependencies: unknown,
  make: unknown,
  options: unknown,
  origin: Origin,
): Binding {
  const given = (options ?? {}) as { lifetime?: unknown };
  const { lifetime, ...rest } = given;
  return madeBinding(at, checkLifetime(lifetime), dependencies, make, rest, origin);
}

/** Another name of a service. @throws CATZ_DI_OPTIONS */
export function aliasBinding(at: Address, target: unknown, origin: Origin): Binding {
  const { token, key } = addressOf(target, ['sync', 'async']);
  const need = { token, key, isOptional: false, isLazy: false, isAll: false };
  return binding(at, { lifetime: 'alias', needs: [need], origin });
}

/** A value that scopes are given. @throws CATZ_DI_OPTIONS */
export function seedBinding(at: Address, options: unknown, origin: Origin): Binding {
  return binding(at, { lifetime: 'seed', kinds: checkSeed(options), origin });
}

/** What replaces the bindings of a token: `{ value }` or `{ deps, factory }`. @throws CATZ_DI_OPTIONS */
export function overrideOf(target: unknown, replacement: unknown, origin: Origin): OverrideEntry {
  const at = addressOf(target, ['sync', 'async', 'multi']);
  if (typeof replacement !== 'object' || replacement === null) {
    throw refuse(
      `what overrides ${nameOf(at.token, at.key)} to be { value } or { factory }`,
      replacement,
    );
  }
  if ('value' in replacement) {
    const { value, ...options } = replacement as { value: unknown };
    return { ...at, instead: valuesOf(at, value, options, origin), origin };
  }
  const { deps, factory, lifetime, ...options } = replacement as Record<string, unknown>;
  // Options that only some lifetimes have are checked against the one given, or else against what they say themselves.
  const isSingleton = 'start' in options || 'startTimeout' in options;
  const as = lifetime === undefined && !isSingleton ? 'scoped' : checkLifetime(lifetime);
  const made = madeBinding(at, as, deps ?? [], factory, options, origin);
  const instead = { ...made, lifetime: lifetime === undefined && !isSingleton ? undefined : as };
  return { ...at, instead: [instead], origin };
}

/** Takes a list of dependencies apart. @throws CATZ_DI_OPTIONS */
export function needsOf(dependencies: unknown, owner: string): readonly Need[] {
  if (!Array.isArray(dependencies)) {
    throw new errors.OPTIONS(
      `expected the dependencies of ${owner} to be an array, got ${show(dependencies)}`,
    );
  }
  return Array.from(dependencies, (dependency: unknown, i) => {
    const need = normalize(dependency);
    if (need !== undefined) return need;
    const got = isToken(dependency)
      ? `the multi token ${dependency.name}: write all(${dependency.name})`
      : show(dependency);
    throw new errors.OPTIONS(
      `expected dependency ${i} of ${owner} to be a token, or one in optional(), lazy(), all() or keyed(), got ${got}`,
    );
  });
}

function valuesOf(
  at: Address,
  value: unknown,
  options: unknown,
  origin: Origin,
): readonly Binding[] {
  if (at.token.kind !== 'multi') return [valueBinding(at, value, options, origin)];
  if (!Array.isArray(value))
    throw refuse(`the value that overrides ${at.token.name} to be an array`, value);
  return value.map((one: unknown) => valueBinding(at, one, options, origin));
}

function binding(
  { token, key }: Address,
  more: Partial<Binding> & Pick<Binding, 'lifetime' | 'origin'>,
): Binding {
  return Object.freeze({
    token,
    key,
    name: nameOf(token, key),
    needs: [],
    make: undefined,
    isClass: false,
    value: undefined,
    dispose: undefined,
    disposeAt: 'response',
    start: 'eager',
    startTimeout: undefined,
    kinds: undefined,
    isOpaque: false,
    wasSeed: false,
    ...more,
  });
}

function refuse(what: string, got: unknown): Error {
  return new errors.OPTIONS(`expected ${what}, got ${show(got)}`);
}
