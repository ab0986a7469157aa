// Conflicts over random tables: what is proved holds for every URL that is tried, and every witness shows what it should.
import { expect, test } from 'vitest';
import type { Route, Router } from '../../src/find-my-way/router.ts';
import { walkOf } from '../../src/find-my-way/router.ts';
import { findAmbiguous } from '../../src/introspect/conflicts/ambiguous.ts';
import { visitBounds } from '../../src/introspect/conflicts/expensive.ts';
import type { Finding, Scope } from '../../src/introspect/conflicts/finding.ts';
import { findUnreachable } from '../../src/introspect/conflicts/unreachable.ts';
import { winnerOf, stepsOf } from '../../src/introspect/search.ts';
import { readTarget } from '../../src/introspect/target.ts';
import { treeIndex } from '../../src/introspect/tree-index.ts';
import { witnessesOf } from '../../src/introspect/witness.ts';
import { randomTable } from '../support/random-tables.ts';
import { randomUrl } from '../support/random-urls.ts';
import { randomFrom } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { makeRouter, outcomeOf } from '../support/routers.ts';
import { alone, getRoutes } from './support.ts';

function scopeOf(router: Router): Scope {
  const budget = { left: 200_000 };
  return { router, index: treeIndex(router), budget, unreachable: new Set(), full: new Set() };
}

const WIDE = ['[a-z0-9-]+', '.*', '[^/]+', '[\\w.-]+', '.{1,9}'];
const NARROW = ['\\d{2}', '\\d{1,3}', '[ab]{2}', 'a|b|ab', '[^-]{1,5}', '\\w{1,4}', 'a$', 'x{120}'];
const TAILS = ['', '/a', '/b', '/:x', '/*', '/ab', '/:y(\\d+)'];

/** Tables of expressions that lie over each other, in which some routes cannot be reached. */
function expressions(random: Random): Router {
  const tail = random.pick(TAILS);
  const paths = new Set<string>([`/:slug(${random.pick(WIDE)})${tail}`]);
  for (let i = 3 + random.int(5); i > 0; i--) {
    let segment = `:a(${random.pick(NARROW)})`;
    while (random.once(2)) segment += `${random.pick(['-', '.', '-a'])}:b(${random.pick(NARROW)})`;
    paths.add(`/${segment}${random.once(3) ? random.pick(TAILS) : tail}`);
  }
  const router = getRoutes();
  for (const path of paths) {
    try {
      router.on('GET', path, {}, () => path, { path });
    } catch (error) {
      if (!/already declared|not safe/.test(String(error))) throw error;
    }
  }
  return router;
}

const SEGMENTS = [
  'a',
  'b',
  'ab',
  '1',
  '12',
  '123',
  'a-b',
  '12-34',
  'a-a',
  '1.2',
  'a.b-a',
  'ab-12',
  '-',
];

test('a route that is proved unreachable is found by no URL that is tried', () => {
  const counts = { proofs: 0, shadowed: 0, lookups: 0, hitsAlone: 0 };
  for (let seed = 0; seed < 200; seed++) {
    const random = randomFrom(seed);
    const router = expressions(random);
    const dead = new Set<Route>();
    for (const { routes, witness } of findUnreachable(scopeOf(router))) {
      dead.add(routes[0]!);
      counts.proofs++;
      if (witness !== undefined) counts.shadowed++;
    }
    if (dead.size === 0) continue;
    const urls = router.routes.flatMap((route) => witnessesOf(route, router));
    for (let i = 0; i < 80; i++) {
      const length = 1 + random.int(2);
      urls.push(`/${Array.from({ length }, () => random.pick(SEGMENTS)).join('/')}`);
    }
    for (const url of urls) {
      counts.lookups++;
      const found = outcomeOf(() => walkOf(router).call(router, 'GET', url));
      for (const route of dead) {
        expect((found as { store?: unknown } | null)?.store, `seed ${seed}, ${url}`).not.toBe(
          route.store,
        );
      }
    }
    for (const route of dead) {
      const single = alone(router, route);
      if (urls.some((url) => walkOf(single).call(single, 'GET', url) !== null)) counts.hitsAlone++;
    }
  }
  console.log(counts);
  expect(counts.shadowed).toBeGreaterThan(50);
  // They would have been found without the others: the URLs could have shown it.
  expect(counts.hitsAlone).toBeGreaterThan(50);
});

test('over tables of all kinds no URL finds a route that is proved unreachable', () => {
  const counts = { dead: 0, lookups: 0 };
  for (let seed = 0; seed < 300; seed++) {
    const random = randomFrom(seed);
    const table = randomTable(random, { isConstrained: false });
    const router = makeRouter(table);
    const dead = new Set([...findUnreachable(scopeOf(router))].map(({ routes }) => routes[0]!));
    counts.dead += dead.size;
    if (dead.size === 0) continue;
    for (let i = 0; i < 60; i++) {
      const url = randomUrl(random, table);
      counts.lookups++;
      for (const { method, handler } of dead) {
        const found = outcomeOf(() => walkOf(router).call(router, method, url));
        expect((found as { handler?: unknown } | null)?.handler, `seed ${seed}, ${url}`).not.toBe(
          handler,
        );
      }
    }
  }
  console.log(counts);
  expect(counts.dead).toBeGreaterThan(30);
});

test('the URL of an ambiguous pair is taken by both patterns, and goes to the first', () => {
  const counts = { pairs: 0, warnings: 0 };
  for (let seed = 0; seed < 250; seed++) {
    const random = randomFrom(seed);
    const router = random.once(2)
      ? makeRouter(randomTable(random, { isConstrained: false }))
      : expressions(random);
    let left = 30;
    for (const finding of findAmbiguous(scopeOf(router))) {
      if (--left < 0) break;
      counts.pairs++;
      if (finding.severity === 'warn') counts.warnings++;
      expectWitness(router, finding, `seed ${seed}, ${finding.witness}, ${finding.why}`);
    }
  }
  console.log(counts);
  expect(counts.pairs).toBeGreaterThan(500);
  expect(counts.warnings).toBeGreaterThan(100);
});

function expectWitness(router: Router, { routes, witness }: Finding, label: string): void {
  expect(routes, label).toHaveLength(2);
  for (const route of routes) {
    const single = alone(router, route);
    const found = outcomeOf(() => walkOf(single).call(single, route.method, witness!));
    expect(found, `${label}, ${route.path}`).not.toBeNull();
  }
  const winner = winnerOf(router, routes[0]!.method, witness!, undefined);
  expect(treeIndex(router).routeOf(winner!), label).toBe(routes[0]);
}

test('no lookup visits more nodes than the bound says', () => {
  let visited = 0;
  for (let seed = 0; seed < 300; seed++) {
    const random = randomFrom(seed);
    const table = randomTable(random, { isConstrained: false });
    const router = makeRouter(table);
    const places = treeIndex(router).places.get('GET');
    if (places === undefined) continue;
    const root = router.trees['GET']!;
    const bound = visitBounds(places).get(root)!;
    expect(bound).toBeLessThanOrEqual(places.length);
    for (let i = 0; i < 40; i++) {
      const target = readTarget(router, randomUrl(random, table));
      if (target === undefined) continue;
      const visits = [...stepsOf(router, root, target)].filter(
        ({ kind }) => kind === 'visit',
      ).length;
      expect(visits, `seed ${seed}`).toBeLessThanOrEqual(bound);
      visited += visits;
    }
  }
  expect(visited).toBeGreaterThan(10_000);
});
