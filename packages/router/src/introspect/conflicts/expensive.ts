// Methods whose lookups may visit very many nodes, as a table does where text and parameters alternate on every level.
// Invariant: the bound is proved: a lookup enters at most one static child of a node, any parametric child, and the
// wildcard, and each node at most once. The witness shows what one URL costs in fact.
import type { Node, Route } from '../../find-my-way/router.ts';
import { leafOf, staticChildren } from '../../find-my-way/tree.ts';
import { parametersOf, wildcardOf } from '../node-parts.ts';
import { stepsOf } from '../search.ts';
import { readTarget } from '../target.ts';
import type { Place, TreeIndex } from '../tree-index.ts';
import { textInUrl } from '../url-text.ts';
import type { Finding, Scope } from './finding.ts';

const REPORT_FROM = 2000;

export function* findExpensive({ router, index }: Scope): Generator<Finding, void> {
  for (const [method, places] of index.places) {
    const bounds = visitBounds(places);
    const bound = bounds.get(router.trees[method]!)!;
    if (bound < REPORT_FROM) continue;
    const { url, route } = costlyUrl(router.trees[method]!, bounds, index);
    const target = readTarget(router, url);
    let visits = 0;
    if (target !== undefined) {
      for (const { kind } of stepsOf(router, router.trees[method]!, target)) {
        if (kind === 'visit') visits++;
      }
    }
    const why = `a lookup that misses may visit up to ${bound} nodes; this URL visits ${visits}`;
    const severity = visits < REPORT_FROM ? 'info' : 'warn';
    const routes = route === undefined ? [] : [route];
    yield { kind: 'expensive', severity, routes, witness: url, why };
  }
}

/** How many nodes a lookup visits at most, below each node and with it. */
export function visitBounds(places: readonly Place[]): ReadonlyMap<Node, number> {
  const bounds = new Map<Node, number>();
  // Children stand behind their parents.
  for (let i = places.length - 1; i >= 0; i--) {
    const { node } = places[i]!;
    let most = 0;
    for (const child of staticChildren(node)) most = Math.max(most, bounds.get(child)!);
    let bound = 1 + most + (wildcardOf(node) === undefined ? 0 : 1);
    for (const child of parametersOf(node)) bound += bounds.get(child)!;
    bounds.set(node, bound);
  }
  return bounds;
}

// Follows text where there is some, since parameters take it too, and ends with what nothing takes.
function costlyUrl(
  root: Node,
  bounds: ReadonlyMap<Node, number>,
  index: TreeIndex,
): { url: string; route: Route | undefined } {
  let url = textInUrl(root.prefix ?? '');
  let route: Route | undefined;
  for (let node: Node | undefined = root; node !== undefined;) {
    const handler = leafOf(node)?.handlers[0];
    if (handler !== undefined) route = index.routeOf(handler) ?? route;
    const text = costliest(staticChildren(node), bounds);
    const next: Node | undefined = text ?? costliest(parametersOf(node), bounds);
    if (text !== undefined) url += textInUrl(text.prefix!);
    else if (next !== undefined) url += '1';
    node = next;
  }
  return { url: `${url}/~/~`, route };
}

function costliest(nodes: readonly Node[], bounds: ReadonlyMap<Node, number>): Node | undefined {
  let best: Node | undefined;
  for (const node of nodes) {
    if (best === undefined || bounds.get(node)! > bounds.get(best)!) best = node;
  }
  return best;
}
