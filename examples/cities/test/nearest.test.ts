import { describe, expect, it } from 'vitest';
import { distance, nearest } from '../src/nearest.ts';
import { loadPlaces } from '../src/places.ts';

const { all } = loadPlaces();
const RADIUS = 6371.0088;

/** Distance by unit vectors: another formula than the one under test, exact enough where it is used. */
function byVectors(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const vector = (lat: number, lon: number) => {
    const [phi, lambda] = [(lat * Math.PI) / 180, (lon * Math.PI) / 180];
    return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
  };
  const [a, b] = [vector(lat1, lon1), vector(lat2, lon2)];
  return 2 * RADIUS * Math.asin(Math.hypot(...a.map((x, i) => x - b[i]!)) / 2);
}

describe('distance', () => {
  it('is a quarter of the circumference from the equator to the pole', () => {
    expect(distance(0, 0, 90, 0)).toBeCloseTo((RADIUS * Math.PI) / 2, 6);
    expect(distance(0, 0, 0, 90)).toBeCloseTo((RADIUS * Math.PI) / 2, 6);
  });

  it('is half of it between antipodes and nothing from a point to itself', () => {
    expect(distance(48.85, 2.35, -48.85, -177.65)).toBeCloseTo(RADIUS * Math.PI, 3);
    expect(distance(48.85, 2.35, 48.85, 2.35)).toBe(0);
  });
});

describe('nearest', () => {
  it('finds Paris at its own coordinates', () => {
    const [first] = nearest(all, 48.85, 2.35, 5);
    expect(first).toMatchObject({ id: 2988507, name: 'Paris' });
    expect(first?.distanceKm).toBeLessThan(1);
  });

  it.each([
    [35.68, 139.69, 7],
    [-17.7, 179.99, 10],
    [-17.7, -179.99, 10],
    [90, 0, 3],
    [-90, 120, 1],
    [0, 0, 100],
  ])('agrees with sorting every distance at %f, %f for %i places', (lat, lon, limit) => {
    const sorted = all
      .map((place) => byVectors(lat, lon, place.lat, place.lon))
      .sort((a, b) => a - b)
      .slice(0, limit);
    const found = nearest(all, lat, lon, limit);
    expect(found).toHaveLength(limit);
    found.forEach((place, i) => expect(place.distanceKm).toBeCloseTo(sorted[i]!, 2));
  });
});
