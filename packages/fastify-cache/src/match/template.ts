// The template of a route as find-my-way reads it, in segments of which only the literal beginnings are kept.
// Invariant: every path that the router gives to the route has the segments of one of the template's ways, once it is
// decoded as the router does (`%2F` stays). A way may take in more paths than the router gives.
import { foldCase, normalizeSlashes } from './segments.ts';
import type { PathRules } from './segments.ts';

/** One segment or more: `text` alone (false), `text` and whatever its segment goes on with ('segment'), these and any
 * segments behind ('path'); or any segments, or none ('gap'). */
export interface Segment {
  readonly text: string;
  readonly open: false | 'segment' | 'path' | 'gap';
}

/** A template, read. */
export interface Template {
  /** Two where the last parameter is optional, or another slash may follow; undefined: not to be told. */
  readonly ways: readonly (readonly Segment[])[] | undefined;
  /** Ways that take in each form of those paths (see pathForms), but for the raw spelling of literals. */
  readonly looseWays: readonly (readonly Segment[])[];
  /** The only path of a template without parameters. */
  readonly literal: string | undefined;
}

/** Reads the full url of a route.
 * @param slashToo  Fastify has the same route with a closing slash as well, of which onRoute is not told: a route `/` in a
 *   plugin with a prefix. Undefined: not known; then only templates without parameters are taken to have none. */
export function readTemplate(url: string, rules: PathRules, slashToo?: boolean): Template {
  const spellings = [...expand(url), ...(slashToo === true ? [`${url}/`] : [])];
  const normal = new Set(spellings.map((spelling) => normalizeSlashes(spelling, rules)));
  const ways = Array.from(normal, (spelling) => readWay(spelling, rules));
  if (!ways.every((way) => way !== undefined)) {
    return { ways: undefined, looseWays: [], literal: undefined };
  }
  const isOpen = ways.some((way) => way.some(({ open }) => open !== false));
  const looseWays = ways.map((way) => loosen(way, rules));
  if (isOpen && slashToo === undefined) {
    looseWays.push(...looseWays.map((way) => [...way, { text: '', open: false } as const]));
  }
  const isLiteral = ways.length === 1 && !isOpen;
  const literal = isLiteral ? `/${ways[0]!.map(({ text }) => text).join('/')}` : undefined;
  return { ways, looseWays, literal };
}

// What is open may hold encoded slashes, and be nothing but slashes, which some routers overlook.
function loosen(way: readonly Segment[], rules: PathRules): readonly Segment[] {
  const mayVanish = rules.ignoreDuplicateSlashes || rules.ignoreTrailingSlash;
  return way.map(({ text, open }) => ({
    text,
    open: open === false ? false : text === '' && mayVanish ? 'gap' : 'path',
  }));
}

/** A parameter that may be left out stands last; find-my-way makes two routes of it by this expression. */
const OPTIONAL = /(\/:[^/()]*?)\?(\/?)/;

function expand(url: string): string[] {
  if (!OPTIONAL.test(url)) return [url];
  return [url.replace(OPTIONAL, '$1$2'), url.replace(OPTIONAL, '$2') || '/'];
}

/** Their lower case depends on what stands beside them, or is longer: the router's own reading goes astray there. */
const CONTEXTUAL = /[\u0130\u03a3\u03c2\u03c3]/;

function readWay(spelling: string, rules: PathRules): Segment[] | undefined {
  const template = spelling === '*' ? '/*' : spelling;
  if (!template.startsWith('/')) return undefined;
  if (!rules.caseSensitive && CONTEXTUAL.test(template)) return undefined;
  const segments: Segment[] = [];
  let text = '';
  let open: Segment['open'] = false;
  const close = (): void => {
    segments.push({ text: foldCase(text, rules), open });
    text = '';
    open = false;
  };
  for (let i = 1; i < template.length; i++) {
    const unit = template[i]!;
    if (unit === '/') close();
    else if (unit === '*') {
      if (i !== template.length - 1) return undefined;
      open = 'path';
    } else if (unit !== ':') text += unit;
    else if (template[i + 1] === ':') {
      text += ':';
      i++;
    } else {
      const end = endOfParameters(template, i);
      if (end === undefined) return undefined;
      open = 'segment';
      i = end - 1;
    }
  }
  close();
  return segments;
}

// Parameters end with their segment, but a slash in a regular expression is none: `/:x(a/b)-:y`.
function endOfParameters(template: string, colon: number): number | undefined {
  let i = colon + 1;
  for (;;) {
    while (i < template.length && !'(-./'.includes(template[i]!)) i++;
    if (template[i] === '(') {
      const end = endOfRegExp(template, i);
      if (end === undefined) return undefined;
      i = end;
    }
    // Literal text, up to the next parameter.
    while (i < template.length && template[i] !== '/') {
      if (template[i] === ':' && template[++i] !== ':') break;
      i++;
    }
    if (i >= template.length || template[i] === '/') return i;
  }
}

function endOfRegExp(template: string, begin: number): number | undefined {
  let depth = 0;
  for (let i = begin; i < template.length; i++) {
    if (template[i] === '\\') i++;
    else if (template[i] === '(') depth++;
    else if (template[i] === ')' && --depth === 0) return i + 1;
  }
  return undefined;
}
