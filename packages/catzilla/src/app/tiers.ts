// app.tiers: one tiered cache for the whole application. What was opened here is closed with it.
import { createTieredCache } from '@catzilla/tiers';
import type { TieredCache, TieredOptions } from '@catzilla/tiers';
import type { FastifyInstance } from 'fastify';

/** How long the start waits for the tiers, ms: a disk that is ready answers the first requests. */
const START_WAIT = 1000;

/** Opens the cache and decorates the application. A tier that is down delays the start by START_WAIT at most.
 * @throws what createTieredCache throws */
export async function addTiers(
  app: FastifyInstance,
  given: TieredOptions | TieredCache,
): Promise<void> {
  if (isOpen(given)) {
    app.decorate('tiers', given);
    return;
  }
  const tiers = createTieredCache({ logger: app.log, ...given });
  app.addHook('onClose', async () => tiers.close());
  app.decorate('tiers', tiers);
  await tiers.ready({ timeout: START_WAIT });
}

function isOpen(given: TieredOptions | TieredCache): given is TieredCache {
  return typeof (given as Partial<TieredCache>).getOrSet === 'function';
}
