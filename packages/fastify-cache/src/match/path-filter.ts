// Which paths of a route are cached, by the options include and exclude, and how a raw request target becomes a path.
// Invariant: what the template of a route decides is decided once; a path that cannot be judged is never let in.
import { pathOf } from '../key/primary-key.ts';
import { isExcluded, isIncluded } from './pattern.ts';
import type { CompiledPattern, PathRules } from './pattern.ts';

/** All paths of a route, none of them, or those it accepts. */
export type PathFilter = 'on' | 'off' | { accepts(path: string): boolean };

/** The filter of a route: by its template what that decides, else by path.
 * @param include  undefined: every path
 * @param template  the full url of the route, with parameters */
export function pathFilter(
  exclude: readonly CompiledPattern[],
  include: readonly CompiledPattern[] | undefined,
  template: string,
): PathFilter {
  const excluding = exclude.filter((pattern) => pattern.covers(template) !== 'never');
  if (excluding.some((pattern) => pattern.covers(template) === 'always')) return 'off';
  const including = include?.filter((pattern) => pattern.covers(template) !== 'never');
  if (including?.length === 0) return 'off';
  const isIncludedAlways =
    including === undefined || including.some((pattern) => pattern.covers(template) === 'always');
  if (isIncludedAlways && excluding.length === 0) return 'on';
  return {
    accepts: (path) =>
      !isExcluded(excluding, path) && (isIncludedAlways || isIncluded(including, path)),
  };
}

/** Lets a function of the path be asked by raw request targets. */
export function byTarget<T>(rules: PathRules, choose: (path: string) => T): (target: string) => T {
  return (target) => {
    const path = pathOf(target);
    const end = rules.useSemicolonDelimiter ? path.indexOf(';') : -1;
    return choose(end === -1 ? path : path.slice(0, end));
  };
}
