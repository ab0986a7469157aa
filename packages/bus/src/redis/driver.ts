// The driver: ioredis, loaded on first use, for it is an optional peer. Nothing of it is imported by type.
import { createRequire } from 'node:module';
import { errors } from '../errors.ts';
import type { RedisLike } from './redis-like.ts';

/** What is used of the module. */
export interface Driver {
  readonly Redis: new (options: object) => RedisLike;
  readonly Cluster: new (nodes: readonly object[], options: object) => RedisLike;
}

let name = 'ioredis';

/** Loads the driver.
 * @param who  what needs it, for the message
 * @throws CATZ_BUS_DEPENDENCY, with what the loader said as cause */
export function loadDriver(who: string): Driver {
  try {
    return createRequire(import.meta.url)(name) as Driver;
  } catch (cause) {
    throw new errors.DEPENDENCY(who, name, { cause });
  }
}

/** Names another module to load from now on; for tests that run on several versions of the driver.
 * @returns undoes it */
export function useDriver(module: string): () => void {
  const before = name;
  name = module;
  return () => {
    name = before;
  };
}
