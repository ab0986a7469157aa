// The routes of a method by the segments of their paths, so that patterns can be laid over each other: a radix tree splits
// text anywhere, and two patterns meet only at slashes.
import type { Node, Route, Router } from '../../find-my-way/router.ts';
import { isQuick } from '../regex/quick.ts';
import { sampleOf } from '../regex/sample.ts';
import { refusal } from '../search.ts';
import { isBare } from '../route-facts.ts';
import { piecesTo, rootText } from '../tree-index.ts';
import type { Piece, TreeIndex } from '../tree-index.ts';
import { isEncodable, textAsValue, textInUrl, valueInUrl } from '../url-text.ts';

/** One segment: text, and behind it nothing, a parameter, or all the rest of the path. */
export interface Segment {
  readonly text: string;
  readonly tail: Node | 'rest' | undefined;
}

/** The routes that share their segments up to here. */
export interface SegmentNode {
  readonly statics: Map<string, SegmentNode>;
  /** Parameters and wildcards, by what they take. */
  readonly others: Map<string, Branch>;
  readonly routes: Route[];
}

/** A segment, and what follows it. */
export interface Branch {
  readonly segment: Segment;
  readonly node: SegmentNode;
}

/** What a segment that two patterns share may be, and which of them says more of it. */
export interface Overlap {
  /** As a URL has it. */
  readonly text: string;
  readonly closer: 'first' | 'second' | 'neither' | 'both';
}

/** All routes of a method by their segments, but bare wildcards, which take everything. */
export function segmentTree(router: Router, index: TreeIndex, method: string): SegmentNode {
  const root = makeNode();
  for (const route of router.routes) {
    if (route.method !== method || isBare(route)) continue;
    const place = index.placeOf(route);
    if (place === undefined) continue;
    let node = root;
    for (const segment of segmentsOf(rootText(router, method), piecesTo(place))) {
      node = childOf(node, segment);
    }
    node.routes.push(route);
  }
  return root;
}

/** What both segments take, if it can be found. Parameters of no text are left aside. */
export function overlapOf(router: Router, first: Segment, second: Segment): Overlap | undefined {
  if (first.tail === undefined) {
    if (second.tail !== undefined) return textIn(router, first.text, second, 'first');
    return first.text === second.text ? { text: textInUrl(first.text), closer: 'both' } : undefined;
  }
  if (second.tail === undefined) return textIn(router, second.text, first, 'second');
  const [long, short] = first.text.length >= second.text.length ? [first, second] : [second, first];
  if (!long.text.startsWith(short.text)) return undefined;
  const value = valueFor(router, long, short);
  if (value === undefined) return undefined;
  return { text: textInUrl(long.text) + valueInUrl(value), closer: closerOf(first, second) };
}

function makeNode(): SegmentNode {
  return { statics: new Map(), others: new Map(), routes: [] };
}

function childOf(node: SegmentNode, segment: Segment): SegmentNode {
  if (segment.tail === undefined) {
    let child = node.statics.get(segment.text);
    if (child === undefined) node.statics.set(segment.text, (child = makeNode()));
    return child;
  }
  const key = keyOf(segment);
  let branch = node.others.get(key);
  if (branch === undefined) node.others.set(key, (branch = { segment, node: makeNode() }));
  return branch.node;
}

// The same for segments that take the same text.
function keyOf(segment: Segment): string {
  const taken = segment.tail === 'rest' ? '*' : (regexOf(segment)?.source ?? '');
  return `${segment.text}/${taken}`;
}

function segmentsOf(root: string, pieces: readonly Piece[]): readonly Segment[] {
  const segments: Segment[] = [];
  let text = '';
  let tail: Segment['tail'];
  for (const piece of [{ kind: 'text', text: root } as const, ...pieces]) {
    if (piece.kind !== 'text') {
      tail = piece.kind === 'rest' ? 'rest' : piece.node;
      continue;
    }
    const [first = '', ...more] = piece.text.split('/');
    text += first;
    for (const part of more) {
      segments.push({ text, tail });
      text = part;
      tail = undefined;
    }
  }
  segments.push({ text, tail });
  return segments;
}

function textIn(
  router: Router,
  text: string,
  other: Segment,
  closer: 'first' | 'second',
): Overlap | undefined {
  const value = text.slice(other.text.length);
  if (value === '' || !text.startsWith(other.text) || !fits(router, other, textAsValue(value))) {
    return undefined;
  }
  return { text: textInUrl(text), closer };
}

// A value that the one with the longer text takes, and the other one with what is missing of its text.
function valueFor(router: Router, long: Segment, short: Segment): string | undefined {
  const missing = textAsValue(long.text.slice(short.text.length));
  const fitsBoth = (value: string): boolean =>
    value !== '' &&
    isEncodable(value) &&
    fits(router, long, value) &&
    fits(router, short, missing + value);
  for (const regex of [regexOf(long), regexOf(short)]) {
    const value = regex === undefined ? ['1', 'a'].find(fitsBoth) : sampleOf(regex, fitsBoth);
    if (value !== undefined) return value;
  }
  return undefined;
}

function fits(router: Router, { tail }: Segment, value: string): boolean {
  if (tail === 'rest' || tail === undefined) return true;
  const regex = tail.regex ?? undefined;
  return (
    (regex === undefined || isQuick(regex, value)) && refusal(router, tail, value) === undefined
  );
}

/** The regular expression of a segment's parameter. */
export function regexOf({ tail }: Segment): RegExp | undefined {
  return tail === 'rest' ? undefined : (tail?.regex ?? undefined);
}

// More text says more, and so does a regular expression than any value, and a value than all the rest.
function closerOf(first: Segment, second: Segment): Overlap['closer'] {
  if (keyOf(first) === keyOf(second)) return 'both';
  const kind = Math.sign(rankOf(first) - rankOf(second));
  const text = Math.sign(first.text.length - second.text.length);
  if (kind * text < 0 || kind + text === 0) return 'neither';
  return kind + text > 0 ? 'first' : 'second';
}

function rankOf({ tail }: Segment): number {
  if (tail === 'rest') return 0;
  return tail?.isRegex === true ? 2 : 1;
}
