import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { dynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import { hostTables } from '../../src/hosts/host-tables.ts';
import type { HostRoutes, HostTables } from '../../src/hosts/host-tables.ts';
import { coded, isSettled, listen, makeApp, received, send, turnstile } from '../dynamic/apps.ts';
import type { Make } from '../dynamic/apps.ts';

const says = (text: string) => [{ method: 'GET', url: '/', handler: async () => text }];

async function serve(
  make: Make,
  hosts: HostTables,
  options: FastifyServerOptions = {},
): Promise<FastifyInstance> {
  const app = makeApp(make, options);
  app.register(hosts.plugin);
  await app.ready();
  return app;
}

/** Who answers: the text, or the status where nobody does. */
async function asked(
  app: FastifyInstance,
  host: string,
  more: Record<string, string> = {},
): Promise<string | number> {
  const { statusCode, body } = await app.inject({ url: '/', headers: { host, ...more } });
  return statusCode === 200 ? body : statusCode;
}

const three = () => ({
  'a.example': says('a'),
  '*.b.example': { routes: says('any b') },
  'x.b.example': says('x'),
});

describe.each(VERSIONS)('on Fastify %s', (version, make) => {
  test('each host has its own routes, an exact one goes before a wildcard, and others are not found', async () => {
    const app = await serve(make, hostTables(three()));
    const hosts = [
      'a.example',
      'y.b.example',
      'x.b.example',
      'b.example',
      'c.example',
      'y.a.example',
    ];
    expect(await Promise.all(hosts.map((host) => asked(app, host)))).toEqual([
      'a',
      'any b',
      'x',
      404,
      404,
      404,
    ]);
  });

  test('default takes what no other host does', async () => {
    const app = await serve(make, hostTables({ ...three(), default: says('default') }));
    const hosts = [
      'b.example',
      'z.y.b.example',
      '',
      'default',
      '[::1]',
      '.b.example',
      'y b.example',
    ];
    for (const host of hosts) expect(await asked(app, host)).toBe('default');
  });

  test.each([
    ['A.EXAMPLE', 'a'],
    ['a.example:8080', 'a'],
    ['a.example.', 'a'],
    ['A.Example.:443', 'a'],
    ['Y.B.EXAMPLE.:1', 'any b'],
    ['z.y.b.example', 404],
    ['.b.example', 404],
    ['*.b.example', 404],
    ['a.example.evil.example', 404],
    ['a.example@evil.example', 404],
    ['evil.example:80@a.example', 404],
    ['a.example,evil.example', 404],
    ['a.example:80:81', 404],
    ['a.example..', 404],
    ['[::1]', 'six'],
    ['[::1]:3000', 'six'],
    ['::1', 404],
    ['', 404],
  ])('the Host header %o is answered by %o', async (host, answer) => {
    const app = await serve(make, hostTables({ ...three(), '[::1]': says('six') }));
    expect(await asked(app, host)).toBe(answer);
  });

  test('X-Forwarded-Host counts only where the application trusts its proxy', async () => {
    const header = { 'x-forwarded-host': 'x.b.example' };
    const trusting = await serve(make, hostTables(three()), { trustProxy: true });
    const careful = await serve(make, hostTables(three()));
    const elsewhere = await serve(make, hostTables(three()), { trustProxy: '10.0.0.0/8' });
    expect(await asked(trusting, 'a.example', header)).toBe('x');
    expect(await asked(careful, 'a.example', header)).toBe('a');
    // Before 5.8.3 any client could send it (CVE-2026-3635): the guide says so.
    expect(await asked(elsewhere, 'a.example', header)).toBe(version === '5.5.0' ? 'x' : 'a');
    // The last of several is that of the nearest proxy.
    expect(
      await asked(trusting, 'a.example', { 'x-forwarded-host': 'a.example, Y.B.Example:80' }),
    ).toBe('any b');
    expect(await asked(trusting, 'a.example', { 'x-forwarded-host': 'nobody.example' })).toBe(404);
    expect(await asked(trusting, 'a.example')).toBe('a');
  });

  test('a request without a Host header goes to the default', async () => {
    const app = await serve(
      make,
      hostTables({ 'a.example': says('a'), default: says('default') }),
      {
        http: { requireHostHeader: false },
      } as FastifyServerOptions,
    );
    const socket = send(await listen(app), 'GET / HTTP/1.0\r\n\r\n');
    expect(await received(socket)).toContain('\r\n\r\ndefault');
  });

  test('a real connection is served by its Host header', async () => {
    const app = await serve(make, hostTables(three()));
    const socket = send(
      await listen(app),
      'GET / HTTP/1.1\r\nHost: Q.B.example:1\r\nConnection: close\r\n\r\n',
    );
    expect(await received(socket)).toContain('\r\n\r\nany b');
  });

  test('hosts come and go while the application serves, in one step', async () => {
    const hosts = hostTables({ 'a.example': says('a') });
    const app = await serve(make, hosts);
    hosts.set('b.example', says('b'));
    hosts.set('*.a.example', says('any a'));
    expect(
      await Promise.all(['a.example', 'b.example', 'c.a.example'].map((host) => asked(app, host))),
    ).toEqual(['a', 'b', 'any a']);
    expect(hosts.delete('A.example.')).toBe(true);
    expect(hosts.delete('a.example')).toBe(false);
    hosts.set('b.example', says('new b'));
    hosts.set('default', says('default'));
    expect(
      await Promise.all(['a.example', 'b.example', 'c.a.example'].map((host) => asked(app, host))),
    ).toEqual(['default', 'new b', 'any a']);
    expect([hosts.delete('default'), hosts.delete('default'), hosts.delete('*.a.example')]).toEqual(
      [true, false, true],
    );
    expect(await Promise.all(['a.example', 'c.a.example'].map((host) => asked(app, host)))).toEqual(
      [404, 404],
    );
  });

  test('a request in flight keeps its route when its host is taken out', async () => {
    const hosts = hostTables();
    const app = await serve(make, hosts);
    const wait = turnstile();
    const table = hosts.set('a.example', [{ ...says('a')[0]!, preHandler: wait.pass }]);
    const answer = asked(app, 'a.example');
    await wait.reached;
    hosts.delete('a.example');
    const drained = table.drained(table.generation);
    expect(await isSettled(drained)).toBe(false);
    wait.open();
    expect(await answer).toBe('a');
    await drained;
    expect(await asked(app, 'a.example')).toBe(404);
  });

  test('a table serves several hosts, changes with them, and has the scope of hosts', async () => {
    const table = dynamicRoutes({ name: 'shared', prefix: '/api' });
    const hosts = hostTables({ 'a.example': table, 'www.a.example': table });
    const app = makeApp(make, { exposeHeadRoutes: true });
    app.addHook('onRequest', async (_request, reply) => void reply.header('x-app', 'yes'));
    app.register(async (scope) => void scope.register(hosts.plugin), { prefix: '/v1' });
    await app.ready();
    table.add({
      method: 'GET',
      url: '/:id',
      schema: { params: { type: 'object', properties: { id: { type: 'integer' } } } },
      handler: async (request) => ({
        ...request.dynamicRoute,
        host: request.host,
        params: request.params,
      }),
    });
    for (const host of ['a.example', 'www.a.example']) {
      const answer = await app.inject({ url: '/v1/api/7', headers: { host } });
      expect(answer.json()).toEqual({
        id: 0,
        pattern: '/v1/api/:id',
        name: 'shared',
        host,
        params: { id: 7 },
      });
      expect(answer.headers['x-app']).toBe('yes');
    }
    expect(
      (await app.inject({ url: '/v1/api/x', headers: { host: 'a.example' } })).statusCode,
    ).toBe(400);
    expect(
      (await app.inject({ method: 'HEAD', url: '/v1/api/7', headers: { host: 'a.example' } }))
        .statusCode,
    ).toBe(200);
    expect(
      (await app.inject({ url: '/v1/api/7', headers: { host: 'b.example' } })).statusCode,
    ).toBe(404);
  });

  test('what nobody serves goes to the 404 handler of the scope', async () => {
    const hosts = hostTables({ 'a.example': says('a') });
    const app = makeApp(make);
    app.setNotFoundHandler((request, reply) => reply.code(404).send(`no ${request.host}`));
    app.register(hosts.plugin);
    expect((await app.inject({ url: '/', headers: { host: 'b.example' } })).body).toBe(
      'no b.example',
    );
    expect((await app.inject({ url: '/x', headers: { host: 'a.example' } })).body).toBe(
      'no a.example',
    );
  });

  test('10,000 hosts are told apart', async () => {
    const count = 10_000;
    const shared = Array.from({ length: 8 }, (_, i) => dynamicRoutes({ name: `table ${i}` }));
    for (const [i, table] of shared.entries()) table.add(says(String(i))[0]!);
    const entries: [string, HostRoutes][] = [];
    for (let i = 0; i < count; i++) {
      entries.push(
        i % 10 === 0 ? [`*.w${i}.example`, says(`own ${i}`)] : [`h${i}.example`, shared[i % 8]!],
      );
    }
    const hosts = hostTables(Object.fromEntries(entries));
    const app = await serve(make, hosts);
    expect(hosts.size).toBe(count);
    for (let i = 0; i < count; i++) {
      const header = i % 10 === 0 ? `T${i}.W${i}.Example:80` : `H${i}.example.`;
      expect(hosts.find(header)).toBe(hosts.get(entries[i]![0]));
    }
    for (let i = 7; i < count; i += 501) {
      const host = i % 10 === 0 ? `t.w${i}.example` : `h${i}.example`;
      expect(await asked(app, host)).toBe(i % 10 === 0 ? `own ${i}` : String(i % 8));
    }
    expect(await asked(app, 'h10000.example')).toBe(404);
  });
});

const [, make] = VERSIONS.at(-1)!;

describe('hostTables', () => {
  test.each([
    [7, /expected hosts to be an object/],
    [null, /expected hosts to be an object/],
    [[says('a')], /expected hosts to be an object/],
    [{ 'a.example:80': says('a') }, /expected a host without a port.*got "a\.example:80"/],
    [{ 'a.*': says('a') }, /got "a\.\*"/],
    [{ '*': says('a') }, /got "\*"/],
    [{ 'a.example': says('a'), 'A.example.': says('b') }, /host "A\.example\." is given twice/],
    [
      { 'a.example': 7 },
      /what serves "a\.example" to be dynamic routes or an array of routes, got 7/,
    ],
    [{ 'a.example': null }, /got null/],
    [{ 'a.example': { routes: 7 } }, /got an object/],
    [{ 'a.example': { route: [] } }, /got an object/],
  ])('of %o is refused with a sentence', (hosts, message) => {
    expect(() => hostTables(hosts as never)).toThrow(
      coded('CATZ_ROUTER_OPTIONS', message) as Error,
    );
  });

  test('with a bad route is refused, at the start and later, and nothing has changed', async () => {
    const bad = [...says('a'), { method: 'GET', url: '/:x/*/y', handler: async () => 'bad' }];
    expect(() => hostTables({ 'a.example': bad })).toThrow(
      coded('CATZ_ROUTER_BAD_PATTERN') as Error,
    );
    const hosts = hostTables({ 'a.example': says('a') });
    const app = await serve(make, hosts);
    expect(() => hosts.set('a.example', bad)).toThrow(coded('CATZ_ROUTER_BAD_PATTERN') as Error);
    const wrong = [{ ...says('a')[0]!, schema: { querystring: { type: 'wrong' } } }];
    expect(() => hosts.set('a.example', wrong)).toThrow(coded('CATZ_ROUTER_BAD_ROUTE') as Error);
    expect(() => hosts.set('b:1', says('b'))).toThrow(coded('CATZ_ROUTER_OPTIONS') as Error);
    expect(() => hosts.delete('b:1')).toThrow(coded('CATZ_ROUTER_OPTIONS') as Error);
    expect(() => hosts.get('b:1')).toThrow(coded('CATZ_ROUTER_OPTIONS') as Error);
    expect(hosts.hosts()).toEqual(['a.example']);
    expect(await asked(app, 'a.example')).toBe('a');
  });

  test('lists its hosts, and tells what serves them', () => {
    const table = dynamicRoutes({ name: 'any a' });
    const hosts = hostTables({
      '*.a.example': table,
      'B.example': says('b'),
      default: says('default'),
    });
    expect(hosts.hosts()).toEqual(['default', 'b.example', '*.a.example']);
    expect(hosts.size).toBe(3);
    expect(hosts.get('*.A.example')).toBe(table);
    expect(hosts.get('x.a.example')).toBeUndefined();
    expect(hosts.find('x.a.example:80')).toBe(table);
    expect(hosts.find('b.example')).toBe(hosts.get('b.example'));
    expect(hosts.find('nobody')).toBe(hosts.get('default'));
    expect(hosts.get('b.example')!.stats()).toMatchObject({
      name: 'B.example',
      routes: 1,
      generation: 1,
    });
  });

  test('is registered once, and so is each of its tables', async () => {
    const table = dynamicRoutes({ name: 'mine' });
    const hosts = hostTables({ 'a.example': table });
    await serve(make, hosts);
    for (const plugin of [hosts.plugin, table.plugin, hostTables({ 'b.example': table }).plugin]) {
      const other = make();
      other.register(plugin);
      await expect(other.ready()).rejects.toThrow(
        coded('CATZ_ROUTER_OPTIONS', /registered once/) as Error,
      );
    }
  });

  test('is closed with its application', async () => {
    const hosts = hostTables({ 'a.example': says('a') });
    const app = await serve(make, hosts);
    await app.close();
    for (const change of [
      () => hosts.set('b.example', says('b')),
      () => hosts.delete('a.example'),
    ]) {
      expect(change).toThrow(coded('CATZ_ROUTER_DYNAMIC_CLOSED', /of hosts/) as Error);
    }
    expect(() => hosts.get('a.example')!.commit()).toThrow(
      coded('CATZ_ROUTER_DYNAMIC_CLOSED', /"a\.example"/) as Error,
    );
  });
});
