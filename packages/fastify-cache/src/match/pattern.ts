// Path patterns: `*` matches within one segment, `**` any number of segments, `/a/**` also `/a` itself; or a RegExp.
// Invariant: time is linear in path times pattern, whatever the path; a RegExp sees at most 2048 characters.

/** `/admin/*`, `/a/**` or a RegExp tested against the path. */
export type Pattern = string | RegExp;

/** The router's options that decide which paths reach a route. */
export interface PathRules {
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
  readonly ignoreDuplicateSlashes: boolean;
}

/** A compiled pattern. `matches`: one path as given, not decoded. `covers`: what is known from a route's template alone. */
export interface CompiledPattern {
  readonly source: string;
  matches(path: string): boolean;
  covers(template: string): 'always' | 'never' | 'maybe';
}

/** What is wrong with a pattern, as "expected … " text for an option error; undefined when nothing. */
export function patternFault(pattern: unknown): string | undefined {
  throw new Error('pending');
}

/** Compiles a pattern that `patternFault` found no fault with. */
export function compilePattern(pattern: Pattern, rules: PathRules): CompiledPattern {
  throw new Error('pending');
}

/** The decoded form of a raw path; undefined when its percent-encoding is malformed. */
export function decodePath(path: string): string | undefined {
  throw new Error('pending');
}

/** Exclusion: true when any pattern matches the raw or the decoded path, or the path cannot be decoded. */
export function isExcluded(patterns: readonly CompiledPattern[], path: string): boolean {
  throw new Error('pending');
}

/** Inclusion: true when one pattern matches both the raw and the decoded path. */
export function isIncluded(patterns: readonly CompiledPattern[], path: string): boolean {
  throw new Error('pending');
}
