// Finds routes that contradict each other, or themselves.
// Invariant: bounded by WORK and MAX_CONFLICTS; where there is more to look at, or more to tell, the list says so by
// `truncated`. Each kind is found by a file of conflicts/.
import type { Route, Router } from '../find-my-way/router.ts';
import { findAmbiguous } from './conflicts/ambiguous.ts';
import { findCasePairs } from './conflicts/case-only.ts';
import { findConstraintLimits } from './conflicts/constraint-limit.ts';
import { findEncodedPatterns } from './conflicts/encoded-pattern.ts';
import { findExpensive } from './conflicts/expensive.ts';
import type { ConflictKind, Finder, Finding, Scope, Severity } from './conflicts/finding.ts';
import { findSlashPairs } from './conflicts/slash-pair.ts';
import { findUnreachable } from './conflicts/unreachable.ts';
import { treeIndex } from './tree-index.ts';
import { routeText, writtenPattern } from './written.ts';

export type { ConflictKind, Severity } from './conflicts/finding.ts';

/** Routes that contradict each other. */
export interface Conflict {
  readonly kind: ConflictKind;
  readonly severity: Severity;
  /** Each with its method: `GET /users/:id`. At least one. */
  readonly routes: readonly string[];
  /** The methods that have this conflict; the routes are those of the first. */
  readonly methods: readonly string[];
  /** Where the routes were registered, as far as `placeOf` knows, in the order of `routes`. */
  readonly places: readonly (string | undefined)[];
  /** A URL that shows it; undefined where there is none, as for most routes that cannot be reached. */
  readonly witness: string | undefined;
  /** One sentence; where a witness goes it says. */
  readonly why: string;
}

/** Conflicts, the worst ones first. */
export interface Conflicts extends ReadonlyArray<Conflict> {
  /** True when there may be more: 1,000 are told, and a hostile table is not looked at to its end. */
  readonly truncated: boolean;
}

/** What a router itself does not know of its routes. */
export interface FindConflictsOptions {
  /** Where a route was registered, in any words. Default: unknown. */
  readonly placeOf?: (route: Route) => string | undefined;
}

const MAX_CONFLICTS = 1000;
/** Pieces of work for one kind: a pair of branches, a pair of states, and the like. */
const WORK = 200_000;

const FINDERS: readonly Finder[] = [
  findUnreachable,
  findExpensive,
  findConstraintLimits,
  findEncodedPatterns,
  findCasePairs,
  findAmbiguous,
  findSlashPairs,
];
const SEVERITIES: readonly Severity[] = ['error', 'warn', 'info'];

/** Finds routes that contradict each other. Those of several methods that differ in nothing else are told once. */
export function findConflicts(router: Router, options: FindConflictsOptions = {}): Conflicts {
  const found = new Map<string, { finding: Finding; methods: Set<string> }>();
  const index = treeIndex(router);
  const unreachable = new Set<Route>();
  let truncated = false;
  for (const finder of FINDERS) {
    const counts = new Map<Severity, number>();
    const full = new Set<Severity>();
    const scope: Scope = { router, index, budget: { left: WORK }, unreachable, full };
    for (const finding of finder(scope)) {
      const { kind, severity, routes } = finding;
      if (kind === 'unreachable') unreachable.add(routes[0]!);
      const method = routes[0]?.method ?? '';
      const key = keyOf(finding);
      const known = found.get(key);
      if (known !== undefined) {
        known.methods.add(method);
        continue;
      }
      const count = counts.get(severity) ?? 0;
      counts.set(severity, count + 1);
      if (count < MAX_CONFLICTS) found.set(key, { finding, methods: new Set([method]) });
      else full.add(severity);
    }
    if (scope.budget.left < 0 || full.size > 0) truncated = true;
  }
  const all = [...found.values()].map(({ finding, methods }) =>
    conflictOf(finding, methods, options),
  );
  all.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  if (all.length > MAX_CONFLICTS) truncated = true;
  return Object.freeze(Object.assign(all.slice(0, MAX_CONFLICTS), { truncated }));
}

function keyOf({ kind, severity, routes, why }: Finding): string {
  return [kind, severity, why, ...routes.map(writtenPattern)].join('\n');
}

function conflictOf(
  { kind, severity, routes, witness, why }: Finding,
  methods: ReadonlySet<string>,
  { placeOf }: FindConflictsOptions,
): Conflict {
  return Object.freeze({
    kind,
    severity,
    routes: Object.freeze(routes.map(routeText)),
    methods: Object.freeze([...methods]),
    places: Object.freeze(routes.map((route) => placeOf?.(route))),
    witness,
    why,
  });
}
