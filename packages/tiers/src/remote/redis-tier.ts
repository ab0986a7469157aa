// L2 on Redis: a server, a Sentinel group, a Cluster, or a client that the application has already.
// Invariant: opening never waits and never fails for want of a server; deadlines, breaker and statistics are those of
// whoever calls the store (faults/).
import { streamBus } from '@catzilla/bus';
import { connectRedis } from '@catzilla/bus/redis';
import { RedisKeys } from './keys.ts';
import { checkRedisTier } from './redis-options.ts';
import type { RedisTierOptions } from './redis-options.ts';
import { RedisStore } from './redis-store.ts';
import type { RemoteTier } from './remote-tier.ts';
import { Tracking } from './tracking.ts';

/** Makes an L2 on Redis 6.2 or later, or Valkey, through ioredis 5.11 or 6. A client of ours has no offline queue, sends
 * nothing twice and connects anew by itself; one that is given is neither closed nor configured.
 * @param options  where it is, and how keys are made
 * @returns a tier for `createTieredCache({ remote })`; `open` connects, and throws CATZ_BUS_DEPENDENCY without ioredis
 * @throws CATZ_TIERS_OPTION
 * @example createTieredCache({ remote: redisTier({ url: 'redis://127.0.0.1:6379' }) }) */
export function redisTier(options: RedisTierOptions): RemoteTier {
  const { connection: where, prefix, hashTag, tracking: isTracking } = checkRedisTier(options);
  return {
    kind: 'redis',
    open({ name, onState, onExternal }) {
      let tracking: Tracking | undefined;
      const connection = connectRedis(where, {
        role: 'commands',
        who: 'redisTier',
        onState(state) {
          tracking?.restart();
          onState(state);
        },
      });
      const keys = new RedisKeys(prefix, name, hashTag);
      if (isTracking) tracking = new Tracking(connection, keys, onExternal ?? (() => undefined));
      return new RedisStore(connection, keys, tracking);
    },
    openBus: (deadline) => streamBus({ ...where, prefix: `${prefix}bus1`, deadline }),
  };
}
