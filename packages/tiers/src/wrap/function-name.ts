// What a cached function is called in keys, and that no other is called so.
// Invariant: on one cache a name means one function; two would give each other's values.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';

/** How a cached function is named. */
export interface NameOptions {
  /** Its name in keys. Default: the function's own. */
  readonly name?: string | undefined;
  /** Change it when the function's values change: what was stored before is then not found. Default: none. */
  readonly version?: string | number | undefined;
}

/** Functions by name, for each cache, or whatever else stands for one. */
const namesOf = new WeakMap<object, Map<string, unknown>>();

/** Finds the name of a function.
 * @param what  what is named, for the message: `cached()`
 * @param own   its own name, '' for none
 * @returns name and version, without `(`, `@` and `"` but where they part what follows
 * @throws CATZ_TIERS_WRAP */
export function nameFor(what: string, own: string, { name = own, version }: NameOptions): string {
  if (typeof name !== 'string') {
    throw new errors.WRAP(`expected options.name of ${what} to be a string, got ${show(name)}`);
  }
  if (name === '') {
    throw new errors.WRAP(`expected options.name of ${what}, for the function given has no name`);
  }
  const isVersion =
    version === undefined ||
    Number.isFinite(version) ||
    (typeof version === 'string' && version !== '');
  if (!isVersion) {
    throw new errors.WRAP(
      `expected options.version of ${what} ${show(name)} to be a non-empty string or a number, got ${show(version)}`,
    );
  }
  return version === undefined ? escape(name) : `${escape(name)}@${escape(String(version))}`;
}

/** Takes a name for a function.
 * @param owner  the cache, or what stands for the global one
 * @throws CATZ_TIERS_WRAP when another function has it; the same one may have it again */
export function claimName(owner: object, name: string, fn: unknown): void {
  let names = namesOf.get(owner);
  if (names === undefined) {
    names = new Map();
    namesOf.set(owner, names);
  }
  const other = names.get(name);
  if (other !== undefined && other !== fn) {
    throw new errors.WRAP(
      `expected a name that no other cached function of this cache has, got ${show(name)}`,
    );
  }
  names.set(name, fn);
}

/** Gives all names of an owner up. */
export function forgetNames(owner: object): void {
  namesOf.delete(owner);
}

function escape(text: string): string {
  return text.replace(/[%@("]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
}
