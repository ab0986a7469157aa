// Counts what find-my-way's walk does on one lookup: the nodes it goes on from, and the texts it runs expressions on.
import { children } from '../../src/find-my-way/tree.ts';
import { walkOf } from '../../src/find-my-way/router.ts';
import type { Node, Router } from '../../src/find-my-way/router.ts';

/** What a lookup took. */
export interface Work {
  readonly visited: number;
  /** Lengths of the texts that regular expressions were run on. */
  readonly lengths: readonly number[];
  readonly found: boolean;
}

/** All nodes of a tree. */
export function nodesOf(tree: Node): Node[] {
  const nodes = [tree];
  for (const node of nodes) nodes.push(...children(node));
  return nodes;
}

/** Runs one lookup of GET in a router, which is of no other use afterwards. */
export function workOf(router: Router, url: string): Work {
  let visited = 0;
  const lengths: number[] = [];
  for (const node of nodesOf(router.trees['GET']!)) {
    const counted = node as unknown as { getNextNode(...args: unknown[]): unknown };
    const { getNextNode } = counted;
    counted.getNextNode = function count(...args) {
      visited++;
      return getNextNode.apply(this, args);
    };
    const { regex } = node;
    if (!(regex instanceof RegExp)) continue;
    const { exec } = regex;
    regex.exec = function run(text) {
      lengths.push(text.length);
      return exec.call(this, text);
    };
  }
  const found = walkOf(router).call(router, 'GET', url) !== null;
  return { visited, lengths, found };
}
