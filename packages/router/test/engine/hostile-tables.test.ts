// Tables and targets made to cost much: what a lookup may cost is bounded by the nodes of the table, whatever the target.
// Counted, not timed.
import { expect, it } from 'vitest';
import { makeEngines } from '../../src/engine/choose.ts';
import { encodeTree } from '../../src/image/encode.ts';
import { loadTrie } from '../../src/native/addon.ts';
import { RouteTable } from '../../src/table/route-table.ts';
import { nodesOf, workOf } from '../support/count-nodes.ts';
import { readImage } from '../support/read-image.ts';
import { routerOf, thrownBy } from '../support/tables.ts';

/** All routes of 12 segments that are `a` or a parameter each: a path of that many `a` has 4,096 ways to go. */
const mixes = Array.from({ length: 4096 }, (_, bits) =>
  Array.from({ length: 12 }, (_segment, i) => ((bits >> i) & 1 ? '/:p' : '/a')).join(''),
);
const miss = `${'/a'.repeat(12)}/x`;

it('visits each node of the tree at most once for a target that nearly matches all routes', () => {
  const router = routerOf(mixes);
  const nodes = nodesOf(router.trees['GET']!).length;
  const { visited, found } = workOf(router, miss);
  expect(found).toBe(false);
  // Nearly all are visited: the table is as bad as it can be.
  expect(visited).toBeGreaterThan(8000);
  expect(visited).toBeLessThanOrEqual(nodes);
});

it('gives native code a tree in which no node has two ways to be reached', () => {
  const router = routerOf(mixes);
  const { image } = encodeTree(router, router.trees['GET']!);
  const nodes = readImage(image);
  const referred = nodes.flatMap(({ children }) => children);
  expect(nodes.length).toBe(nodesOf(router.trees['GET']!).length);
  expect(new Set(referred).size).toBe(referred.length);
  expect(referred.length).toBe(nodes.length - 1);
  for (const { place, children } of nodes) {
    for (const child of children) expect(child).toBeGreaterThan(place);
  }
});

it('answers the hostile target natively, by hits and misses alone', () => {
  const router = routerOf(mixes);
  const settings = { engine: 'native', nativeThreshold: 1, compileLimit: 0 } as const;
  const { find, native } = makeEngines(router, settings).get('GET')!;
  expect(find(miss, undefined)).toBeNull();
  expect(find('/a'.repeat(12), undefined)?.handler()).toBe('/a'.repeat(12));
  expect(find(`${'/a'.repeat(11)}/b`, undefined)?.handler()).toBe(`${'/a'.repeat(11)}/:p`);
  expect(native!.counts).toMatchObject({ hits: 2, misses: 1 });
});

it('decides the longest target that it reads, however many slashes it has', () => {
  const router = routerOf(mixes);
  const { find } = loadTrie(encodeTree(router, router.trees['GET']!).image)!;
  expect(find('/'.repeat(8192))).toBe(-1);
  expect(find(`${'/a'.repeat(4096)}`)).toBe(-1);
});

for (const allowUnsafeRegex of [false, true]) {
  it(`${allowUnsafeRegex ? 'takes' : 'refuses'} a regular expression that may take exponential time, with allowUnsafeRegex ${allowUnsafeRegex}`, () => {
    const table = new RouteTable<number>({ allowUnsafeRegex });
    const add = (): unknown => table.add('GET', '/:id((?:a+)+$)', 1);
    if (allowUnsafeRegex) {
      add();
      expect(table.build().find('GET', '/aaa')?.params['id']).toBe('aaa');
      return;
    }
    const error = thrownBy(add);
    expect(error.code).toBe('CATZ_ROUTER_BAD_PATTERN');
    expect(error.message).toContain('is not safe');
    expect(table.size).toBe(0);
  });
}

it('runs no regular expression on a segment longer than its parameters may be', () => {
  const router = routerOf(['/:id((?:a+)+$)', '/x/:a(\\d+)-:b(\\d+)'], {
    allowUnsafeRegex: true,
    maxParamLength: 20,
  });
  const long = workOf(router, `/${'a'.repeat(5000)}!`);
  expect(long.found).toBe(false);
  expect(long.lengths).toEqual([]);
  const allowed = routerOf(['/:id(a+)'], { maxParamLength: 20 });
  expect(workOf(allowed, `/${'a'.repeat(20)}`).lengths).toEqual([20]);
});

it('keeps that bound in every engine', () => {
  for (const engine of ['walk', 'compile', 'native'] as const) {
    const table = new RouteTable<number>({ engine, allowUnsafeRegex: true, maxParamLength: 12 });
    const built = table.add('GET', '/:id((?:a+)+$)', 1).build();
    // Without the bound this would not come to an end.
    expect(built.find('GET', `/${'a'.repeat(8000)}!`), engine).toBeNull();
    expect(built.find('GET', '/aaaa')?.value, engine).toBe(1);
  }
});

it('builds every engine for a route as deep as a target can be', () => {
  const path = '/:p'.repeat(2000);
  for (const engine of ['walk', 'native', 'auto'] as const) {
    const built = new RouteTable<number>({ engine }).add('GET', path, 1).build();
    expect(built.find('GET', '/x'.repeat(2000))?.value, engine).toBe(1);
    expect(built.find('GET', '/x'.repeat(1999)), engine).toBeNull();
  }
});
