// A built table explains itself: what it passes on to introspect/, of its own routes.
import { expect, it } from 'vitest';
import { RouteTable } from '../../src/table/route-table.ts';

const table = new RouteTable<string>();
table.add('GET', '/a/:x', 'one').add('POST', '/a/b', 'two').add('PUT', '/*', 'all');
const built = table.build();

it('explains which route wins', () => {
  const { route } = built.explain('GET', '/a/7');
  expect(route?.store).toBe(built.routes[0]);
  expect(built.explain('GET', '/b').route).toBeUndefined();
});

it('lists the methods that have a route', () => {
  expect(built.allowedMethods('/a/b').toSorted()).toEqual(['GET', 'POST']);
  const all = built.allowedMethods('/a/b', { ignoreCatchAll: false });
  expect(all.toSorted()).toEqual(['GET', 'POST', 'PUT']);
});

it('lists conflicts of its routes', () => {
  const kinds = (patterns: readonly string[]): string[] => {
    const some = new RouteTable<number>();
    for (const pattern of patterns) some.add('GET', pattern, 1);
    return [...some.build().conflicts()].map(({ kind }) => kind);
  };
  expect(kinds(['/a', '/b'])).toEqual([]);
  expect(kinds(['/a', '/p%20q'])).toEqual(['encoded-pattern']);
});
