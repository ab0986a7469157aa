// Paths and globs as lists of segments, and whether a glob matches a path.
// Invariant: both are read by the same options of the router; time is at most path times pattern, whatever the path.

/** The router's options that decide which paths reach a route (Fastify's `routerOptions`). */
export interface PathRules {
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
  readonly ignoreDuplicateSlashes: boolean;
  readonly useSemicolonDelimiter: boolean;
}

/** `/a/b` as `['a', 'b']`, without what the router overlooks. */
export function segmentsOf(path: string, rules: PathRules): readonly string[] {
  return foldCase(normalizeSlashes(path, rules), rules).slice(1).split('/');
}

// Of the path asked about last: patterns are asked one after the other.
let last: { path: string; rules: PathRules; segments: readonly string[] } | undefined;

/** The same, for many patterns that are asked about one path. */
export function splitOnce(path: string, rules: PathRules): readonly string[] {
  if (last === undefined || last.path !== path || last.rules !== rules) {
    last = { path, rules, segments: segmentsOf(path, rules) };
  }
  return last.segments;
}

export function foldCase(text: string, rules: PathRules): string {
  return rules.caseSensitive ? text : text.toLowerCase();
}

export function normalizeSlashes(path: string, rules: PathRules): string {
  let text = path;
  if (rules.ignoreDuplicateSlashes) text = text.replace(/\/{2,}/g, '/');
  if (rules.ignoreTrailingSlash && text.length > 1 && text.endsWith('/')) text = text.slice(0, -1);
  return text;
}

/** Whether the segments of a glob, in which `**` is any number of segments, match those of a path. */
export function matchSegments(pattern: readonly string[], path: readonly string[]): boolean {
  // Greedy with one point of return: when a later segment fails, only the last `**` has to take one more.
  let p = 0;
  let s = 0;
  let starAt = -1;
  let starTook = 0;
  while (s < path.length) {
    if (pattern[p] === '**') {
      starAt = p++;
      starTook = s;
    } else if (p < pattern.length && matchSegment(pattern[p]!, path[s]!)) {
      p++;
      s++;
    } else if (starAt !== -1) {
      p = starAt + 1;
      s = ++starTook;
    } else return false;
  }
  while (pattern[p] === '**') p++;
  return p === pattern.length;
}

/** The same for characters and `*`. */
export function matchSegment(pattern: string, segment: string): boolean {
  if (!pattern.includes('*')) return pattern === segment;
  let p = 0;
  let s = 0;
  let starAt = -1;
  let starTook = 0;
  while (s < segment.length) {
    if (pattern[p] === '*') {
      starAt = p++;
      starTook = s;
    } else if (p < pattern.length && pattern[p] === segment[s]) {
      p++;
      s++;
    } else if (starAt !== -1) {
      p = starAt + 1;
      s = ++starTook;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
