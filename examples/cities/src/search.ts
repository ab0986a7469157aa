// Search by name, done the plain way: every request folds and scans all names. No index is kept, since
// what this example compares is a computed answer and a cached one.

import { fold } from './fold.ts';
import type { Place } from './places.ts';

/** Answer to a search. */
export interface SearchResult {
  /** The text as it was asked. */
  query: string;
  /** How many places match. */
  total: number;
  /** The largest matches, at most `limit`. */
  places: Place[];
}

/** Finds the places whose name contains `query`, case and accents aside, largest first.
 * Cost: one pass over all names.
 * @param limit  how many to return, at least 1 */
export function search(places: readonly Place[], query: string, limit: number): SearchResult {
  const wanted = fold(query.trim());
  const found = places.filter((place) => fold(place.name).includes(wanted));
  found.sort((a, b) => b.population - a.population || a.id - b.id);
  return { query, total: found.length, places: found.slice(0, limit) };
}
