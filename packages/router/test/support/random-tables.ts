// Random route tables that are meant to hurt: few short segments over a tiny alphabet, so that routes overlap, and among
// them what routers trip over. A table is plain data: it can be printed, and built again with fewer routes.
import type { Random } from './random.ts';

/** Custom constraint strategies that tables may have. */
export type StrategyName = 'tenant' | 'secret' | 'later';

/** Options of find-my-way, as data. */
export interface TableOptions {
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
  readonly ignoreDuplicateSlashes: boolean;
  readonly useSemicolonDelimiter: boolean;
  readonly maxParamLength: number;
  /** Whether bad URLs and over-long parameters have handlers, as Fastify gives them. */
  readonly hasFallbacks: boolean;
  /** Keep the query as it came, instead of parsing it. */
  readonly keepsQuery: boolean;
  /** Custom constraint strategies: 'tenant' matches where it is named, 'secret' must match when derived, 'later' is
   * derived asynchronously. */
  readonly strategies: readonly StrategyName[];
}

/** One route; what find-my-way refuses is left out when a table is built. */
export interface RouteSpec {
  readonly method: string;
  readonly path: string;
  readonly constraints?: Readonly<Record<string, unknown>>;
}

/** A table as data. */
export interface TableSpec {
  readonly options: TableOptions;
  readonly routes: readonly RouteSpec[];
}

/** Which tables to make. */
export interface TableKind {
  /** Whether routes have constraints. */
  readonly isConstrained: boolean;
  /** Whether some of them are derived asynchronously. Default: none. */
  readonly isAsync?: boolean;
}

// Regular expressions of parameters, with values that match and values that nearly do.
const CAPTURING: Readonly<Record<string, readonly string[]>> = {
  '(\\d+)': ['1', '12', '1a', ''],
  '(^\\d+$)': ['7', 'a', '12'],
  '([ab]+)': ['a', 'ab', 'A', 'c'],
  '(^[a-b]$)': ['a', 'b', 'ab'],
  '(.*)': ['', 'a', 'a-b', 'a.b'],
  '(^(a|b)1?$)': ['a', 'b1', 'c'],
  '(^\\d{1,3}$)': ['1', '123', '1234'],
  '([^-]+)': ['a', 'é', '-', 'a-'],
};

// Those that capture nothing, which compiled code and the walk read differently: rare, so that most tables compile.
const CAPTURELESS: Readonly<Record<string, readonly string[]>> = {
  '(?:a|b)': ['a', 'b', 'c'],
  '(?=a)a': ['a', 'b'],
};

/** All regular expressions of parameters, with values to try. */
export const REGEXES: Readonly<Record<string, readonly string[]>> = {
  ...CAPTURING,
  ...CAPTURELESS,
};

const LETTERS = ['a', 'b', 'A', 'B', 'ab', 'aB', 'ba', '1', '2', 'k', 'i'];

/** Text that can be written in a path as it is. */
const PLAIN = [...LETTERS, '-', '.', '~', 'a-b', 'a.b', 'a_b', ' ', "'", '(', '$', '+'];

/** Text that URLs need to encode, that ends paths, or that folds and decodes in ways of its own. */
const ODD = [
  ['%', '%25', 'a%b', '%41', '%2F', '?', 'a?b', '#', 'a#b', ';', 'a;b', '&', '='],
  ['::', 'a::b', '::a', '\0', '\u00e9', '\u00c9', '\u0141', '\u013f', '\u0130'],
  ['\u017f', '\u212a', '\u{1f600}', '\ud800', 'a\udc00', '\u00ff', '\u0100', '\u2028', '__proto__'],
].flat();

/** Lengths on both sides of where find-my-way compares prefixes in another way, and longer ones. */
const LONG = [15, 16, 17, 100].flatMap((length) => [
  'a'.repeat(length),
  'b'.repeat(length - 1) + 'c',
  `A${'a'.repeat(length - 1)}`,
]);

const NAMES = ['a', 'b', 'id', '', '__proto__', 'constructor', 'toString', '0', 'é', 'A', "a'b"];
const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST'];

/** Makes a table. */
export function randomTable(random: Random, kind: TableKind): TableSpec {
  const options = randomOptions(random, kind);
  const paths = pick(random, [
    [60, manyPaths],
    [4, manyChildren],
    [4, manyParams],
    [3, deepPaths],
    [2, ladder],
  ])(random);
  const routes = paths.map((path) => randomRoute(random, path, options, kind));
  return { options, routes };
}

function randomOptions(random: Random, { isConstrained, isAsync }: TableKind): TableOptions {
  const strategies = (['tenant', 'secret', 'later'] as const).filter(
    (name) => isConstrained && (name !== 'later' || isAsync === true) && random.once(2),
  );
  return {
    caseSensitive: !random.once(3),
    ignoreTrailingSlash: random.once(3),
    ignoreDuplicateSlashes: random.once(3),
    useSemicolonDelimiter: random.once(3),
    maxParamLength: random.pick([100, 100, 1, 2, 3, 5, 16]),
    hasFallbacks: random.once(2),
    keepsQuery: random.once(2),
    strategies,
  };
}

function randomRoute(
  random: Random,
  path: string,
  { strategies }: TableOptions,
  { isConstrained }: TableKind,
): RouteSpec {
  const method = random.pick(METHODS);
  if (!isConstrained || random.once(3)) return { method, path };
  const constraints: Record<string, unknown> = {};
  if (random.once(2)) constraints['host'] = random.pick(HOSTS);
  if (random.once(3)) constraints['version'] = random.pick(VERSIONS);
  for (const name of strategies) if (random.once(3)) constraints[name] = random.pick(TENANTS);
  return { method, path, constraints };
}

const HOSTS = ['a.example', 'b.example', 'A.example', '', /^[ab]\.example$/, /example/i, /^x/g];
const VERSIONS = ['1.0.0', '1.2.0', '2.0.0', '1.x', '0.1.9'];
const MUST_MATCH = ['version', 'secret'];
const TENANTS = ['one', 'two', '', 0, null, '__proto__'];

/** Values to derive, of which some are those of routes. */
export function randomDerived(
  random: Random,
  { options, routes }: TableSpec,
): Record<string, unknown> | undefined {
  if (random.once(6)) return undefined;
  const { constraints: wanted = {} } = random.pick(routes);
  const derived: Record<string, unknown> = {};
  const names: string[] = ['host', 'version', ...options.strategies];
  for (const name of names) {
    // What must match when derived is left to find-my-way whenever it is there, so it is there less often.
    if (MUST_MATCH.includes(name) && !random.once(3)) continue;
    const value = wanted[name];
    if (value !== undefined && !(value instanceof RegExp) && !random.once(4)) derived[name] = value;
    else if (random.once(3)) derived[name] = random.pick(derivable(name));
    else if (random.once(2)) derived[name] = undefined;
  }
  return derived;
}

function derivable(name: string): readonly unknown[] {
  if (name === 'host') return ['a.example', 'b.example', 'x.example', 'EXAMPLE', 'none', ''];
  if (name === 'version') return ['1.0.0', '1.x', '*', '2.x', '3.0.0', ''];
  return [...TENANTS, 'three'];
}

function manyPaths(random: Random): string[] {
  const count = random.once(10) ? 20 + random.int(40) : 1 + random.int(14);
  const style = { isOdd: random.once(3), hasRegexes: random.once(2) };
  return Array.from({ length: count }, () => randomPath(random, style));
}

/** What the paths of a table are made of: text that URLs encode, parameters that native code leaves alone. */
interface Style {
  readonly isOdd: boolean;
  readonly hasRegexes: boolean;
}

function randomPath(random: Random, style: Style): string {
  if (random.once(30)) return random.pick(['*', '/', '/*', '//', '/:a', '/:a?']);
  const depth = 1 + random.int(4);
  let path = '';
  for (let i = 0; i < depth; i++) {
    path += random.once(20) ? '//' : '/';
    path += randomSegment(random, style);
  }
  if (random.once(10)) path += '/';
  if (random.once(8)) return `${path}${random.pick(['*', '/*', 'a*', '-*'])}`;
  if (random.once(10)) return `${path}/:${random.pick(NAMES)}?`;
  return path;
}

function randomSegment(random: Random, { isOdd, hasRegexes }: Style): string {
  return pick(random, [
    [6, () => random.pick(PLAIN)],
    [isOdd ? 3 : 0, () => random.pick(ODD)],
    [1, () => random.pick(LONG)],
    [1, () => random.pick(PLAIN) + random.pick(PLAIN)],
    [5, () => `:${random.pick(NAMES)}`],
    [1, () => `${random.pick(LETTERS)}:${random.pick(NAMES)}`],
    [hasRegexes ? 1 : 0, () => multiParam(random)],
    [hasRegexes ? 1 : 0, () => `:${random.pick(NAMES)}${randomRegex(random)}`],
  ])();
}

function multiParam(random: Random): string {
  let segment = '';
  const count = 1 + random.int(3);
  for (let i = 0; i < count; i++) {
    segment += `:${random.pick(NAMES)}`;
    if (random.once(3)) segment += randomRegex(random);
    segment += random.pick(['-', '.', '-', '.a', '-%', '-::', '.é']);
  }
  return random.once(2) ? segment : `${segment}:${random.pick(NAMES)}`;
}

function randomRegex(random: Random): string {
  return random.pick(Object.keys(random.once(40) ? CAPTURELESS : CAPTURING));
}

// A node with a child for nearly every ASCII character, and routes below some of them.
function manyChildren(random: Random): string[] {
  const paths: string[] = [];
  for (let unit = 33; unit < 127; unit++) {
    const first = String.fromCharCode(unit);
    if (':*()'.includes(first) || random.once(8)) continue;
    paths.push(`/a/${first}${random.pick(['', 'a', 'b', '/:a', 'a/:b', '/a'])}`);
  }
  if (random.once(2)) paths.push('/a/:x');
  if (random.once(2)) paths.push('/a/*');
  return paths;
}

// More parameters than native code counts to, and as many as it does.
function manyParams(random: Random): string[] {
  const counts = [4, 5, 6, 31, 32, 33, 40];
  return Array.from({ length: 1 + random.int(5) }, () => {
    const count = random.pick(counts);
    const names = Array.from({ length: count }, (_, i) => (random.once(5) ? 'a' : `p${i}`));
    const tail = random.pick(['', '/a', '/*', '/']);
    return `/${names.map((name) => `:${name}`).join('/')}${tail}`;
  });
}

function deepPaths(random: Random): string[] {
  return Array.from({ length: 1 + random.int(4) }, () => {
    const depth = 20 + random.int(60);
    const segments = Array.from({ length: depth }, () => random.pick(['a', 'a', 'b', ':x']));
    return `/${segments.join('/')}`;
  });
}

// At each step a static, a parametric and a wildcard way on: more alternatives wait than native code has room for.
function ladder(random: Random): string[] {
  const steps = 64 + random.int(30);
  const paths: string[] = [];
  let path = '';
  for (let i = 0; i < steps; i++) {
    paths.push(`${path}/*`, `${path}/:x/end`);
    path += '/a';
  }
  return [...paths, path];
}

function pick<T>(random: Random, weighted: readonly (readonly [number, T])[]): T {
  const total = weighted.reduce((sum, [weight]) => sum + weight, 0);
  let left = random.int(total);
  for (const [weight, value] of weighted) {
    left -= weight;
    if (left < 0) return value;
  }
  throw new Error('nothing to pick from');
}
