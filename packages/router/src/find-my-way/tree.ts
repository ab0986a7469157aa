// The children of a node, in either of the two forms that find-my-way has kept them in.
import type { HandlerStorage, Node } from './router.ts';

interface NodeWithArrays {
  readonly staticChildrenNodes?: readonly Node[];
}
interface NodeWithObject {
  readonly staticChildren?: Readonly<Record<string, Node>>;
}

/** The static children of a node; no two begin with the same unit. */
export function staticChildren(node: Node): readonly Node[] {
  const { staticChildrenNodes } = node as NodeWithArrays;
  if (staticChildrenNodes !== undefined) return staticChildrenNodes;
  return Object.values((node as NodeWithObject).staticChildren ?? {});
}

/** All children of a node, in the order in which a lookup tries them. */
export function children(node: Node): readonly Node[] {
  const { parametricChildren = [], wildcardChild } = node;
  return [
    ...staticChildren(node),
    ...parametricChildren,
    ...(wildcardChild === null || wildcardChild === undefined ? [] : [wildcardChild]),
  ];
}

/** The handlers at a node where a path may end, or undefined. */
export function leafOf(node: Node): HandlerStorage | undefined {
  return node.isLeafNode && node.handlerStorage !== null ? node.handlerStorage : undefined;
}
