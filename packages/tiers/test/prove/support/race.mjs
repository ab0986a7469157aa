// A node in a race in a process of its own. The truth lies in Redis, beside the cache.
import { createRequire } from 'node:module';
import { streamBus } from '@catzilla/bus';
import { createTieredCache } from '@catzilla/tiers';
import { heardBus } from './heard-bus.mjs';
import { data, leave, next, send } from './parent.mjs';
import { makeRacer } from './racer.mjs';

const { default: Redis } = createRequire(import.meta.url)('ioredis');
const { options, url, seed, loaders } = data;
const client = new Redis(url);
const told = heardBus(streamBus({ url, deadline: 10_000 }));
const cache = createTieredCache({ ...options, bus: told.bus });
await cache.ready({ timeout: 10_000 });
const truth = {
  read: async (key) => Number(await client.get(`truth:${key}`)),
  raise: (key) => client.incr(`truth:${key}`),
};
const racer = makeRacer({ cache, truth, seed, told });
await send({ kind: 'ready' });
const running = racer.run(loaders);
for (;;) {
  const { change, key, versions, position } = await next();
  if (change !== undefined) {
    await send(await racer.change(change, key));
  } else if (versions !== undefined) {
    if (position !== undefined) await told.heard(position);
    racer.learn(versions);
    await send({ kind: 'heard' });
  } else break;
}
racer.stop();
await running;
await cache.close();
await told.bus.close();
client.disconnect();
await send({ faults: racer.faults, counts: racer.counts });
leave();
