// Public API of @catzilla/fastify-cache. `require()` gives the plugin itself, `import` its default.
export {
  fastifyCache,
  fastifyCache as default,
  fastifyCache as 'module.exports',
} from './plugin.ts';
export { errors } from './errors.ts';
export type {
  CollapseOptions,
  FastifyCacheOptions,
  PresetName,
  RouteCacheOptions,
  Rule,
  StatusTtl,
} from './options/types.ts';
export type { CacheOption, TieredCacheOptions } from './options/cache-option.ts';
export type { Pattern } from './match/pattern.ts';
export type { QueryOptions } from './key/query.ts';
export type { ResponseCache } from './types.ts';
export type { ReplyCache } from './reply-cache.ts';
export type { ResponseCacheStats } from './stats.ts';
export type { ResponseCacheHealth } from './health.ts';
export type { CacheFault } from './scope.ts';
export type { PurgeResult } from './purge.ts';
