// Public API of @catzilla/tiers/testing: tiers in memory, chaos, a clock, contracts for tiers of your own, real servers.
export {
  ask,
  busContract,
  freePort,
  redisBinary,
  redisSkipReason,
  startCluster,
  startProxy,
  startRedis,
  startSentinel,
} from '@catzilla/bus/testing';
export type { Proxy, RedisCluster, RedisSentinel, RedisServer } from '@catzilla/bus/testing';
export { chaosBus } from './chaos-bus.ts';
export type { ChaosBus } from './chaos-bus.ts';
export { chaosDisk } from './chaos-disk.ts';
export type { ChaosDisk } from './chaos-disk.ts';
export { chaosTier } from './chaos-tier.ts';
export type { ChaosTier } from './chaos-tier.ts';
export { ChaosError } from './chaos.ts';
export type { Chance, ChaosOptions, ChaosStart } from './chaos.ts';
export { diskContract } from './disk-contract.ts';
export type { DiskRunner, DiskSubject } from './disk-contract.ts';
export { fakeClock } from './fake-clock.ts';
export type { FakeClock } from './fake-clock.ts';
export { memoryDisk } from './memory-disk.ts';
export { memoryServer } from './memory-server.ts';
export type { MemoryServer, MemoryServerOptions } from './memory-server.ts';
export { memoryTier } from './memory-tier.ts';
export type { MemoryTierOptions } from './memory-tier.ts';
export { remoteContract } from './remote-contract.ts';
export type { ContractRunner, RemoteSubject } from './remote-contract.ts';
