// Public API of @catzilla/tiers.
export { createTieredCache } from './create.ts';
export type { TieredOptions, WriteMode } from './options.ts';
export type {
  CacheLock,
  EntryOptions,
  Inspection,
  LeasedEntry,
  ReadOptions,
  SetOptions,
  Ticket,
  TieredCache,
  TierTtl,
  WriteResult,
  WriteStatus,
} from './tiered-cache.ts';
export type { Entry, TierName } from './entry.ts';
export type {
  Factory,
  FactoryContext,
  LoadManyOptions,
  LoadOptions,
  ManyFactory,
} from './load/options.ts';
export { cached } from './wrap/cached.ts';
export type { CachedFunction, CachedOptions } from './wrap/cached.ts';
export { Cached } from './wrap/cached-decorator.ts';
export type { AsyncMethod, CachedMethodOptions, MethodContext } from './wrap/cached-decorator.ts';
export type { NameOptions } from './wrap/function-name.ts';
export { getCache, resetCache, setCache } from './wrap/global.ts';
export { stableKey } from './wrap/stable-key.ts';
export { redisTier } from './remote/redis-tier.ts';
export type { RedisTierOptions } from './remote/redis-options.ts';
export type {
  ExternalChange,
  FillGuard,
  RemoteFault,
  RemoteState,
  RemoteStore,
  RemoteTier,
  RemoteWrite,
  TierContext,
} from './remote/remote-tier.ts';
export { diskTier } from './disk/disk-tier.ts';
export type { DiskOptions } from './disk/disk-options.ts';
export type {
  DiskContext,
  DiskRecord,
  DiskState,
  DiskStore,
  DiskTier,
  DiskVerdict,
} from './disk/disk-store.ts';
export type { Codec, Compression } from './codecs/codec.ts';
export type { CodecName } from './codecs/registry.ts';
export type { OnRead } from './memory/item.ts';
export { systemClock } from './clock/clock.ts';
export type { Clock } from './clock/clock.ts';
export type { StateLogger } from './observe/state-log.ts';
export type { CacheEvents } from './events.ts';
export type { BreakerState } from './faults/guard.ts';
export type { Health, TierHealth } from './health.ts';
export type { Latency, Stats, TierFaults, TierStats } from './stats.ts';
export { errors } from './errors.ts';
