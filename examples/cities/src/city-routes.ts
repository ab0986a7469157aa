// The routes over the places, as a plugin that is registered twice with the same handlers: under /api,
// where answers may come from the cache, and under /uncached/api, where each one is computed.
// Invariant: a change of a population returns after every cached answer that could show it is purged.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'catzilla';
import { countryStats } from './country-stats.ts';
import type { LatencyLog } from './latency.ts';
import { nearest } from './nearest.ts';
import type { Places } from './places.ts';
import {
  cityParams,
  countryParams,
  nearestQuery,
  populationBody,
  searchQuery,
  type CityParams,
  type CountryParams,
  type NearestQuery,
  type PopulationBody,
  type SearchQuery,
} from './schemas.ts';
import { search } from './search.ts';

/** Options of cityRoutes. */
export interface CityRoutesOptions {
  places: Places;
  latency: LatencyLog;
  /** How long an answer stays fresh, in ms; false computes every answer. */
  ttl: number | false;
}

/** Declares the GET routes: /cities, /cities/nearest, /cities/:id and /countries/:code/stats. */
export async function cityRoutes(app: FastifyInstance, options: CityRoutesOptions): Promise<void> {
  const { places, latency, ttl } = options;
  // Nothing here depends on who asks, so a cookie of another program on this host must not prevent hits.
  // Parameters no handler reads are not part of the key.
  const cached = (parameters: string[]) => ({
    cache:
      ttl === false
        ? (false as const)
        : { ttl, cookies: 'ignore' as const, query: { sort: true, allow: parameters } },
  });

  // A hit never reaches the handler: whether one ran tells hits from misses.
  const computed = new WeakSet<FastifyRequest>();
  app.addHook('onResponse', async (request, reply) => {
    if (request.method !== 'GET' || reply.statusCode !== 200) return;
    const kind = ttl === false ? 'uncached' : computed.has(request) ? 'miss' : 'hit';
    latency.add(kind, reply.elapsedTime);
  });

  app.get<{ Querystring: SearchQuery }>(
    '/cities',
    { schema: { querystring: searchQuery }, config: cached(['q', 'limit']) },
    async (request) => {
      computed.add(request);
      return search(places.all, request.query.q, request.query.limit);
    },
  );

  app.get<{ Querystring: NearestQuery }>(
    '/cities/nearest',
    { schema: { querystring: nearestQuery }, config: cached(['lat', 'lon', 'limit']) },
    async (request) => {
      computed.add(request);
      const { lat, lon, limit } = request.query;
      return { lat, lon, places: nearest(places.all, lat, lon, limit) };
    },
  );

  app.get<{ Params: CityParams }>(
    '/cities/:id',
    { schema: { params: cityParams }, config: cached([]) },
    async (request, reply) => {
      computed.add(request);
      const place = places.byId(Number(request.params.id));
      return place ?? notFound(reply, `no city has the GeoNames id ${request.params.id}`);
    },
  );

  app.get<{ Params: CountryParams }>(
    '/countries/:code/stats',
    { schema: { params: countryParams }, config: cached([]) },
    async (request, reply) => {
      computed.add(request);
      const stats = countryStats(places.all, request.params.code);
      return stats ?? notFound(reply, `no city is known in a country ${request.params.code}`);
    },
  );
}

/** Declares POST /cities/:id, which changes a population. The demo lets anybody do so; a real one would not. */
export async function changeRoutes(
  app: FastifyInstance,
  { places }: { places: Places },
): Promise<void> {
  app.post<{ Params: CityParams; Body: PopulationBody }>(
    '/cities/:id',
    { schema: { params: cityParams, body: populationBody } },
    async (request, reply) => {
      const place = places.byId(Number(request.params.id));
      if (place === undefined) {
        return notFound(reply, `no city has the GeoNames id ${request.params.id}`);
      }
      place.population = request.body.population;
      // Which searches and nearest lists show this city depends on their parameters: all of them go.
      const stale = [
        `/api/cities/${place.id}`,
        `/api/countries/${place.country}/stats`,
        '/api/cities',
        '/api/cities/nearest',
      ];
      await Promise.all(stale.map((path) => app.cache.purgePath(path)));
      return { ...place, purged: stale };
    },
  );
}

function notFound(reply: FastifyReply, message: string): unknown {
  reply.code(404);
  return { statusCode: 404, error: 'Not Found', message };
}
