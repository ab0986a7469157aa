import { MessageChannel } from 'node:worker_threads';
import { describe, it as plainIt, onTestFinished } from 'vitest';
import { memoryBus } from '../src/index.ts';
import type { Bus } from '../src/index.ts';
import { busServer, portBus } from '../src/port/index.ts';
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

busContract(
  { describe, it: plainIt },
  {
    title: 'over ports, the log elsewhere',
    async open({ maxLen, maxMessageBytes }) {
      const server = busServer({ maxLen });
      onTestFinished(() => server.close());
      const open = (): Bus => {
        const { port1, port2 } = new MessageChannel();
        server.connect(port1);
        return portBus(port2, { deadline: 5_000, maxMessageBytes });
      };
      return { bus: open(), peer: open() };
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
