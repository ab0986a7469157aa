// createApp(): one Fastify instance with the parts of Catzilla registered, bottom floor first, so that
// closing ends them in reverse. No logic of its own: each part is a plugin that works alone.
import { fastifyCache } from '@catzilla/fastify-cache';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { checkAppOptions } from './app-options.ts';
import type { AppOptions } from './app-options.ts';
import { closeUnusedConnections } from './unused-connections.ts';

/** Makes a Fastify application with the response cache in place.
 *
 * It has to be awaited: the cache sees only routes that are declared after it has loaded.
 * `app.close()` lets running requests finish, ends connections that are idle or were never used, and closes
 * the cache.
 * For TLS or HTTP/2 make the Fastify instance yourself and register `fastifyCache` on it.
 *
 * @param options.server  Fastify's own options; default: Fastify's defaults
 * @param options.cache   options of the response cache, or false for none (then there is no `app.cache`);
 *   default: `{}`, where only responses with a freshness of their own, or of their route, are stored
 * @returns the instance, not listening yet
 * @throws CATZ_APP_OPTION for an unknown option or a part that is no object; CATZ_FASTIFY_CACHE_OPTION
 *   for a wrong setting of the cache
 * @example
 * const app = await createApp({ cache: { ttl: 60_000 } });
 * app.get('/time', async () => ({ time: new Date().toISOString() }));
 * await app.listen({ port: 3000 }); */
export async function createApp(options?: AppOptions): Promise<FastifyInstance> {
  const { server, cache } = checkAppOptions(options);
  const app = Fastify(server);
  closeUnusedConnections(app);
  if (cache === false) return app;
  try {
    await app.register(fastifyCache, cache);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}
