// What the finders of conflicts have in common.
import type { Route, Router } from '../../find-my-way/router.ts';
import type { TreeIndex } from '../tree-index.ts';

/** What is wrong. `unreachable`: no URL can come to the route; only where that is proved. `ambiguous`: two patterns take the
 * same URL. `encoded-pattern`: a literal `%` in a pattern. `case-only`: patterns that differ by case alone. `slash-pair`:
 * with and without a slash at the end. `constraint-limit`: a path nears the most handlers that find-my-way has room for.
 * `expensive`: a lookup may visit very many nodes. A duplicate is none of these: find-my-way and Fastify refuse it when it
 * is registered. */
export type ConflictKind =
  | 'unreachable'
  | 'ambiguous'
  | 'encoded-pattern'
  | 'case-only'
  | 'slash-pair'
  | 'constraint-limit'
  | 'expensive';

/** `error`: a route that does nothing. `warn`: likely not what was meant. `info`: well defined, and worth knowing. */
export type Severity = 'error' | 'warn' | 'info';

/** A conflict within one method. */
export interface Finding {
  readonly kind: ConflictKind;
  readonly severity: Severity;
  readonly routes: readonly Route[];
  readonly witness: string | undefined;
  readonly why: string;
}

/** What finders look at. */
export interface Scope {
  readonly router: Router;
  readonly index: TreeIndex;
  readonly budget: Budget;
  /** Routes that are known to be unreachable. */
  readonly unreachable: ReadonlySet<Route>;
  /** Severities of which no more is told. */
  readonly full: ReadonlySet<Severity>;
}

/** Work that may still be done; less than none means that something was left out. */
export interface Budget {
  left: number;
}

/** Finds the conflicts of one kind, as long as somebody takes them. */
export type Finder = (scope: Scope) => Generator<Finding, void>;

/** Takes a piece of work from the budget; false when there is none left. */
export function spend(budget: Budget, work = 1): boolean {
  budget.left -= work;
  return budget.left >= 0;
}

/** Two routes with the same text here may be reached by the same requests. */
export function constraintsText({ opts: { constraints = {} } }: Route): string {
  const parts = Object.entries(constraints).map(([name, value]) => `${name}=${String(value)}`);
  return parts.sort().join('\n');
}

/** Whether no value of a request is asked for. */
export function isUnconstrained({ opts: { constraints = {} } }: Route): boolean {
  return Object.keys(constraints).length === 0;
}
