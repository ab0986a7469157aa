// Both releases of the driver that users may have.
import { createRequire } from 'node:module';
import type { RedisLike } from '@catzilla/bus/redis';

const load = createRequire(import.meta.url);

/** The driver's public face as far as tests need it. */
export interface Driver {
  new (options: object): RedisLike;
  Cluster: new (seeds: readonly object[], options?: object) => RedisLike;
}

export const drivers: readonly (readonly [name: string, driver: Driver])[] = [
  ['ioredis 5', (load('ioredis5') as { default: Driver }).default],
  ['ioredis 6', (load('ioredis') as { default: Driver }).default],
];
