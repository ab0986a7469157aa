// Public API of @catzilla/bus.
export type {
  AppendOptions,
  Bus,
  Gap,
  GapReason,
  Message,
  SubscribeOptions,
  Subscription,
} from './bus.ts';
export { errors } from './errors.ts';
export type { BusHealth, BusStats } from './health.ts';
export { memoryBus } from './memory/memory-bus.ts';
export type { MemoryBusOptions, MemoryLogOptions } from './memory/memory-bus.ts';
export type {
  RedisAddress,
  RedisClusterOptions,
  RedisLike,
  RedisNode,
  RedisOptions,
  RedisSentinels,
} from './redis/index.ts';
export { streamBus } from './stream/stream-bus.ts';
export type { StreamBusOptions } from './stream/options.ts';
