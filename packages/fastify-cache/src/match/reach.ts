// Rules, and which of them the paths of a route can reach: found at registration, from the route's template.
import type { CompiledPattern } from './pattern.ts';
import type { Template } from './template.ts';

/** A rule's patterns and what it stands for. Of several rules the first that matches holds. */
export interface CompiledRule<T> {
  readonly patterns: readonly CompiledPattern[];
  readonly value: T;
}

/** A pattern for every path there is. */
export const everyPath: CompiledPattern = Object.freeze({
  matches: () => true,
  covers: () => 'always',
  glob: undefined,
});

/** Rules in order; the last one may hold for all that are left. */
export interface Reachable<T> {
  /** Of whatever path. */
  readonly all: readonly CompiledRule<T>[];
  /** Of plain paths. */
  readonly plain: readonly CompiledRule<T>[];
}

/** Narrows rules to those that the paths of a template can reach, and each to the patterns that may match them. */
export function reachable<T>(rules: readonly CompiledRule<T>[], template: Template): Reachable<T> {
  const all: CompiledRule<T>[] = [];
  const plain: CompiledRule<T>[] = [];
  for (const { patterns, value } of rules) {
    const covers = patterns.map((pattern) => pattern.covers(template));
    if (covers.includes('always')) {
      // Every path that no earlier rule takes is this one's, also in an encoded form it does not match.
      const last = { patterns: [everyPath], value };
      return { all: [...all, last], plain: [...plain, last] };
    }
    const possible = patterns.filter((_, i) => covers[i] !== 'never');
    if (possible.length === 0) continue;
    all.push({ patterns: possible, value });
    const likely = patterns.filter((_, i) => covers[i] === 'maybe');
    if (likely.length > 0) plain.push({ patterns: likely, value });
  }
  return { all, plain };
}

/** Whether narrowed rules say the same of every path: the first one holds, or there is none. */
export function isSettled(rules: readonly CompiledRule<unknown>[]): boolean {
  return rules[0] === undefined || rules[0].patterns.includes(everyPath);
}

/** The first rule that matches one form of a path. */
export function firstOf<T>(rules: readonly CompiledRule<T>[], form: string): T | undefined {
  return rules.find(({ patterns }) => patterns.some((pattern) => pattern.matches(form)))?.value;
}
