// `cached` for methods, as a decorator of the standard (TC39 stage 3, TypeScript 5 without experimentalDecorators).
// Invariant: a method of an instance is cached only when its options say what the instance is to the key; left out, one
// tenant would get the values of another.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { argumentKey, checkWrap, looksLike } from './cached.ts';
import type { CachedOptions } from './cached.ts';
import { claimName, nameFor } from './function-name.ts';
import { getCache, globalHolder } from './global.ts';

/** Options of `Cached`: those of `cached`, and one of these. `name` is by default that of the method alone: give one, such
 * as 'User.find', when another class has a method of the same name. */
export interface CachedMethodOptions<This, A extends readonly unknown[], T> extends CachedOptions<
  A,
  T
> {
  /** What of the instance is part of the key: the tenant, the base URL. */
  readonly instanceKey?: ((self: This) => string) | undefined;
  /** true: the results are the same for all instances. Default: false. Static methods need neither. */
  readonly shared?: boolean | undefined;
}

/** What a decorator of a method is told, as far as it is used here. */
export interface MethodContext {
  readonly kind: string;
  readonly name: string | symbol;
  readonly static: boolean;
}

/** An async method. */
export type AsyncMethod<This, A extends readonly unknown[], T> = (
  this: This,
  ...args: A
) => Promise<T>;

/** Makes a method keep its results.
 * @returns the decorator
 * @throws CATZ_TIERS_WRAP, at the definition of the class: without instanceKey or shared, with both, on what is no method,
 *   for a name that another function has on the same cache
 * @example
 * class Users {
 *   \@Cached({ ttl: 60_000, instanceKey: (users: Users) => users.tenant })
 *   async find(id: number) { return this.db.user(id) }
 * } */
export function Cached<This, A extends unknown[], T>(
  options: CachedMethodOptions<This, A, T>,
): (method: AsyncMethod<This, A, T>, context: MethodContext) => AsyncMethod<This, A, T> {
  const { name, version, key, cache, instanceKey, shared, ...load } = checkWrap(
    '@Cached()',
    options ?? {},
  );
  return function decorate(method, context) {
    if (context?.kind !== 'method') {
      throw new errors.WRAP(
        `expected @Cached() on a method, by a standard decorator, got ${show(context?.kind)}`,
      );
    }
    const own = typeof context.name === 'string' ? context.name : '';
    const fullName = nameFor('@Cached()', own, { name, version });
    checkInstance(fullName, context.static, instanceKey, shared);
    claimName(cache ?? globalHolder(), fullName, method);

    async function replacement(this: This, ...args: A): Promise<T> {
      // As JSON, it ends where it says: no instance and arguments together look like others.
      const self =
        instanceKey === undefined ? '' : JSON.stringify(instanceText(fullName, instanceKey(this)));
      const full = `${fullName}${self}(${argumentKey(fullName, args, key)})`;
      return (cache ?? getCache()).getOrSet<T>(full, () => method.apply(this, args), load);
    }
    return looksLike(method, replacement);
  };
}

function checkInstance(
  name: string,
  isStatic: boolean,
  instanceKey: unknown,
  shared: unknown,
): void {
  if (shared !== undefined && typeof shared !== 'boolean') {
    throw new errors.WRAP(
      `expected options.shared of @Cached() ${show(name)} to be true or false, got ${show(shared)}`,
    );
  }
  if (instanceKey !== undefined && typeof instanceKey !== 'function') {
    throw new errors.WRAP(
      `expected options.instanceKey of @Cached() ${show(name)} to be a function, got ${show(instanceKey)}`,
    );
  }
  const given = (instanceKey === undefined ? 0 : 1) + (shared === true ? 1 : 0);
  if (given === 1 || (given === 0 && isStatic)) return;
  throw new errors.WRAP(
    `expected @Cached() ${show(name)} to have options.instanceKey or options.shared: true, got ${given === 0 ? 'none of them: instances would share values' : 'both'}`,
  );
}

function instanceText(name: string, text: unknown): string {
  if (typeof text === 'string') return text;
  throw new errors.WRAP(
    `expected the instanceKey function of ${show(name)} to give a string, got ${show(text)}`,
  );
}
