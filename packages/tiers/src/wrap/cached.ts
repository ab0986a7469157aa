// A function whose results are kept: the arguments are the key, getOrSet does the rest.
// Invariant: equal arguments, equal key; what is not in the arguments (`this`, variables around the function) is not in
// the key either. Methods are for `Cached`, which asks what to do about the instance.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { LoadOptions } from '../load/options.ts';
import type { TieredCache, WriteResult } from '../tiered-cache.ts';
import { claimName, nameFor } from './function-name.ts';
import type { NameOptions } from './function-name.ts';
import { getCache, globalHolder } from './global.ts';
import { stableKey } from './stable-key.ts';

/** Options of `cached`: those of getOrSet, and these. */
export interface CachedOptions<A extends readonly unknown[], T>
  extends LoadOptions<T>, NameOptions {
  /** Makes a key of the arguments, for those that `stableKey` refuses. Default: stableKey. */
  readonly key?: ((...args: A) => string) | undefined;
  /** Default: the global one, looked up at each call. */
  readonly cache?: TieredCache | undefined;
}

/** A function with its results kept. */
export interface CachedFunction<This, A extends readonly unknown[], T> {
  /** Gives the result of these arguments, computed once however many ask. `this` is passed on.
   * @throws (rejects) what the function throws; CATZ_TIERS_ARGUMENT; what getOrSet rejects with */
  (this: This, ...args: A): Promise<T>;
  readonly name: string;
  readonly length: number;
  /** The key of these arguments in the cache.
   * @throws CATZ_TIERS_ARGUMENT, CATZ_TIERS_WRAP */
  key(...args: A): string;
  /** Removes the result of these arguments, everywhere. */
  invalidate(...args: A): Promise<WriteResult>;
  /** Computes the result of these arguments anew, and keeps it. `this` is undefined in the function. */
  refresh(...args: A): Promise<T>;
}

/** Makes a function keep its results.
 * @param fn       gets its own arguments alone. Its result goes through the codec: under JSON a Date comes out as a string
 * @param options  those of getOrSet, checked on each call, and name, version, key, cache
 * @returns a function of the same name and length that gives a promise
 * @throws CATZ_TIERS_WRAP for a function without name, and for a name that another function has on the same cache
 * @example
 * const findCity = cached(async function findCity(id: number) { return db.city(id) }, { ttl: 60_000, tags: ['cities'] });
 * await findCity(7);
 * await findCity.invalidate(7); */
export function cached<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => T | Promise<T>,
  options: CachedOptions<A, T> = {},
): CachedFunction<This, A, T> {
  if (typeof fn !== 'function') {
    throw new errors.WRAP(`expected cached() to be given a function, got ${show(fn)}`);
  }
  const { name, version, key: ownKey, cache, ...load } = checkWrap('cached()', options);
  const fullName = nameFor('cached()', fn.name, { name, version });
  claimName(cache ?? globalHolder(), fullName, fn);
  const anew = { ...load, fresh: true };

  const key = (...args: A): string => `${fullName}(${argumentKey(fullName, args, ownKey)})`;
  async function wrapper(this: This, ...args: A): Promise<T> {
    return (cache ?? getCache()).getOrSet<T>(key(...args), () => fn.apply(this, args), load);
  }
  async function refresh(...args: A): Promise<T> {
    const compute = (): T | Promise<T> => fn.apply(undefined as This, args);
    return (cache ?? getCache()).getOrSet<T>(key(...args), compute, anew);
  }
  async function invalidate(...args: A): Promise<WriteResult> {
    return (cache ?? getCache()).delete(key(...args));
  }
  return looksLike(fn, Object.assign(wrapper, { key, invalidate, refresh }));
}

/** Checks what `cached` and `Cached` have in common.
 * @throws CATZ_TIERS_WRAP */
export function checkWrap<O extends Pick<CachedOptions<never, unknown>, 'key' | 'cache'>>(
  what: string,
  options: O,
): O {
  if (typeof options !== 'object' || options === null) {
    throw new errors.WRAP(`expected the options of ${what} to be an object, got ${show(options)}`);
  }
  const { key, cache } = options;
  if (key !== undefined && typeof key !== 'function') {
    throw new errors.WRAP(`expected options.key of ${what} to be a function, got ${show(key)}`);
  }
  if (cache !== undefined && typeof cache?.getOrSet !== 'function') {
    throw new errors.WRAP(
      `expected options.cache of ${what} to be a tiered cache, got ${show(cache)}`,
    );
  }
  return options;
}

/** The part of a key that the arguments decide.
 * @throws CATZ_TIERS_ARGUMENT; CATZ_TIERS_WRAP when the user's function gives no string */
export function argumentKey<A extends readonly unknown[]>(
  name: string,
  args: A,
  ownKey: ((...args: A) => string) | undefined,
): string {
  if (ownKey === undefined) return stableKey(args);
  const key: unknown = ownKey(...args);
  if (typeof key === 'string') return key;
  throw new errors.WRAP(
    `expected the key function of ${show(name)} to give a string, got ${show(key)}`,
  );
}

/** Gives a function the name and length of another. */
export function looksLike<F extends object>(model: { name: string; length: number }, fn: F): F {
  return Object.defineProperties(fn, {
    name: { value: model.name, configurable: true },
    length: { value: model.length, configurable: true },
  });
}
