// What the plugin adds to Fastify's types: app.cache, reply.cache, and config.cache of routes.
// Invariant: types only; the values are set in plugin.ts.
import type { TieredCache } from '@catzilla/tiers';
import type { ResponseCacheHealth } from './health.ts';
import type { Pattern } from './match/pattern.ts';
import type { RouteCacheOptions } from './options/types.ts';
import type { PurgeResult } from './purge.ts';
import type { ReplyCache } from './reply-cache.ts';
import type { ResponseCacheStats } from './stats.ts';

/** The response cache of a scope, as `app.cache`. */
export interface ResponseCache {
  /** Removes a URL in all its variants, in all tiers and instances, also from fills under way.
   * @param url  `/path?query` (on every host) or an absolute http(s) URL
   * @throws CATZ_FASTIFY_CACHE_BAD_URL */
  purge(url: string): Promise<PurgeResult>;
  /** Removes every URL whose path matches; the query does not count. Cost: a walk through all keys of
   * memory and of the lowest tier that is shared, in slices.
   * @param pattern  `/products/*`, `/products/**` or a RegExp
   * @throws CATZ_FASTIFY_CACHE_OPTION */
  purgePath(pattern: Pattern): Promise<PurgeResult>;
  /** Removes every response that has one of the tags, in all tiers and instances, also from fills under way.
   * @param tags  one, or several
   * @throws CATZ_FASTIFY_CACHE_TAG */
  purgeTags(tags: string | readonly string[]): Promise<{ readonly ok: boolean }>;
  /** The cache below, for its own stats and health. */
  readonly tiers: TieredCache;
  /** Counts since the scope was registered. */
  stats(): ResponseCacheStats;
  /** Backend, self-test and last fault. */
  health(): ResponseCacheHealth;
}

declare module 'fastify' {
  interface FastifyInstance {
    cache: ResponseCache;
  }
  interface FastifyReply {
    cache: ReplyCache;
  }
  interface FastifyContextConfig {
    /** Options of this route; false: not cached. */
    cache?: RouteCacheOptions | boolean;
  }
}
