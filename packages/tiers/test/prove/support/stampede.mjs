// Asks for one key very many times at once. Tells when its factory begins, and what everybody got.
import { createTieredCache } from '@catzilla/tiers';
import { data, leave, next, send } from './parent.mjs';

const { id, options, count, load, factory } = data;
const cache = createTieredCache(options);
await cache.ready({ timeout: 30_000 });
await send({ kind: 'ready' });
await next();

let calls = 0;
async function compute() {
  calls++;
  void send({ kind: 'computing', id });
  if (factory === 'told') await next();
  else await new Promise((resolve) => setTimeout(resolve, factory));
  return `by ${id}`;
}

const values = {};
const errors = [];
await Promise.all(
  Array.from({ length: count }, () =>
    cache.getOrSet('key', compute, load).then(
      (value) => (values[value] = (values[value] ?? 0) + 1),
      (error) => errors.push(String(error)),
    ),
  ),
);
const { lockWaits } = cache.stats();
await send({ kind: 'done', id, calls, values, errors, lockWaits });
// Asked until the test has seen enough.
for (;;) {
  const { ask } = await next();
  if (ask === undefined) break;
  await send({ kind: 'value', value: await cache.get('key', ask) });
}
await cache.close();
leave();
