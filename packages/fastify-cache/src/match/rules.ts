// The first rule whose path matches, found at registration where the route's template decides it, else per request.
// Invariant: raw and decoded path must choose the same rule; where they differ, the request passes the cache by.
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

/** Narrows rules to those a template can reach. */
export function chooseRule<T>(rules: readonly CompiledRule<T>[], template: string): RuleChoice<T> {
  throw new Error('pending');
}
