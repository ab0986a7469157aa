// The first rule whose path matches, found at registration where the route's template decides it, else per request.
// Invariant: every form of a path must choose the same rule; where they differ, the request passes the cache by.
import { pathForms } from './pattern.ts';
import { firstOf, isSettled, reachable } from './reach.ts';
import type { CompiledRule } from './reach.ts';
import { beside, ruleTable } from './rule-table.ts';
import type { FindRules } from './rule-table.ts';
import type { PathRules } from './segments.ts';
import type { Template } from './template.ts';

/** Rules, and the table by which plain paths find theirs. */
export interface RuleList<T> {
  /** Narrows the rules to those that the paths of a route can reach. */
  reach(template: Template): Reach<T>;
}

/** What rules say of the paths of one route. */
export interface Reach<T> {
  /** Those that some path can reach, in order; the last one may hold for all that are left. */
  readonly rules: readonly CompiledRule<T>[];
  /** The first of them holds for every path, or there is none. */
  readonly isSettled: boolean;
  /** The first that a plain path matches. */
  plain(path: string): T | undefined;
}

/** Known at registration (`value` undefined: no rule), or to be chosen by path; 'ambiguous' = bypass. */
export type RuleChoice<T> =
  | { readonly kind: 'fixed'; readonly value: T | undefined }
  | {
      readonly kind: 'by-path';
      choose(path: string, isPlain: boolean): T | undefined | 'ambiguous';
      /** All that it may choose. */
      readonly values: readonly T[];
    };

/** Makes a list of rules. The table is built when the first route needs it, which is at registration too. */
export function ruleList<T>(rules: readonly CompiledRule<T>[], pathRules: PathRules): RuleList<T> {
  let table: FindRules<T> | undefined;
  return {
    reach(template) {
      const { all, plain } = reachable(rules, template);
      return { rules: all, isSettled: isSettled(all), plain: findPlain(plain) };
    },
  };

  function findPlain(plain: readonly CompiledRule<T>[]): (path: string) => T | undefined {
    if (isSettled(plain)) return () => plain[0]?.value;
    const others = beside(plain);
    if (countOf(others) === countOf(plain)) return (path) => firstOf(plain, path);
    // Faster than a single glob is. It knows all rules, of which the others match no plain path of the route.
    table ??= ruleTable(rules, pathRules);
    const find = table;
    return (path) => firstOf(find(path) ?? others, path);
  }
}

function countOf(rules: readonly CompiledRule<unknown>[]): number {
  return rules.reduce((sum, { patterns }) => sum + patterns.length, 0);
}

/** Chooses the rule of a route. */
export function chooseRule<T>(list: RuleList<T>, template: Template): RuleChoice<T> {
  const { rules, isSettled: isFixed, plain } = list.reach(template);
  if (isFixed) return { kind: 'fixed', value: rules[0]?.value };
  return {
    kind: 'by-path',
    choose: (path, isPlain) => (isPlain ? plain(path) : chooseByForms(rules, path)),
    values: rules.map(({ value }) => value),
  };
}

function chooseByForms<T>(
  rules: readonly CompiledRule<T>[],
  path: string,
): T | undefined | 'ambiguous' {
  const forms = pathForms(path);
  if (forms === undefined) return 'ambiguous';
  const chosen = firstOf(rules, forms[0]!);
  return forms.every((form) => firstOf(rules, form) === chosen) ? chosen : 'ambiguous';
}
