// Engine native: what it decides by itself, what it leaves to find-my-way and counts, what it does at its limits.
import { expect, it } from 'vitest';
import { makeEngines } from '../../src/engine/choose.ts';
import type { MethodEngine } from '../../src/engine/engine.ts';
import { walkOf } from '../../src/find-my-way/router.ts';
import type { Constraints, Router } from '../../src/find-my-way/router.ts';
import { addRoute, routerOf, thrownBy } from '../support/tables.ts';

function nativeOf(router: Router): MethodEngine {
  return makeEngines(router, { engine: 'native', nativeThreshold: 1, compileLimit: 0 }).get('GET')!;
}

function walkIn(router: Router, url: string, derived?: Constraints): unknown {
  return walkOf(router).call(router, 'GET', url, derived);
}

/** The counts that are not 0. */
function countsOf({ native }: MethodEngine): Record<string, number> {
  const { hits, misses, deferred } = native!.counts;
  return Object.fromEntries(
    Object.entries({ hits, misses, ...deferred }).filter(([, count]) => count > 0),
  );
}

const many = Array.from({ length: 33 }, (_, i) => `:p${i}`).join('/');
const most = Array.from({ length: 32 }, (_, i) => `:p${i}`).join('/');
const ladder = Array.from({ length: 70 }, (_, i) => '/a'.repeat(i)).flatMap((path) => [
  `${path}/*`,
  `${path}/:x/end`,
]);

for (const [reason, paths, options, url] of [
  ['hits', ['/a'], {}, '/a'],
  ['hits', ['/a'], {}, '/a?b=%zz'],
  ['hits', ['/a'], {}, '/a#\u0141'],
  ['hits', ['/a'], { useSemicolonDelimiter: true }, '/a;%'],
  ['misses', ['/a'], {}, '/b'],
  ['misses', ['/a'], {}, '/'],
  ['encoded', ['/a'], {}, '/%61'],
  ['encoded', ['/a'], {}, '/a%'],
  ['nonAscii', ['/a'], {}, '/\u0161'],
  ['nonAscii', ['/a'], {}, '/a\u013f'],
  ['nonAscii', ['/a'], {}, '/\ud800'],
  ['form', ['/*'], {}, ''],
  ['form', ['/*'], {}, '*'],
  ['form', ['/*'], {}, 'http://a.example/a'],
  ['form', ['/*'], {}, '\u012fa'],
  ['regex', ['/:id(\\d+)'], {}, '/1'],
  ['regex', ['/:a-:b', '/:c'], {}, '/1'],
  ['paramCount', [`/${many}`], {}, `/${many}`],
  ['hits', [`/${most}`], {}, `/${most}`],
  ['depth', ladder, {}, `${'/a'.repeat(69)}/b`],
  ['urlLength', ['/*'], {}, `/${'a'.repeat(8192)}`],
  ['hits', ['/*'], {}, `/${'a'.repeat(8191)}`],
  ['paramLength', ['/:id'], { maxParamLength: 2 }, '/abc'],
  ['hits', ['/:id'], { maxParamLength: 3 }, '/abc'],
  ['duplicateSlash', ['/a/b'], { ignoreDuplicateSlashes: true }, '/a//b'],
  ['duplicateSlash', ['/a/'], { ignoreDuplicateSlashes: true }, '/a//'],
  ['duplicateSlash', ['/a'], { ignoreDuplicateSlashes: true }, '//a'],
  ['hits', ['/a/b'], { ignoreDuplicateSlashes: true }, '/a/b?//'],
] as const) {
  it(`counts ${reason} for ${url.slice(0, 20)} in ${paths[0]!.slice(0, 20)}, and answers as find-my-way does`, () => {
    const router = routerOf(
      paths.filter((path) => !path.endsWith(':id*')),
      options,
    );
    const engine = nativeOf(router);
    expect(engine.find(url, undefined)).toEqual(walkIn(router, url));
    expect(countsOf(engine)).toEqual({ [reason]: 1 });
  });
}

it('counts a constrained route, and a derived value that only constrained routes match', () => {
  const router = routerOf(['/a', '/b']);
  addRoute(router, '/a', { host: 'a.example' });
  addRoute(router, '/c', { version: '1.0.0' });
  const engine = nativeOf(router);
  const questions: readonly (readonly [string, Constraints | undefined])[] = [
    ['/a', undefined],
    ['/a', { host: 'a.example' }],
    ['/b', { host: 'a.example' }],
    ['/b', { host: 'a.example', version: undefined }],
    ['/b', { version: '1.0.0' }],
    ['/c', { version: '1.0.0' }],
    ['/c', undefined],
  ];
  for (const [url, derived] of questions) {
    expect(engine.find(url, derived)).toEqual(walkIn(router, url, derived));
  }
  expect(countsOf(engine)).toEqual({ hits: 2, constraint: 3, derived: 2 });
});

it('holds back from routes without constraints for any strategy that is said to match when derived', () => {
  // find-my-way takes 1 for true.
  const secret = {
    name: 'secret',
    mustMatchWhenDerived: 1,
    storage: () => new Map(),
    deriveConstraint: () => 'x',
  };
  const router = routerOf(['/a'], { constraints: { secret } });
  expect(walkIn(router, '/a', { secret: 'x' })).toBeNull();
  expect(nativeOf(router).find('/a', { secret: 'x' })).toBeNull();
});

it('reads options by the truth that find-my-way sees in them', () => {
  for (const [options, url] of [
    [{ caseSensitive: 0 }, '/A'],
    [{ caseSensitive: null }, '/A'],
    [{ caseSensitive: 0 }, '/a'],
    [{ useSemicolonDelimiter: 1 }, '/a;b'],
    [{ ignoreTrailingSlash: 'yes' }, '/a/'],
    [{ ignoreDuplicateSlashes: 1 }, '//a'],
  ] as const) {
    const router = routerOf(['/a'], options);
    const found = nativeOf(router).find(url, undefined);
    expect(found, JSON.stringify(options)).toEqual(walkIn(router, url));
  }
});

it('takes any limit of parameters that find-my-way takes', () => {
  for (const maxParamLength of [1, 1.5, 2 ** 32, 2 ** 40, Infinity]) {
    const router = routerOf(['/:id'], { maxParamLength });
    for (const url of ['/', '/a', '/ab', `/${'a'.repeat(200)}`]) {
      expect(nativeOf(router).find(url, undefined), `${maxParamLength}`).toEqual(
        walkIn(router, url),
      );
    }
  }
});

it('cannot be had where the limit of parameters is below 0', () => {
  const error = thrownBy(() => nativeOf(routerOf(['/:id'], { maxParamLength: -1 })));
  expect(error.code).toBe('CATZ_ROUTER_NATIVE_UNAVAILABLE');
  expect(error.message).toContain('maxParamLength');
});

it('gives the query to the parser of the router, and nothing where there is none', () => {
  const queries: string[] = [];
  const router = routerOf(['/a'], {
    querystringParser(query: string) {
      queries.push(query);
      return { query };
    },
  });
  const engine = nativeOf(router);
  for (const url of ['/a', '/a?', '/a?b=c?d', '/a#x', '/a?\u0141']) engine.find(url, undefined);
  expect(queries).toEqual(['', '', 'b=c?d', 'x', '\u0141']);
});

it('has read a hit before the parser of the router finds another', () => {
  let inner: unknown;
  const router: Router = routerOf(['/:a/:b'], {
    querystringParser(query: string) {
      if (query === 'outer') inner = engine.find('/longer/values?inner', undefined);
      return { query };
    },
  });
  const engine = nativeOf(router);
  expect(engine.find('/1/2?outer', undefined)).toMatchObject({
    params: { a: '1', b: '2' },
    searchParams: { query: 'outer' },
  });
  expect(inner).toMatchObject({
    params: { a: 'longer', b: 'values' },
    searchParams: { query: 'inner' },
  });
});

it('throws what find-my-way throws for what is no string', () => {
  const router = routerOf(['/a']);
  const engine = nativeOf(router);
  for (const url of [undefined, null, 7, {}]) {
    const expected = thrownBy(() => walkIn(router, url as never)).message;
    expect(thrownBy(() => engine.find(url as never, undefined)).message).toBe(expected);
  }
  expect(engine.find(new String('/a') as never, undefined)?.store).toEqual({ path: '/a' });
});

it('says how many routes it decides, leaves to find-my-way, and cannot be asked for', () => {
  const router = routerOf([
    '/a',
    '/b/:x',
    '/c/*',
    '/r/:x(\\d+)',
    '/r/:x(\\d+)/y',
    '/e/\u00e9/z',
    '/p%q',
  ]);
  addRoute(router, '/h', { host: 'a.example' });
  const { native, routes } = nativeOf(router);
  const { decided, deferred, omitted, imageBytes, image } = native!;
  expect({ decided, deferred, omitted, routes }).toEqual({
    decided: 3,
    deferred: 3,
    omitted: 2,
    routes: 8,
  });
  expect(image.length).toBe(imageBytes);
});

it('knows the store of each number, and of no other', () => {
  const { native } = nativeOf(routerOf(['/a', '/b']));
  const stores = [0, 1, 2, -1].map((route) => native!.storeOf(route));
  expect(stores).toEqual(expect.arrayContaining([{ path: '/a' }, { path: '/b' }, undefined]));
  expect(stores.slice(2)).toEqual([undefined, undefined]);
});
