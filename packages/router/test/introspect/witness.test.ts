// URLs made for routes, each tried on a router that has nothing but the route.
import { expect, test } from 'vitest';
import { walkOf } from '../../src/find-my-way/router.ts';
import { witnessOf, witnessesOf } from '../../src/introspect/witness.ts';
import { randomTable } from '../support/random-tables.ts';
import { randomFrom } from '../support/random.ts';
import { makeRouter, outcomeOf } from '../support/routers.ts';
import { alone, getRoutes, routeAt, routerOf } from './support.ts';

const CASES: readonly (readonly [string, string, string | undefined])[] = [
  ['/', '/', '/~'],
  ['/users', '/users', '/users~'],
  ['/users/:id', '/users/1', '/users/1/~'],
  ['/users/:id/posts', '/users/1/posts', '/users/1/posts~'],
  ['/files/*', '/files/x', '/files'],
  ['/*', '/x', undefined],
  ['*', '/x', undefined],
  ['/a%20b', '/a%2520b', '/a%2520b~'],
  ['/caf\u00e9/:x', '/caf%C3%A9/1', '/caf%C3%A9/1/~'],
  ['/c/::x', '/c/:x', '/c/:x~'],
  ['/at/:h(^\\d{2}$)h:m(^\\d{2}$)m', '/at/11h11m', '/at/11h11m~'],
  ['/pair/:a-:b.:c', '/pair/1-1.1', '/pair/1-1.1/~'],
  ['/t/:a(x\\/y)', '/t/x%2Fy', '/t/x%2Fy~'],
  [
    '/uuid/:id([\\da-f]{8}-[\\da-f]{4}-4[\\da-f]{3}-[89ab][\\da-f]{3}-[\\da-f]{12})',
    '/uuid/550e8400-e29b-41d4-a716-446655440000',
    '/uuid/550e8400-e29b-41d4-a716-446655440000~',
  ],
];

test.each(CASES)('%s is hit by %s and missed by %s', (path, hit, miss) => {
  const router = getRoutes(path);
  const route = routeAt(router, path);
  expect(witnessOf(route, router)).toEqual({ hit, miss });
  expect(router.find('GET', hit)?.store).toBe(route.store);
  if (miss !== undefined) expect(router.find('GET', miss)).toBeNull();
});

test('the URLs for an engine are a hit, one with a query, a miss and one that is encoded', () => {
  const router = getRoutes('/users/:id');
  expect(witnessesOf(router.routes[0]!, router)).toEqual([
    '/users/1',
    '/users/1?x=1',
    '/users/1/~',
    '/users/a%2Fb%C3%A9',
  ]);
});

test('no URL is made for text that ends a path, and for parameters that are always too long', () => {
  const router = getRoutes('/a#b', '/h/:sha([0-9a-f]{128})');
  for (const route of router.routes) {
    expect(witnessOf(route, router)).toEqual({ hit: undefined, miss: undefined });
    expect(witnessesOf(route, router)).toEqual([]);
  }
});

test('a route that is no longer in its tree has no URLs', () => {
  const router = getRoutes('/a', '/b');
  const [gone] = router.routes;
  (router as unknown as { off(method: string, path: string): void }).off('GET', '/a');
  expect(witnessOf(gone!, router)).toEqual({ hit: undefined, miss: undefined });
  expect(witnessesOf(gone!, router)).toEqual([]);
});

test('routes that were added later have URLs', () => {
  const router = getRoutes('/a');
  expect(witnessesOf(router.routes[0]!, router)[0]).toBe('/a');
  router.on('GET', '/b/:c', {}, () => {}, {});
  expect(witnessesOf(router.routes[1]!, router)[0]).toBe('/b/1');
});

test('URLs are made for what a router overlooks', () => {
  const options = { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true };
  const router = routerOf([['GET', '/A//B/:Id/']], options);
  expect(witnessOf(router.routes[0]!, router).hit).toBe('/a/b/1');
});

test('half of a surrogate pair is left as it is', () => {
  const router = getRoutes('/\ud800/:x', '/r/:y([\ud800])');
  expect(witnessOf(router.routes[0]!, router).hit).toBe('/\ud800/1');
  expect(witnessOf(router.routes[1]!, router).hit).toBeUndefined();
});

test('over random tables each hit is taken by its pattern alone, and no miss is', () => {
  const counts = { hits: 0, misses: 0, without: 0 };
  for (let seed = 0; seed < 250; seed++) {
    const router = makeRouter(randomTable(randomFrom(seed), { isConstrained: false }));
    for (const route of router.routes.slice(0, 20)) {
      const { hit, miss } = witnessOf(route, router);
      const single = alone(router, route);
      const label = `seed ${seed}, ${route.path}, ${hit}, ${miss}`;
      if (hit === undefined) counts.without++;
      else {
        counts.hits++;
        // A regular expression without a group of its own throws once it has matched.
        const found = outcomeOf(() => walkOf(single).call(single, route.method, hit));
        expect(found, label).not.toBeNull();
      }
      if (miss !== undefined) {
        counts.misses++;
        expect(walkOf(single).call(single, route.method, miss), label).toBeNull();
      }
    }
  }
  console.log(counts);
  expect(counts.hits).toBeGreaterThan(1000);
  expect(counts.misses).toBeGreaterThan(1000);
});

test('a refused route that has changed the root leaves the others their URLs', () => {
  const router = getRoutes('/*', '/a');
  expect(witnessesOf(router.routes[1]!, router)[0]).toBe('/a');
  expect(() => router.on('GET', '*', {}, () => {}, {})).toThrow(/already declared/);
  expect(router.trees['GET']?.prefix).toBe('');
  expect(witnessesOf(router.routes[1]!, router)[0]).toBe('/a');
  expect(witnessOf(router.routes[0]!, router).hit).toBe('/x');
});
