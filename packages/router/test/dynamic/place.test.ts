// Where routes stand, and how two that take the same URLs are known without asking a whole table.
import FindMyWay from 'find-my-way';
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { dynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import { place } from '../../src/dynamic/place.ts';
import { randomFrom } from '../support/random.ts';
import { get, makeApp } from './apps.ts';

const handler = async (request: {
  params: unknown;
  routeOptions: { url?: string | undefined };
}) => ({
  url: request.routeOptions.url,
  params: request.params,
});

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  test.each([
    // scope, prefix, url, request, pattern, params
    ['', '', '/a', '/a', '/a', {}],
    ['', '', '/', '/', '/', {}],
    ['', '', '/*', '/x/y', '/*', { '*': 'x/y' }],
    ['', '/', '/a', '/a', '/a', {}],
    ['', '/p', '/a', '/p/a', '/p/a', {}],
    ['', '/p', '/', '/p', '/p', {}],
    ['', '/p', '/', '/p/', '/p', {}],
    ['', '/p', '', '/p', '/p', {}],
    ['', '/p', '/:it?', '/p', '/p/:it?', {}],
    ['', '/p', '/:it?', '/p/7', '/p/:it?', { it: '7' }],
    ['', '/p', '/*', '/p/', '/p/*', { '*': '' }],
    ['', '/:tenant', '/u/:id', '/acme/u/7', '/:tenant/u/:id', { tenant: 'acme', id: '7' }],
    ['', '/:tenant', '/', '/acme', '/:tenant', { tenant: 'acme' }],
    ['', '/caf\u00e9', '/a', '/caf%C3%A9/a', '/caf\u00e9/a', {}],
    ['/s', '', '/a', '/s/a', '/s/a', {}],
    ['/s', '', '/', '/s', '/s', {}],
    ['/s', '/p', '/:id', '/s/p/7?x=1', '/s/p/:id', { id: '7' }],
    ['/s/:x', '/p/:y', '/:z', '/s/1/p/2/3', '/s/:x/p/:y/:z', { x: '1', y: '2', z: '3' }],
    ['/s/', '', '/a', '/s/a', '/s/a', {}],
    ['/s/', '', '/', '/s/', '/s/', {}],
  ] as const)(
    '%o and %o: the route %o takes %o',
    async (scope, prefix, url, request, pattern, params) => {
      const table = dynamicRoutes({ name: 'test', prefix });
      const app = makeApp(make);
      app.register(async (child) => void child.register(table.plugin), { prefix: scope });
      await app.ready();
      table.add({ method: 'GET', url, handler });
      expect(JSON.parse(await get(app, request))).toEqual({ url: pattern, params });
    },
  );

  test('routes of the application go before those of a table without a prefix, and nothing else is taken', async () => {
    const table = dynamicRoutes({ name: 'test' });
    const app = makeApp(make);
    app.get('/own', async () => 'own');
    app.register(table.plugin);
    await app.ready();
    table.add({ method: 'GET', url: '/own', handler });
    table.add({ method: 'GET', url: '/a', handler });
    expect(await get(app, '/own')).toBe('own');
    expect((await app.inject('/a')).statusCode).toBe(200);
    expect((await app.inject('/b')).statusCode).toBe(404);
    expect((await app.inject('/')).statusCode).toBe(404);
  });

  test('what only begins with the prefix is not taken', async () => {
    const table = dynamicRoutes({ name: 'test', prefix: '/p' });
    const app = makeApp(make);
    app.get('/*', async () => 'rest');
    app.register(table.plugin);
    await app.ready();
    table.add({ method: 'GET', url: '/*', handler });
    expect(await get(app, '/px/a')).toBe('rest');
    expect((await app.inject('/p/x/a')).json()).toMatchObject({ params: { '*': 'x/a' } });
  });

  test('two tables stand side by side, and one within the other', async () => {
    const tables = ['/p', '/q', '/p/in'].map((prefix) => dynamicRoutes({ name: prefix, prefix }));
    const app = makeApp(make);
    for (const table of tables) {
      app.register(table.plugin);
      const { name } = table.stats();
      table.add({ method: 'GET', url: '/*', handler: async () => name });
    }
    expect(await get(app, '/p/x')).toBe('/p');
    expect(await get(app, '/q/x')).toBe('/q');
    expect(await get(app, '/p/in/x')).toBe('/p/in');
  });

  test("the table's own options go before those of the application's router", async () => {
    const app = makeApp(make, { routerOptions: { caseSensitive: false, maxParamLength: 5 } });
    const inherits = dynamicRoutes({ name: 'inherits', prefix: '/i' });
    const differs = dynamicRoutes({
      name: 'differs',
      prefix: '/d',
      table: { caseSensitive: true, maxParamLength: 9 },
    });
    for (const table of [inherits, differs]) {
      app.register(table.plugin);
      table.add({ method: 'GET', url: '/abc/:x', handler });
    }
    await app.ready();
    const status = async (url: string) => (await app.inject(url)).statusCode;
    expect(
      await Promise.all(['/i/ABC/1', '/i/abc/123456', '/d/ABC/1', '/d/abc/123456'].map(status)),
    ).toEqual([200, 404, 404, 200]);
  });
});

describe('keys', () => {
  const SEGMENTS = [
    'a',
    'A',
    ':x',
    ':y',
    ':x(\\d+)',
    ':y(\\d+)',
    ':x-:y',
    ':a-:b',
    'a::b',
    '%41',
    '',
    'é',
    '*',
    ':z?',
  ];

  test.each([
    [{}],
    [{ caseSensitive: false }],
    [{ ignoreTrailingSlash: true }],
    [{ ignoreDuplicateSlashes: true, ignoreTrailingSlash: true, caseSensitive: false }],
  ])('tell with %o what find-my-way refuses, in 4000 random pairs', (options) => {
    const random = randomFrom(11);
    const pattern = () => {
      let text = '';
      for (let i = random.int(3); i >= 0; i--) text += `/${random.pick(SEGMENTS)}`;
      return text.replace(/\*.*$/, '*').replace(/\?.*$/, '?');
    };
    let clashes = 0;
    for (let i = 0; i < 4000; i++) {
      const [one, other] = [pattern(), pattern()];
      const keys = [one, other].map((url) =>
        place('GET', '', url, options).paths.map(({ key }) => key),
      );
      const shares = keys[0]!.some((key) => keys[1]!.includes(key));
      const router = FindMyWay(options);
      router.on('GET', one, () => {});
      let refused = false;
      try {
        router.on('GET', other, () => {});
      } catch {
        refused = true;
      }
      expect(shares, `seed 11, pair ${i}: ${one} ${other}`).toBe(refused);
      if (refused) clashes++;
    }
    expect(clashes).toBeGreaterThan(100);
  });
});
