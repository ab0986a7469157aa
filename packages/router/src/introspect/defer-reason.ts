// Why native code leaves a route to find-my-way, whatever its URL.
// Invariant: says of one route what encodeTree (image/encode.ts) decides of its leaf. Single URLs are deferred for reasons of
// their own, which the stats count.
import { MAX_PREFIX } from '../image/layout.ts';
import { MAX_PARAMS } from '../native/addon.ts';
import { PARAMETRIC, STATIC } from '../find-my-way/router.ts';
import type { Node, Router } from '../find-my-way/router.ts';
import { leafOf } from '../find-my-way/tree.ts';
import type { Place } from './tree-index.ts';

/** `encoded`: only a URL with '%' or text beyond ASCII can reach it. `regex`: it or a parameter beside it is a regular
 * expression. `constraint`: one of its leaf's handlers is constrained. `paramCount`: it has too many parameters. */
export type RouteDefer = 'encoded' | 'regex' | 'constraint' | 'paramCount';

/** The reason for the route that ends at a place; undefined where native code decides. */
export function deferReason(router: Router, end: Place): RouteDefer | undefined {
  const unreachable = unreachableText(router);
  let params = 0;
  for (let at = end; at.parent !== undefined; at = at.parent) {
    const { node } = at;
    if (node.kind !== STATIC) params++;
    if (node.kind === PARAMETRIC && isBesideRegex(at.parent.node)) return 'regex';
    const { prefix = '' } = node;
    if (prefix.length > MAX_PREFIX || unreachable.test(prefix)) return 'encoded';
  }
  const leaf = leafOf(end.node);
  if (leaf !== undefined && (leaf.handlers.length > 1 || leaf.constraints.length > 0)) {
    return 'constraint';
  }
  return params > MAX_PARAMS ? 'paramCount' : undefined;
}

function isBesideRegex({ parametricChildren = [] }: Node): boolean {
  return parametricChildren.some(({ isRegex }) => isRegex === true);
}

// What no path holds that native code reads: see reachableText in image/encode.ts.
function unreachableText(router: Router): RegExp {
  const semicolon = router.useSemicolonDelimiter === true ? ';' : '';
  return new RegExp(`[^\\x00-\\x7f]|[%?#${semicolon}]`);
}
