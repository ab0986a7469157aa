// Says which route a request target takes, and why no other does.
// Invariant: outcome, route and parameters are those of find-my-way's find. The candidates are a walk of our own beside it;
// should the two ever differ, the candidates are left out.
import { show } from '@catzilla/common';
import type {
  Constraints,
  FindResult,
  LeafHandler,
  Params,
  Route,
  Router,
} from '../find-my-way/router.ts';
import { allowedMethods } from './allowed-methods.ts';
import { tryRoutes } from './candidates.ts';
import type { Candidate, Trial } from './candidates.ts';
import { findRoute } from './route-facts.ts';
import { readTarget } from './target.ts';
import type { Target } from './target.ts';
import { treeIndex } from './tree-index.ts';
import { writtenPattern } from './written.ts';

/** What became of a request target. `constraint`: routes match the path, but want other values.
 * `other-method`: there is no route by this method, but one by another. */
export type Outcome =
  'match' | 'no-route' | 'other-method' | 'bad-url' | 'param-too-long' | 'constraint';

/** The route that takes a target. */
export interface ExplainedRoute {
  readonly method: string;
  /** As it was written. */
  readonly pattern: string;
  readonly store: unknown;
}

/** Why a request target takes the route it takes. */
export interface Explanation {
  readonly outcome: Outcome;
  readonly method: string;
  readonly route: ExplainedRoute | undefined;
  readonly params: Params | undefined;
  /** The path as routes are compared with it: decoded, without what the router overlooks; '' for a malformed URL. */
  readonly path: string;
  /** The query as it came, without its '?'. */
  readonly query: string;
  /** Methods that have a route for the URL; bare wildcards do not count. */
  readonly allowed: readonly string[];
  /** What was tried, in order: at most 50. */
  readonly candidates: readonly Candidate[];
  /** True when there was more to tell. */
  readonly truncated: boolean;
  /** All of this in a few lines. */
  readonly text: string;
}

/** Values that a request is taken to have. */
export interface ExplainOptions {
  /** By strategy: `{ host: 'a.example', version: '1.x' }`. Default: none. */
  readonly derived?: Constraints;
}

const NO_TRIAL: Trial = {
  candidates: [],
  isTruncated: false,
  winner: undefined,
  isTooLong: false,
  isConstrained: false,
};

/** Explains which route takes a request target, and why no other does. For people: costs many times a lookup.
 * @param url  as it came: `/users/7?full=1`
 * @throws what find throws: nothing, but for regular expressions that have fewer groups than parameters */
export function explain(
  router: Router,
  method: string,
  url: string,
  options: ExplainOptions = {},
): Explanation {
  const { derived } = options;
  const target = readTarget(router, url);
  const found = findRoute(router, method, url, derived);
  const root = router.trees[method];
  const tried =
    root === undefined || target === undefined
      ? NO_TRIAL
      : tryRoutes(router, root, target, derived);
  const trial = agrees(found, tried.winner) ? tried : { ...NO_TRIAL, isTruncated: true };
  const route = found === null ? undefined : routeOf(router, method, found, trial.winner);
  const allowed = Object.freeze(allowedMethods(router, url, options));
  const outcome = outcomeOf(found, target, trial, allowed);
  const parts = {
    outcome,
    method,
    route,
    params: found?.params,
    path: target?.path ?? '',
    query: target?.query ?? '',
    allowed,
    candidates: Object.freeze(trial.candidates),
    truncated: trial.isTruncated,
  };
  return Object.freeze({ ...parts, text: textOf(parts, url) });
}

function agrees(found: FindResult | null, winner: LeafHandler | undefined): boolean {
  if (found === null || winner === undefined) return found === null && winner === undefined;
  return found.handler === winner.handler && found.store === winner.store;
}

// Without a walk that agrees, the first route with the same handler and store.
function routeOf(
  router: Router,
  method: string,
  found: FindResult,
  winner: LeafHandler | undefined,
): ExplainedRoute | undefined {
  const isIt = (route: Route): boolean =>
    route.method === method &&
    route.handler === found.handler &&
    (route.store ?? null) === (found.store ?? null);
  const route = winner === undefined ? router.routes.find(isIt) : treeIndex(router).routeOf(winner);
  if (route === undefined) return undefined;
  return Object.freeze({ method, pattern: writtenPattern(route), store: route.store });
}

function outcomeOf(
  found: FindResult | null,
  target: Target | undefined,
  { isTooLong, isConstrained }: Trial,
  allowed: readonly string[],
): Outcome {
  if (target === undefined) return 'bad-url';
  if (found !== null) return 'match';
  if (isTooLong) return 'param-too-long';
  if (isConstrained) return 'constraint';
  return allowed.length > 0 ? 'other-method' : 'no-route';
}

function textOf(explained: Omit<Explanation, 'text'>, url: string): string {
  const { method, path, query, allowed, candidates, truncated } = explained;
  const lines = [`${method} ${shorten(url)}: ${verdictOf(explained)}`];
  const raw = query === '' ? path : `${path}?${query}`;
  if (path !== '' && raw !== url) lines.push(`  compared as ${show(path)}`);
  for (const { pattern, verdict, why } of candidates)
    lines.push(`  ${pattern}  ${verdict}: ${why}`);
  if (truncated) lines.push('  …and more');
  if (allowed.length > 0) lines.push(`  allowed: ${allowed.join(', ')}`);
  return lines.join('\n');
}

function verdictOf({ outcome, method, route, params, allowed }: Omit<Explanation, 'text'>): string {
  switch (outcome) {
    case 'match': {
      const values = Object.entries(params ?? {}).map(
        ([name, value]) => `${name} = ${show(value)}`,
      );
      const where = values.length === 0 ? '' : ` with ${values.join(', ')}`;
      return `route ${route?.pattern ?? '(unknown)'}${where}`;
    }
    case 'bad-url':
      return 'the URL is malformed';
    case 'param-too-long':
      return 'a parameter is too long, and nothing else matches';
    case 'constraint':
      return 'the path matches, but not what its routes are constrained to';
    case 'other-method':
      return `no route by ${method}, but by ${allowed.join(', ')}`;
    default:
      return 'no route';
  }
}

function shorten(url: string): string {
  return url.length > 200 ? `${url.slice(0, 200)}…` : url;
}
