// Routes that no URL can come to. Only what is proved is told:
// - text that a path cannot hold: '?' and '#' end it, as ';' does where the router is told so, and encoded they stay encoded;
// - a regular expression that matches nothing, or nothing as short as a parameter may be;
// - a regular expression behind another one, at the same place, that takes all the same text and goes on in the same way.
import { PARAMETRIC, STATIC } from '../../find-my-way/router.ts';
import type { HandlerStorage, Node, Route, Router } from '../../find-my-way/router.ts';
import { children, leafOf } from '../../find-my-way/tree.ts';
import { parametersOf, regexOf } from '../node-parts.ts';
import { includes } from '../regex/include.ts';
import { longestMatch, longestNeededGroup, shortestMatch } from '../regex/lengths.ts';
import { parseRegex } from '../regex/parse.ts';
import type { TreeIndex } from '../tree-index.ts';
import { witnessOf } from '../witness.ts';
import { writtenPattern } from '../written.ts';
import { isUnconstrained, spend } from './finding.ts';
import type { Finding, Scope } from './finding.ts';

/** What comparing two expressions costs of the budget, beside the steps of a proof. */
const PROOF = 25;

export function* findUnreachable(scope: Scope): Generator<Finding, void> {
  const { router, index } = scope;
  for (const places of index.places.values()) {
    const faults = new Map<Node, string>();
    for (const { node, parent } of places) {
      const fault =
        parent === undefined ? undefined : (faults.get(parent.node) ?? faultOf(router, node));
      if (fault === undefined) {
        yield* findShadowed(scope, node);
        continue;
      }
      faults.set(node, fault);
      for (const route of routesAt(index, leafOf(node))) {
        yield {
          kind: 'unreachable',
          severity: 'error',
          routes: [route],
          witness: undefined,
          why: fault,
        };
      }
    }
  }
}

function faultOf(router: Router, node: Node): string | undefined {
  if (node.kind === STATIC) {
    const end = (router.useSemicolonDelimiter === true ? /[?#;]/ : /[?#]/).exec(node.prefix!)?.[0];
    if (end === undefined) return undefined;
    return `'${end}' ends the path of a URL, so no path can hold it as this pattern wants`;
  }
  const regex = regexOf(node);
  if (regex === undefined) return undefined;
  const { root } = parseRegex(regex.source);
  if (shortestMatch(root) === Infinity) return `no text matches ${regex.source}`;
  const least = longestNeededGroup(root);
  if (least <= router.maxParamLength) return undefined;
  return `a parameter has ${least} characters at least, and maxParamLength allows ${router.maxParamLength}`;
}

// Regular expressions beside each other are tried in their order.
function* findShadowed(scope: Scope, parent: Node): Generator<Finding, void> {
  const { router, index, budget } = scope;
  const regexes = parametersOf(parent).filter((node) => regexOf(node) !== undefined);
  for (const [i, later] of regexes.entries()) {
    for (const earlier of regexes.slice(0, i)) {
      if (!spend(budget, PROOF)) return;
      if (!isIncluded(scope, regexOf(earlier)!, regexOf(later)!)) continue;
      const ends = endsBelow(earlier);
      for (const [way, leaf] of endsBelow(later)) {
        const first = ends.get(way)?.handlers.find(({ constraints }) => isEmpty(constraints));
        const winner = first === undefined ? undefined : index.routeOf(first);
        const shadowed = routesAt(index, leaf).find(isUnconstrained);
        if (winner !== undefined && shadowed !== undefined) {
          yield shadowedFinding(router, winner, shadowed);
        }
      }
    }
  }
}

function shadowedFinding(router: Router, winner: Route, shadowed: Route): Finding {
  const { hit } = witnessOf(shadowed, router);
  const why = `${writtenPattern(winner)} is tried first and takes all that ${writtenPattern(shadowed)} could`;
  const routes = [shadowed, winner];
  return { kind: 'unreachable', severity: 'error', routes, witness: hit, why };
}

// Whatever the later one takes must be short enough for each parameter of the earlier one.
function isIncluded({ router, budget }: Scope, wide: RegExp, narrow: RegExp): boolean {
  const { root } = parseRegex(narrow.source);
  return longestMatch(root) <= router.maxParamLength && includes(wide, narrow, budget);
}

// Where paths end below a node, by the way there: text as one piece, however the tree has split it.
function endsBelow(top: Node): ReadonlyMap<string, HandlerStorage> {
  const ends = new Map<string, HandlerStorage>();
  const stack: { node: Node; way: string }[] = [{ node: top, way: '' }];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const leaf = leafOf(at.node);
    if (leaf !== undefined) ends.set(at.way, leaf);
    for (const node of children(at.node)) stack.push({ node, way: at.way + wayOf(node) });
  }
  return ends;
}

// '?' and '#' are in no text that can be reached.
function wayOf(node: Node): string {
  if (node.kind === STATIC) return node.prefix!;
  return node.kind === PARAMETRIC ? `?${regexOf(node)?.source ?? ''}#` : '?*#';
}

function routesAt(index: TreeIndex, leaf: HandlerStorage | undefined): readonly Route[] {
  const routes = (leaf?.handlers ?? []).map((handler) => index.routeOf(handler));
  return routes.filter((route) => route !== undefined);
}

function isEmpty(constraints: object): boolean {
  return Object.keys(constraints).length === 0;
}
