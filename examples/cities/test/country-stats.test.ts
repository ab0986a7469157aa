import { describe, expect, it } from 'vitest';
import { countryStats } from '../src/country-stats.ts';
import { loadPlaces, type Place } from '../src/places.ts';

const { all } = loadPlaces();

const place = (id: number, population: number, capital = false): Place => ({
  id,
  name: `place ${id}`,
  country: 'XX',
  capital,
  population,
  lat: 0,
  lon: 0,
});

describe('countryStats', () => {
  it('knows France', () => {
    const french = all.filter(({ country }) => country === 'FR');
    const population = french.reduce((sum, { population }) => sum + population, 0);
    expect(countryStats(all, 'FR')).toMatchObject({
      country: 'FR',
      places: french.length,
      population,
      average: Math.round(population / french.length),
      largest: { id: 2988507, name: 'Paris' },
      capital: { id: 2988507, name: 'Paris' },
    });
  });

  it('computes average and median of odd and even numbers of places', () => {
    const three = [place(1, 10), place(2, 40, true), place(3, 20)];
    expect(countryStats(three, 'XX')).toMatchObject({
      places: 3,
      population: 70,
      average: 23,
      median: 20,
      largest: { id: 2 },
      capital: { id: 2 },
    });
    expect(countryStats([...three, place(4, 31)], 'XX')).toMatchObject({ median: 25.5 });
  });

  it('has no capital where the data marks none', () => {
    expect(countryStats([place(1, 10)], 'XX')?.capital).toBeNull();
  });

  it('knows nothing of a country without places', () => {
    expect(countryStats(all, 'ZZ')).toBeUndefined();
  });
});
