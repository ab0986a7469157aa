// Public API of @catzilla/cache-core.
export { openCache } from './open.ts';
export { errors } from './errors.ts';
export type { CacheOptions, EvictionRingOptions, NearCacheOptions } from './options.ts';
export type { CacheStats } from './stats.ts';
export type {
  Cache,
  CacheLimits,
  CloseOptions,
  Evicted,
  GetOptions,
  Key,
  KeysOptions,
  Lease,
  NearRecord,
  SetOptions,
  TouchOptions,
  Value,
} from './cache.ts';
