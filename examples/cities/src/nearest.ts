// The places nearest to a point, by great-circle distance. Every request measures every place.

import type { Place } from './places.ts';

/** Mean radius of the Earth in km (IUGG). */
const EARTH_RADIUS = 6371.0088;
const RADIANS = Math.PI / 180;

/** A place and how far away it is. */
export interface NearPlace extends Place {
  /** Great-circle distance in km, rounded to metres. */
  distanceKm: number;
}

/** Great-circle distance in km between two points in degrees, by the haversine formula
 * (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984). */
export function distance(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const sinLat = Math.sin(((lat2 - lat1) * RADIANS) / 2);
  const sinLon = Math.sin(((lon2 - lon1) * RADIANS) / 2);
  const a = sinLat * sinLat + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * sinLon * sinLon;
  // Rounding may lift `a` a hair above 1 for antipodes, where asin would be NaN.
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** Finds the `limit` nearest places, nearest first. Cost: one pass over all places. */
export function nearest(
  places: readonly Place[],
  lat: number,
  lon: number,
  limit: number,
): NearPlace[] {
  // The best so far, in order; `limit` is small, so inserting beats sorting every distance.
  const best: { place: Place; km: number }[] = [];
  let worst = Infinity;
  for (const place of places) {
    const km = distance(lat, lon, place.lat, place.lon);
    if (km >= worst) continue;
    let at = best.length;
    while (at > 0 && best[at - 1]!.km > km) at--;
    best.splice(at, 0, { place, km });
    if (best.length > limit) best.pop();
    if (best.length === limit) worst = best[limit - 1]!.km;
  }
  return best.map(({ place, km }) => ({ ...place, distanceKm: Math.round(km * 1000) / 1000 }));
}
