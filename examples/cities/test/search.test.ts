import { describe, expect, it } from 'vitest';
import { loadPlaces } from '../src/places.ts';
import { search } from '../src/search.ts';

const { all } = loadPlaces();

describe('search', () => {
  it('finds Paris first, largest places first', () => {
    const { total, places } = search(all, 'par', 10);
    expect(places[0]).toMatchObject({ id: 2988507, name: 'Paris', country: 'FR', capital: true });
    expect(places).toHaveLength(10);
    const populations = places.map((place) => place.population);
    expect(populations).toStrictEqual(populations.toSorted((a, b) => b - a));
    expect(total).toBeGreaterThan(1000);
  });

  it('counts exactly the names that hold the text', () => {
    const bare = /lodz/;
    const plain = (name: string) =>
      name.toLowerCase().replaceAll('ł', 'l').normalize('NFD').replace(/\p{M}/gu, '');
    const expected = all.filter((place) => bare.test(plain(place.name)));
    expect(expected.length).toBeGreaterThan(0);
    expect(search(all, 'lodz', 100).total).toBe(expected.length);
  });

  it.each(['sao paulo', 'São Paulo', ' SÃO PAULO '])('finds São Paulo as %j', (query) => {
    expect(search(all, query, 1).places[0]?.name).toBe('São Paulo');
  });

  it('says so when nothing matches', () => {
    expect(search(all, 'zzzzqq', 5)).toStrictEqual({ query: 'zzzzqq', total: 0, places: [] });
  });
});
