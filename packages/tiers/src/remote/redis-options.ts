// Options of redisTier: where Redis is (checked as the bus does), and how keys are made.
import { bool, checkOptions, fn, optional, string } from '@catzilla/common';
import { oneRedis, redisSpecs } from '@catzilla/bus/redis';
import type { RedisOptions } from '@catzilla/bus/redis';
import { errors } from '../errors.ts';

/** Options of redisTier; exactly one of `url`, `node`, `sentinels`, `cluster` and `client` says where Redis is. */
export interface RedisTierOptions extends RedisOptions {
  /** Beginning of all keys, 1 to 64 letters, digits, `.`, `_` or `-`, not ending with a digit. Default: 'cz'. */
  readonly prefix?: string | undefined;
  /** What decides the slot of a key in place of the key itself: keys of one tag are on one node. Must be pure; what it
   * throws rejects the call. Processes that share a cache must agree on it. */
  readonly hashTag?: ((key: string) => string) | undefined;
  /** Tells the cache of keys that anybody changes in Redis, by client side caching: for writers outside Catzilla, which
   * no bus tells of. Needs a second connection, and costs a message for each write of every process. Not with `cluster`
   * or `client`. Default: false. */
  readonly tracking?: boolean | undefined;
}

/** Options of redisTier after the check. */
export interface RedisTierSettings {
  readonly connection: RedisOptions;
  readonly prefix: string;
  readonly hashTag: ((key: string) => string) | undefined;
  readonly tracking: boolean;
}

// A digit at the end would run into that of the format: `a1` of format 1 is not `a` of format 11.
const prefix = string({
  pattern: /^[\w.-]{0,63}[A-Za-z_.-]$/,
  what: 'a string of 1 to 64 letters, digits, ".", "_" or "-" that does not end with a digit',
  default: 'cz',
});

/** Checks the options of redisTier.
 * @throws CATZ_TIERS_OPTION */
export function checkRedisTier(input: unknown): RedisTierSettings {
  const site = { path: 'options', error: (message: string) => new errors.OPTION(message) };
  const own = { prefix, hashTag: optional(fn<(key: string) => string>()), tracking: bool(false) };
  const checked = checkOptions(input, { ...redisSpecs, ...own }, site);
  const connection = oneRedis(checked, site);
  // In Cluster each node would tell of its own keys alone; a client that was given would be switched to tracking.
  const place = connection.client === undefined ? connection.cluster && 'cluster' : 'client';
  if (checked.tracking && place !== undefined) {
    throw site.error(`expected options.tracking to be false beside ${place}, got true`);
  }
  return {
    connection,
    prefix: checked.prefix,
    hashTag: checked.hashTag,
    tracking: checked.tracking,
  };
}
