// The first rule whose path matches, found at registration where the route's template decides it, else per request.
// Invariant: every form of a path must choose the same rule; where they differ, the request passes the cache by.
import { pathForms } from './pattern.ts';
import type { CompiledPattern } from './pattern.ts';

/** A rule's patterns and what it stands for. */
export interface CompiledRule<T> {
  readonly patterns: readonly CompiledPattern[];
  readonly value: T;
}

/** Known at registration (`value` undefined: no rule), or to be chosen by path; 'ambiguous' = bypass. */
export type RuleChoice<T> =
  | { readonly kind: 'fixed'; readonly value: T | undefined }
  | { readonly kind: 'by-path'; choose(path: string): T | undefined | 'ambiguous' };

/** A pattern for every path there is. */
export const everyPath: CompiledPattern = Object.freeze({
  matches: () => true,
  covers: () => 'always',
});

/** The rules that the paths of a route template can reach, in order; the last one may hold for all that are left. */
export function reachableRules<T>(
  rules: readonly CompiledRule<T>[],
  template: string,
): readonly CompiledRule<T>[] {
  const reachable: CompiledRule<T>[] = [];
  for (const rule of rules) {
    const cover = rule.patterns.map((pattern) => pattern.covers(template));
    if (cover.every((answer) => answer === 'never')) continue;
    if (cover.includes('always')) {
      // Every path that no earlier rule takes is this one's, also in an encoded form it does not match.
      return [...reachable, { patterns: [everyPath], value: rule.value }];
    }
    reachable.push(rule);
  }
  return reachable;
}

/** Narrows rules to those the paths of a route template can reach. */
export function chooseRule<T extends object>(
  rules: readonly CompiledRule<T>[],
  template: string,
): RuleChoice<T> {
  const reachable = reachableRules(rules, template);
  const first = reachable[0];
  if (first === undefined || first.patterns.includes(everyPath)) {
    return { kind: 'fixed', value: first?.value };
  }
  return { kind: 'by-path', choose: (path) => choose(reachable, path) };
}

function choose<T>(rules: readonly CompiledRule<T>[], path: string): T | undefined | 'ambiguous' {
  const forms = pathForms(path);
  if (forms === undefined) return 'ambiguous';
  const first = (form: string): T | undefined =>
    rules.find(({ patterns }) => patterns.some((pattern) => pattern.matches(form)))?.value;
  const chosen = first(forms[0]!);
  return forms.every((form) => first(form) === chosen) ? chosen : 'ambiguous';
}
