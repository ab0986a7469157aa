// The plugin: one scope per registration, hooks on every route declared after it in that scope and below, app.cache.
// Order of hooks: an instance onSend at registration (sees payloads before hooks registered later), and per route the
// handler's wrapper (after all guards), one preValidation, one onError and one onSend (after the instance's).
// Register plugins that change replies (compress, etag, cookie) before it, and routes after it.
import fp from 'fastify-plugin';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { runSelfTest } from './answer/self-test.ts';
import { errors } from './errors.ts';
import { healthOf } from './health.ts';
import { takeRoute } from './hooks/on-route.ts';
import { noteFirst } from './hooks/on-send.ts';
import { refreshOf } from './hooks/refresh.ts';
import { HOOK } from './hooks/route.ts';
import type { PathRules } from './match/pattern.ts';
import { resolveOptions } from './options/policy.ts';
import type { FastifyCacheOptions } from './options/types.ts';
import { addPurgeRoute } from './purge-route.ts';
import { purgeAll } from './purge/all.ts';
import { purgePattern } from './purge/pattern.ts';
import { purgeTags } from './purge/tags.ts';
import { purgeUrl } from './purge/url.ts';
import { ReplyCache } from './reply-cache.ts';
import { Scope } from './scope.ts';
import { openResponseCache } from './tiers/open-cache.ts';
import type { ResponseCache } from './types.ts';
import { warm } from './warm.ts';

const SCOPE: unique symbol = Symbol('catzilla.fastify-cache.scope');

type ScopedInstance = FastifyInstance & { [SCOPE]?: Scope };

const register: FastifyPluginAsync<FastifyCacheOptions> = async (app, options) => {
  const instance = app as ScopedInstance;
  if (Object.hasOwn(instance, SCOPE)) throw new errors.REGISTERED_TWICE();
  const settings = resolveOptions(options, pathRulesOf(app));
  const opened = await openResponseCache(settings.cache);
  // Through the prototype chain of Fastify's scopes: the registration around this one.
  const scope = new Scope(settings, opened, instance[SCOPE]);
  instance[SCOPE] = scope;
  app.addHook('onClose', async () => scope.close());
  const cache: ResponseCache = {
    purge: (url, how) => purgeUrl(scope, url, how),
    purgePath: (pattern, how) => purgePattern(scope, pattern, how),
    purgeTags: (tags, how) => purgeTags(scope, tags, how),
    purgeAll: (how) => purgeAll(scope, how),
    onPurge: (listener) => scope.purges.add(listener),
    warm: (urls, how) => warm(app, urls, how, settings.hosts),
    tiers: scope.tiered,
    stats: () => scope.counters.snapshot(),
    routeStats: () => scope.routeStats(),
    health: () => healthOf(scope),
  };
  app.decorate('cache', cache);
  if (!app.hasReplyDecorator('cache')) {
    app.decorateReply('cache', {
      getter() {
        return new ReplyCache(this);
      },
    });
  }
  if (!app.hasRequestDecorator('isCacheRefresh')) {
    app.decorateRequest('isCacheRefresh', {
      getter() {
        return refreshOf(this)?.isUnconditional === false;
      },
    });
  }
  app.addHook('onRoute', function (route) {
    takeRoute(scope, this, route);
  });
  app.addHook('onSend', firstOnSend);
  nameEarlierRoutes(app);
  addPurgeRoute(app, scope);
  if (settings.mode === 'auto') await runSelfTest();
  const health = healthOf(scope);
  app.log.info({ backend: health.backend, selfTest: health.selfTest }, 'response cache is ready');
};

// The router's options may stand in two places (FSTDEP022), and initialConfig mixes defaults into both: what either lets the
// router overlook is overlooked, so that no spelling of an excluded path gets in.
function pathRulesOf({ initialConfig }: FastifyInstance): PathRules {
  const places: readonly Partial<PathRules>[] = [initialConfig, initialConfig.routerOptions ?? {}];
  return {
    caseSensitive: places.every(({ caseSensitive }) => caseSensitive !== false),
    ignoreTrailingSlash: places.some(({ ignoreTrailingSlash }) => ignoreTrailingSlash === true),
    ignoreDuplicateSlashes: places.some(
      ({ ignoreDuplicateSlashes }) => ignoreDuplicateSlashes === true,
    ),
    useSemicolonDelimiter: places.some(
      ({ useSemicolonDelimiter }) => useSemicolonDelimiter === true,
    ),
  };
}

// A registration that was not awaited covers nothing: the log should say so. Only in the root, for the router knows no scopes.
function nameEarlierRoutes(app: FastifyInstance): void {
  if (Object.getPrototypeOf(app) !== Object.prototype) return;
  const routes = app.printRoutes({ commonPrefix: false });
  if (routes.startsWith('(empty')) return;
  app.log.info({ routes }, 'routes declared before the cache are not cached');
}

const firstOnSend: Parameters<typeof setOnSend>[0] = (request, reply, payload, done) => {
  noteFirst(request, reply, payload);
  done(null, payload);
};
Object.defineProperty(firstOnSend, 'name', { value: HOOK.first });

// Names the hook's type, which Fastify exports only with all its generics.
function setOnSend(
  hook: (
    request: Parameters<typeof noteFirst>[0],
    reply: Parameters<typeof noteFirst>[1],
    payload: unknown,
    done: (error: Error | null, payload?: unknown) => void,
  ) => void,
): typeof hook {
  return hook;
}

/** Caches the responses of a Fastify instance: of every route declared after the registration, in its scope and below. It makes no
 * scope of its own: `prefix`, `logLevel` and `logSerializers` of register() are passed over, but refused with `purgeRoute`, whose
 * route they would be for.
 * @see FastifyCacheOptions
 * @throws CATZ_FASTIFY_CACHE_OPTION, CATZ_FASTIFY_CACHE_REGISTERED_TWICE; while routes are declared
 *   CATZ_FASTIFY_CACHE_ROUTE_OPTION
 * @example
 * import fastifyCache from '@catzilla/fastify-cache';
 * await app.register(fastifyCache, { ttl: 60_000 }); */
export const fastifyCache: FastifyPluginAsync<FastifyCacheOptions> = fp(register, {
  name: '@catzilla/fastify-cache',
  fastify: '5.x',
});
