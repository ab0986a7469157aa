// What a table takes and what it refuses; a refusal changes nothing.
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { dynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import { atEnd, coded, get, makeApp, makeTable } from './apps.ts';

const handler = async () => 'ok';
const route = (url = '/a', rest: object = {}) => ({ method: 'GET', url, handler, ...rest });
const both = async (_request: unknown, _reply: unknown, _done: unknown) => {};

const BAD: readonly (readonly [unknown, string, RegExp])[] = [
  [
    route('/b', { preHandlr: handler }),
    'CATZ_ROUTER_OPTIONS',
    /route\.preHandlr, did you mean preHandler\?/,
  ],
  [route('/b', { onSend: handler }), 'CATZ_ROUTER_OPTIONS', /unknown option route\.onSend/],
  [undefined, 'CATZ_ROUTER_BAD_ROUTE', /route\.method/],
  [7, 'CATZ_ROUTER_BAD_ROUTE', /expected route to be an object, got 7/],
  [
    route('/b', { method: 'FETCH' }),
    'CATZ_ROUTER_BAD_ROUTE',
    /route\.method to be an HTTP method, got "FETCH"/,
  ],
  [route('/b', { method: ['GET'] }), 'CATZ_ROUTER_BAD_ROUTE', /route\.method/],
  [
    route('/b', { method: 'MKCOL' }),
    'CATZ_ROUTER_BAD_ROUTE',
    /route\.method to be one of GET, HEAD/,
  ],
  [
    route('b'),
    'CATZ_ROUTER_BAD_ROUTE',
    /route\.url to be nothing or a path that begins with \/, got "b"/,
  ],
  [route('*'), 'CATZ_ROUTER_BAD_ROUTE', /route\.url/],
  [
    { method: 'GET', url: '/b' },
    'CATZ_ROUTER_BAD_ROUTE',
    /route\.handler to be a function, got undefined/,
  ],
  [route('/b', { handler: 'x' }), 'CATZ_ROUTER_BAD_ROUTE', /route\.handler/],
  [route('/b', { onRequest: 7 }), 'CATZ_ROUTER_BAD_ROUTE', /route\.onRequest/],
  [route('/b', { preValidation: [handler, 7] }), 'CATZ_ROUTER_BAD_ROUTE', /route\.preValidation/],
  [
    route('/b', { preHandler: both }),
    'CATZ_ROUTER_BAD_ROUTE',
    /route\.preHandler to be async or to take done/,
  ],
  [route('/b', { config: 7 }), 'CATZ_ROUTER_BAD_ROUTE', /route\.config/],
  [route('/b', { schema: [] }), 'CATZ_ROUTER_BAD_ROUTE', /route\.schema to be an object/],
  [
    route('/b', { schema: { body: {} } }),
    'CATZ_ROUTER_BAD_ROUTE',
    /no schema of a body, which GET/,
  ],
  [route('/b/*/c'), 'CATZ_ROUTER_BAD_PATTERN', /Wildcard must be the last character/],
  [route('/b/:x(^(a+)+$)'), 'CATZ_ROUTER_BAD_PATTERN', /not safe/],
  [route('/b/:x?/c'), 'CATZ_ROUTER_BAD_PATTERN', /Optional Parameter/],
  [route('/b/:x(a'), 'CATZ_ROUTER_BAD_PATTERN', /"\/t\/b\/:x\(a"/],
  [route('/a'), 'CATZ_ROUTER_DUPLICATE', /"\/a" takes URLs that route "GET" "\/a" takes already/],
  [route('/p/:other'), 'CATZ_ROUTER_DUPLICATE', /"\/p\/:id"/],
  [route('/p/:id?'), 'CATZ_ROUTER_DUPLICATE', /"\/p\/:id"/],
  [route('', {}), 'CATZ_ROUTER_DUPLICATE', /"GET" "\/"/],
  [
    route('/b', { schema: { querystring: { type: 'wrong' } } }),
    'CATZ_ROUTER_BAD_ROUTE',
    /schema\.querystring of route "GET" "\/t\/b" cannot be used/,
  ],
  [route('/b', { schema: { params: null } }), 'CATZ_ROUTER_BAD_ROUTE', /schema\.params/],
  [
    route('/b', { schema: { headers: { $ref: 'nowhere#' } } }),
    'CATZ_ROUTER_BAD_ROUTE',
    /schema\.headers.*nowhere/,
  ],
  [
    route('/b', { schema: { query: {}, querystring: {} } }),
    'CATZ_ROUTER_BAD_ROUTE',
    /query and querystring are the same/,
  ],
  [
    route('/b', { schema: { response: { 600: {} } } }),
    'CATZ_ROUTER_BAD_ROUTE',
    /schema\.response.*got 600/,
  ],
  [
    route('/b', { schema: { response: { 200: { type: 'wrong' } } } }),
    'CATZ_ROUTER_BAD_ROUTE',
    /schema\.response/,
  ],
  [
    route('/b', { schema: { response: { 200: { content: { 'a/b': {} } } } } }),
    'CATZ_ROUTER_BAD_ROUTE',
    /no schema for a\/b/,
  ],
  [
    route('/b', { method: 'PUT', schema: { body: { content: { 'a/b': 7 } } } }),
    'CATZ_ROUTER_BAD_ROUTE',
    /schema\.body.*no schema for a\/b/,
  ],
];

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  test.each(BAD)('%o is refused with %s, and nothing has changed', async (bad, code, message) => {
    const { app, table } = await makeTable(make);
    table.add(route('/'));
    table.add(route('/a'));
    table.add(route('/p/:id'));
    const generation = table.commit();
    const before = table.routes();
    expect(() => table.add(bad as never)).toThrow(coded(code, message) as Error);
    expect(table.routes()).toEqual(before);
    expect(table.commit()).toBe(generation);
    expect(await get(app, '/t/a')).toBe('ok');
    expect(table.add(route('/b'))).toBe(3);
    expect(await get(app, '/t/b')).toBe('ok');
  });

  test('what was added before the application knew the table is checked where it stands', async () => {
    const table = dynamicRoutes({ name: 'early', prefix: '/t' });
    table.add(route('/b', { schema: { querystring: { type: 'wrong' } } }));
    const app = make();
    atEnd(() => app.close().catch(() => {}));
    app.register(table.plugin);
    await expect(app.ready()).rejects.toThrow(
      coded('CATZ_ROUTER_BAD_ROUTE', /schema\.querystring/) as Error,
    );
  });

  test('a method that the application does not have fails the start', async () => {
    const table = dynamicRoutes({ name: 'early' });
    table.add(route('/b', { method: 'MKCOL' }));
    const app = make();
    atEnd(() => app.close().catch(() => {}));
    app.register(table.plugin);
    await expect(app.ready()).rejects.toThrow(
      coded('CATZ_ROUTER_BAD_ROUTE', /route\.method/) as Error,
    );
  });

  test('a method that the application has been given is served', async () => {
    const table = dynamicRoutes({ name: 'more', prefix: '/t' });
    const app = makeApp(make);
    app.addHttpMethod('MKCOL', { hasBody: true });
    app.register(table.plugin);
    await app.ready();
    table.add(route('/b', { method: 'mkcol' }));
    expect((await app.inject({ method: 'MKCOL' as never, url: '/t/b' })).body).toBe('ok');
  });

  test('two routes that are one to the router of the application fail the start', async () => {
    const table = dynamicRoutes({ name: 'early', prefix: '/t' });
    table.add(route('/a'));
    table.add(route('/A'));
    const app = make({ routerOptions: { caseSensitive: false } });
    atEnd(() => app.close().catch(() => {}));
    app.register(table.plugin);
    await expect(app.ready()).rejects.toThrow(coded('CATZ_ROUTER_DUPLICATE', /"\/A"/) as Error);
    // The table is as it was, and may go elsewhere.
    const other = makeApp(make);
    other.register(table.plugin);
    expect(await get(other, '/t/A')).toBe('ok');
  });

  test('more than maxRoutes are refused until one is removed', async () => {
    const { app, table } = await makeTable(make, { maxRoutes: 2 });
    table.add(route('/a'));
    table.add(route('/b'));
    expect(() => table.add(route('/c'))).toThrow(
      coded(
        'CATZ_ROUTER_TOO_MANY_ROUTES',
        /"\/c" cannot be added: table "test" has 2 routes/,
      ) as Error,
    );
    table.replace(route('/b', { handler: async () => 'new' }));
    expect(await get(app, '/t/b')).toBe('new');
    table.remove('GET', '/a');
    table.add(route('/c'));
    expect(await get(app, '/t/c')).toBe('ok');
    expect((await app.inject('/t/a')).statusCode).toBe(404);
  });
});

describe('remove and replace', () => {
  const [, make] = VERSIONS.at(-1)!;

  test('remove goes by what a pattern takes, not by the names in it', async () => {
    const { app, table } = await makeTable(make);
    table.add(route('/p/:id/:x?'));
    expect(table.remove('GET', '/p/:id')).toBe(false);
    expect(table.remove('POST', '/p/:id/:x?')).toBe(false);
    expect(table.remove('GET', '/p/:id/:x/y')).toBe(false);
    expect(table.remove('GET', '/b/*/c')).toBe(false);
    expect(await get(app, '/t/p/1')).toBe('ok');
    expect(table.remove('get', '/p/:a/:b?')).toBe(true);
    expect(table.remove('GET', '/p/:id/:x?')).toBe(false);
    expect((await app.inject('/t/p/1')).statusCode).toBe(404);
    expect(table.routes()).toEqual([]);
  });

  test('a route that was removed may be added again in the same tick, with a new number', async () => {
    const { app, table } = await makeTable(make);
    expect(table.add(route('/a'))).toBe(0);
    table.commit();
    table.remove('GET', '/a');
    expect(table.add(route('/a', { handler: async () => 'again' }))).toBe(1);
    expect(await get(app, '/t/a')).toBe('again');
  });

  test('replace keeps the number, and adds what is not there', async () => {
    const { app, table } = await makeTable(make);
    table.add(route('/p/:id'));
    const again = async (request: { params: unknown }) => ({ again: request.params });
    expect(table.replace(route('/p/:name', { handler: again }))).toBe(0);
    expect(table.replace(route('/q'))).toBe(1);
    expect(await get(app, '/t/p/1')).toBe('{"again":{"name":"1"}}');
    expect(table.routes().map(({ id, url }) => [id, url])).toEqual([
      [0, '/p/:name'],
      [1, '/q'],
    ]);
  });

  test('replace refuses to take some of what a route takes, and what is bad', async () => {
    const { app, table } = await makeTable(make);
    table.add(route('/p/:id?'));
    table.add(route('/q'));
    const before = table.routes();
    for (const url of ['/p', '/p/:id']) {
      expect(() => table.replace(route(url))).toThrow(coded('CATZ_ROUTER_DUPLICATE') as Error);
    }
    expect(() => table.replace(route('/q', { handler: 1 }))).toThrow(
      coded('CATZ_ROUTER_BAD_ROUTE') as Error,
    );
    expect(() => table.replace(route('/q', { schema: { params: { type: 1 } } }))).toThrow(
      coded('CATZ_ROUTER_BAD_ROUTE') as Error,
    );
    expect(table.routes()).toEqual(before);
    expect(await get(app, '/t/q')).toBe('ok');
  });
});

describe('routes and stats', () => {
  const [, make] = VERSIONS.at(-1)!;

  test('routes lists what was added, and whether it is committed', async () => {
    const table = dynamicRoutes({ name: 'listed', prefix: '/t', commit: 'manual' });
    table.add(route('/a/:id', { config: { role: 'x' } }));
    expect(table.routes()).toEqual([
      {
        id: 0,
        method: 'GET',
        url: '/a/:id',
        pattern: '/t/a/:id',
        config: { role: 'x' },
        isCommitted: false,
      },
    ]);
    expect(table.stats().table).toBeUndefined();
    const app = makeApp(make);
    app.register(async (scope) => void scope.register(table.plugin), { prefix: '/scope' });
    await app.ready();
    expect(table.routes()[0]).toMatchObject({ pattern: '/scope/t/a/:id', isCommitted: false });
    table.commit();
    expect(table.routes()[0]).toMatchObject({ isCommitted: true });
  });

  test('stats tells generation, changes, requests without a route and engines', async () => {
    const { app, table } = await makeTable(make, { commit: 'manual' });
    table.add(route('/a'));
    expect(table.stats()).toMatchObject({
      name: 'test',
      generation: 0,
      routes: 1,
      hasChanges: true,
    });
    await app.inject('/t/a');
    table.commit();
    await app.inject('/t/a');
    await app.inject('/t/b');
    expect(table.stats()).toMatchObject({
      generation: 1,
      hasChanges: false,
      notFound: 2,
      inFlight: {},
      failure: undefined,
      buildMs: expect.any(Number),
      table: { routes: 1, methods: { GET: { engine: 'walk' } } },
    });
  });

  test.each(['compile', 'native', 'walk'] as const)(
    'engine %s finds the routes',
    async (engine) => {
      const { app, table } = await makeTable(make, { table: { engine } });
      table.add(
        route('/a/:id', { handler: async (request: { params: unknown }) => request.params }),
      );
      expect(await get(app, '/t/a/7')).toBe('{"id":"7"}');
      expect(table.stats().table?.methods['GET']?.engine).toBe(engine);
    },
  );
});
