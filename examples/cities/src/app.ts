// The whole example as one Fastify application that does not listen yet: places, routes, page and events,
// with the response cache of createApp() over an engine of its own.

import { createApp, openCache, type FastifyInstance } from 'catzilla';
import { changeRoutes, cityRoutes } from './city-routes.ts';
import { LatencyLog } from './latency.ts';
import { liveRoute } from './live.ts';
import { pageRoutes } from './page-routes.ts';
import { loadPlaces } from './places.ts';

/** Options of buildApp(). */
export interface CitiesOptions {
  /** How long an answer stays fresh, in ms. Default: 60_000. */
  ttl?: number;
  /** Bound of the cache, in bytes. Default: 67_108_864. */
  maxBytes?: number;
  /** ms between two server-sent events. Default: 500. */
  interval?: number;
}

/** What GET /events sends each time. */
export interface Snapshot {
  /** How many places are served. */
  places: number;
  cache: {
    /** Answers of cached routes that needed no handler, and those that did. */
    hits: number;
    misses: number;
    /** null before the first answer. */
    hitRatio: number | null;
    entries: number;
    /** Of keys and values, and the bound on everything the engine keeps. */
    bytes: number;
    capacity: number;
    backend: string;
  };
  latency: Record<'hit' | 'miss' | 'uncached', ReturnType<LatencyLog['summary']>>;
  /** Resident bytes of the whole process. */
  memory: { rss: number };
}

/** Makes the application; `app.close()` ends all it started. */
export async function buildApp(options: CitiesOptions = {}): Promise<FastifyInstance> {
  const { ttl = 60_000, maxBytes = 67_108_864, interval = 500 } = options;
  const places = loadPlaces();
  const latency = new LatencyLog();
  // A private engine, without a name to share: each application has populations of its own.
  const engine = openCache({ maxBytes });
  // Errors as Fastify answers them: schemas of JSON Schema alone need nothing more.
  const app = await createApp({ cache: { cache: engine }, validation: false });
  // Hooks of onClose run in reverse order: this one after those of every route below.
  app.addHook('onClose', async () => engine.close());

  const snapshot = (): Snapshot => {
    const { entries, bytes, capacity, backend } = engine.stats();
    const hit = latency.summary('hit');
    const miss = latency.summary('miss');
    const answers = hit.count + miss.count;
    return {
      places: places.all.length,
      cache: {
        hits: hit.count,
        misses: miss.count,
        hitRatio: answers === 0 ? null : hit.count / answers,
        entries,
        bytes: bytes.live,
        capacity,
        backend,
      },
      latency: { hit, miss, uncached: latency.summary('uncached') },
      memory: { rss: process.memoryUsage.rss() },
    };
  };

  await app.register(cityRoutes, { prefix: '/api', places, latency, ttl });
  await app.register(cityRoutes, { prefix: '/uncached/api', places, latency, ttl: false });
  await app.register(changeRoutes, { prefix: '/api', places });
  await app.register(liveRoute, { snapshot, interval });
  await app.register(pageRoutes);
  app.get('/stats', { config: { cache: false } }, async () => ({
    ...snapshot(),
    http: app.cache.stats(),
    engine: engine.stats(),
  }));
  app.get('/health', { config: { cache: false } }, async () => ({
    status: 'ok',
    places: places.all.length,
    cache: app.cache.health(),
  }));
  return app;
}
