// The routes of an application as rows: methods that differ in nothing share one, and what runs on every route is told once.
import type { RouteInfo } from '@catzilla/router';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { cacheRule } from './cache-rule.ts';
import type { LoadedApp } from './load-quietly.ts';

/** Hooks that can refuse a request before its handler. */
const GUARDS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;

/** Names of the hooks that the cache puts on routes. */
const OURS = /^catzillaCache/;

/** One row. */
export interface RouteRow {
  readonly methods: readonly string[];
  readonly url: string;
  readonly constraints: Readonly<Record<string, string>>;
  /** Names of middleware, and hooks that other routes do not have, `preHandler 2`, in the order of a request. */
  readonly guards: readonly string[];
  /** '' where the cache has nothing to do with it. */
  readonly cache: string;
  /** 'js', or 'constant'. */
  readonly plan: string;
}

/** All rows. */
export interface RouteRows {
  readonly rows: readonly RouteRow[];
  /** Hooks that run on every route, with how many. */
  readonly everywhere: Readonly<Record<string, number>>;
}

/** Describes the routes.
 * @param routes  of `app.routes()` */
export function routeRows({ app, declared }: LoadedApp, routes: readonly RouteInfo[]): RouteRows {
  const everywhere = commonHooks(routes);
  const rows = new Map<string, RouteRow & { methods: string[] }>();
  for (const route of routes) {
    const { method, url, plan } = route;
    const constraints = Object.fromEntries(
      Object.entries(route.constraints ?? {}).map(([name, value]) => [name, String(value)]),
    );
    const written = writtenUrl(method, url, declared);
    // A HEAD route is made of its GET, whose options are the application's.
    const guards = guardsOf(
      app,
      { ...route, url: written },
      everywhere,
      declared.get(`${method} ${written}`)?.options,
    );
    const own = declared.get(`GET ${written}`) ?? declared.get(`${method} ${written}`);
    const of = method === 'HEAD' ? own : declared.get(`${method} ${written}`);
    const cache = cacheRule(app, method, written, of);
    const key = JSON.stringify([url, constraints, guards, cache, plan]);
    const known = rows.get(key);
    if (known === undefined) {
      rows.set(key, { methods: [method], url, constraints, guards, cache, plan });
    } else if (!known.methods.includes(method)) known.methods.push(method);
  }
  return { rows: [...rows.values()], everywhere };
}

// Beside a prefix Fastify answers the same with a slash behind it, by a route that nobody has declared.
function writtenUrl(method: string, url: string, declared: LoadedApp['declared']): string {
  const without = url.slice(0, -1);
  const isOurs = declared.has(`${method} ${url}`) || !url.endsWith('/');
  return !isOurs && declared.has(`${method} ${without}`) ? without : url;
}

function guardsOf(
  app: FastifyInstance,
  route: RouteInfo,
  everywhere: Readonly<Record<string, number>>,
  options: RouteOptions | undefined,
): string[] {
  const order: Readonly<Record<string, readonly string[]>> | undefined = (
    app as Partial<FastifyInstance>
  ).middlewareOrder?.(
    route.method,
    route.url,
    route.constraints === undefined ? {} : { constraints: route.constraints },
  );
  return GUARDS.flatMap((point) => {
    const more = (route.hooks[point] ?? 0) - (everywhere[point] ?? 0) - countOurs(options?.[point]);
    return [...(order?.[point] ?? []), ...(more > 0 ? [`${point} ${more}`] : [])];
  });
}

// Hooks that the cache has put on a route: they read, and refuse nothing.
function countOurs(hooks: unknown): number {
  const all: readonly unknown[] = Array.isArray(hooks) ? hooks : [hooks];
  return all.filter((hook) => typeof hook === 'function' && OURS.test(hook.name)).length;
}

function commonHooks(routes: readonly RouteInfo[]): Record<string, number> {
  const counts = GUARDS.map(
    (point) => [point, Math.min(...routes.map(({ hooks }) => hooks[point] ?? 0))] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => Number.isFinite(count) && count > 0));
}
