// Where each route of a router ends in its trees, and the way there from the root.
// Invariant: made once for a list of routes and made anew when that list has changed. A route is known by its list of
// parameter names, which find-my-way hands from the route to its leaf as the same array; stores may be shared.
import { PARAMETRIC, STATIC } from '../find-my-way/router.ts';
import type { HandlerStorage, LeafHandler, Node, Route, Router } from '../find-my-way/router.ts';
import { leafOf, staticChildren } from '../find-my-way/tree.ts';
import { parametersOf, wildcardOf } from './node-parts.ts';

/** A node, and how it is reached. */
export interface Place {
  readonly node: Node;
  readonly parent: Place | undefined;
}

/** A part of a way through a tree: text, one segment, or all that is left. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'segment'; readonly node: Node }
  | { readonly kind: 'rest' };

/** The trees of a router, to be asked from the side of their routes. */
export interface TreeIndex {
  /** The places of a method's tree, each behind its parent. */
  readonly places: ReadonlyMap<string, readonly Place[]>;
  /** Where a route ends; undefined only for a route that is no longer in its tree. */
  placeOf(route: Route): Place | undefined;
  /** The route of a handler at a leaf. */
  routeOf(handler: LeafHandler): Route | undefined;
}

interface Entry {
  readonly index: TreeIndex;
  readonly routes: number;
}

const indexes = new WeakMap<readonly Route[], Entry>();

/** The index of a router. Cost: O(nodes) once, as long as its routes stay the same. */
export function treeIndex(router: Router): TreeIndex {
  const known = indexes.get(router.routes);
  if (known?.routes === router.routes.length && hasRoots(known.index, router)) return known.index;
  const index = makeIndex(router);
  indexes.set(router.routes, { index, routes: router.routes.length });
  return index;
}

/** The way to a place, without the root, whose text find-my-way does not compare. */
export function piecesTo(place: Place): readonly Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  for (let at = place; at.parent !== undefined; at = at.parent) {
    const { node } = at;
    if (node.kind === STATIC) {
      text = node.prefix + text;
      continue;
    }
    if (text !== '') pieces.push({ kind: 'text', text });
    text = '';
    pieces.push(node.kind === PARAMETRIC ? { kind: 'segment', node } : { kind: 'rest' });
  }
  if (text !== '') pieces.push({ kind: 'text', text });
  return pieces.reverse();
}

/** The text of the root of a method's tree: '/', or nothing when there is a route `*`. */
export function rootText(router: Router, method: string): string {
  return router.trees[method]?.prefix ?? '';
}

// A route `*` that was refused may have put a new root above the old one.
function hasRoots({ places }: TreeIndex, { trees }: Router): boolean {
  return Object.entries(trees).every(([method, root]) => places.get(method)?.[0]?.node === root);
}

function makeIndex(router: Router): TreeIndex {
  const routes = new Map(router.routes.map((route) => [route.params, route] as const));
  const ends = new Map<readonly string[], Place>();
  const places = new Map<string, readonly Place[]>();
  for (const [method, root] of Object.entries(router.trees)) {
    const all = placesOf(root);
    places.set(method, all);
    for (const place of all) noteEnds(ends, place, leafOf(place.node));
  }
  return {
    places,
    placeOf: (route) => ends.get(route.params),
    routeOf: (handler) => routes.get(handler.params),
  };
}

function noteEnds(
  ends: Map<readonly string[], Place>,
  place: Place,
  leaf: HandlerStorage | undefined,
): void {
  if (leaf === undefined) return;
  for (const { params } of leaf.handlers) ends.set(params, place);
}

function placesOf(root: Node): readonly Place[] {
  const places: Place[] = [{ node: root, parent: undefined }];
  for (let i = 0; i < places.length; i++) {
    const parent = places[i]!;
    for (const node of staticChildren(parent.node)) places.push({ node, parent });
    for (const node of parametersOf(parent.node)) places.push({ node, parent });
    const wildcard = wildcardOf(parent.node);
    if (wildcard !== undefined) places.push({ node: wildcard, parent });
  }
  return places;
}
