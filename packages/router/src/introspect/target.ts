// Reads a request target as find-my-way does before it looks into a tree.
// Invariant: explains only. Where this and the installed find-my-way should ever differ, the verdict is the one of find.
import type { Router } from '../find-my-way/router.ts';

/** A request target, taken apart. */
export interface Target {
  /** Decoded but for reserved characters, and without what the router overlooks; parameters are cut from it. */
  readonly origin: string;
  /** What static text is compared with: `origin`, folded where the router folds. */
  readonly path: string;
  /** As it came, behind its delimiter. */
  readonly query: string;
  /** Whether parameters still hold reserved characters to be decoded. */
  readonly decodesParams: boolean;
}

const SLASH = 47;
const RESERVED = /%(?:2[3-6BbCcFf]|3[AaBbDdFf]|40)/;
const RESERVED_ALL = new RegExp(RESERVED.source, 'g');

/** Takes a request target apart; undefined when it is malformed. */
export function readTarget(router: Router, url: string): Target | undefined {
  const relative = url.charCodeAt(0) === SLASH ? url : pathOfAbsolute(url);
  if (relative === undefined) return undefined;
  const end = endOfPath(relative, router.useSemicolonDelimiter === true);
  const raw = relative.slice(0, end);
  const query = relative.slice(end + 1);
  const decoded = decode(raw);
  if (decoded === undefined) return undefined;
  const origin = withoutOverlooked(router, decoded);
  const path = router.caseSensitive ? origin : origin.toLowerCase();
  return { origin, path, query, decodesParams: RESERVED.test(raw.slice(1)) };
}

/** The value of a parameter that was cut from a target's path. */
export function paramValue({ decodesParams }: Target, text: string): string {
  if (!decodesParams) return text;
  let value = '';
  let from = 0;
  for (let at = text.indexOf('%'); at !== -1; at = text.indexOf('%', at + 1)) {
    value += text.slice(from, at) + decodeReserved(text.slice(at, at + 3));
    from = at + 3;
  }
  return value + text.slice(from);
}

// Others are decoded before. Only a path without a slash at its start can have one left, and find-my-way writes this for it.
function decodeReserved(encoded: string): string {
  return RESERVED.test(encoded) ? decodeURIComponent(encoded) : 'null';
}

function endOfPath(target: string, semicolon: boolean): number {
  const delimiter = semicolon ? /[?#;]/g : /[?#]/g;
  delimiter.lastIndex = 1;
  return delimiter.exec(target)?.index ?? target.length;
}

// '%25' would else become '%' at once, and parameters be decoded twice. The first unit is not looked at, and what has
// nothing but reserved characters is not decoded.
function decode(raw: string): string | undefined {
  const behind = raw.slice(1);
  if (!behind.includes('%25') && !behind.replace(RESERVED_ALL, '').includes('%')) return raw;
  try {
    return decodeURI(raw.charAt(0) + behind.replaceAll('%25', '%2525'));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function withoutOverlooked(router: Router, path: string): string {
  let text = path;
  if (router.ignoreDuplicateSlashes) text = text.replace(/\/\/+/g, '/');
  if (router.ignoreTrailingSlash && text.length > 1 && text.endsWith('/')) text = text.slice(0, -1);
  return text;
}

// `http://a.example/b` is `/b`; other text without a leading slash is left as it is.
function pathOfAbsolute(url: string): string | undefined {
  const scheme = /^https?:\/\//i.exec(url)?.[0];
  if (scheme === undefined) return url;
  const authority = scheme.length;
  const slash = url.indexOf('/', authority);
  const query = url.indexOf('?', authority);
  const end = Math.min(...[slash, query].filter((at) => at !== -1), url.length);
  if (end === authority || url.includes('#', authority)) return undefined;
  if (!URL.canParse(url) || new URL(url).host === '') return undefined;
  if (end === url.length) return '/';
  return end === query ? `/${url.slice(query)}` : url.slice(slash);
}
