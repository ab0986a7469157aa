// Random globs, templates, and targets that a template may take, made of few pieces so that they meet often.
// Invariant: one seed gives one sequence.
import type { PathRules } from '../../src/match/pattern.ts';

/** A source of random choices. */
export interface Random {
  int(below: number): number;
  once(times: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** Starts a sequence: Mulberry32 (T. Ettinger). */
export function randomFrom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  const int = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
  return { int, once: (times) => int(times) === 0, pick: (from) => from[int(from.length)]! };
}

const LITERALS = [
  'a',
  'b',
  'ab',
  'A',
  'a1',
  'x',
  'é',
  'É',
  'İ',
  'a.css',
  'a%62',
  '%2F',
  'a b',
  'a;b',
  '',
];
const PARAMETERS = [
  ':p',
  ':p',
  ':p',
  'a-:p',
  ':p-:q',
  ':p(^\\d+$)',
  ':p(a|b).css',
  'a::b',
  'v:p',
  ':p(^a/b$)',
];
const GLOBS = ['*', '*', 'a*', '*b', 'a*1', '*1', '*.css', 'v*', 'a:b', '%61', '%2f*', '*-*'];
const VALUES = [
  '',
  'a',
  'b',
  '1',
  'ab',
  'a/b',
  'x/',
  '/',
  'a-b',
  'a.css',
  'é',
  'İ',
  '%',
  '%2F',
  '%61',
  ';',
  'A',
  '1 ',
  ':p',
];

/** Options of a router. */
export function randomRules(random: Random): PathRules {
  return {
    caseSensitive: !random.once(3),
    ignoreTrailingSlash: random.once(3),
    ignoreDuplicateSlashes: random.once(3),
    useSemicolonDelimiter: random.once(4),
  };
}

/** A url as routes have it. */
export function randomTemplate(random: Random): string {
  if (random.once(40)) return '*';
  const segments = Array.from({ length: 1 + random.int(4) }, () =>
    random.once(2) ? random.pick(LITERALS) : random.pick(PARAMETERS),
  );
  const end = random.pick(['', '', '', '', '/', '/*', '/*', '*', '/:o?', '/:o?/']);
  return `/${segments.join('/')}${end}`;
}

/** A glob; likely one that paths of a template match, or nearly. */
export function randomGlob(random: Random, template: string): string {
  const near = random.once(2);
  const segments = near
    ? template
        .slice(1)
        .replaceAll('::', ':')
        .split('/')
        .map((segment) => nearGlob(random, segment))
    : Array.from({ length: 1 + random.int(4) }, () => anySegment(random));
  if (random.once(5)) segments.splice(random.int(segments.length + 1), 0, anySegment(random));
  if (random.once(4)) segments.push('**');
  return `/${segments.join('/')}`;
}

function nearGlob(random: Random, segment: string): string {
  if (random.once(8)) return anySegment(random);
  if (segment === '*') return random.pick(['**', '*', '**/*']);
  return /[:*?(]/.test(segment) ? random.pick(['*', '*', '*', 'a*', 'a', '*1']) : segment;
}

function anySegment(random: Random): string {
  if (random.once(6)) return '**';
  return random.once(2) ? random.pick(GLOBS) : random.pick(LITERALS);
}

/** A request target that a template may take, with characters encoded, slashes doubled, letters in another case. */
export function randomTarget(random: Random, template: string): string {
  const filled = template
    .replace(/\/:o\?(\/?)/, (_, end: string) =>
      random.once(2) ? end : `/${encode(random, random.pick(VALUES))}${end}`,
    )
    .replaceAll('::', '\u0001')
    .replace(/:[pq](\([^)]*\))?|\*$/g, (part) => valueOf(random, part));
  const path = Array.from(filled.replaceAll('\u0001', ':'))
    .map((unit) => (unit === '%' ? '%25' : unit === '\u0002' ? '%' : encode(random, unit)))
    .join('');
  const twisted = random.once(4) ? twist(random, path) : path;
  return twisted.startsWith('/') ? twisted : `/${twisted}`;
}

// A `%` that is part of an escape is kept from being encoded itself.
function valueOf(random: Random, part: string): string {
  let value = random.pick(VALUES);
  if (part === '*')
    value = `${value}/${random.pick(VALUES)}`.slice(0, random.once(3) ? undefined : value.length);
  if (part.startsWith(':p(')) value = random.pick(['1', '12', 'a', 'b', 'a/b']);
  const isPath = part === '*' && random.once(2);
  return Array.from(value)
    .map((unit) => (unit === '/' && !isPath ? '\u00022F' : unit))
    .join('');
}

function encode(random: Random, unit: string): string {
  if (unit === '/') return unit;
  if (/^[\w.;:-]*$/.test(unit) && !random.once(8)) return unit;
  return [...Buffer.from(unit)]
    .map((byte) => {
      const digits = byte.toString(16).padStart(2, '0');
      return `%${random.once(2) ? digits : digits.toUpperCase()}`;
    })
    .join('');
}

function twist(random: Random, path: string): string {
  const at = random.int(path.length + 1);
  return random.pick([
    `${path}/`,
    `${path}//`,
    `/${path}`,
    path.replace('/', '//'),
    path.toUpperCase(),
    path.toLowerCase(),
    `${path};x`,
    path.slice(0, at) + random.pick(['/', '%2f', 'a', '%', '%2F%2f', ';', '1']) + path.slice(at),
  ]);
}
