// What the encoder writes: numbers of the header, nodes, and what it marks or leaves out.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { encodeTree } from '../../src/image/encode.ts';
import type { EncodedTree } from '../../src/image/encode.ts';
import * as layout from '../../src/image/layout.ts';
import { DEFER_REASONS, MAX_PARAMS, loadTrie } from '../../src/native/addon.ts';
import { readHeader, readImage } from '../support/read-image.ts';
import { addRoute, routerOf } from '../support/tables.ts';

const native = new URL('../../../../native/router/', import.meta.url);

function encoded(paths: readonly string[], options: object = {}): EncodedTree {
  const router = routerOf(paths, options);
  return encodeTree(router, router.trees['GET']!);
}

/** The number that a C++ header gives a name. */
function numberIn(file: string, name: string): number {
  const text = readFileSync(new URL(file, native), 'utf8');
  const found = new RegExp(`\\b${name} = (0x[0-9A-Fa-f]+|\\d+)`).exec(text);
  return Number(found?.[1]);
}

it('uses the numbers of native/router/image.h', () => {
  for (const [name, value] of [
    ['kMagic', layout.MAGIC],
    ['kVersion', layout.VERSION],
    ['kHeaderWords', layout.HEADER_WORDS],
    ['kFoldCase', layout.FOLD_CASE],
    ['kIgnoreTrailingSlash', layout.IGNORE_TRAILING_SLASH],
    ['kIgnoreDuplicateSlashes', layout.IGNORE_DUPLICATE_SLASHES],
    ['kSemicolonDelimiter', layout.SEMICOLON_DELIMITER],
    ['kHasRoute', layout.HAS_ROUTE],
    ['kLeafDefers', layout.LEAF_DEFERS],
    ['kHasParametric', layout.HAS_PARAMETRIC],
    ['kParamDefers', layout.PARAM_DEFERS],
    ['kHasWildcard', layout.HAS_WILDCARD],
  ] as const) {
    expect(numberIn('image.h', name), name).toBe(value);
  }
});

it('uses the limits and reasons of native/router', () => {
  expect(numberIn('path.h', 'kMaxUrl')).toBe(layout.MAX_PREFIX);
  expect(numberIn('trie.h', 'kMaxParams')).toBe(MAX_PARAMS);
  for (const [number, reason] of DEFER_REASONS.entries()) {
    const name = `k${reason[0]!.toUpperCase()}${reason.slice(1)}`;
    expect(numberIn('path.h', name), reason).toBe(number);
  }
});

it('writes a header that describes the image', () => {
  const { image, leaves, decided } = encoded(['/a', '/b/:x'], {
    caseSensitive: false,
    useSemicolonDelimiter: true,
    maxParamLength: 7,
  });
  const [magic, version, bytes, , options, maxParamLength, nodes, routes, rootSkip, zero] =
    readHeader(image);
  expect({ magic, version, bytes, options, maxParamLength, nodes, routes, rootSkip, zero }).toEqual(
    {
      magic: layout.MAGIC,
      version: layout.VERSION,
      bytes: image.length,
      options: layout.FOLD_CASE | layout.SEMICOLON_DELIMITER,
      maxParamLength: 7,
      nodes: readImage(image).length,
      routes: 2,
      rootSkip: 1,
      zero: 0,
    },
  );
  expect([leaves.length, decided]).toEqual([2, 2]);
});

it('writes each option as a bit of its own', () => {
  const bits = (options: object): number => readHeader(encoded(['/a'], options).image)[4]!;
  expect(bits({})).toBe(0);
  expect(bits({ caseSensitive: false })).toBe(layout.FOLD_CASE);
  expect(bits({ ignoreTrailingSlash: true })).toBe(layout.IGNORE_TRAILING_SLASH);
  expect(bits({ ignoreDuplicateSlashes: true })).toBe(layout.IGNORE_DUPLICATE_SLASHES);
  expect(bits({ useSemicolonDelimiter: true })).toBe(layout.SEMICOLON_DELIMITER);
});

it('skips nothing of the path where a bare * has made the root empty', () => {
  const { image } = encoded(['/a', '*']);
  expect(readHeader(image)[8]).toBe(0);
  expect(readImage(image).map(({ prefix }) => prefix)).toEqual(['', '/', 'a', '']);
});

it('writes nodes in pre-order, each route with its number', () => {
  const { image, leaves } = encoded(['/a/:x', '/ab', '/*']);
  const nodes = readImage(image);
  expect(nodes.map(({ kind, prefix, flags }) => [kind, prefix, flags])).toEqual([
    [0, '/', layout.HAS_WILDCARD],
    [0, 'a', 0],
    [0, '/', layout.HAS_PARAMETRIC],
    [1, '', layout.HAS_ROUTE],
    [0, 'b', layout.HAS_ROUTE],
    [2, '', layout.HAS_ROUTE],
  ]);
  const paths = nodes.flatMap(({ route }) => (route === undefined ? [] : [leaves[route]!.store]));
  expect(paths).toEqual([{ path: '/a/:x' }, { path: '/ab' }, { path: '/*' }]);
});

it('marks what only JavaScript can decide', () => {
  const router = routerOf(['/a', '/r/:x(\\d+)', '/r/:y', '/m/:a-:b']);
  addRoute(router, '/a', { host: 'a.example' });
  addRoute(router, '/h', { host: 'a.example' });
  const { image, decided, deferred } = encodeTree(router, router.trees['GET']!);
  const flags = Object.fromEntries(readImage(image).map((node) => [node.prefix, node.flags]));
  expect(flags).toEqual({
    '/': 0,
    a: layout.LEAF_DEFERS,
    h: layout.LEAF_DEFERS,
    'r/': layout.PARAM_DEFERS,
    'm/': layout.PARAM_DEFERS,
  });
  expect({ decided, deferred }).toEqual({ decided: 0, deferred: 5 });
});

it('leaves out text that no path without % can hold', () => {
  const odd = ['/%41', '/a%', '/b?c', '/d#e', '/\u00e9', '/\u0141', '/f/\u{1f600}/:x'];
  const { image, decided, omitted } = encoded(['/ok', ...odd]);
  expect({ decided, omitted }).toEqual({ decided: 1, omitted: odd.length });
  expect(readImage(image).every(({ prefix }) => /^[ -~]*$/.test(prefix))).toBe(true);
});

it('leaves out a semicolon only where it ends paths', () => {
  expect(encoded(['/a;b']).omitted).toBe(0);
  expect(encoded(['/a;b'], { useSemicolonDelimiter: true }).omitted).toBe(1);
});

it('keeps capitals where paths keep their case, and folds them where they do not', () => {
  expect(readImage(encoded(['/AB']).image)[1]!.prefix).toBe('AB');
  expect(readImage(encoded(['/AB'], { caseSensitive: false }).image)[1]!.prefix).toBe('ab');
});

it('leaves out capitals where paths are folded and patterns were not', () => {
  const router = routerOf(['/A', '/b']);
  Object.assign(router, { caseSensitive: false });
  const { omitted, decided, image } = encodeTree(router, router.trees['GET']!);
  expect({ omitted, decided }).toEqual({ omitted: 1, decided: 1 });
  expect(loadTrie(image)?.find('/A')).toBe(-1);
});

it('leaves out a prefix that is longer than any target that native code reads', () => {
  expect(encoded([`/${'a'.repeat(8192)}`]).omitted).toBe(0);
  expect(encoded([`/${'a'.repeat(8193)}`, '/b'])).toMatchObject({ omitted: 1, decided: 1 });
  expect(encoded([`/${'a'.repeat(70_000)}/:x/*`]).omitted).toBe(1);
});

it('reads the trees of older versions, which keep static children in an object', () => {
  const router = routerOf(['/a', '/b/:x', '/1']);
  const before = encodeTree(router, router.trees['GET']!);
  interface Kept {
    staticChildrenNodes?: Kept[] | undefined;
    prefix: string;
    parametricChildren: Kept[];
  }
  const asObject = (node: Kept): object => {
    const { staticChildrenNodes = [], parametricChildren, ...rest } = node;
    const named = staticChildrenNodes.map((child) => [child.prefix[0], asObject(child)] as const);
    return {
      ...rest,
      staticChildren: Object.fromEntries(named),
      parametricChildren: parametricChildren.map(asObject),
    };
  };
  const tree = asObject(router.trees['GET'] as unknown as Kept) as never;
  const after = encodeTree(router, tree);
  const shape = ({ image }: EncodedTree): unknown[] =>
    readImage(image).map(({ kind, prefix, flags }) => `${kind} ${prefix} ${flags}`);
  expect(shape(after).toSorted()).toEqual(shape(before).toSorted());
  expect(after.decided).toBe(3);
});
