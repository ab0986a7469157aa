// The children of nodes, in both forms that find-my-way has kept them in.
import { expect, it } from 'vitest';
import type { Node } from '../../src/find-my-way/router.ts';
import { children, leafOf, staticChildren } from '../../src/find-my-way/tree.ts';
import { routerOf } from '../support/tables.ts';

function node(parts: object): Node {
  return { kind: 0, isLeafNode: false, handlerStorage: null, ...parts } as Node;
}

it('lists static children kept in an array', () => {
  const root = routerOf(['/a', '/b']).trees['GET']!;
  expect(staticChildren(root).map(({ prefix }) => prefix)).toEqual(['a', 'b']);
});

it('lists static children kept in an object, as versions before 9.8 do', () => {
  const [a, b] = [node({ prefix: 'a' }), node({ prefix: 'b' })];
  expect(staticChildren(node({ staticChildren: { a, b } }))).toEqual([a, b]);
});

it('lists none for a node that can have none', () => {
  expect(staticChildren(node({}))).toEqual([]);
  expect(children(node({}))).toEqual([]);
});

it('lists children in the order in which they are tried', () => {
  const root = routerOf(['/:x', '/:y(\\d+)', '/a', '/*']).trees['GET']!;
  const kinds = children(root).map(({ kind, isRegex }) => [kind, isRegex]);
  expect(kinds).toEqual([
    [0, false],
    [1, true],
    [1, false],
    [2, false],
  ]);
});

it('gives the handlers where a path may end, and only there', () => {
  const root = routerOf(['/a', '/ab']).trees['GET']!;
  const [a] = staticChildren(root);
  expect(leafOf(root)).toBeUndefined();
  expect(leafOf(a!)?.handlers.length).toBe(1);
  expect(leafOf(node({ isLeafNode: true }))).toBeUndefined();
});
