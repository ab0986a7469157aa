// Public API of @catzilla/bus/testing: real servers for tests, and the contract of a bus.
export { useDriver } from '../redis/driver.ts';
export { ask } from './ask.ts';
export type { Reply } from './ask.ts';
export { redisBinary, redisSkipReason } from './binary.ts';
export { busContract } from './contract.ts';
export type { ContractOptions, ContractRunner, ContractTarget } from './contract.ts';
export { freePort } from './ports.ts';
export { startProxy } from './proxy.ts';
export type { Proxy, StartProxyOptions } from './proxy.ts';
export { startCluster } from './redis-cluster.ts';
export type { RedisCluster, StartClusterOptions } from './redis-cluster.ts';
export { startSentinel } from './redis-sentinel.ts';
export type { RedisSentinel, StartSentinelOptions } from './redis-sentinel.ts';
export { startRedis } from './redis-server.ts';
export type { RedisServer, StartRedisOptions } from './redis-server.ts';
export { until } from './until.ts';
