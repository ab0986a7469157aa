// Public API of @catzilla/fastify-cache. `require()` gives the plugin itself, `import` its default.
export {
  fastifyCache,
  fastifyCache as default,
  fastifyCache as 'module.exports',
} from './plugin.ts';
export { errors } from './errors.ts';
export type {
  ClientCacheControlInput,
  CollapseOptions,
  FastifyCacheOptions,
  HeuristicOptions,
  KeyParts,
  PresetName,
  PurgeRouteOptions,
  RefreshEntry,
  RefreshOptions,
  RouteCacheOptions,
  Rule,
  StatusTtl,
} from './options/types.ts';
export type { CacheOption, TieredCacheOptions } from './options/cache-option.ts';
export type { Pattern } from './match/pattern.ts';
export type { QueryOptions } from './key/query.ts';
export type { ResponseCache } from './types.ts';
export type { ReplyCache } from './reply-cache.ts';
export type { ResponseCacheStats, RouteCacheStats } from './stats.ts';
export { chooseLanguage } from './rfc/accept-language.ts';
export type { Normalizer } from './rfc/normalize.ts';
export type { WarmOptions, WarmResult } from './warm.ts';
export type { ResponseCacheHealth } from './health.ts';
export type { CacheFault } from './scope.ts';
export type { PurgedUrl, PurgeEvent, PurgeListener } from './purge/listeners.ts';
export type { PurgeOptions, PurgeResult, PurgeTagsOptions } from './purge/options.ts';
