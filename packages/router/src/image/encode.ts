// Flattens a method's tree into its image: native/router/image.h describes the bytes.
// Invariant: what bytes alone cannot decide as find-my-way would is marked to defer, or lies behind text that no path
// without '%' can hold and is left out; so a table is never refused for a few odd routes.
import { staticChildren, leafOf } from '../find-my-way/tree.ts';
import type { HandlerStorage, LeafHandler, Node, Router } from '../find-my-way/router.ts';
import {
  FOLD_CASE,
  HAS_PARAMETRIC,
  HAS_ROUTE,
  HAS_WILDCARD,
  HEADER_WORDS,
  IGNORE_DUPLICATE_SLASHES,
  IGNORE_TRAILING_SLASH,
  LEAF_DEFERS,
  MAGIC,
  MAX_PREFIX,
  MAX_WORD,
  PARAM_DEFERS,
  SEMICOLON_DELIMITER,
  VERSION,
  WORD_CHECKSUM,
} from './layout.ts';
import { Writer, checksum, padded } from './writer.ts';

/** An image, and what the numbers of its routes stand for. */
export interface EncodedTree {
  readonly image: Uint8Array;
  /** By route number. */
  readonly leaves: readonly LeafHandler[];
  /** How many leaves native code decides, defers, and never reaches. */
  readonly decided: number;
  readonly deferred: number;
  readonly omitted: number;
}

/** Writes the tree of one method. Cost: O(nodes). */
export function encodeTree(router: Router, tree: Node): EncodedTree {
  const encoder = new Encoder(reachableText(router));
  const { writer, leaves } = encoder;
  writer.reserve(HEADER_WORDS * 4);
  encoder.run(tree);
  const image = writer.finish();
  const rootSkip = tree.prefix?.length ?? 0;
  const maxParamLength = Math.min(router.maxParamLength, MAX_WORD);
  const header = [MAGIC, VERSION, image.length, 0, optionBits(router), maxParamLength];
  [...header, encoder.nodes, leaves.length, rootSkip, 0].forEach((word, i) =>
    writer.word(i * 4, word),
  );
  writer.word(WORD_CHECKSUM * 4, checksum(image.subarray((WORD_CHECKSUM + 1) * 4)));
  const { deferred, omitted } = encoder;
  return { image, leaves, decided: leaves.length, deferred, omitted };
}

/** Writes the records of nodes in pre-order. */
class Encoder {
  readonly writer = new Writer();
  readonly leaves: LeafHandler[] = [];
  nodes = 0;
  deferred = 0;
  omitted = 0;
  readonly #isReachable: (text: string) => boolean;
  // Nodes still to be written, and beside each the place that will name it.
  readonly #waiting: Node[] = [];
  readonly #places: number[] = [];

  constructor(isReachable: (text: string) => boolean) {
    this.#isReachable = isReachable;
  }

  run(tree: Node): void {
    this.#write(tree);
    for (let node = this.#waiting.pop(); node !== undefined; node = this.#waiting.pop()) {
      this.writer.word(this.#places.pop()!, this.writer.length);
      this.#write(node);
    }
  }

  #write(node: Node): void {
    const { writer } = this;
    const statics = this.#reachableChildren(node);
    const { parametricChildren = [] } = node;
    const wildcard = node.wildcardChild ?? undefined;
    const prefix = node.prefix ?? '';
    const paramDefers = parametricChildren.some(isRegexNode);
    const parametric = paramDefers ? undefined : parametricChildren[0];
    const leaf = leafOf(node);
    const isDecided = leaf !== undefined && isPlain(leaf);
    let flags = 0;
    if (isDecided) flags |= HAS_ROUTE;
    else if (leaf !== undefined) flags |= LEAF_DEFERS;
    if (parametric !== undefined) flags |= HAS_PARAMETRIC;
    if (paramDefers) flags |= PARAM_DEFERS;
    if (wildcard !== undefined) flags |= HAS_WILDCARD;

    this.nodes++;
    if (leaf !== undefined && !isDecided) this.deferred++;
    if (paramDefers) for (const child of parametricChildren) this.deferred += countLeaves(child);

    const head = writer.reserve(8 + padded(prefix.length));
    writer.byte(head, node.kind);
    writer.byte(head + 1, flags);
    writer.half(head + 2, prefix.length);
    writer.half(head + 4, statics.length);
    if (prefix.length > 0) writer.text(head + 8, prefix);
    if (isDecided) writer.word(writer.reserve(4), this.leaves.push(leaf.handlers[0]!) - 1);
    const parametricPlace = parametric === undefined ? -1 : writer.reserve(4);
    const wildcardPlace = wildcard === undefined ? -1 : writer.reserve(4);
    const firsts = writer.reserve(padded(statics.length));
    const places = writer.reserve(statics.length * 4);

    // Pre-order: the last one to wait is written next, and should be the first child.
    if (wildcard !== undefined) this.#wait(wildcard, wildcardPlace);
    if (parametric !== undefined) this.#wait(parametric, parametricPlace);
    for (let i = statics.length - 1; i >= 0; i--) {
      const child = statics[i]!;
      writer.byte(firsts + i, child.prefix!.charCodeAt(0));
      this.#wait(child, places + i * 4);
    }
  }

  #wait(node: Node, place: number): void {
    this.#waiting.push(node);
    this.#places.push(place);
  }

  // Nearly always all of them: a new list is made only where one is left out.
  #reachableChildren(node: Node): readonly Node[] {
    const all = staticChildren(node);
    let left = 0;
    for (const child of all) {
      if (this.#isReachable(child.prefix ?? '')) continue;
      this.omitted += countLeaves(child);
      left++;
    }
    return left === 0 ? all : all.filter(({ prefix = '' }) => this.#isReachable(prefix));
  }
}

function isRegexNode({ isRegex }: Node): boolean {
  return isRegex === true;
}

function optionBits(router: Router): number {
  return (
    (router.caseSensitive === false ? FOLD_CASE : 0) |
    (router.ignoreTrailingSlash ? IGNORE_TRAILING_SLASH : 0) |
    (router.ignoreDuplicateSlashes ? IGNORE_DUPLICATE_SLASHES : 0) |
    (router.useSemicolonDelimiter ? SEMICOLON_DELIMITER : 0)
  );
}

// A path that native code reads has no '%' and nothing beyond ASCII, ends at '?' and '#', and is folded where the
// router folds: find-my-way folds its prefixes too, but keeps letters that have no lower case in ASCII.
function reachableText(router: Router): (text: string) => boolean {
  const semicolon = router.useSemicolonDelimiter ? ';' : '';
  const capitals = router.caseSensitive === false ? 'A-Z' : '';
  const unreachable = new RegExp(`[^\\x00-\\x7f]|[%?#${semicolon}${capitals}]`);
  return (text) => text.length <= MAX_PREFIX && !unreachable.test(text);
}

// Anything else is chosen by values that native code does not have.
function isPlain({ handlers, constraints }: HandlerStorage): boolean {
  return handlers.length === 1 && constraints.length === 0;
}

function countLeaves(top: Node): number {
  let count = 0;
  const stack: Node[] = [top];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (leafOf(node) !== undefined) count++;
    stack.push(...staticChildren(node), ...(node.parametricChildren ?? []));
    const wildcard = node.wildcardChild ?? undefined;
    if (wildcard !== undefined) stack.push(wildcard);
  }
  return count;
}
