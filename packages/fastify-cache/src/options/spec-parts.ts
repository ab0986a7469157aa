// What the specs of this package's options share, beside the kinds of @catzilla/common.
// Invariant: a message says which option, what was expected and what came.
import { show } from '@catzilla/common';
import type { OptionSite, OptionSpec } from '@catzilla/common';

/** What checkOptions makes of an options type: every key there, absent ones undefined. */
export type Checked<T> = { readonly [K in keyof T]-?: T[K] | undefined };

/** Longest delay of a timer, ms. */
export const MAX_TIMER = 2_147_483_647;

/** Makes the error for a value that does not fit.
 * @param what  what would have been right, with its article */
export function expected(what: string, value: unknown, site: OptionSite): Error {
  return site.error(`expected ${site.path} to be ${what}, got ${show(value)}`);
}

/** A list that is not empty. */
export function filled<T>(of: OptionSpec<readonly T[]>): OptionSpec<readonly T[]> {
  return { check: (value, site) => notEmpty(of.check(value, site), site) };
}

/** The list, or the error for an empty one. */
export function notEmpty<T>(items: readonly T[], site: OptionSite): readonly T[] {
  if (items.length > 0) return items;
  throw expected('a list with at least one item', items, site);
}

/** The options that were given, frozen, without the keys of the absent ones. */
export function withoutUndefined<T extends object>(checked: Checked<T>): T {
  const entries = Object.entries(checked).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(entries)) as T;
}
