// Statistics of one country, computed from its places on every request.

import type { Place } from './places.ts';

/** What is known of one country. */
export interface CountryStats {
  country: string;
  /** How many places. */
  places: number;
  /** Sum of the inhabitants of all places. */
  population: number;
  /** Inhabitants per place, rounded. */
  average: number;
  /** Half of the places have fewer inhabitants than this. */
  median: number;
  largest: Place;
  /** null where the data marks none. */
  capital: Place | null;
}

/** @returns the statistics of the country, or undefined when it has no place
 * @param country  ISO 3166-1 alpha-2, upper case */
export function countryStats(places: readonly Place[], country: string): CountryStats | undefined {
  const own = places.filter((place) => place.country === country);
  own.sort((a, b) => b.population - a.population || a.id - b.id);
  const largest = own[0];
  if (largest === undefined) return undefined;
  const population = own.reduce((sum, place) => sum + place.population, 0);
  return {
    country,
    places: own.length,
    population,
    average: Math.round(population / own.length),
    median: medianOf(own),
    largest,
    capital: own.find((place) => place.capital) ?? null,
  };
}

function medianOf(sorted: readonly Place[]): number {
  const half = sorted.length >> 1;
  const upper = sorted[half]!.population;
  return sorted.length % 2 === 1 ? upper : (sorted[half - 1]!.population + upper) / 2;
}
