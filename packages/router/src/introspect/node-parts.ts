// Parts of a node that it may lack, without the two ways in which find-my-way lacks them.
import type { Node } from '../find-my-way/router.ts';

/** The parametric children, in the order in which they are tried. */
export function parametersOf({ parametricChildren = [] }: Node): readonly Node[] {
  return parametricChildren;
}

export function wildcardOf({ wildcardChild }: Node): Node | undefined {
  return wildcardChild ?? undefined;
}

/** The regular expression of a parametric node, for its whole segment. */
export function regexOf({ regex }: Node): RegExp | undefined {
  return regex ?? undefined;
}
