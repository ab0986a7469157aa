// What a glob says of all paths of a route, told from the route's template at registration.
// Deciding by template is safe in both directions, since the two answers are given by different readings of a path:
// - 'always' goes by the reading of the router, in which `%2F` is no slash: it is one of the forms of pathForms, and one
//   form is enough to exclude. What is included, or given to a rule, is then the whole route: an odd spelling of a path
//   (`/a%2Fb` for `/:x`) reaches the handler that the glob covers.
// - 'never' goes by all forms at once, so that no spelling gets in which a single look at it would have kept out: a literal
//   may be encoded, and a parameter hold any number of slashes.
// - 'odd' is between: a plain path (see isPlain) never matches, since it has one form, which the router reads as we do.
import { matchSegment } from './segments.ts';
import type { Segment, Template } from './template.ts';

/** All paths of the route match; none does; none that is plain does; or it depends on the path. */
export type Cover = 'always' | 'never' | 'odd' | 'maybe';

/** Makes the comparison of a glob with templates.
 * @param globs  its spellings, in segments: what one of them matches, the glob matches */
export function makeCover(globs: readonly (readonly string[])[]): (template: Template) => Cover {
  const looseGlobs = globs.map((glob) => glob.map(loosenSegment));
  return ({ ways, looseWays }) => {
    if (ways === undefined) return 'maybe';
    // First what most templates are.
    if (!looseWays.some((way) => looseGlobs.some((glob) => meets(glob, way)))) return 'never';
    if (!ways.some((way) => globs.some((glob) => meets(glob, way)))) return 'odd';
    return ways.every((way) => globs.some((glob) => holdsForAll(glob, way))) ? 'always' : 'maybe';
  };
}

const ANY: Segment = { text: '', open: 'segment' };

// Whether the glob matches every path of the way. Kept is where in the glob one must be, whatever the path is.
function holdsForAll(glob: readonly string[], way: readonly Segment[]): boolean {
  let at = skipStars(glob, [0]);
  for (const segment of way) {
    at = advance(glob, at, segment, holds);
    if (segment.open !== 'path') continue;
    // However many segments follow. Behind its last literal a glob is of one length, or of any.
    for (let i = 0; i < glob.length; i++) {
      if (!at.has(glob.length)) return false;
      at = advance(glob, at, ANY, holds);
    }
  }
  return at.has(glob.length);
}

// Whether the glob matches any path of the way. Kept is where in the glob one may be.
function meets(glob: readonly string[], way: readonly Segment[]): boolean {
  let at = skipStars(glob, [0]);
  for (const segment of way) {
    if (segment.open !== 'gap') at = advance(glob, at, segment, mayMatch);
    if (at.size === 0) return false;
    if (segment.open === 'gap' || segment.open === 'path') at = allFrom(glob, at);
  }
  return at.has(glob.length);
}

function advance(
  glob: readonly string[],
  at: ReadonlySet<number>,
  segment: Segment,
  matches: (wanted: string, segment: Segment) => boolean,
): Set<number> {
  const next: number[] = [];
  for (const p of at) {
    if (glob[p] === '**') next.push(p);
    else if (p < glob.length && matches(glob[p]!, segment)) next.push(p + 1);
  }
  return skipStars(glob, next);
}

function skipStars(glob: readonly string[], places: readonly number[]): Set<number> {
  const all = new Set(places);
  // What is added is visited too.
  for (const p of all) if (glob[p] === '**') all.add(p + 1);
  return all;
}

function allFrom(glob: readonly string[], at: ReadonlySet<number>): Set<number> {
  const all = new Set<number>();
  for (let p = Math.min(...at); p <= glob.length; p++) all.add(p);
  return all;
}

function holds(wanted: string, { text, open }: Segment): boolean {
  return (open === false || wanted.endsWith('*')) && matchSegment(wanted, text);
}

function mayMatch(wanted: string, { text, open }: Segment): boolean {
  if (open === false) return matchSegment(wanted, text);
  const star = wanted.indexOf('*');
  const head = star === -1 ? wanted : wanted.slice(0, star);
  return head.startsWith(text) || (star !== -1 && text.startsWith(head));
}

// Every character of a literal may stand as `%xx` in a raw path: what `%` and hexadecimal digits of a glob match there, and
// what its `*` takes before them, is any character of the literal.
function loosenSegment(wanted: string): string {
  return wanted === '**' ? wanted : wanted.replace(/[*%][0-9a-f]{0,2}/gi, '*');
}
