// URLs that show what a route does: one that its pattern matches, and one that it just does not.
// Invariant: every URL given was compared with the route's own way through the tree. Which route wins it is find's word:
// a more specific route may take the same URL.
import type { Route, Router } from '../find-my-way/router.ts';
import { regexOf } from './node-parts.ts';
import { sampleOf } from './regex/sample.ts';
import { refusal, segmentEnd } from './search.ts';
import { paramValue, readTarget } from './target.ts';
import { piecesTo, rootText, treeIndex } from './tree-index.ts';
import type { Piece } from './tree-index.ts';
import { isEncodable, textInUrl, valueInUrl } from './url-text.ts';

/** URLs of one route. */
export interface Witness {
  /** The pattern matches it; undefined when no URL could be made, as for a rare regular expression. */
  readonly hit: string | undefined;
  /** The pattern does not match it, though little is missing; undefined for patterns that match everything. */
  readonly miss: string | undefined;
}

/** What to write for a plain parameter and for a wildcard, as URLs have it. */
interface Values {
  readonly segment: string;
  readonly rest: string;
}

/** Units that are cut from a hit, at most, to find a near miss. */
const MAX_CUT = 8;

/** The way of a route through its tree, with all that comparing needs. */
export interface RouteWay {
  readonly router: Router;
  readonly root: string;
  readonly pieces: readonly Piece[];
}

/** URLs to compare two engines with: hits of the route, plain, with a query and with encoded parameters, and a near miss.
 * @returns up to four; none when the route is not in its tree or no URL could be made */
export function witnessesOf(route: Route, router: Router): readonly string[] {
  const way = wayOf(route, router);
  if (way === undefined) return [];
  const { hit, miss } = witnessOfWay(way);
  if (hit === undefined) return [];
  const encoded = write(way, { segment: 'a%2Fb%C3%A9', rest: 'a%2Fb/%25' });
  const urls = [hit, `${hit}?x=1`, miss, encoded === hit ? undefined : encoded];
  return urls.filter((url) => url !== undefined);
}

/** A URL that the pattern of a route matches, and a near miss. */
export function witnessOf(route: Route, router: Router): Witness {
  const way = wayOf(route, router);
  return way === undefined ? { hit: undefined, miss: undefined } : witnessOfWay(way);
}

/** The way of a route through its tree; undefined when it is not there. */
export function wayOf(route: Route, router: Router): RouteWay | undefined {
  const place = treeIndex(router).placeOf(route);
  if (place === undefined) return undefined;
  return { router, root: rootText(router, route.method), pieces: piecesTo(place) };
}

/** Whether a way leads through a URL to its end. Each piece takes what it takes: there is nothing to go back to. */
export function wayMatches({ router, root, pieces }: RouteWay, url: string): boolean {
  const target = readTarget(router, url);
  if (target === undefined) return false;
  let at = root.length;
  for (const piece of pieces) {
    if (piece.kind === 'rest') return true;
    if (piece.kind === 'text') {
      if (!target.path.startsWith(piece.text, at)) return false;
      at += piece.text.length;
      continue;
    }
    const end = segmentEnd(target, at);
    const value = paramValue(target, target.origin.slice(at, end));
    if (refusal(router, piece.node, value) !== undefined) return false;
    at = end;
  }
  return at === target.path.length;
}

function witnessOfWay(way: RouteWay): Witness {
  const hit = write(way, { segment: '1', rest: 'x' });
  if (hit === undefined) return { hit: undefined, miss: undefined };
  return { hit, miss: nearMisses(hit).find((url) => !wayMatches(way, url)) };
}

// Longer, then shorter, then other text.
function nearMisses(hit: string): readonly string[] {
  const shorter = Array.from({ length: MAX_CUT }, (_, cut) => hit.slice(0, -1 - cut));
  const urls = [`${hit}~`, `${hit}/~`, ...shorter, `/~${hit.slice(2)}`];
  return urls.filter((url) => url.startsWith('/'));
}

/** Writes a URL for a way; undefined when a value is wanting, or the way would not lead through it. */
function write(way: RouteWay, plain: Values): string | undefined {
  let url = way.root;
  for (const piece of way.pieces) {
    const text = pieceText(piece, way, plain);
    if (text === undefined) return undefined;
    url += text;
  }
  // A route `*` alone takes the path with its slash.
  if (!url.startsWith('/')) url = `/${url}`;
  return wayMatches(way, url) ? url : undefined;
}

function pieceText(piece: Piece, { router }: RouteWay, plain: Values): string | undefined {
  if (piece.kind === 'text') return textInUrl(piece.text);
  if (piece.kind === 'rest') return plain.rest;
  const { node } = piece;
  const regex = regexOf(node);
  if (regex === undefined) return plain.segment;
  const fits = (text: string): boolean =>
    isEncodable(text) && refusal(router, node, text) === undefined;
  const sample = sampleOf(regex, fits);
  return sample === undefined ? undefined : valueInUrl(sample);
}
