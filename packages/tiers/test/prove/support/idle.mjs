// Uses a cache and has nothing more to do; `isClosed` says whether it closes it.
import { createTieredCache } from '@catzilla/tiers';
import { data, leave, send } from './parent.mjs';

const { options, isClosed } = data;
const cache = createTieredCache(options);
await cache.ready({ timeout: 30_000 });
await cache.set('k', 1, { tags: ['t'], ttl: 50 });
await cache.getOrSet('other', () => 2, { lock: true });
await cache.getMany(['k', 'other', 'nothing']);
await cache.invalidateTags('t');
await cache.delete('k');
const { status } = await cache.health();
if (isClosed) await cache.close();
await send({ status });
leave();
