// What the plugin adds to Fastify's types: app.cache, reply.cache, and config.cache of routes.
// Invariant: types only; the values are set in plugin.ts.
import type { TieredCache } from '@catzilla/tiers';
import type { FastifyRequest } from 'fastify';
import type { ResponseCacheHealth } from './health.ts';
import type { Pattern } from './match/pattern.ts';
import type { RouteCacheOptions } from './options/types.ts';
import type { PurgeListener } from './purge/listeners.ts';
import type { PurgeOptions, PurgeResult, PurgeTagsOptions } from './purge/options.ts';
import type { ReplyCache } from './reply-cache.ts';
import type { ResponseCacheStats, RouteCacheStats } from './stats.ts';
import type { WarmOptions, WarmResult } from './warm.ts';

/** The response cache of a scope, as `app.cache`. Every purge acts in all tiers and instances, also on fills under way,
 * resolves when they have heard of it, and rejects for misuse alone. With `soft: true` responses become stale and are kept,
 * to be served while they are refreshed, in place of errors, or once validated. */
export interface ResponseCache {
  /** Purges a URL in all its variants.
   * @param url  `/path?query` (on every host), an absolute http(s) URL, or a request: what that would be answered from
   * @throws CATZ_FASTIFY_CACHE_BAD_URL, CATZ_FASTIFY_CACHE_OPTION */
  purge(url: string | FastifyRequest, options?: PurgeOptions): Promise<PurgeResult>;
  /** Purges every URL whose path matches; the query does not count. Cost: a walk through all keys of memory and of the
   * tiers below, in slices.
   * @param pattern  `/products/*`, `/products/**` or a RegExp
   * @throws CATZ_FASTIFY_CACHE_OPTION */
  purgePath(pattern: Pattern, options?: PurgeOptions): Promise<PurgeResult>;
  /** Purges every response that has one of the tags: one step for each tag, however many responses have it.
   * @param tags  one, or several; with `options.origin`, as `https://shop.example`, names of its cache groups (RFC 9875)
   * @throws CATZ_FASTIFY_CACHE_TAG, CATZ_FASTIFY_CACHE_OPTION */
  purgeTags(
    tags: string | readonly string[],
    options?: PurgeTagsOptions,
  ): Promise<{ readonly ok: boolean }>;
  /** Purges every response of the plugin's namespace, and nothing else that its cache holds. Cost: a walk as of purgePath.
   * @throws CATZ_FASTIFY_CACHE_OPTION */
  purgeAll(options?: PurgeOptions): Promise<PurgeResult>;
  /** Hears of purges that happen at this instance, in this scope and those within it: by the methods above, by the purge
   * route, and by requests that change what they name; not of those of other instances, which their own listeners hear.
   * Told once every tier and the other instances have heard of the purge.
   * @returns a function that ends it
   * @throws CATZ_FASTIFY_CACHE_OPTION for what is no function */
  onPurge(listener: PurgeListener): () => void;
  /** Requests URLs inside the application, so that what they answer is stored.
   * @param urls  `/path?query` (on the first of `hosts`, or the host among `headers`), or absolute http(s) URLs
   * @param options.concurrency  requests at a time. Default: 4
   * @param options.headers  fields of each request. Default: none
   * @param options.timeout  ms for each URL; one that takes longer has a row with the reason 'timeout'. false: no bound.
   *   Default: 30,000
   * @param options.signal  gives up what is under way and all that is left: rows with the reason 'aborted'. Default: none
   * @returns for each URL, in order, what became of it
   * @throws CATZ_FASTIFY_CACHE_BAD_URL, CATZ_FASTIFY_CACHE_OPTION, both before anything is requested */
  warm(urls: readonly string[], options?: WarmOptions): Promise<readonly WarmResult[]>;
  /** The cache below, for its own stats and health. */
  readonly tiers: TieredCache;
  /** Counts since the scope was registered. */
  stats(): ResponseCacheStats;
  /** Counts of each route in the scope, by its template and never by URL. */
  routeStats(): readonly RouteCacheStats[];
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
  interface FastifyRequest {
    /** Whether the cache has made this request, to refresh what it answers stale meanwhile. No client can pretend it. */
    readonly isCacheRefresh: boolean;
  }
  interface FastifyContextConfig {
    /** Options of this route; false: not cached. */
    cache?: RouteCacheOptions | boolean;
  }
}
