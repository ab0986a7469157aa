// Path patterns: `*` matches within one segment, `**` any number of segments, `/a/**` also `/a` itself; or a RegExp.
// Invariant: a path that the router takes for `/admin/x` is judged as `/admin/x`, however it is encoded: see pathForms.
// Time is at most path times pattern, whatever the path; a RegExp is the application's own, and sees bounded input.
import { makeCover } from './covers.ts';
import type { Cover } from './covers.ts';
import { matchSegments, normalizeSlashes, segmentsOf, splitOnce } from './segments.ts';
import type { PathRules } from './segments.ts';
import type { Template } from './template.ts';

export type { PathRules } from './segments.ts';

/** `/admin/*`, `/a/**` or a RegExp tested against the path. */
export type Pattern = string | RegExp;

/** A compiled pattern. */
export interface CompiledPattern {
  /** One path as given, not decoded. */
  matches(path: string): boolean;
  /** What is known of all paths of a route from its template alone. */
  covers(template: Template): Cover;
  /** The segments of a glob; undefined: it is none. */
  readonly glob: readonly string[] | undefined;
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
  return Object.freeze(
    typeof pattern === 'string' ? compileGlob(pattern, rules) : compileRegExp(pattern, rules),
  );
}

/** Whether a path has one form only, in which the router finds the very segments that we do. Nearly every path is plain;
 * others have escapes, empty segments, or characters that have no place in a path. */
export function isPlain(path: string): boolean {
  return path.length <= maxPathLength && PLAIN.test(path);
}

const PLAIN = /^\/(?:[^/%?#\0- \u007f-\uffff]+(?:\/[^/%?#\0- \u007f-\uffff]+)*)?$/;

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

function compileGlob(pattern: string, rules: PathRules): CompiledPattern {
  const plain = segmentsOf(pattern, rules);
  // `/café/*` must match the raw `/caf%C3%A9/x` too.
  const encoded = segmentsOf(encodeURI(pattern), rules);
  const spellings = plain.join('/') === encoded.join('/') ? [plain] : [plain, encoded];
  return {
    matches(path) {
      const segments = splitOnce(path, rules);
      return spellings.some((spelling) => matchSegments(spelling, segments));
    },
    covers: makeCover(spellings),
    glob: plain,
  };
}

function compileRegExp(pattern: RegExp, rules: PathRules): CompiledPattern {
  // g and y keep a position between tests; a router that folds case reaches the route in any case.
  const flags = pattern.flags.replace(/[gyi]/g, '');
  const folds = pattern.ignoreCase || !rules.caseSensitive;
  const tester = new RegExp(pattern.source, folds ? `${flags}i` : flags);
  const matches = (path: string): boolean => tester.test(normalizeSlashes(path, rules));
  return {
    matches,
    covers({ literal }) {
      // A `%` of a template stands for `%25`: what the expression says of such a path is left to the request.
      if (literal === undefined || literal.includes('%')) return 'maybe';
      return matches(literal) ? 'always' : 'never';
    },
    glob: undefined,
  };
}
