// The table of routes: the busiest for each frame, and page by page with search and order on demand.
// Invariant: a frame's cost for a route that is not among its rows is one subtraction; quantiles are computed of rows alone,
// unless a table is ordered by them.
import { grown, quantilesBetween, secondsBetween, short } from '../history/point.ts';
import type { Quantiles } from '../history/point.ts';
import type { RouteSnapshot } from '../snapshot/snapshot.ts';
import { TOP } from './frame.ts';
import type { RouteRow } from './frame.ts';
import type { Pair } from './pair.ts';
import { topOf } from './top-of.ts';

/** A column that the table may be ordered by. */
export type Column =
  | 'route'
  | 'perSecond'
  | 'requests'
  | 'errors'
  | 'p50'
  | 'p95'
  | 'p99'
  | 'hits'
  | 'misses'
  | 'notStored';

/** By what a column orders; of rates the growth, which orders alike. */
const COLUMNS: Readonly<
  Record<Column, (now: RouteSnapshot, was: RouteSnapshot | undefined) => string | number | null>
> = {
  route: nameOf,
  perSecond: ({ requests }, was) => grown(was?.requests ?? 0, requests),
  requests: ({ requests }) => requests,
  errors: errorsOf,
  p50: (now, was) => latencyOf(now, was).p50,
  p95: (now, was) => latencyOf(now, was).p95,
  p99: (now, was) => latencyOf(now, was).p99,
  hits: ({ cache }) => cache?.hits ?? null,
  misses: ({ cache }) => cache?.misses ?? null,
  notStored: ({ cache }) => cache?.notStored ?? null,
};

/** What of the table is asked for. */
export interface RoutesQuery {
  /** Part of `METHOD route`, in any case; '': all. */
  readonly q: string;
  readonly column: Column;
  readonly isDescending: boolean;
  readonly offset: number;
  readonly limit: number;
}

/** A page of the table. */
export interface RoutesPage {
  readonly rows: readonly RouteRow[];
  /** Routes that fit the search. */
  readonly total: number;
  readonly offset: number;
}

/** Reads a query string. What cannot be read is as if it were not there. */
export function readRoutesQuery(query: unknown): RoutesQuery {
  const given = (query ?? {}) as Readonly<Record<string, unknown>>;
  const text = (name: string): string => (typeof given[name] === 'string' ? given[name] : '');
  const sort = text('sort') || '-perSecond';
  const column = sort.replace(/^-/, '');
  return {
    q: text('q').slice(0, 200),
    column: Object.hasOwn(COLUMNS, column) ? (column as Column) : 'perSecond',
    isDescending: sort.startsWith('-'),
    offset: wholeOf(text('offset'), 0, Number.MAX_SAFE_INTEGER),
    limit: Math.max(wholeOf(text('limit'), TOP, 100), 1),
  };
}

/** The busiest routes, most requests per second first. */
export function topRoutes(pair: Pair): readonly RouteRow[] {
  const { before, now } = pair;
  const earlier = finder(before?.http.routes ?? []);
  const { routes } = now.http;
  // Where nothing is known of before, or nothing goes on, those that had most.
  const busiest = topOf(routes, TOP, (route, at) => {
    const was = before === undefined ? route.requests : (earlier(route, at)?.requests ?? 0);
    return [grown(was, route.requests), route.requests];
  });
  return busiest.map(({ item, at }) => rowOf(item, earlier(item, at), pair));
}

/** A page of all routes. What is equal is ordered by requests, as the busiest are: the first page goes on in the second. */
export function routesPage(pair: Pair, query: RoutesQuery): RoutesPage {
  const { column, isDescending, offset, limit } = query;
  const earlier = finder(pair.before?.http.routes ?? []);
  const wanted = query.q.toLowerCase();
  const valueOf = COLUMNS[column];
  const found = pair.now.http.routes.flatMap((route, at) => {
    if (!`${route.method} ${route.route}`.toLowerCase().includes(wanted)) return [];
    const was = earlier(route, at);
    return { route, was, value: valueOf(route, was) };
  });
  const sign = isDescending ? -1 : 1;
  found.sort(
    (a, b) =>
      sign * compare(a.value, b.value, sign) || sign * (a.route.requests - b.route.requests),
  );
  const rows = found.slice(offset, offset + limit).map(({ route, was }) => rowOf(route, was, pair));
  return { rows, total: found.length, offset };
}

function rowOf(
  route: RouteSnapshot,
  was: RouteSnapshot | undefined,
  { before, now }: Pair,
): RouteRow {
  const { method, requests, cache } = route;
  const since = before === undefined ? undefined : (was?.requests ?? 0);
  const perSecond =
    since === undefined || before === undefined
      ? 0
      : short(grown(since, requests) / secondsBetween(before.process, now.process));
  return {
    method,
    route: route.route,
    perSecond,
    requests,
    errors: errorsOf(route),
    latency: latencyOf(route, was),
    hits: cache?.hits ?? null,
    misses: cache?.misses ?? null,
    notStored: cache?.notStored ?? null,
  };
}

function errorsOf({ statuses }: RouteSnapshot): number {
  return statuses['5xx'] ?? 0;
}

function latencyOf({ durations }: RouteSnapshot, was: RouteSnapshot | undefined): Quantiles {
  return quantilesBetween(was?.durations.buckets ?? [], durations.buckets);
}

// Routes keep their place from one snapshot to the next, but for those that threads bring in; a map is made where that fails.
function finder(
  routes: readonly RouteSnapshot[],
): (route: RouteSnapshot, at: number) => RouteSnapshot | undefined {
  let byName: Map<string, RouteSnapshot> | undefined;
  return (route, at) => {
    const there = routes[at];
    if (there?.route === route.route && there.method === route.method) return there;
    if (routes.length === 0) return undefined;
    byName ??= new Map(routes.map((each) => [nameOf(each), each]));
    return byName.get(nameOf(route));
  };
}

function nameOf({ method, route }: { readonly method: string; readonly route: string }): string {
  return `${route} ${method}`;
}

// What is not there comes last, in either direction.
function compare(a: string | number | null, b: string | number | null, sign: number): number {
  if (a === b) return 0;
  if (a === null) return sign;
  if (b === null) return -sign;
  return a < b ? -1 : 1;
}

function wholeOf(text: string, fallback: number, max: number): number {
  return /^\d{1,15}$/.test(text) ? Math.min(Number(text), max) : fallback;
}
