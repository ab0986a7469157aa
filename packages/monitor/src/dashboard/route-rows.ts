// The table of routes: the busiest for each frame, and page by page with search and order on demand.
// Invariant: a frame's cost for a route that is not among its rows is one subtraction; quantiles are computed of rows alone,
// unless a table is ordered by them.
import { grown, quantilesBetween, secondsBetween, short } from '../history/point.ts';
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

const COLUMNS: Readonly<Record<Column, (row: RouteRow) => string | number | null>> = {
  route: nameOf,
  perSecond: ({ perSecond }) => perSecond,
  requests: ({ requests }) => requests,
  errors: ({ errors }) => errors,
  p50: ({ latency }) => latency.p50,
  p95: ({ latency }) => latency.p95,
  p99: ({ latency }) => latency.p99,
  hits: ({ hits }) => hits,
  misses: ({ misses }) => misses,
  notStored: ({ notStored }) => notStored,
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

/** A page of all routes. */
export function routesPage(pair: Pair, query: RoutesQuery): RoutesPage {
  const { column, isDescending, offset, limit } = query;
  const earlier = finder(pair.before?.http.routes ?? []);
  const wanted = query.q.toLowerCase();
  const rows = pair.now.http.routes.flatMap((route, at) =>
    `${route.method} ${route.route}`.toLowerCase().includes(wanted)
      ? rowOf(route, earlier(route, at), pair)
      : [],
  );
  const of = COLUMNS[column];
  const sign = isDescending ? -1 : 1;
  rows.sort((a, b) => sign * compare(of(a), of(b), sign) || compare(nameOf(a), nameOf(b), 1));
  return { rows: rows.slice(offset, offset + limit), total: rows.length, offset };
}

function rowOf(
  { method, route, requests, statuses, durations, cache }: RouteSnapshot,
  was: RouteSnapshot | undefined,
  { before, now }: Pair,
): RouteRow {
  const since = before === undefined ? undefined : (was?.requests ?? 0);
  const perSecond =
    since === undefined || before === undefined
      ? 0
      : short(grown(since, requests) / secondsBetween(before.at, now.at));
  return {
    method,
    route,
    perSecond,
    requests,
    errors: statuses['5xx'] ?? 0,
    latency: quantilesBetween(was?.durations.buckets ?? [], durations.buckets),
    hits: cache?.hits ?? null,
    misses: cache?.misses ?? null,
    notStored: cache?.notStored ?? null,
  };
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
