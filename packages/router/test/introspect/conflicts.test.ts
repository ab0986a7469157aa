// Conflicts, kind by kind. That proofs and witnesses hold over random tables is conflicts-random.test.ts.
import { expect, test } from 'vitest';
import type { Router } from '../../src/find-my-way/router.ts';
import { findConflicts } from '../../src/introspect/conflicts.ts';
import { fastifyWith, getRoutes, routerOf } from './support.ts';
import type { Spec } from './support.ts';

/** Kind, severity and routes of each conflict. */
function found(router: Router): string[] {
  return findConflicts(router).map(
    ({ kind, severity, routes }) => `${severity} ${kind}: ${routes.join(', ')}`,
  );
}

test('routes that do not meet have no conflicts', () => {
  const router = getRoutes('/', '/users', '/users/:id', '/users/:id/posts', '/files/*', '*');
  const conflicts = findConflicts(router);
  expect(conflicts).toHaveLength(0);
  expect(conflicts.truncated).toBe(false);
  expect(Object.isFrozen(conflicts)).toBe(true);
});

test('a conflict has its routes, methods, places, a URL and a reason, and is told once for all methods', () => {
  const router = routerOf(
    ['GET', 'HEAD', 'POST'].flatMap((method): Spec[] => [
      [method, '/users/:id'],
      [method, '/users/me'],
    ]),
  );
  const conflicts = findConflicts(router, {
    placeOf: ({ path }) => (path === '/users/me' ? 'me.ts:7' : undefined),
  });
  expect([...conflicts]).toEqual([
    {
      kind: 'ambiguous',
      severity: 'info',
      routes: ['GET /users/me', 'GET /users/:id'],
      methods: ['GET', 'HEAD', 'POST'],
      places: ['me.ts:7', undefined],
      witness: '/users/me',
      why: 'both take this URL, and it goes to /users/me, which says more of it',
    },
  ]);
  expect(Object.isFrozen(conflicts[0]) && Object.isFrozen(conflicts[0]!.routes)).toBe(true);
});

test('the worst conflicts come first', () => {
  const router = getRoutes('/a/:b', '/a/c', '/a/b%20', '/q?x');
  const severities = findConflicts(router).map(({ severity }) => severity);
  expect(severities).toEqual(['error', 'warn', 'info', 'info']);
});

test('text that ends a path makes a route unreachable, with all below it', () => {
  expect(found(getRoutes('/a#b/:c', '/a#b', '/x', '/q?x'))).toEqual([
    'error unreachable: GET /a#b',
    'error unreachable: GET /q?x',
    'error unreachable: GET /a#b/:c',
  ]);
  expect(found(routerOf([['GET', '/a;b']], { useSemicolonDelimiter: true }))).toEqual([
    'error unreachable: GET /a;b',
  ]);
  expect(found(getRoutes('/a;b'))).toEqual([]);
  const [conflict] = findConflicts(getRoutes('/a#b'));
  expect(conflict?.why).toBe(
    "'#' ends the path of a URL, so no path can hold it as this pattern wants",
  );
  expect(conflict?.witness).toBeUndefined();
});

test('a regular expression that matches nothing, or nothing short enough, is unreachable', () => {
  const router = getRoutes('/n/:a(x$y)', '/h/:sha([0-9a-f]{128})', '/ok/:sha([0-9a-f]{100})');
  const conflicts = findConflicts(router);
  expect(conflicts.map(({ routes, why }) => [routes[0], why])).toEqual([
    ['GET /n/:a(x$y)', 'no text matches ^(x$y)$'],
    [
      'GET /h/:sha([0-9a-f]{128})',
      'a parameter has 128 characters at least, and maxParamLength allows 100',
    ],
  ]);
  expect(found(routerOf([['GET', '/h/:sha([0-9a-f]{128})']], { maxParamLength: 128 }))).toEqual([]);
});

test('an expression behind a wider one that goes on in the same way is unreachable', () => {
  const slug = '/:slug([a-z0-9-]+)';
  const archive = '/:year(\\d{4})-:month(\\d{2})';
  const router = getRoutes(slug, archive);
  expect(router.find('GET', '/2024-01')?.store).toEqual({ path: slug });
  expect([...findConflicts(router)]).toMatchObject([
    {
      kind: 'unreachable',
      severity: 'error',
      routes: [`GET ${archive}`, `GET ${slug}`],
      why: `${slug} is tried first and takes all that ${archive} could`,
    },
  ]);
  expect(router.find('GET', findConflicts(router)[0]!.witness!)?.store).toEqual({ path: slug });
  expect(found(getRoutes(archive, slug))).toEqual([`warn ambiguous: GET ${archive}, GET ${slug}`]);
});

test('with the same text below them the tails of two expressions are compared, however the tree splits it', () => {
  const slug = '/:slug([a-z0-9-]+)';
  const archive = '/:year(\\d{4})-:month(\\d{2})';
  const tails = ['/posts', '/people', '/:id', '/:id/*'];
  const router = getRoutes(
    ...tails.map((tail) => slug + tail),
    ...tails.map((tail) => archive + tail),
    `${archive}/post`,
    `${archive}/:id(\\d+)`,
  );
  const dead = findConflicts(router)
    .filter(({ kind }) => kind === 'unreachable')
    .map(({ routes }) => routes[0]);
  expect(dead.sort()).toEqual(tails.map((tail) => `GET ${archive}${tail}`).sort());
});

test('longer text, or constraints, let an expression behind a wider one be reached', () => {
  const open = '/:a(\\w+)-:b(\\w+)';
  expect(found(getRoutes('/:slug([\\w-]+)', open))[0]).toMatch(/^warn ambiguous/);
  const router = routerOf([
    ['GET', '/:slug([\\w-]+)', { host: 'a.example' }],
    ['GET', '/:a(\\d{2})-:b(\\d{2})'],
    ['GET', '/:a(\\d{2})-:b(\\d{2})', { host: 'b.example' }],
  ]);
  expect(found(router)).toEqual([]);
  // Proved of routes without constraints only.
  const constrained = routerOf([
    ['GET', '/:slug([\\w-]+)'],
    ['GET', '/:a(\\d{2})-:b(\\d{2})', { version: '1.0.0' }],
  ]);
  expect(found(constrained)).toEqual([]);
});

test('patterns of which each says more somewhere are ambiguous, and the URL goes to the first', () => {
  const router = getRoutes('/:a/b', '/a/:b', '/a/b/c');
  expect([...findConflicts(router)]).toMatchObject([
    {
      kind: 'ambiguous',
      severity: 'warn',
      routes: ['GET /a/:b', 'GET /:a/b'],
      witness: '/a/b',
      why: 'both take this URL, and it goes to /a/:b, though neither says more of it',
    },
  ]);
  // A route of its own for the URL leaves no doubt.
  expect(found(getRoutes('/:a/b', '/a/:b', '/a/b')).sort()).toEqual([
    'info ambiguous: GET /a/b, GET /:a/b',
    'info ambiguous: GET /a/b, GET /a/:b',
  ]);
});

test.each([
  [['/:a(\\d+)', '/:b'], ['info ambiguous: GET /:a(\\d+), GET /:b']],
  [['/ab:id', '/:id'], ['info ambiguous: GET /ab:id, GET /:id']],
  [['/ab:id', '/a:id'], ['info ambiguous: GET /ab:id, GET /a:id']],
  [['/ab:id(\\d+)', '/a:id(b1)'], ['info ambiguous: GET /ab:id(\\d+), GET /a:id(b1)']],
  [['/:a-:b', '/:a.:b'], ['warn ambiguous: GET /:a-:b, GET /:a.:b']],
  [['/a:id', '/:id(\\w+)'], ['warn ambiguous: GET /a:id, GET /:id(\\w+)']],
  [['/ab*', '/:id'], ['info ambiguous: GET /ab*, GET /:id']],
  [
    ['/a%/x', '/:p(a%)/x'],
    [expect.stringMatching(/^warn encoded/), 'info ambiguous: GET /a%/x, GET /:p(a%)/x'],
  ],
  [['/:a/x/*', '/a/:b/*'], ['warn ambiguous: GET /a/:b/*, GET /:a/x/*']],
  [['/:t/*', '/a/*'], ['info ambiguous: GET /a/*, GET /:t/*']],
  [['/:t/x/:y', '/a/*'], ['info ambiguous: GET /a/*, GET /:t/x/:y']],
  [['/a/*', '/a/b', '/a/:c/d', '/:x/*'], ['info ambiguous: GET /a/*, GET /:x/*']],
  [['/:a(\\d+)', '/x', '/:b(y)/z'], []],
  [['/a', '/a/', '/a/:b'], ['info slash-pair: GET /a, GET /a/']],
] as const)('%j have the conflicts %j', (paths, wanted) => {
  expect(found(getRoutes(...paths))).toEqual(wanted);
});

test('routes whose constraints differ are chosen by them, and those with the same ones are compared', () => {
  const host = { host: 'a.example' };
  expect(
    found(
      routerOf([
        ['GET', '/a/:b', host],
        ['GET', '/a/c'],
      ]),
    ),
  ).toEqual([]);
  const router = routerOf([
    ['GET', '/:a/b', host],
    ['GET', '/a/:b', { host: 'b.example' }],
    ['GET', '/a/:b', host],
  ]);
  expect(found(router)).toEqual([
    'warn ambiguous: GET /a/:b {host: a.example}, GET /:a/b {host: a.example}',
  ]);
  const regex = { host: /^a/ };
  expect(
    found(
      routerOf([
        ['GET', '/:a/b', regex],
        ['GET', '/a/:b', regex],
      ]),
    ),
  ).toEqual([]);
});

test('a literal % is told with the URL that it takes and with what to write', () => {
  const [conflict] = findConflicts(getRoutes('/a%20b/:c'));
  expect(conflict).toMatchObject({
    kind: 'encoded-pattern',
    severity: 'warn',
    routes: ['GET /a%20b/:c'],
    witness: '/a%2520b/1',
    why: '% stands for itself in a pattern, and this one takes /a%2520b/1: write /a b/:c for /a%20b/:c',
  });
  const advices = ['/100%', '/a%2Fb'].map((path) => findConflicts(getRoutes(path))[0]?.why);
  expect(advices).toEqual([
    '% stands for itself in a pattern, and this one takes /100%25',
    '% stands for itself in a pattern, and this one takes /a%252Fb',
  ]);
  // In a regular expression it is no text.
  expect(found(getRoutes('/:a(%\\d+)'))).toEqual([]);
  const [without] = findConflicts(getRoutes('/h/:sha([0-9a-f]{128})-%')).filter(
    ({ kind }) => kind === 'encoded-pattern',
  );
  expect(without?.why).toBe('% stands for itself in a pattern');
});

test('patterns that differ by case alone are told where case matters', () => {
  const router = getRoutes('/Users/:Id', '/users/:id', '/USERS');
  expect([...findConflicts(router)]).toMatchObject([
    {
      kind: 'case-only',
      severity: 'warn',
      routes: ['GET /Users/:Id', 'GET /users/:id'],
      witness: '/users/1',
      why: 'they differ only by case; this URL goes to /users/:id',
    },
  ]);
  expect(
    found(
      routerOf([
        ['GET', '/Users'],
        ['POST', '/users'],
      ]),
    ),
  ).toEqual([]);
  const same: readonly Spec[] = [
    ['GET', '/Users'],
    ['GET', '/users'],
  ];
  expect(() => routerOf(same, { caseSensitive: false })).toThrow(/already declared/);
});

test('a slash at the end makes a pair, but not the one that Fastify makes of a plugin', async () => {
  expect(findConflicts(getRoutes('/a/:b', '/a/:b/'))[0]).toMatchObject({
    kind: 'slash-pair',
    severity: 'info',
    routes: ['GET /a/:b', 'GET /a/:b/'],
    witness: '/a/1/',
    why: 'a slash at the end makes another route; this URL goes to /a/:b/',
  });
  const { app, router } = await fastifyWith((it) => {
    it.register(async (child) => void child.get('/', async () => 'a'), { prefix: '/a' });
    it.get('/b', async () => 'b');
    it.get('/b/', async () => 'b');
  });
  const conflicts = findConflicts(router);
  expect(conflicts.map(({ routes, methods }) => [routes, methods])).toEqual([
    [
      ['GET /b', 'GET /b/'],
      ['GET', 'HEAD'],
    ],
  ]);
  await app.close();
});

test('a path with 24 of 31 constrained routes nears the limit', () => {
  const hosts = (count: number): Router =>
    routerOf(
      Array.from({ length: count }, (_, i): Spec => ['GET', '/a', { host: `${i}.example` }]),
    );
  expect(found(hosts(23))).toEqual([]);
  expect([...findConflicts(hosts(24))]).toMatchObject([
    {
      kind: 'constraint-limit',
      severity: 'warn',
      routes: ['0', '1', '2'].map((i) => `GET /a {host: ${i}.example}`),
      witness: '/a',
    },
  ]);
  expect(() => hosts(32)).toThrow(/31 route handlers/);
});

/** Every mix of text and parameter. */
function mixes(levels: number): Router {
  const paths = Array.from({ length: 2 ** levels }, (_, mix) =>
    Array.from({ length: levels }, (_name, level) => ((mix >> level) & 1 ? '/a' : '/:p')).join(''),
  );
  return getRoutes(...paths);
}

test('a table of every mix of text and parameter is expensive, and its URL shows it', () => {
  const [conflict] = findConflicts(mixes(11));
  expect(conflict).toMatchObject({
    kind: 'expensive',
    severity: 'warn',
    why: 'a lookup that misses may visit up to 5118 nodes; this URL visits 5118',
  });
  expect(conflict!.witness).toBe(`${'/a'.repeat(11)}/~/~`);
  expect(found(mixes(6)).filter((text) => text.includes('expensive'))).toEqual([]);
  // Much text on one level is not.
  const flat = Array.from({ length: 3000 }, (_, i) => `/${i}`);
  expect(found(getRoutes(...flat))).toEqual([]);
});

test('a bound that no URL comes near is for information', () => {
  // Many regular expressions side by side, of which a URL enters few.
  const paths = Array.from({ length: 1200 }, (_, i) => `/:x(q${i})/y${i}`);
  const expensive = findConflicts(getRoutes(...paths)).filter(({ kind }) => kind === 'expensive');
  expect(expensive.map(({ severity }) => severity)).toEqual(['info']);
});

test('no more than 1,000 are told, and the list says that there are more', () => {
  const paths = Array.from({ length: 1500 }, (_, i) => `/p${i}`);
  const conflicts = findConflicts(getRoutes('/:slug', ...paths, '/:a/b', '/a/:b'));
  expect(conflicts).toHaveLength(1000);
  expect(conflicts.truncated).toBe(true);
  // Those that matter more are not crowded out.
  expect(conflicts[0]).toMatchObject({ severity: 'warn', routes: ['GET /a/:b', 'GET /:a/b'] });
});

test('a pair for whose URL find-my-way throws is left out', () => {
  const router = getRoutes('/:a/:b/:c/:d/:e(?:x)', '/:a/:b/:c/:d/:e');
  expect(() => router.find('GET', '/1/1/1/1/x')).toThrow(TypeError);
  expect(found(router)).toEqual([]);
});

test('a hostile table of expressions is looked at only in part', () => {
  const paths = Array.from({ length: 400 }, (_, i) => `/:x(a|b{0,${i}})/y${i}`);
  const conflicts = findConflicts(getRoutes(...paths));
  expect(conflicts.truncated).toBe(true);
});
