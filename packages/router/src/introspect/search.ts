// Goes through a method's tree as find-my-way does, one step at a time: the same children in the same order, the same
// ways back. Each node is visited at most once, so the steps are no more than the nodes.
// Invariant: decides nothing. Who takes the steps may stop at any, or go on behind the route that find gives.
import { PARAMETRIC, STATIC } from '../find-my-way/router.ts';
import type { Constraints, LeafHandler, Node, Router } from '../find-my-way/router.ts';
import { leafOf, staticChildren } from '../find-my-way/tree.ts';
import { parametersOf, regexOf, wildcardOf } from './node-parts.ts';
import { paramValue, readTarget } from './target.ts';
import type { Target } from './target.ts';

/** A node was reached, or would not take its part of the path. */
export type Step =
  | { readonly kind: 'visit'; readonly node: Node; readonly at: number }
  | {
      readonly kind: 'refuse';
      readonly node: Node;
      readonly at: number;
      readonly reason: 'regex' | 'param-too-long';
      readonly value: string;
    };

/** A node still to be entered, at a place of the path. */
interface Open {
  readonly node: Node;
  readonly at: number;
}

/** Bounds of regular expressions: 9.8 and later know how long a segment may be that they are run on. */
interface RegexBounds {
  readonly regexParamCount?: number;
  readonly regexStaticLength?: number;
}

/** The steps of a lookup, and of what would be tried after it. */
export function* stepsOf(router: Router, root: Node, target: Target): Generator<Step, void> {
  const { path } = target;
  const open: Open[] = [];
  let current: Open = { node: root, at: root.prefix?.length ?? 0 };
  for (;;) {
    yield { kind: 'visit', ...current };
    openChildren(open, current, path);
    let entered: Open | undefined;
    while (entered === undefined) {
      const next = open.pop();
      if (next === undefined) return;
      const { node, at } = next;
      if (node.kind === STATIC) {
        entered = { node, at: at + node.prefix!.length };
        continue;
      }
      const end = node.kind === PARAMETRIC ? segmentEnd(target, at) : path.length;
      const value = paramValue(target, target.origin.slice(at, end));
      const reason = refusal(router, node, value);
      if (reason === undefined) entered = { node, at: end };
      else yield { kind: 'refuse', node, at, reason, value };
    }
    current = entered;
  }
}

/** The handler at which a lookup ends; undefined when none matches or the URL is malformed. */
export function winnerOf(
  router: Router,
  method: string,
  url: string,
  derived: Constraints | undefined,
): LeafHandler | undefined {
  const root = router.trees[method];
  const target = readTarget(router, url);
  if (root === undefined || target === undefined) return undefined;
  for (const step of stepsOf(router, root, target)) {
    const handler = handlerAt(step, target, derived);
    if (handler) return handler;
  }
  return undefined;
}

/** The handler that a step comes to; null where constraints refuse all, undefined where no route ends. */
export function handlerAt(
  step: Step,
  { path }: Target,
  derived: Constraints | undefined,
): LeafHandler | null | undefined {
  if (step.kind !== 'visit' || step.at !== path.length) return undefined;
  return leafOf(step.node)?.getMatchingHandler(derived);
}

/** Where the segment ends that begins at a place. */
export function segmentEnd({ origin, path }: Target, at: number): number {
  const slash = origin.indexOf('/', at);
  return slash === -1 ? path.length : slash;
}

/** Why a decoded value is none for a parametric node or a wildcard; undefined when it is. */
export function refusal(
  { maxParamLength }: Router,
  node: Node,
  value: string,
): 'regex' | 'param-too-long' | undefined {
  const regex = regexOf(node);
  if (regex === undefined) {
    const isTooLong = node.kind === PARAMETRIC && value.length > maxParamLength;
    return isTooLong ? 'param-too-long' : undefined;
  }
  const { regexParamCount = Infinity, regexStaticLength = 0 } = node as RegexBounds;
  if (value.length > regexParamCount * maxParamLength + regexStaticLength) return 'param-too-long';
  const found: readonly (string | undefined)[] | null = regex.exec(value);
  if (found === null) return 'regex';
  const isTooLong = found.slice(1).some((part = '') => part.length > maxParamLength);
  return isTooLong ? 'param-too-long' : undefined;
}

/** The static child of a node that goes on with the path, whole or not; no two begin with the same unit. */
export function staticChildAt(node: Node, path: string, at: number): Node | undefined {
  const unit = path.charCodeAt(at);
  return staticChildren(node).find((child) => child.prefix!.charCodeAt(0) === unit);
}

// The last one opened is entered first: text, then parameters in their order, then the wildcard.
function openChildren(open: Open[], { node, at }: Open, path: string): void {
  const wildcard = wildcardOf(node);
  if (wildcard !== undefined) open.push({ node: wildcard, at });
  for (const parameter of parametersOf(node).toReversed()) open.push({ node: parameter, at });
  const text = staticChildAt(node, path, at);
  if (text !== undefined && path.startsWith(text.prefix!, at)) open.push({ node: text, at });
}
