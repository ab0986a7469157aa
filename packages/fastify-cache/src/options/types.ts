// The options as users write them. Durations are ms, sizes bytes, off is false; defaults stand in each docstring.
import type { TierName } from '@catzilla/tiers';
import type { FastifyRequest } from 'fastify';
import type { Pattern } from '../match/pattern.ts';
import type { QueryOptions } from '../key/query.ts';
import type { CacheOption } from './cache-option.ts';

/** ttl by status or class, as `{ 200: 300_000, 404: 10_000, '5xx': 1_000 }`; 0 = never for that status. */
export type StatusTtl = { readonly [status: number]: number } & {
  readonly [C in '2xx' | '3xx' | '4xx' | '5xx']?: number;
};

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
  /** Methods answered from the cache. Default: GET and HEAD; a HEAD is answered from the entry of a GET. */
  readonly methods?: readonly ('GET' | 'HEAD')[];
  readonly vary?: {
    /** Request fields that select a variant beside those of Vary. Default: none. */
    readonly add?: readonly string[];
    /** Fields of Vary that do not count. Default: none. */
    readonly ignore?: readonly string[];
    /** Variants kept of one URL. Default: 32. */
    readonly maxVariants?: number;
  };
  /** 'exact' (default): the raw query; else sorted, or parameters ignored or allowed (names, or ending in `*`). */
  readonly query?: 'exact' | QueryOptions;
  /** Short for `query: { ignore }`. */
  readonly ignoreQuery?: readonly string[];
  /** Requests with Authorization. 'rfc' (default): only with public, must-revalidate or s-maxage. 'bypass': never.
   * 'share': the field does not count (the route's guards have run); also lifts the ttl veto of API key fields. */
  readonly authorization?: 'rfc' | 'bypass' | 'share';
  /** Requests with Cookie. 'auto' (default): not where only a ttl applies. 'ignore': the field does not count.
   * 'bypass': never. `{ key }`: the values of these cookies select the variant, others do not count. */
  readonly cookies?: 'auto' | 'ignore' | 'bypass' | { readonly key: readonly string[] };
  /** Responses with Set-Cookie. 'refuse' (default): not stored. 'strip': stored without it.
   * 'store': stored with it, which hands one client's cookie to all; only for cookies that are the same for everybody. */
  readonly setCookie?: 'refuse' | 'strip' | 'store';
  /** Media types that may be stored, as `text/css` or `image/*`. Default: all. */
  readonly types?: readonly string[];
  /** Largest body stored, bytes. Default: 4_194_304; never above the cache's maxValueBytes. */
  readonly maxBodyBytes?: number;
  /** Groups that the responses belong to, for `app.cache.purgeTags`; those of plugin, rule, route and `reply.cache.tag`
   * count together: at most 56 of 1 to 256 bytes. Default: none. */
  readonly tags?: readonly string[];
  /** Which tiers of the cache the responses are stored in and answered from; those it does not have are passed over.
   * Default: all. */
  readonly tiers?: readonly TierName[];
}

/** Options for the paths of a rule; the first rule that matches holds. */
export interface Rule extends RouteCacheOptions {
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

/** Options of the plugin. */
export interface FastifyCacheOptions extends RouteCacheOptions {
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
  /** Bytes all unfinished fills may hold together. Default: a quarter of the cache's maxBytes, at most 67_108_864. */
  readonly maxInflightBytes?: number;
  /** The Cache-Status field. 'minimal' (default): no key. 'full': with key. false: none. A function decides per request (minimal). */
  readonly cacheStatus?: 'full' | 'minimal' | false | ((request: FastifyRequest) => boolean);
  /** Adds `x-cache: HIT` or `MISS`. Default: false. */
  readonly xCache?: boolean;
}
