// Which paths of a route are cached, by the options include and exclude, and how a raw request target becomes a path.
// Invariant: what the template of a route decides is decided once; a path that cannot be judged is never let in.
import { pathOf } from '../key/primary-key.ts';
import { isExcluded, isIncluded, isPlain } from './pattern.ts';
import type { CompiledPattern, PathRules } from './pattern.ts';
import type { CompiledRule } from './reach.ts';
import type { RuleList } from './rules.ts';
import type { Template } from './template.ts';

/** All paths of a route, none of them, or those it accepts. */
export type PathFilter = 'on' | 'off' | { accepts(path: string, isPlain: boolean): boolean };

/** The filter of a route: by its template what that decides, else by path.
 * @param exclude  one rule of all patterns
 * @param include  the same; undefined: every path */
export function pathFilter(
  exclude: RuleList<true>,
  include: RuleList<true> | undefined,
  template: Template,
): PathFilter {
  const out = exclude.reach(template);
  if (out.isSettled && out.rules.length > 0) return 'off';
  const into = include?.reach(template);
  if (into?.rules.length === 0) return 'off';
  const open = into === undefined || into.isSettled ? undefined : into;
  if (out.isSettled && open === undefined) return 'on';
  const excluding = patternsOf(out.rules);
  const including = patternsOf(open?.rules ?? []);
  return {
    accepts: (path, plain) =>
      plain
        ? out.plain(path) === undefined && (open === undefined || open.plain(path) === true)
        : !isExcluded(excluding, path) && (open === undefined || isIncluded(including, path)),
  };
}

function patternsOf(rules: readonly CompiledRule<true>[]): readonly CompiledPattern[] {
  return rules.flatMap(({ patterns }) => patterns);
}

/** Lets a function of the path be asked by raw request targets. */
export function byTarget<T>(
  rules: PathRules,
  choose: (path: string, isPlain: boolean) => T,
): (target: string) => T {
  return (target) => {
    const whole = pathOf(target);
    const end = rules.useSemicolonDelimiter ? whole.indexOf(';') : -1;
    const path = end === -1 ? whole : whole.slice(0, end);
    return choose(path, isPlain(path));
  };
}
