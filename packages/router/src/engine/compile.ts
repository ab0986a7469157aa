// Engine 'compile': find-my-way's generated code, where the installed version has it (9.10).
import { performance } from 'node:perf_hooks';
import { STATIC } from '../find-my-way/router.ts';
import type { Find, Node, Router } from '../find-my-way/router.ts';
import { children, leafOf } from '../find-my-way/tree.ts';
import type { MethodEngine } from './engine.ts';

/** What compile() of find-my-way calls for each method. */
interface CompilingRouter extends Router {
  _compileTree?(method: string): { find: Find } | null;
}

const NOT_ALIKE = 'a regular expression has fewer groups than parameters';

/** Makes the compiled engine of a method, or gives the error or the sentence that says why it cannot be had. */
export function compileEngine(
  router: Router,
  method: string,
  routes: number,
): MethodEngine | Error | string {
  const compiling = router as CompilingRouter;
  if (typeof compiling._compileTree !== 'function') {
    return 'the installed find-my-way cannot compile';
  }
  if (capturesTooLittle(router.trees[method]!)) return NOT_ALIKE;
  const start = performance.now();
  try {
    const compiled = compiling._compileTree(method);
    if (typeof compiled?.find !== 'function') return 'find-my-way compiled to something unknown';
    const { find } = compiled;
    return { method, name: 'compile', routes, find, buildMs: performance.now() - start };
  } catch (error) {
    // Very large tables exceed what one function may be given (RangeError from about 100,000 static routes on).
    return error instanceof Error ? error : String(error);
  }
}

// Such a parameter has no value: find-my-way's walk gives it one that another branch left behind, or throws, and its
// generated code does neither.
function capturesTooLittle(tree: Node): boolean {
  const stack = [{ node: tree, values: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, values } = next;
    if (leafOf(node)?.handlers.some(({ params }) => params.length > values) === true) return true;
    for (const child of children(node)) {
      stack.push({ node: child, values: values + valuesOf(child) });
    }
  }
  return false;
}

// How many values a node adds.
function valuesOf({ kind, regex }: Node): number {
  if (kind === STATIC) return 0;
  return regex instanceof RegExp ? new RegExp(`${regex.source}|`).exec('')!.length - 1 : 1;
}
