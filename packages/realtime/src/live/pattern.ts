// Patterns of purges on their way to other instances, and which URLs they mean: `*` within one segment, `**` any number of
// segments, `/a/**` also `/a` itself; or a RegExp.
// Invariant: a path is read in every way in which the purge reads it, and one that cannot be read counts as meant: erring is
// towards too much. Time is at most path times pattern, whatever path a client names; a RegExp is the application's own.

/** A pattern as the log has it. */
export type PatternForm =
  { readonly glob: string } | { readonly source: string; readonly flags: string };

/** Longest path that is tested; those above count as meant, as in the cache. */
const MAX_PATH = 2048;

/** Puts a pattern into the form of the log. */
export function patternForm(pattern: string | RegExp): PatternForm {
  if (typeof pattern === 'string') return { glob: pattern };
  return { source: pattern.source, flags: pattern.flags };
}

/** Reads a pattern.
 * @returns what says whether a path with query is meant; undefined: it is no pattern */
export function patternOf(form: unknown): ((url: string) => boolean) | undefined {
  const matches = matcherOf(form);
  if (matches === undefined) return undefined;
  return (url) => {
    const path = url.replace(/[?#].*$/s, '');
    const forms = path.length > MAX_PATH ? undefined : formsOf(path);
    return forms === undefined || forms.some(matches);
  };
}

function matcherOf(form: unknown): ((path: string) => boolean) | undefined {
  const { glob, source, flags } = (form ?? {}) as Record<string, unknown>;
  try {
    if (typeof glob === 'string') {
      const spellings = [glob, encodeURI(glob)].map(segmentsOf);
      return (path) => {
        const segments = segmentsOf(path);
        return spellings.some((spelling) => fits(spelling, segments, '**', isLike));
      };
    }
    if (typeof source !== 'string' || typeof flags !== 'string') return undefined;
    // g and y keep a position between tests; routers may fold case.
    const tester = new RegExp(source, `${flags.replace(/[giy]/g, '')}i`);
    return (path) => tester.test(path);
  } catch {
    return undefined; // no well-formed text, or an expression of a newer Node
  }
}

// Raw, as a router decodes it, decoded wholly; each also up to a semicolon, and without what routers may overlook.
function formsOf(path: string): readonly string[] | undefined {
  try {
    const raw = [path, decodeURI(path), decodeURIComponent(path)];
    const cut = raw.map((form) => form.replace(/;.*$/s, ''));
    return [...new Set([...raw, ...cut].map(withoutSlashes))];
  } catch {
    return undefined;
  }
}

function withoutSlashes(path: string): string {
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}

function segmentsOf(path: string): readonly string[] {
  return withoutSlashes(path).toLowerCase().slice(1).split('/');
}

function isLike(pattern: string, segment: string): boolean {
  return pattern.includes('*')
    ? fits(pattern.split(''), segment.split(''), '*', isEqual)
    : pattern === segment;
}

function isEqual(one: string, other: string): boolean {
  return one === other;
}

// Greedy with one point of return: when a later item fails, only the last wildcard has to take one more.
function fits(
  pattern: readonly string[],
  items: readonly string[],
  any: string,
  likes: (pattern: string, item: string) => boolean,
): boolean {
  let p = 0;
  let i = 0;
  let back: { readonly p: number; i: number } | undefined;
  while (i < items.length) {
    const wanted = pattern[p];
    if (wanted === any) {
      back = { p: ++p, i };
    } else if (wanted !== undefined && likes(wanted, items[i]!)) {
      p++;
      i++;
    } else if (back !== undefined) {
      p = back.p;
      i = ++back.i;
    } else return false;
  }
  while (pattern[p] === any) p++;
  return p === pattern.length;
}
