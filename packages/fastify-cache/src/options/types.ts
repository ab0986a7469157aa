// The options as users write them. Durations are ms, sizes bytes, off is false; defaults stand in each docstring.
// Invariant: types only. What values are accepted is route-specs.ts and specs.ts, what levels make together is merge.ts.
import type { TierName } from '@catzilla/tiers';
import type { FastifyRequest } from 'fastify';
import type { Pattern } from '../match/pattern.ts';
import type { QueryOptions } from '../key/query.ts';
import type { Normalizer } from '../rfc/normalize.ts';
import type { CacheOption } from './cache-option.ts';

/** ttl by status or class, as `{ 200: 300_000, 404: 10_000, '5xx': 1_000 }`; 0 = never for that status. */
export type StatusTtl = { readonly [status: number]: number } & {
  readonly [C in '2xx' | '3xx' | '4xx' | '5xx']?: number;
};

/** What the key of a request is made of, as the cache reads it. */
export interface KeyParts {
  /** 'http' or 'https', as `request.protocol`. */
  readonly scheme: string;
  /** Lower-case, with its port only where that is not the default. */
  readonly host: string;
  /** Raw, beginning with '/', nothing decoded. */
  readonly path: string;
  /** Raw, without '?'; '' when there is none. */
  readonly query: string;
}

/** What `clientCacheControl` is told of a response. */
export interface ClientCacheControlInput {
  readonly status: number;
  /** ms it is still fresh here; below 0: stale for so long. */
  readonly ttl: number;
  /** ms it is fresh in all, from its birth. */
  readonly lifetime: number;
  /** The raw target of the request, `/path?query`. */
  readonly url: string;
}

/** Heuristic freshness (RFC 9111 4.2.2). */
export interface HeuristicOptions {
  /** Share of the time between Last-Modified and Date, above 0 to 0.5. Default: 0.1. */
  readonly fraction?: number;
  /** At most so many ms. Default: 86_400_000. */
  readonly max?: number;
}

/** Names of the presets. */
export type PresetName = 'api' | 'page' | 'static';

/** How a route is cached. Given to the plugin (for all routes), to a rule, or to a route as `config.cache`. */
export interface RouteCacheOptions {
  /** A named set of defaults for this level; options beside it win. */
  readonly preset?: PresetName;
  /** ms a response lives that says nothing itself; a number, or by status; 0 or false: never by ttl. Default: none. */
  readonly ttl?: number | false | StatusTtl;
  /** 'fallback' (default): used when the response says nothing. 'override': used before what it says. Neither lifts a veto. */
  readonly ttlMode?: 'fallback' | 'override';
  /** Statuses a plain `ttl` applies to, in full. Default: 200, 203, 301, 308; and 404, 410 for at most 10_000 ms. */
  readonly statuses?: readonly number[];
  /** ms a stale response may be answered while it is refreshed, where the response names no stale-while-revalidate itself
   * (RFC 5861 3); must-revalidate, proxy-revalidate, s-maxage and no-cache forbid it (RFC 9111 4.2.4). Default: 0. */
  readonly staleWhileRevalidate?: number;
  /** ms a stale response may be answered where the handler fails, that is with 500, 502, 503, 504, a throw or a timeout, and
   * the response names no stale-if-error itself (RFC 5861 4); forbidden as above. Default: 0. */
  readonly staleIfError?: number;
  /** ms a stale response may be answered while @fastify/under-pressure says that the process is overloaded; forbidden as
   * above. That plugin refuses requests before they come here, unless its `pressureHandler` lets them pass. Default: 60_000. */
  readonly staleIfOverloaded?: number;
  /** ms past all windows that a response with ETag or Last-Modified is kept, to be revalidated (RFC 9111 4.3); 0: not at
   * all. Default: 600_000. */
  readonly keep?: number;
  /** A lifetime for responses that say nothing and have a Last-Modified; `true` is `{}`, a number of `ttl` comes before it.
   * Default: false. */
  readonly heuristic?: boolean | HeuristicOptions;
  /** Methods answered from the cache; GET is always one. A HEAD is answered from the entry of a GET. With POST, a response
   * with explicit freshness and a Content-Location of its own URL is stored for later GETs (RFC 9110 9.3.3); a POST always
   * runs its handler. Default: GET and HEAD. */
  readonly methods?: readonly ('GET' | 'HEAD' | 'POST')[];
  /** Targeted fields (RFC 9213), the first valid one of a response replaces its Cache-Control and Expires; names ending in
   * `-cache-control`. false: none. Default: 'catzilla-cache-control', 'cdn-cache-control'. */
  readonly targets?: false | readonly string[];
  readonly vary?: {
    /** Request fields that select a variant beside those of Vary. Default: none. */
    readonly add?: readonly string[];
    /** Fields of Vary that do not count. Default: none. */
    readonly ignore?: readonly string[];
    /** By request field, how its values are brought to one form; the nearest level that has this holds. Default: lists are
     * read without optional space, accept-encoding and accept-language by their weights. */
    readonly normalize?: Readonly<Record<string, Normalizer>>;
    /** Variants kept of one URL. Default: 32. */
    readonly maxVariants?: number;
  };
  /** 'exact' (default): the raw query; else sorted, or parameters ignored or allowed (names, or ending in `*`). */
  readonly query?: 'exact' | QueryOptions;
  /** Short for `query: { ignore }`. */
  readonly ignoreQuery?: readonly string[];
  /** Gives what stands in the key for path and query; null: this request passes the cache by. Not beside options of `query`,
   * which it replaces; scheme and host stay in the key. false: none. Default: none. */
  readonly key?: false | ((request: FastifyRequest, parts: KeyParts) => string | null);
  /** Gives whose request this is: each identity has entries of its own, a private cache, where private responses and those
   * to Authorization may be stored (RFC 9111 3, 3.5). null: this request passes the cache by. false: none. Default: none. */
  readonly identity?: false | ((request: FastifyRequest) => string | null);
  /** Requests with Authorization. 'rfc' (default): only with public, must-revalidate or s-maxage. 'bypass': never.
   * 'share': the field does not count (the route's guards have run); also lifts the ttl veto of API key fields. */
  readonly authorization?: 'rfc' | 'bypass' | 'share';
  /** Requests with Cookie. 'auto' (default): not where only a ttl applies. 'ignore': the field does not count.
   * 'bypass': never. `{ key }`: the values of these cookies select the variant, others do not count. */
  readonly cookies?: 'auto' | 'ignore' | 'bypass' | { readonly key: readonly string[] };
  /** Responses with Set-Cookie. 'refuse' (default): not stored. 'strip': stored without it.
   * 'store': stored with it, which hands one client's cookie to all; only for cookies that are the same for everybody. */
  readonly setCookie?: 'refuse' | 'strip' | 'store';
  /** Cache-Control of requests (RFC 9111 5.2.1). 'safe' (default): no-store and only-if-cached. 'full': max-age, max-stale,
   * min-fresh and no-cache too, so that clients decide when the handler runs. 'ignore': none. */
  readonly requestDirectives?: 'safe' | 'full' | 'ignore';
  /** A miss with If-None-Match or If-Modified-Since. 'fill' (default): the handler sees neither, the full response is stored,
   * and the client gets its 304 from us. 'forward': the handler sees them, and its 304 is not stored. */
  readonly conditionalMiss?: 'fill' | 'forward';
  /** onSend hooks of others on a hit. 'run' (default), or 'skip': they ran when the response was stored; skipping is faster. */
  readonly onSendOnHit?: 'run' | 'skip';
  /** Responses that came through the error path (a throw, setErrorHandler). 'refuse' (default): not stored. 'store': judged
   * like any other; headers that were set before the throw then count. */
  readonly errors?: 'refuse' | 'store';
  /** 206 responses are stored, combined, and used for ranges within them (RFC 9111 3.3, 3.4). Default: false. */
  readonly storePartial?: boolean;
  /** The response field No-Vary-Search decides which query parameters count. Default: false. */
  readonly noVarySearch?: boolean;
  /** Where hits are answered. 'handler' (default): after every guard of the route. 'onRequest': in the last onRequest hook,
   * before bodies are parsed; not where preParsing, preValidation or preHandler hooks cover the route, unless it says
   * `skipGuards`. */
  readonly lookup?: 'handler' | 'onRequest';
  /** Only in `config.cache` of a route with `lookup: 'onRequest'`: hits may be answered although preParsing, preValidation or
   * preHandler hooks cover the route; these then do not run for hits. Default: false. */
  readonly skipGuards?: boolean;
  /** What clients are told in Cache-Control; what is stored lives by its own lifetime. Age and Expires are then left out and
   * Date is current. A field value, or a function of the response that gives one. false: what the handler said. Default: false. */
  readonly clientCacheControl?: false | string | ((response: ClientCacheControlInput) => string);
  /** Media types that may be stored, as `text/css` or `image/*`. Default: all. */
  readonly types?: readonly string[];
  /** Largest body stored, bytes. Default: 4_194_304; never above the cache's maxValueBytes. */
  readonly maxBodyBytes?: number;
  /** Groups that the responses belong to, for `app.cache.purgeTags`, or a function of the request that gives them; those of
   * plugin, rule, route and `reply.cache.tags` count together: at most 50 of 1 to 256 bytes. Default: none. */
  readonly tags?: readonly string[] | ((request: FastifyRequest) => readonly string[]);
  /** The response field that tells caches in front of this one the tags: Surrogate-Key, Cache-Tag, or Cache-Groups (RFC
   * 9875). Default: false. */
  readonly emitTags?: false | 'surrogate-key' | 'cache-tag' | 'cache-groups';
  /** Which tiers of the cache the responses are stored in and answered from; those it does not have are passed over.
   * Default: all. */
  readonly tiers?: readonly TierName[];
}

/** Options for the paths of a rule; the first rule that matches holds. */
export interface Rule extends Omit<RouteCacheOptions, 'skipGuards'> {
  readonly path: Pattern | readonly Pattern[];
}

/** Request collapsing. */
export interface CollapseOptions {
  /** ms a request waits for another's answer before it runs its own handler. Default: 5_000. */
  readonly timeout?: number;
  /** Requests that may wait for one key. Default: 1_000. */
  readonly maxWaiters?: number;
  /** ms a key whose answer could not be stored is remembered, so that nobody waits for it; false: not at all. Default: 10_000. */
  readonly hitForMiss?: number | false;
  /** Collapses the misses of all instances that share the remote tier of `cache`: one of them runs the handler, under a lock
   * there; the others wait for what it stores. `ttl`: ms after which the lock falls if its instance dies, `wait`: ms that
   * others wait before they run their own. true: `{ ttl: 10_000, wait: 2_000 }`. Default: false. */
  readonly lock?: boolean | { readonly ttl?: number; readonly wait?: number };
}

/** What a background refresh is about to renew. */
export interface RefreshEntry {
  /** The raw target, `/path?query`. */
  readonly url: string;
  /** Its full primary key. */
  readonly key: string;
  /** Of the stored response. */
  readonly status: number;
}

/** Background refresh of stale responses. */
export interface RefreshOptions {
  /** Refreshes under way at a time; what is above is left to the next request. Default: 16. */
  readonly concurrency?: number;
  /** ms a refresh may take. Default: 30_000. */
  readonly timeout?: number;
  /** Request fields to send, such as the credentials a guarded route asks for; those of clients are never used. Default: none. */
  readonly headers?: (entry: RefreshEntry) => Record<string, string>;
}

/** A route by which others purge. */
export interface PurgeRouteOptions {
  /** Takes POST; begins with '/', without parameters. Below the prefix of the scope. */
  readonly path: string;
  /** Whether this request may purge; only true does. Without it: CATZ_FASTIFY_CACHE_PURGE_UNGUARDED. */
  readonly authorize: (request: FastifyRequest) => boolean | Promise<boolean>;
  /** Also the method PURGE on a cached URL itself. Default: false. */
  readonly purgeMethod?: boolean;
}

/** Options of the plugin. */
export interface FastifyCacheOptions extends Omit<RouteCacheOptions, 'skipGuards'> {
  /** Where responses are kept: an open cache of @catzilla/cache-core or @catzilla/tiers, which is not closed by us; options
   * to open one in memory, named `catzilla-http`; or options of a tiered cache, recognised by `memory`, `remote`, `disk`,
   * `bus` or another of their names. Default: `{ maxBytes: 67_108_864 }`.
   * Where the options do not name `nearCache`, it is `{ maxBytes: 16_777_216, maxEntryBytes: 1_048_576 }`: each registration
   * keeps its hottest responses of up to 1 MiB decoded, in at most 16 MiB per thread. */
  readonly cache?: CacheOption;
  /** Part of each key; put the build id in it when releases share a cache. Default: 'http'. */
  readonly namespace?: string;
  /** 'auto' (default): one pre-rendered socket write where provably the same answer. 'send': always reply.send. */
  readonly mode?: 'auto' | 'send';
  readonly rules?: readonly Rule[];
  /** Only these paths are cached. Default: all. */
  readonly include?: readonly Pattern[];
  /** These paths are never cached. Default: none. */
  readonly exclude?: readonly Pattern[];
  /** Hosts served from the cache, others pass it by; without a port = any port. Default: every host. */
  readonly hosts?: readonly string[];
  /** false: each miss runs its handler. Default: on. */
  readonly collapse?: false | CollapseOptions;
  /** How stale responses are refreshed while they are answered. Default: 16 at a time, 30_000 ms each. */
  readonly refresh?: RefreshOptions;
  /** A route that purges by JSON `{ urls, tags, paths, all, soft }`. Default: false. */
  readonly purgeRoute?: false | PurgeRouteOptions;
  /** Bytes all unfinished fills may hold together. Default: a quarter of the cache's maxBytes, at most 67_108_864. */
  readonly maxInflightBytes?: number;
  /** The Cache-Status field. 'minimal' (default): no key. 'full': with key. false: none. A function decides per request (minimal). */
  readonly cacheStatus?: 'full' | 'minimal' | false | ((request: FastifyRequest) => boolean);
  /** Adds `x-cache: HIT` or `MISS`. Default: false. */
  readonly xCache?: boolean;
}
