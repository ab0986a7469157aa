// Routes of all threads, with what the response cache counts of each.
// Invariant: a route keeps its place from one snapshot to the next; new ones come at the end. Cost: benchmarks/monitor.
import { addDurations, NO_DURATIONS } from '../http/buckets.ts';
import type { RouteReading } from '../http/route-counts.ts';
import type { CacheRouteReading, ThreadReading } from '../read/reading.ts';
import { addCounts } from './merge.ts';
import type { RouteSnapshot } from './snapshot.ts';

/** What the cache counts of a route. */
type Cached = NonNullable<RouteSnapshot['cache']>;

interface Sum {
  readonly method: string;
  readonly route: string;
  http: RouteReading | undefined;
  cache: Cached | undefined;
}

/** Sums routes, and knows where each stands. */
export class RoutePlaces {
  /** Names, in their order. */
  readonly #order = new Set<string>();
  #past: { readonly of: readonly ThreadReading[]; readonly sums: readonly Sum[] } = {
    of: [],
    sums: [],
  };
  /** Of one thread alone: for each of the cache's routes, in their order, that of `http`; -1: nobody has asked for it. */
  #joined: { readonly cache: number; readonly http: number; readonly at: readonly number[] } = {
    cache: 0,
    http: 0,
    at: [],
  };

  /** Adds the routes of all readings.
   * @param gone  of threads that serve no more: what they have counted stays as it is */
  sum(
    serving: readonly ThreadReading[],
    gone: readonly ThreadReading[] = [],
  ): readonly RouteSnapshot[] {
    const [only] = serving;
    const isAlone = serving.length + gone.length === 1;
    // Of a thread that was never with others: its routes are as they stand, and thousands of them cost little.
    if (isAlone && this.#order.size === 0) return this.#ofOne(only!);
    const sums = sumsOf(serving);
    for (const { method, route, http, cache } of this.#pastOf(gone)) {
      const sum = sumOf(sums, method, route);
      if (http !== undefined) addHttp(sum, http);
      if (cache !== undefined) sum.cache = addCached(sum.cache, cache);
    }
    return this.#ordered(sums);
  }

  // Each reload leaves some behind: they are added up once.
  #pastOf(gone: readonly ThreadReading[]): readonly Sum[] {
    const { of } = this.#past;
    if (of.length !== gone.length || gone.some((one, at) => one !== of[at])) {
      this.#past = { of: gone, sums: [...sumsOf(gone).values()] };
    }
    return this.#past.sums;
  }

  #ofOne({ http, cacheRoutes }: ThreadReading): readonly RouteSnapshot[] {
    const at = this.#join(http.routes, cacheRoutes);
    const cached = Array<Cached | undefined>(http.routes.length).fill(undefined);
    const early: RouteSnapshot[] = [];
    for (let i = 0; i < cacheRoutes.length; i++) {
      const route = cacheRoutes[i]!;
      const to = at[i]!;
      if (to !== -1) cached[to] = addCached(cached[to], route);
      else if (!isIdle(route)) early.push(toSnapshot(earlySum(route)));
    }
    const routes = http.routes.map((route, i) => ofReading(route, cached[i]));
    return early.length === 0 ? routes : [...routes, ...early];
  }

  // Both lists only grow, at their ends.
  #join(http: readonly RouteReading[], cache: readonly CacheRouteReading[]): readonly number[] {
    const known = this.#joined;
    if (known.http === http.length && known.cache === cache.length) return known.at;
    const places = new Map(http.map(({ method, route }, at) => [`${method} ${route}`, at]));
    const at = cache.map((route) => places.get(`${firstMethod(route)} ${route.route}`) ?? -1);
    this.#joined = { http: http.length, cache: cache.length, at };
    return at;
  }

  #ordered(sums: Map<string, Sum>): readonly RouteSnapshot[] {
    const routes: RouteSnapshot[] = [];
    for (const name of this.#order) {
      const sum = sums.get(name);
      if (sum === undefined) continue;
      sums.delete(name);
      routes.push(toSnapshot(sum));
    }
    for (const [name, sum] of sums) {
      // Declared and never asked for.
      if (sum.http === undefined && isIdle(sum.cache)) continue;
      this.#order.add(name);
      routes.push(toSnapshot(sum));
    }
    return routes;
  }
}

/** Routes of several readings as those of one. */
export function addRoutes(readings: readonly ThreadReading[]): {
  readonly routes: readonly RouteReading[];
  readonly cacheRoutes: readonly CacheRouteReading[];
} {
  const routes: RouteReading[] = [];
  const cacheRoutes: CacheRouteReading[] = [];
  for (const { method, route, http, cache } of sumsOf(readings).values()) {
    if (http !== undefined) routes.push(http);
    // Declared ones come back with each thread: what nobody has asked for takes no room.
    if (cache !== undefined && !isIdle(cache)) cacheRoutes.push({ method, route, ...cache });
  }
  return { routes, cacheRoutes };
}

/** A route of several methods has one count: it stands with the first. */
function firstMethod({ method }: CacheRouteReading): string {
  const comma = method.indexOf(',');
  return comma === -1 ? method : method.slice(0, comma);
}

function earlySum(route: CacheRouteReading): Sum {
  const cache = addCached(undefined, route);
  return { method: firstMethod(route), route: route.route, http: undefined, cache };
}

function ofReading(reading: RouteReading, cache: Cached | undefined): RouteSnapshot {
  const { method, route, requests, statuses, durations } = reading;
  return { method, route, requests, statuses, durations, cache };
}

function sumsOf(readings: readonly ThreadReading[]): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const { http, cacheRoutes } of readings) {
    for (const route of http.routes) addHttp(sumOf(sums, route.method, route.route), route);
    for (const route of cacheRoutes) {
      const sum = sumOf(sums, firstMethod(route), route.route);
      sum.cache = addCached(sum.cache, route);
    }
  }
  return sums;
}

function addHttp(sum: Sum, route: RouteReading): void {
  sum.http = sum.http === undefined ? route : addReadings(sum.http, route);
}

function sumOf(sums: Map<string, Sum>, method: string, route: string): Sum {
  const name = `${method} ${route}`;
  let sum = sums.get(name);
  if (sum === undefined) {
    sum = { method, route, http: undefined, cache: undefined };
    sums.set(name, sum);
  }
  return sum;
}

function addReadings(a: RouteReading, b: RouteReading): RouteReading {
  return {
    ...a,
    requests: a.requests + b.requests,
    statuses: addCounts(a.statuses, b.statuses),
    // Always another object: by that it is known whether a route has changed.
    durations: { ...addDurations(a.durations, b.durations) },
  };
}

function addCached(sum: Cached | undefined, route: Cached): Cached {
  const { hits, misses, stored, notStored } = route;
  if (sum === undefined) return { hits, misses, stored, notStored };
  return {
    hits: sum.hits + hits,
    misses: sum.misses + misses,
    stored: sum.stored + stored,
    notStored: sum.notStored + notStored,
  };
}

function isIdle(cache: Cached | undefined): boolean {
  return cache === undefined || cache.hits + cache.misses + cache.stored + cache.notStored === 0;
}

function toSnapshot({ method, route, http, cache }: Sum): RouteSnapshot {
  return {
    method,
    route,
    requests: http?.requests ?? 0,
    statuses: http?.statuses ?? {},
    durations: http?.durations ?? NO_DURATIONS,
    cache,
  };
}
