// Path patterns: `*` matches within one segment, `**` any number of segments, `/a/**` also `/a` itself; or a RegExp.
// Invariant: a path that the router takes for `/admin/x` is judged as `/admin/x`, however it is encoded: see pathForms.
// Time is at most path times pattern, whatever the path; a RegExp is the application's own, and sees bounded input.

/** `/admin/*`, `/a/**` or a RegExp tested against the path. */
export type Pattern = string | RegExp;

/** The router's options that decide which paths reach a route (Fastify's `routerOptions`). */
export interface PathRules {
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
  readonly ignoreDuplicateSlashes: boolean;
  readonly useSemicolonDelimiter: boolean;
}

/** A compiled pattern. */
export interface CompiledPattern {
  /** One path as given, not decoded. */
  matches(path: string): boolean;
  /** What is known of all paths of a route from its template alone. */
  covers(template: string): 'always' | 'never' | 'maybe';
}

/** Paths longer than this are not matched: they count as excluded and not included. */
export const maxPathLength: number = 2048;

/** What is wrong with a pattern: the rest of `expected … to be`; undefined when nothing. */
export function patternFault(pattern: unknown): string | undefined {
  if (pattern instanceof RegExp) return undefined;
  if (typeof pattern !== 'string' || !pattern.startsWith('/')) {
    return 'a path pattern beginning with "/" or a RegExp';
  }
  if (/[\ud800-\udfff]/u.test(pattern)) return 'a path pattern of well-formed text';
  if (/[?#]/.test(pattern)) return 'a path pattern without query and fragment';
  for (const segment of pattern.split('/')) {
    if (segment.startsWith(':')) return 'a path pattern with * in place of parameters';
    if (segment.includes('**') && segment !== '**') {
      return 'a path pattern in which ** stands alone between slashes';
    }
  }
  return undefined;
}

/** Compiles a pattern that `patternFault` found no fault with. */
export function compilePattern(pattern: Pattern, rules: PathRules): CompiledPattern {
  const matches =
    typeof pattern === 'string' ? globTester(pattern, rules) : regExpTester(pattern, rules);
  return Object.freeze({
    matches,
    covers(template: string): 'always' | 'never' | 'maybe' {
      if (!template.startsWith('/')) return 'maybe';
      if (!/[:*%]/.test(template)) return matches(template) ? 'always' : 'never';
      if (typeof pattern !== 'string') return 'maybe';
      return compareTemplate(segmentsOf(pattern, rules), segmentsOf(template, rules));
    },
  });
}

/** The forms in which a raw path is judged: raw, as a router decodes it (`%2F` stays), and fully decoded.
 * @returns undefined when the path cannot be judged: too long, or malformed percent-encoding */
export function pathForms(path: string): readonly string[] | undefined {
  if (path.length > maxPathLength) return undefined;
  if (!path.includes('%')) return [path];
  try {
    return [path, decodeURI(path), decodeURIComponent(path)];
  } catch {
    return undefined;
  }
}

/** Exclusion: true when any pattern matches any form of the path, or the path cannot be judged. */
export function isExcluded(patterns: readonly CompiledPattern[], path: string): boolean {
  if (patterns.length === 0) return false;
  const forms = pathForms(path);
  return (
    forms === undefined || patterns.some((pattern) => forms.some((form) => pattern.matches(form)))
  );
}

/** Inclusion: true when one pattern matches every form of the path. */
export function isIncluded(patterns: readonly CompiledPattern[], path: string): boolean {
  const forms = pathForms(path);
  return (
    forms !== undefined && patterns.some((pattern) => forms.every((form) => pattern.matches(form)))
  );
}

function globTester(pattern: string, rules: PathRules): (path: string) => boolean {
  const plain = segmentsOf(pattern, rules);
  // `/café/*` must match the raw `/caf%C3%A9/x` too.
  const encoded = segmentsOf(encodeURI(pattern), rules);
  const isAscii = plain.join('/') === encoded.join('/');
  return (path) => {
    const segments = segmentsOf(path, rules);
    return matchSegments(plain, segments) || (!isAscii && matchSegments(encoded, segments));
  };
}

function regExpTester(pattern: RegExp, rules: PathRules): (path: string) => boolean {
  // g and y keep a position between tests; a router that folds case reaches the route in any case.
  const flags = pattern.flags.replace(/[gyi]/g, '');
  const folds = pattern.ignoreCase || !rules.caseSensitive;
  const tester = new RegExp(pattern.source, folds ? `${flags}i` : flags);
  return (path) => tester.test(normalizeSlashes(path, rules));
}

function segmentsOf(path: string, rules: PathRules): readonly string[] {
  const text = normalizeSlashes(path, rules);
  return (rules.caseSensitive ? text : text.toLowerCase()).slice(1).split('/');
}

function normalizeSlashes(path: string, rules: PathRules): string {
  let text = path;
  if (rules.ignoreDuplicateSlashes) text = text.replace(/\/{2,}/g, '/');
  if (rules.ignoreTrailingSlash && text.length > 1 && text.endsWith('/')) text = text.slice(0, -1);
  return text;
}

// Greedy with one point of return: when a later segment fails, only the last `**` has to take one more.
function matchSegments(pattern: readonly string[], path: readonly string[]): boolean {
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

// The same for characters and `*`.
function matchSegment(pattern: string, segment: string): boolean {
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

// Literal beginnings decide: a template that leaves the pattern there never matches, one that stays until a closing
// `**` always does. Behind the first parameter all is open.
function compareTemplate(
  pattern: readonly string[],
  template: readonly string[],
): 'always' | 'never' | 'maybe' {
  for (let i = 0; ; i++) {
    const wanted = pattern[i];
    const given = template[i];
    if (wanted === '**') return i === pattern.length - 1 ? 'always' : 'maybe';
    if (given === undefined || /[:*%]/.test(given)) return 'maybe';
    if (wanted === undefined || !matchSegment(wanted, given)) return 'never';
  }
}
