// What a lookup tried, route by route, and why each was not the one.
// Invariant: in find-my-way's order; bounded in number and in work, so that a hostile table costs no more to explain than
// to search. Behind the winner only routes are told that would have matched too.
import { show } from '@catzilla/common';
import type { Constraints, LeafHandler, Node, Router } from '../find-my-way/router.ts';
import { children, leafOf, staticChildren } from '../find-my-way/tree.ts';
import { parametersOf, regexOf, wildcardOf } from './node-parts.ts';
import { handlerAt, staticChildAt, stepsOf } from './search.ts';
import type { Step } from './search.ts';
import type { Target } from './target.ts';
import { treeIndex } from './tree-index.ts';
import { writtenPattern } from './written.ts';

/** What became of a candidate. `later`: it matches too, behind the winner. `path-left`: its pattern ends before the path.
 * `path-ends`: the path ends before its pattern. */
export type Verdict =
  | 'won'
  | 'later'
  | 'text-differs'
  | 'path-ends'
  | 'path-left'
  | 'regex'
  | 'param-too-long'
  | 'constraint';

/** A route that was tried. */
export interface Candidate {
  /** As it was written. Where several routes fail at the same place it is the first of them. */
  readonly pattern: string;
  readonly verdict: Verdict;
  /** One sentence. */
  readonly why: string;
}

/** All that was tried. */
export interface Trial {
  readonly candidates: readonly Candidate[];
  /** True when there was more than is told. */
  readonly isTruncated: boolean;
  readonly winner: LeafHandler | undefined;
  /** Whether a parameter was too long, or constraints refused a path that matched. */
  readonly isTooLong: boolean;
  readonly isConstrained: boolean;
}

const MAX_CANDIDATES = 50;
/** Children of one node that are told where none of them goes on with the path. */
const MAX_SIBLINGS = 5;
/** Routes that are counted where several fail at the same place. */
const MAX_COUNTED = 1000;
/** Steps behind the winner. */
const MAX_STEPS_BEHIND = 5000;

/** Tries a target, and notes what happens. Cost: a lookup's, and some more behind the winner. */
export function tryRoutes(
  router: Router,
  root: Node,
  target: Target,
  derived: Constraints | undefined,
): Trial {
  const notes = new Notes(router, target, derived);
  let stepsBehind = 0;
  for (const step of stepsOf(router, root, target)) {
    if (notes.winner !== undefined && (notes.isFull || ++stepsBehind > MAX_STEPS_BEHIND)) {
      notes.isTruncated = true;
      break;
    }
    notes.take(step);
  }
  return notes;
}

class Notes implements Trial {
  readonly candidates: Candidate[] = [];
  isTruncated = false;
  winner: LeafHandler | undefined;
  isTooLong = false;
  isConstrained = false;
  readonly #router: Router;
  readonly #target: Target;
  readonly #derived: Constraints | undefined;

  constructor(router: Router, target: Target, derived: Constraints | undefined) {
    this.#router = router;
    this.#target = target;
    this.#derived = derived;
  }

  get isFull(): boolean {
    return this.candidates.length >= MAX_CANDIDATES;
  }

  take(step: Step): void {
    const handler = handlerAt(step, this.#target, this.#derived);
    if (handler) return this.#match(step.node, handler);
    if (this.winner !== undefined) return;
    if (handler === null) {
      this.isConstrained = true;
      for (const other of leafOf(step.node)!.handlers) this.#refused(other);
    }
    if (step.kind === 'refuse') this.#refuse(step);
    else this.#goOn(step);
  }

  #match(node: Node, handler: LeafHandler): void {
    const isFirst = this.winner === undefined;
    this.winner ??= handler;
    const first = this.#patternOf(this.winner);
    const why = isFirst
      ? 'it is the first that matches'
      : `it matches too, but ${first} comes first`;
    this.#note(this.#patternOf(handler), isFirst ? 'won' : 'later', why);
    for (const other of leafOf(node)!.handlers) {
      if (other !== handler && isFirst) this.#refused(other);
    }
  }

  // Of the handlers at a leaf constraints choose one.
  #refused(handler: LeafHandler): void {
    const { constraints } = handler;
    const wanted = Object.entries(constraints).map(([name, value]) => `${name} ${text(value)}`);
    const given = Object.entries(this.#derived ?? {})
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${text(value)}`);
    const wants = wanted.length === 0 ? 'it has no constraints' : `it wants ${wanted.join(', ')}`;
    const has = given.length === 0 ? 'none of these' : given.join(', ');
    const what = wanted.length === 0 ? `a route for ${has} is asked for` : `the request has ${has}`;
    this.#note(this.#patternOf(handler), 'constraint', `${wants}; ${what}`);
  }

  #refuse({ node, reason, value }: Step & { kind: 'refuse' }): void {
    const { maxParamLength } = this.#router;
    if (reason === 'param-too-long') {
      this.isTooLong = true;
      const why = `a parameter may have ${maxParamLength} characters, ${show(value)} has more`;
      return this.#noteBelow(node, reason, why);
    }
    this.#noteBelow(node, reason, `${show(value)} does not match ${regexOf(node)!.source}`);
  }

  // What does not go on from a node that was reached: text that differs, or the path itself.
  #goOn({ node, at }: Step & { kind: 'visit' }): void {
    const { path } = this.#target;
    const next = staticChildAt(node, path, at);
    if (next !== undefined) {
      if (!path.startsWith(next.prefix!, at)) this.#differs(next, at);
      return;
    }
    const isDeadEnd = parametersOf(node).length === 0 && wildcardOf(node) === undefined;
    if (!isDeadEnd) return;
    const leaf = leafOf(node);
    if (leaf !== undefined && at < path.length) {
      const why = `it ends where the path goes on with ${show(path.slice(at))}`;
      this.#note(this.#patternOf(leaf.handlers[0]!), 'path-left', why);
    }
    for (const child of staticChildren(node).slice(0, MAX_SIBLINGS)) this.#differs(child, at);
    if (staticChildren(node).length > MAX_SIBLINGS) this.isTruncated = true;
  }

  #differs(child: Node, from: number): void {
    const { path } = this.#target;
    const wanted = child.prefix!;
    let same = 0;
    while (same < wanted.length && wanted[same] === path[from + same]) same++;
    const at = from + same;
    const what = show(wanted.slice(same));
    if (at >= path.length)
      this.#noteBelow(child, 'path-ends', `the path ends where it wants ${what}`);
    else {
      const why = `at character ${at} it wants ${what}, not ${show(path.slice(at))}`;
      this.#noteBelow(child, 'text-differs', why);
    }
  }

  #noteBelow(node: Node, verdict: Verdict, why: string): void {
    if (this.isFull) {
      this.isTruncated = true;
      return;
    }
    const { first, count } = routesBelow(node);
    if (first === undefined) return;
    const more = count > MAX_COUNTED ? `${MAX_COUNTED} and more` : `${count}`;
    const suffix = count > 1 ? ` (as ${more} routes do)` : '';
    this.#note(this.#patternOf(first), verdict, why + suffix);
  }

  #note(pattern: string, verdict: Verdict, why: string): void {
    // The winner is told in any event.
    if (this.isFull && verdict !== 'won') this.isTruncated = true;
    else {
      if (this.isFull) this.candidates.pop();
      this.candidates.push(Object.freeze({ pattern, verdict, why }));
    }
  }

  #patternOf(handler: LeafHandler): string {
    const route = treeIndex(this.#router).routeOf(handler);
    return route === undefined ? '(a route that was removed)' : writtenPattern(route);
  }
}

// The first route below a node, and how many there are.
function routesBelow(top: Node): { first: LeafHandler | undefined; count: number } {
  let first: LeafHandler | undefined;
  let count = 0;
  const stack: Node[] = [top];
  while (stack.length > 0 && count <= MAX_COUNTED) {
    const node = stack.pop()!;
    const handlers = leafOf(node)?.handlers ?? [];
    first ??= handlers[0];
    count += handlers.length;
    const below = children(node);
    for (let i = below.length - 1; i >= 0; i--) stack.push(below[i]!);
  }
  return { first, count };
}

function text(value: unknown): string {
  return value instanceof RegExp ? String(value) : show(value);
}
