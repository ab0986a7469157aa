// What explain says, case by case. That it never says otherwise than find is explain-random.test.ts.
import { expect, test } from 'vitest';
import type { Router } from '../../src/find-my-way/router.ts';
import { explain } from '../../src/introspect/explain.ts';
import { RouteTable } from '../../src/table/route-table.ts';
import { fastifyWith, getRoutes, routerOf } from './support.ts';

const USERS = [
  '/',
  '/users',
  '/users/me',
  '/users/:id',
  '/users/:id/posts',
  '/n/:n(\\d+)',
  '/files/*',
];

/** Verdict and pattern of each candidate. */
function tried(router: Router, url: string, derived?: object): string[] {
  const options = derived === undefined ? {} : { derived: derived as Record<string, unknown> };
  return explain(router, 'GET', url, options).candidates.map(
    ({ pattern, verdict }) => `${verdict} ${pattern}`,
  );
}

test('a match names its route, its parameters and what would have matched too', () => {
  const router = getRoutes(...USERS);
  const explained = explain(router, 'GET', '/users/me?full=1');
  expect(explained).toMatchObject({
    outcome: 'match',
    method: 'GET',
    route: { method: 'GET', pattern: '/users/me', store: { path: '/users/me' } },
    params: {},
    path: '/users/me',
    query: 'full=1',
    allowed: ['GET'],
    truncated: false,
    candidates: [
      { pattern: '/users/me', verdict: 'won', why: 'it is the first that matches' },
      { pattern: '/users/:id', verdict: 'later', why: 'it matches too, but /users/me comes first' },
    ],
  });
  expect(explained.text).toBe(
    [
      'GET /users/me?full=1: route /users/me',
      '  /users/me  won: it is the first that matches',
      '  /users/:id  later: it matches too, but /users/me comes first',
      '  allowed: GET',
    ].join('\n'),
  );
  expect(Object.isFrozen(explained) && Object.isFrozen(explained.candidates)).toBe(true);
});

test('an encoded URL is told as it is compared', () => {
  const { params, path, text } = explain(getRoutes(...USERS), 'GET', '/%75sers/a%2Fb');
  expect(params).toEqual({ id: 'a/b' });
  expect(path).toBe('/users/a%2Fb');
  expect(text.split('\n').slice(0, 2)).toEqual([
    'GET /%75sers/a%2Fb: route /users/:id with id = "a/b"',
    '  compared as "/users/a%2Fb"',
  ]);
});

test.each([
  ['/users/7/post', '/users/:id/posts', 'path-ends', 'the path ends where it wants "s"'],
  ['/users/7/postX', '/users/:id/posts', 'text-differs', 'at character 13 it wants "s", not "X"'],
  ['/users/7/posts/', '/users/:id/posts', 'path-left', 'it ends where the path goes on with "/"'],
  ['/n/x', '/n/:n(\\d+)', 'regex', '"x" does not match ^(\\d+)$'],
])('%s is not %s: %s', (url, pattern, verdict, why) => {
  const { outcome, candidates } = explain(getRoutes(...USERS), 'GET', url);
  expect(outcome).toBe('no-route');
  expect(candidates).toContainEqual({ pattern, verdict, why });
});

test('text that differs names the routes that are behind it', () => {
  const { candidates } = explain(getRoutes(...USERS), 'GET', '/usres');
  expect(candidates).toEqual([
    {
      pattern: '/users',
      verdict: 'text-differs',
      why: 'at character 3 it wants "ers", not "res" (as 4 routes do)',
    },
  ]);
});

test('where nothing goes on a few of the ways are told', () => {
  const router = getRoutes(...'bcdefgh'.split('').map((name) => `/a/${name}`));
  const { candidates, truncated, text } = explain(router, 'GET', '/a/x');
  expect(candidates.map(({ pattern }) => pattern)).toEqual([
    '/a/b',
    '/a/c',
    '/a/d',
    '/a/e',
    '/a/f',
  ]);
  expect(truncated).toBe(true);
  expect(text.split('\n')).toContain('  …and more');
});

test('a parameter that is too long is named, unless another route takes the URL', () => {
  const url = `/users/${'x'.repeat(101)}`;
  const explained = explain(getRoutes(...USERS), 'GET', url);
  expect(explained.outcome).toBe('param-too-long');
  expect(explained.candidates).toEqual([
    {
      pattern: '/users/:id',
      verdict: 'param-too-long',
      why: `a parameter may have 100 characters, "${'x'.repeat(40)}"… (101 characters) has more (as 2 routes do)`,
    },
  ]);
  expect(explained.text).toMatch(/^GET \/users\/x+: a parameter is too long, and nothing else/);
  expect(explain(getRoutes(...USERS, '/users/*'), 'GET', url).outcome).toBe('match');
  const long = `/n/${'1'.repeat(150)}`;
  expect(explain(getRoutes(...USERS), 'GET', long).outcome).toBe('param-too-long');
  expect(explain(getRoutes('/:a(\\d+)-:b(\\d+)'), 'GET', `/1-${'1'.repeat(120)}`).outcome).toBe(
    'param-too-long',
  );
});

test.each(['/users/%zz', '/%', 'http://'])('%s is malformed', (url) => {
  const { outcome, candidates, path, text } = explain(getRoutes(...USERS), 'GET', url);
  expect({ outcome, candidates, path }).toEqual({ outcome: 'bad-url', candidates: [], path: '' });
  expect(text).toBe(`GET ${url}: the URL is malformed`);
});

test('a method without a route is told from a URL without one', () => {
  const router = routerOf([
    ['GET', '/a'],
    ['POST', '/a'],
    ['POST', '/b'],
    ['OPTIONS', '*'],
  ]);
  expect(explain(router, 'PUT', '/a')).toMatchObject({
    outcome: 'other-method',
    route: undefined,
    params: undefined,
    allowed: ['GET', 'POST'],
    candidates: [],
    text: 'PUT /a: no route by PUT, but by GET, POST\n  allowed: GET, POST',
  });
  expect(explain(router, 'GET', '/b').outcome).toBe('other-method');
  expect(explain(router, 'GET', '/c')).toMatchObject({ outcome: 'no-route', allowed: [] });
});

test('constraints that refuse a path that matches are told with what they want', () => {
  const router = routerOf([
    ['GET', '/h', { host: 'a.example' }],
    ['GET', '/h', { host: /^b\./, version: '1.2.0' }],
    ['GET', '/p'],
  ]);
  const explained = explain(router, 'GET', '/h');
  expect(explained.outcome).toBe('constraint');
  expect(explained.text).toContain('the path matches, but not what its routes are constrained to');
  expect(explained.candidates).toEqual([
    {
      pattern: '/h',
      verdict: 'constraint',
      why: 'it wants host "a.example"; the request has none of these',
    },
    {
      pattern: '/h',
      verdict: 'constraint',
      why: 'it wants host /^b\\./, version "1.2.0"; the request has none of these',
    },
  ]);
  const asked = explain(router, 'GET', '/p', { derived: { version: '2.x', host: undefined } });
  expect(asked.outcome).toBe('constraint');
  expect(asked.candidates[0]?.why).toBe(
    'it has no constraints; a route for version "2.x" is asked for',
  );
});

test('of the routes at one path the one that wins is told from those it does not fit', () => {
  const router = routerOf([
    ['GET', '/h'],
    ['GET', '/h', { host: 'a.example' }],
  ]);
  expect(tried(router, '/h', { host: 'a.example' })).toEqual(['won /h', 'constraint /h']);
  expect(tried(router, '/h')).toEqual(['won /h', 'constraint /h']);
});

test('candidates come in the order of find-my-way: text, expressions, parameters, wildcards', () => {
  const router = getRoutes('/*', '/:a', '/:a-:b', '/:n(\\d+)', '/a-b');
  expect(tried(router, '/a-b')).toEqual(['won /a-b', 'later /:a-:b', 'later /:a', 'later /*']);
  expect(tried(router, '/ax')).toEqual([
    'text-differs /a-b',
    'regex /:a-:b',
    'regex /:n(\\d+)',
    'won /:a',
    'later /*',
  ]);
});

test('no more than 50 candidates are told, and the winner is one of them', () => {
  const expressions = Array.from({ length: 80 }, (_, i) => `/:x(a{${i + 2}})/y${i}`);
  const lost = explain(getRoutes(...expressions), 'GET', '/b/y');
  expect(lost.candidates).toHaveLength(50);
  expect(lost.truncated).toBe(true);
  const won = explain(getRoutes(...expressions, '/*'), 'GET', '/b/y');
  expect(won.candidates).toHaveLength(50);
  expect(won.truncated).toBe(true);
  expect(won.candidates.at(-1)).toMatchObject({ pattern: '/*', verdict: 'won' });
});

test.each([
  ['all of which match', '', 50],
  ['none of which match', '/end', 1],
])('behind the winner a hostile table of ways, %s, is not searched to its end', (_, end, count) => {
  // Every mix of text and parameter on 12 levels: a search that went on would visit 10,000 nodes.
  const levels = 12;
  const paths = Array.from({ length: 2 ** levels - 1 }, (_way, mix) =>
    Array.from({ length: levels }, (_name, level) => ((mix >> level) & 1 ? '/a' : '/:p')).join(''),
  );
  const url = '/a'.repeat(levels);
  const router = getRoutes(url, ...paths.map((path) => path + end));
  const { outcome, route, candidates, truncated } = explain(router, 'GET', url);
  expect({ outcome, truncated, count: candidates.length }).toEqual({
    outcome: 'match',
    truncated: true,
    count,
  });
  expect(route?.pattern).toBe(url);
});

test('where find decides otherwise its word is told, without candidates', () => {
  const router = getRoutes('/a', '/b');
  const [, second] = router.routes;
  // Another version of find-my-way, as it were.
  const other = Object.create(
    Object.create(router, {
      find: {
        value: () => ({
          handler: second!.handler,
          store: second!.store,
          params: {},
          searchParams: '',
        }),
      },
    }) as object,
  ) as Router;
  const explained = explain(other, 'GET', '/a');
  expect(explained).toMatchObject({
    outcome: 'match',
    route: { pattern: '/b' },
    candidates: [],
    truncated: true,
  });
  expect(explain(other, 'POST', '/a').route).toBeUndefined();
});

test('the patterns of a RouteTable and of Fastify are told as they were written', async () => {
  const table = new RouteTable<string>({ ignoreTrailingSlash: true });
  table.add('GET', '/a/:id?/', 'a');
  expect(table.build().explain('GET', '/a/7').route?.pattern).toBe('/a/:id?/');
  const { app, router } = await fastifyWith(
    (it) => {
      it.get('/b/:id/', async () => 'b');
    },
    { ignoreTrailingSlash: true },
  );
  expect(explain(router, 'GET', '/b/7').route?.pattern).toBe('/b/:id/');
  expect(explain(router, 'GET', '/b/7').route?.store).toBe(router.routes[0]?.store);
  expect(explain(router, 'GET', '/b/%zz').outcome).toBe('bad-url');
  expect(explain(router, 'GET', `/b/${'x'.repeat(101)}`).outcome).toBe('param-too-long');
  await app.close();
});

test('a long URL is cut in the text', () => {
  const { text } = explain(getRoutes('/a'), 'GET', `/${'y'.repeat(5000)}`);
  expect(text.length).toBeLessThan(600);
});
