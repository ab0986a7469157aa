// What is known of find-my-way's router: its shape, and the one find that all others are measured by.
import FindMyWay from 'find-my-way';
import { expect, it } from 'vitest';
import { shapeFault, walkOf } from '../../src/find-my-way/router.ts';
import { routerOf } from '../support/tables.ts';

it('finds no fault with a router, whatever its options', () => {
  expect(shapeFault(FindMyWay())).toBeUndefined();
  expect(shapeFault(routerOf(['/a', '*'], { caseSensitive: false }))).toBeUndefined();
});

it('gives the walk of the router itself, whatever stands in its place', () => {
  const router = routerOf(['/a']);
  const walk = walkOf(router);
  (router as unknown as { compile(): void }).compile();
  router.find = () => null;
  expect(walkOf(router)).toBe(walk);
  expect(walkOf(router).call(router, 'GET', '/a')?.store).toEqual({ path: '/a' });
});
