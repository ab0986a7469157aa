// Public API of @catzilla/bus/redis: the connection that bus and tiers make.
export type { Topology } from './client.ts';
export { connectRedis } from './connection.ts';
export type { ConnectOptions, RedisConnection, RedisRole, RedisState } from './connection.ts';
export { faultOf } from './fault.ts';
export type { RedisFault } from './fault.ts';
export { checkRedisOptions, oneRedis, redisOptions, redisSpecs } from './options.ts';
export type {
  RedisAddress,
  RedisClusterOptions,
  RedisNode,
  RedisOptions,
  RedisSentinels,
  RedisTls,
} from './options.ts';
export type { RedisArgument, RedisLike, RedisPipeline } from './redis-like.ts';
