// Option checks: an object from the user against one OptionSpec per option, once, at construction.
// Invariant: what comes out is frozen, has every key of the specs (so objects of one table share one shape), and holds
// only checked values or defaults. An option that is absent or undefined takes its default.
// Which specs exist is option-specs.ts; which error is thrown is left to the caller.
import { nearest } from './nearest.ts';
import { show } from './show.ts';

/** Where a value stands, and how to complain about it. */
export interface OptionSite {
  /** For example `options` or `options.rules[2]`; opens every message. */
  readonly path: string;
  /** Makes the error to throw from the finished message. */
  readonly error: (message: string) => Error;
  /** What else would be accepted here, for the message: `false`. */
  readonly or?: string;
}

/** One option: checks a value that may be absent (undefined) and gives what the program works with. */
export interface OptionSpec<T> {
  check(value: unknown, site: OptionSite): T;
}

/** One OptionSpec for each option of `T`. */
export type OptionSpecs<T> = { readonly [K in keyof T]: OptionSpec<T[K]> };

/** Where the options stand, the error to throw, and names to pass over (Fastify's own `prefix`, for example). */
export interface OptionContext extends OptionSite {
  readonly ignore?: readonly string[];
}

/** Checks an options object.
 * @param input    what the user gave; undefined counts as `{}`
 * @param specs    one spec per option
 * @param context  path and error constructor for messages; `ignore` names options that belong to somebody else
 * @returns a frozen object with all keys of `specs`, defaults applied
 * @throws context.error: `expected options.ttl to be …, got …`, or `unknown option options.tll, did you mean ttl?` */
export function checkOptions<T extends object>(
  input: unknown,
  specs: OptionSpecs<T>,
  context: OptionContext,
): Readonly<T> {
  if (
    input !== undefined &&
    (typeof input !== 'object' || input === null || Array.isArray(input))
  ) {
    throw refuse(input, 'an object', context);
  }
  const given = (input ?? {}) as Record<string, unknown>;
  const known = Object.keys(specs);
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(specs, name) || context.ignore?.includes(name)) continue;
    const guess = nearest(name, known);
    const hint = guess === undefined ? `known are ${known.join(', ')}` : `did you mean ${guess}?`;
    throw context.error(`unknown option ${context.path}.${name.slice(0, 64)}, ${hint}`);
  }
  const checked: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries<OptionSpec<unknown>>(specs)) {
    const site = { path: `${context.path}.${name}`, error: context.error };
    checked[name] = spec.check(given[name], site);
  }
  return Object.freeze(checked) as Readonly<T>;
}

/** Makes the error for a value that does not fit: `expected options.ttl to be a boolean, got 1`.
 * @param what  what would have been right, with its article */
export function refuse(value: unknown, what: string, site: OptionSite): Error {
  const wanted = site.or === undefined ? what : `${site.or} or ${what}`;
  return site.error(`expected ${site.path} to be ${wanted}, got ${show(value)}`);
}
