// JSON schemas of what clients may ask. Fastify refuses anything else with 400 before a handler runs.
// Paths take one spelling of a city or a country only, so that each answer has one URL to purge.

/** Query of GET /cities. */
export interface SearchQuery {
  q: string;
  limit: number;
}

export const searchQuery = {
  type: 'object',
  required: ['q'],
  properties: {
    q: { type: 'string', maxLength: 64, pattern: '\\S' },
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
  },
} as const;

/** Query of GET /cities/nearest, in degrees. */
export interface NearestQuery {
  lat: number;
  lon: number;
  limit: number;
}

export const nearestQuery = {
  type: 'object',
  required: ['lat', 'lon'],
  properties: {
    lat: { type: 'number', minimum: -90, maximum: 90 },
    lon: { type: 'number', minimum: -180, maximum: 180 },
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 5 },
  },
} as const;

/** Path of /cities/:id; a GeoNames id without leading zeros. */
export interface CityParams {
  id: string;
}

export const cityParams = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', pattern: '^[1-9][0-9]{0,9}$' } },
} as const;

/** Path of /countries/:code/stats. */
export interface CountryParams {
  code: string;
}

export const countryParams = {
  type: 'object',
  required: ['code'],
  properties: { code: { type: 'string', pattern: '^[A-Z]{2}$' } },
} as const;

/** Body of POST /cities/:id. */
export interface PopulationBody {
  population: number;
}

export const populationBody = {
  type: 'object',
  required: ['population'],
  additionalProperties: false,
  properties: { population: { type: 'integer', minimum: 0, maximum: 100_000_000 } },
} as const;
