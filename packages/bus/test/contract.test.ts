import { describe, it as plainIt } from 'vitest';
import { memoryBus } from '../src/index.ts';
import { busContract } from '../src/testing/index.ts';
import { it, onEachDriver, openBus, sharedRedis, uniquePrefix } from './support/redis.ts';

busContract(
  { describe, it: plainIt },
  {
    title: 'in process',
    async open(options) {
      const bus = memoryBus(options);
      return { bus, peer: bus };
    },
  },
);

onEachDriver(() => {
  const redis = sharedRedis();
  busContract(
    { describe, it },
    {
      title: 'on Redis Streams',
      async open(options) {
        const { url } = await redis();
        const all = { url, prefix: uniquePrefix(), deadline: 5_000, ...options };
        return { bus: openBus(all), peer: openBus(all) };
      },
    },
  );
});
