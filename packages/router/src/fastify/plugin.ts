// The plugin: gives Fastify's router an engine that fits its table, and the application tools to look into its routes.
// It is made before the application, since Fastify takes router options only then, and registered on its root.
import fp from 'fastify-plugin';
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyServerOptions,
  HTTPMethods,
  RawServerBase,
  RawServerDefault,
} from 'fastify';
import { addConstant } from '../constant/add-constant.ts';
import type { ConstantOptions, ConstantResponse } from '../constant/types.ts';
import { dynamicRoutes } from '../dynamic/dynamic-routes.ts';
import { errors } from '../errors.ts';
import type { Router } from '../find-my-way/router.ts';
import { hostTables } from '../hosts/host-tables.ts';
import { allowedMethods } from '../introspect/allowed-methods.ts';
import { findConflicts } from '../introspect/conflicts.ts';
import type { Conflicts } from '../introspect/conflicts.ts';
import { explain } from '../introspect/explain.ts';
import type { Explanation } from '../introspect/explain.ts';
import { notAllowedHandler } from '../introspect/not-allowed.ts';
import type { NotAllowedOptions } from '../introspect/not-allowed.ts';
import { describeRoutes } from '../introspect/route-info.ts';
import type { RouteInfo } from '../introspect/route-info.ts';
import { planOf } from '../constant/plan.ts';
import type { BuildPrettyMeta } from './capture.ts';
import { reportConflicts } from './conflicts.ts';
import { derive } from './derive.ts';
import { routerSettings } from './options.ts';
import type { CatzillaRouterOptions } from './options.ts';
import { RouterState } from './state.ts';
import { routerStats } from './stats.ts';
import type { RouterStats } from './stats.ts';

/** Options of a request to be explained. */
export interface MatchOptions {
  /** Header fields that constraints look at: `{ host: 'a.example', 'accept-version': '1.x' }`. A constraint strategy of the
   * application sees a request that has nothing else. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of `app.allowedMethods`. */
export interface AllowedOptions extends MatchOptions {
  /** Leave out routes that are a bare `*` or `/*`, which would allow every URL. Default: true. */
  readonly ignoreCatchAll?: boolean;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** All routes, with what is known of each. Complete once the application is ready.
     * @throws CATZ_ROUTER_CAPTURE_FAILED, as the three below, where `router.options()` was not given to Fastify */
    routes(): readonly RouteInfo[];
    /** Routes that contradict each other, with a URL that shows it. */
    routeConflicts(): Conflicts;
    /** Which route takes a request, and why no other does. Not for a hot path.
     * @throws CATZ_ROUTER_CAPTURE_FAILED, also without any route */
    matchRoute(method: string, url: string, options?: MatchOptions): Explanation;
    /** The methods that have a route for a URL, for `Allow`.
     * @throws CATZ_ROUTER_CAPTURE_FAILED, also without any route */
    allowedMethods(url: string, options?: AllowedOptions): readonly string[];
    /** Engines, counters, and whether Fastify's own router is in use. */
    routerStats(): RouterStats;
    /** A GET route whose whole answer is known ahead: rendered once, with ETag, 304 and HEAD.
     * @throws CATZ_ROUTER_BAD_ROUTE; Fastify's own errors about url and options */
    constant(url: string, response: ConstantResponse, options?: ConstantOptions): FastifyInstance;
  }
}

/** Fastify's `routerOptions`, with those its types leave out; any object where they do not have them yet (before 5.6). */
export type RouterOptions<Server extends RawServerBase = RawServerDefault> =
  (FastifyServerOptions<Server> extends { routerOptions?: infer Given }
    ? NonNullable<Given>
    : object) & { buildPrettyMeta?: BuildPrettyMeta; useSemicolonDelimiter?: boolean };

/** What `catzillaRouter` makes: a plugin to register on the root, and the options to make the application with. */
export interface CatzillaRouter extends FastifyPluginAsync {
  /** Adds what the plugin needs to the application's `routerOptions`. `compile` is left out: the engines decide. */
  options<Server extends RawServerBase = RawServerDefault>(
    routerOptions?: RouterOptions<Server>,
  ): RouterOptions<Server>;
  /** A handler for `setNotFoundHandler`: 405 with Allow where other methods have a route for the URL, else 404. */
  methodNotAllowed(options?: NotAllowedOptions): ReturnType<typeof notAllowedHandler>;
  /** Declares a constant route of any method; `app.constant` is for GET.
   * @throws CATZ_ROUTER_BAD_ROUTE; Fastify's own errors about url and options */
  constant(
    app: FastifyInstance,
    method: HTTPMethods,
    url: string,
    response: ConstantResponse,
    options?: ConstantOptions,
  ): void;
  /** Routes that come and go while the application runs: see `dynamicRoutes`. */
  readonly dynamic: typeof dynamicRoutes;
  /** A set of routes for each host: see `hostTables`. */
  readonly hosts: typeof hostTables;
  /** What other native addons get to find routes and answer constant ones: an external, see `catzilla_router.h`.
   * Undefined before the application is ready, and without the addon of this package. */
  readonly abi: object | undefined;
}

const NO_CONFLICTS: Conflicts = Object.freeze(Object.assign([], { truncated: false }));

/** Makes the router plugin of one application.
 * @param options  engine, verify, strict, onConflict, onFallback: see CatzillaRouterOptions
 * @throws CATZ_ROUTER_OPTIONS
 * @example
 * const router = catzillaRouter();
 * const app = Fastify({ routerOptions: router.options({ ignoreTrailingSlash: true }) });
 * await app.register(router); */
export function catzillaRouter(options: CatzillaRouterOptions = {}): CatzillaRouter {
  const state = new RouterState(routerSettings(options));
  const plugin: FastifyPluginAsync = async (app) => {
    checkVersion(app.version);
    if (!isRoot(app)) throw new errors.ALREADY_REGISTERED();
    state.attach(app);
    decorate(app, state);
    app.addHook('onClose', async () => state.close());
    app.addHook('onReady', async () => {
      state.start();
      if (state.captured !== undefined) reportConflicts(state.captured, state.settings, app.log);
      const { backend, fallback, methods } = routerStats(state);
      const engines = Object.entries(methods).map(([method, { engine }]) => `${method} ${engine}`);
      app.log.info({ backend, fallback, engines }, 'router is ready');
    });
  };
  const members: Pick<
    CatzillaRouter,
    'constant' | 'dynamic' | 'hosts' | 'methodNotAllowed' | 'options'
  > = {
    options(routerOptions) {
      const {
        buildPrettyMeta,
        compile: _compile,
        ...rest
      } = (routerOptions ?? {}) as RouterOptions;
      const hook = state.capture.hook(buildPrettyMeta);
      return { ...rest, buildPrettyMeta: hook } as never;
    },
    constant(app, method, url, response, how) {
      addConstant(app, url, response, { ...how, method });
    },
    dynamic: dynamicRoutes,
    hosts: hostTables,
    methodNotAllowed: (how) => notAllowedHandler(() => state.captured, how),
  };
  const wrapped = fp(plugin, { name: '@catzilla/router' }) as CatzillaRouter;
  Object.defineProperty(wrapped, 'abi', { get: () => state.abi });
  return Object.assign(wrapped, members);
}

/** @throws CATZ_ROUTER_FASTIFY_VERSION */
export function checkVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== 5 || minor < 5) throw new errors.FASTIFY_VERSION(version);
}

// Instances below the root are made with their parent as prototype.
function isRoot(app: FastifyInstance): boolean {
  return Object.hasOwn(app, 'printRoutes');
}

function decorate(app: FastifyInstance, state: RouterState): void {
  app.decorate('routes', () => {
    const router = state.router();
    return router === undefined
      ? []
      : describeRoutes(router, { engines: state.engines, planOf: kindOf });
  });
  app.decorate('routeConflicts', () => {
    const router = state.router();
    return router === undefined ? NO_CONFLICTS : findConflicts(router);
  });
  app.decorate('matchRoute', (method: string, url: string, how: MatchOptions = {}) => {
    const router = routerOf(state);
    return explain(router, method, url, derive(router, how.headers));
  });
  app.decorate('allowedMethods', (url: string, how: AllowedOptions = {}) => {
    const router = routerOf(state);
    const { ignoreCatchAll = true, headers } = how;
    return allowedMethods(router, url, { ignoreCatchAll, ...derive(router, headers) });
  });
  app.decorate('routerStats', () => routerStats(state));
  app.decorate(
    'constant',
    function (url: string, response: ConstantResponse, how?: ConstantOptions) {
      addConstant(this, url, response, how);
      return this;
    },
  );
}

function kindOf({ store }: { store: unknown }): string {
  return planOf(store as { config?: unknown } | null).kind;
}

// Without a route there is no router that could be asked.
function routerOf(state: RouterState): Router {
  const router = state.router();
  if (router === undefined) throw new errors.CAPTURE_FAILED('the application has no routes');
  return router;
}
