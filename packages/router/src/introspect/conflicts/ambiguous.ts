// Pairs of patterns that take the same URL, found by laying all patterns of a method over each other, segment by segment.
// `warn`: neither says more of the URL than the other, so that the order of find-my-way decides: the leftmost text first,
// regular expressions in the order of their suffixes and of registering. `info`: one says more, and wins; or one is a
// wildcard behind text, which is where such a thing is mounted.
// Left out: what every wildcard takes behind closer patterns, parameters without text, and routes whose constraints differ.
import type { Constraints, Route, Router } from '../../find-my-way/router.ts';
import { findRouteIfAny } from '../route-facts.ts';
import { winnerOf } from '../search.ts';
import { wayMatches, wayOf, witnessOf } from '../witness.ts';
import { writtenPattern } from '../written.ts';
import { constraintsText, spend } from './finding.ts';
import type { Finding, Scope } from './finding.ts';
import { overlapOf, regexOf, segmentTree } from './segments.ts';
import type { Branch, Overlap, Segment, SegmentNode } from './segments.ts';

type Closer = Overlap['closer'];

/** What comparing two regular expressions costs of the budget. */
const REGEX_PAIR = 25;

/** Two branches that share a URL so far; the same branch twice while nothing differs. */
interface Pair {
  readonly first: SegmentNode;
  readonly second: SegmentNode;
  /** Undefined above the first slash. */
  readonly url: string | undefined;
  readonly closer: Closer;
  /** Whether a branch has taken all the rest of the path. */
  readonly rest: 'first' | 'second' | undefined;
}

export function* findAmbiguous(scope: Scope): Generator<Finding, void> {
  for (const method of Object.keys(scope.router.trees)) {
    const root = segmentTree(scope.router, scope.index, method);
    const stack: Pair[] = [
      { first: root, second: root, url: undefined, closer: 'both', rest: undefined },
    ];
    for (let pair = stack.pop(); pair !== undefined; pair = stack.pop()) {
      if (pair.first !== pair.second) {
        const finding = findingOf(scope, pair);
        if (finding !== undefined) yield finding;
      }
      if (pair.rest !== undefined) continue;
      for (const next of pairsBelow(scope, pair)) {
        if (scope.budget.left < 0) return;
        if (next !== undefined) stack.push(next);
      }
    }
  }
}

// Undefined stands for two branches that were compared and share nothing.
function* pairsBelow(scope: Scope, pair: Pair): Generator<Pair | undefined, void> {
  const { first, second } = pair;
  const isSame = first === second;
  const [few, many] = first.statics.size <= second.statics.size ? [first, second] : [second, first];
  for (const text of few.statics.keys()) {
    if (!many.statics.has(text)) continue;
    const segment = { text, tail: undefined };
    yield below(scope, pair, branchOf(first, segment), branchOf(second, segment));
  }
  for (const text of first.statics.keys()) {
    const branch = branchOf(first, { text, tail: undefined });
    for (const other of second.others.values()) yield below(scope, pair, branch, other);
  }
  const others = [...second.others.values()];
  for (const [i, one] of [...first.others.values()].entries()) {
    for (const other of isSame ? others.slice(i) : others) {
      yield below(scope, pair, one, other);
    }
    if (isSame) continue;
    for (const text of second.statics.keys()) {
      yield below(scope, pair, one, branchOf(second, { text, tail: undefined }));
    }
  }
}

function branchOf(parent: SegmentNode, segment: Segment): Branch {
  return { segment, node: parent.statics.get(segment.text)! };
}

function below(scope: Scope, pair: Pair, one: Branch, other: Branch): Pair | undefined {
  const regexes = [one, other].filter(({ segment }) => regexOf(segment) !== undefined).length;
  if (!spend(scope.budget, regexes === 2 ? REGEX_PAIR : 1)) return undefined;
  const overlap = overlapOf(scope.router, one.segment, other.segment);
  if (overlap === undefined) return undefined;
  const [isRest, isOtherRest] = [one, other].map(({ segment }) => segment.tail === 'rest');
  // Nothing follows a wildcard.
  if (one.node === other.node && isRest === true) return undefined;
  const rest = isRest === true ? 'first' : isOtherRest === true ? 'second' : undefined;
  return {
    first: one.node,
    second: other.node,
    url: pair.url === undefined ? overlap.text : `${pair.url}/${overlap.text}`,
    closer: both(pair.closer, overlap.closer),
    rest: isRest === isOtherRest ? undefined : rest,
  };
}

function both(one: Closer, other: Closer): Closer {
  if (one === 'both' || one === other) return other;
  return other === 'both' ? one : 'neither';
}

function findingOf(scope: Scope, pair: Pair): Finding | undefined {
  const { router, index, unreachable, full } = scope;
  const { closer, rest } = pair;
  const isClear = closer !== 'neither';
  if (rest !== undefined && isClear) return undefined;
  const severity = isClear || rest !== undefined ? 'info' : 'warn';
  if (full.has(severity)) return undefined;
  const ends = routesOf(router, pair);
  if (ends === undefined) return undefined;
  const { first, second, url } = ends;
  if (unreachable.has(first) || unreachable.has(second)) return undefined;
  // Text that ends a path, or that another option of the router changes, looks like an overlap only.
  const ways = [wayOf(first, router), wayOf(second, router)];
  if (!ways.every((way) => way !== undefined && wayMatches(way, url))) return undefined;
  const derived = derivedFor(first);
  const winning = winnerOf(router, first.method, url, derived);
  const found = findRouteIfAny(router, first.method, url, derived);
  if (winning === undefined || winning.store !== found?.store) return undefined;
  const winner = index.routeOf(winning);
  // Where a third route takes it, that one has conflicts of its own.
  if (winner !== first && winner !== second) return undefined;
  const reason = isClear ? 'which says more of it' : 'though neither says more of it';
  return {
    kind: 'ambiguous',
    severity,
    routes: winner === first ? [first, second] : [second, first],
    witness: url,
    why: `both take this URL, and it goes to ${writtenPattern(winner)}, ${reason}`,
  };
}

interface Ends {
  readonly first: Route;
  readonly second: Route;
  readonly url: string;
}

// Two routes that end here and may be reached by the same requests. Behind a wildcard the other one may go on.
function routesOf(router: Router, { first, second, url = '', rest }: Pair): Ends | undefined {
  for (const one of rest === 'second' ? routesBelow(first) : first.routes) {
    for (const other of rest === 'first' ? routesBelow(second) : second.routes) {
      if (constraintsText(one) !== constraintsText(other)) continue;
      if (rest === undefined) return { first: one, second: other, url };
      const longer = rest === 'second' ? one : other;
      const { hit } = witnessOf(longer, router);
      return hit === undefined ? undefined : { first: one, second: other, url: grafted(url, hit) };
    }
  }
  return undefined;
}

// The URL of both so far, and what the longer one has behind that.
function grafted(url: string, hit: string): string {
  const count = url.split('/').length;
  return [url, ...hit.split('/').slice(count)].join('/');
}

// Of a branch one route stands for all.
function routesBelow(top: SegmentNode): readonly Route[] {
  const stack = [top];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.routes.length > 0) return node.routes;
    for (const { node: child } of node.others.values()) stack.push(child);
    for (const child of node.statics.values()) stack.push(child);
  }
  return [];
}

// Values of requests that both routes take; a regular expression is none, but find-my-way compares what it is given.
function derivedFor({ opts: { constraints } }: Route): Constraints | undefined {
  return constraints === undefined ? undefined : { ...constraints };
}
