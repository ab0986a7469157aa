import { request } from 'node:http';
import { connect } from 'node:net';
import Fastify from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runGuard } from '../../src/guard.ts';
import type { Guard } from '../../src/guard.ts';
import { deferred, listen, open, watch } from './support.ts';

const ROUTES = [
  ['GET', '/_catzilla'],
  ['GET', '/_catzilla/'],
  ['HEAD', '/_catzilla/'],
  ['GET', '/_catzilla/assets/main.js'],
  ['HEAD', '/_catzilla/assets/main.js'],
  ['GET', '/_catzilla/assets/none.js'],
  ['GET', '/_catzilla/data/hello'],
  ['HEAD', '/_catzilla/data/hello'],
  ['GET', '/_catzilla/data/routes'],
  ['HEAD', '/_catzilla/data/routes'],
  ['GET', '/_catzilla/data/feed'],
  ['POST', '/_catzilla/actions/purge'],
  ['POST', '/_catzilla/actions/warm'],
] as const;

/** Hosts of this machine, as a browser on it says them. */
const local = { host: 'localhost:3000' };

describe('with a guard', () => {
  it.each(ROUTES)('%s %s is refused by it before anything is done', async (method, url) => {
    const guard = vi.fn<Guard>(async () => {
      throw Object.assign(new Error('who are you?'), { statusCode: 401 });
    });
    const take = vi.fn();
    const { app } = await open({ mode: 'production', take, dashboard: { guard, actions: true } });
    const reply = await app.inject({ method, url });
    expect(reply.statusCode).toBe(401);
    expect(guard).toHaveBeenCalledTimes(1);
    expect(take).not.toHaveBeenCalled();
  });

  it('there is no route of it that the guard does not see', async () => {
    const urls = new Set<string>();
    await open({
      mode: 'production',
      dashboard: { guard: async () => undefined },
      prepare: (app) =>
        app.addHook('onRoute', ({ method, url }) => {
          for (const each of [method].flat()) urls.add(`${each} ${url}`);
        }),
    });
    // HEAD of a new route has to come here, and into the list above.
    expect([...urls].sort()).toStrictEqual([
      'GET /_catzilla',
      'GET /_catzilla/assets/*',
      'GET /_catzilla/data/feed',
      'GET /_catzilla/data/hello',
      'GET /_catzilla/data/routes',
      'HEAD /_catzilla',
      'HEAD /_catzilla/',
      'HEAD /_catzilla/assets/*',
      'HEAD /_catzilla/data/hello',
      'HEAD /_catzilla/data/routes',
      'POST /_catzilla/actions/purge',
      'POST /_catzilla/actions/warm',
    ]);
  });

  it('it may answer by itself', async () => {
    const guard: Guard = async (_request, reply) => reply.redirect('/login');
    const { app } = await open({ dashboard: { guard } });
    const reply = await app.inject('/_catzilla/data/feed');
    expect(reply.statusCode).toBe(302);
    expect(reply.headers.location).toBe('/login');
  });

  it('it is told apart whether it has answered', async () => {
    const app = Fastify();
    const went: boolean[] = [];
    app.addHook('onRequest', async (request, reply) => {
      const guard: Guard = async () => {
        if (request.url === '/no') await reply.code(403).send();
      };
      went.push(await runGuard(guard, request, reply));
    });
    app.get('/yes', async () => 'x');
    await app.inject('/yes');
    await app.inject('/no');
    expect(went).toStrictEqual([true, false]);
  });

  it.each([
    ['calls done', 200, (_request: unknown, _reply: unknown, done: () => void) => done()],
    [
      'gives done an error',
      500,
      (_request: unknown, _reply: unknown, done: (error: Error) => void) => done(new Error('no')),
    ],
    [
      'answers and never calls done',
      403,
      (_request: unknown, reply: { code(status: number): { send(): void } }, _done: unknown) =>
        reply.code(403).send(),
    ],
    [
      'rejects',
      500,
      (_request: unknown, _reply: unknown, _done: unknown) => Promise.reject(new Error('no')),
    ],
    [
      'rejects with nothing',
      500,
      // oxlint-disable-next-line prefer-promise-reject-errors -- that is what it is about.
      (_request: unknown, _reply: unknown, _done: unknown) => Promise.reject(),
    ],
    [
      'rejects by a promise of another kind',
      500,
      (_request: unknown, _reply: unknown, _done: unknown) => ({
        // oxlint-disable-next-line unicorn/no-thenable -- that is what it is about.
        then: (_yes: unknown, no: (error: Error) => void) => no(new Error('no')),
      }),
    ],
  ])('a hook of three arguments that %s gives %i', async (_what, status, guard) => {
    const { app } = await open({ dashboard: { guard: guard as Guard } });
    expect((await app.inject('/_catzilla/data/hello')).statusCode).toBe(status);
  });

  it('a hook that names fewer arguments, and refuses by done all the same, is heard', async () => {
    const guard: Guard = (...given) => given[2](new Error('no'));
    expect(guard).toHaveLength(0);
    const { app } = await open({ dashboard: { guard } });
    expect((await app.inject('/_catzilla/data/hello')).statusCode).toBe(500);
  });

  it('who leaves before done is called has not been let in', async () => {
    const app = Fastify();
    const asked = deferred();
    const went = deferred<boolean>();
    const guard: Guard = (_request, _reply, _done) => asked.resolve();
    app.addHook('onRequest', async (request, reply) => {
      went.resolve(await runGuard(guard, request, reply));
    });
    const handler = vi.fn();
    app.get('/', handler);
    onTestFinished(() => app.close());
    const leaving = request({ host: '127.0.0.1', port: await listen(app) });
    leaving.on('error', () => undefined).end();
    await asked.promise;
    leaving.destroy();
    expect(await went.promise).toBe(false);
    expect(handler).not.toHaveBeenCalled();
  });

  it('strangers that it lets in are answered, whatever their address and host', async () => {
    const { app } = await open({ mode: 'production', dashboard: { guard: async () => undefined } });
    const reply = await app.inject({
      url: '/_catzilla/',
      headers: { host: 'shop.example', 'x-forwarded-for': '203.0.113.7' },
      remoteAddress: '203.0.113.9',
    });
    expect(reply.statusCode).toBe(200);
  });
});

describe('without a guard', () => {
  it('production refuses to mount it with CATZ_MONITOR_NO_GUARD', async () => {
    await expect(open({ mode: 'production' })).rejects.toMatchObject({
      code: 'CATZ_MONITOR_NO_GUARD',
      message: 'the dashboard at /_catzilla has no guard',
    });
  });

  it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1:3000', '127.1.2.3', '[::1]:3000', '[::1]'])(
    'this machine is answered by the name %s',
    async (host) => {
      const { app } = await open();
      expect((await app.inject({ url: '/_catzilla/', headers: { host } })).statusCode).toBe(200);
    },
  );

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])(
    'the address %s is this machine',
    async (ip) => {
      const { app } = await open();
      const reply = await app.inject({ url: '/_catzilla/', headers: local, remoteAddress: ip });
      expect(reply.statusCode).toBe(200);
    },
  );

  it.each([
    ['another machine', {}, '203.0.113.9'],
    ['another machine of the network', {}, '192.168.1.5'],
    ['an address that only begins like one', {}, '127.0.0.1.example'],
    ['a name that was led here', { host: 'evil.example:3000' }, '127.0.0.1'],
    ['a name that begins with localhost', { host: 'localhost.evil.example' }, '127.0.0.1'],
    ['an address that is not loopback', { host: '192.168.1.2' }, '127.0.0.1'],
    ['a proxy', { 'x-forwarded-for': '127.0.0.1' }, '127.0.0.1'],
    ['a proxy that tells nothing', { 'x-forwarded-for': '' }, '127.0.0.1'],
    ['a proxy by the standard', { forwarded: 'for=127.0.0.1' }, '127.0.0.1'],
    ['a proxy that names itself', { via: '1.1 proxy' }, '127.0.0.1'],
    ['a proxy that tells the address', { 'x-real-ip': '127.0.0.1' }, '127.0.0.1'],
    ['a proxy that tells the host', { 'x-forwarded-host': 'localhost' }, '127.0.0.1'],
  ])('%s is refused with CATZ_MONITOR_FORBIDDEN', async (_who, headers, remoteAddress) => {
    const { app } = await open();
    for (const [method, url] of ROUTES) {
      const reply = await app.inject({
        method,
        url,
        headers: { ...local, ...headers },
        remoteAddress,
      });
      expect([method, url, reply.statusCode]).toStrictEqual([method, url, 403]);
      if (method !== 'HEAD') expect(reply.json().code).toBe('CATZ_MONITOR_FORBIDDEN');
    }
  });

  it('a forwarded address makes nobody local, also where the application trusts proxies', async () => {
    const app = Fastify({ trustProxy: true });
    await open({ app });
    const headers = { ...local, 'x-forwarded-for': '127.0.0.1' };
    const far = { url: '/_catzilla/', headers, remoteAddress: '203.0.113.9' };
    expect((await app.inject(far)).statusCode).toBe(403);
  });

  it('a request of HTTP/1.0 is refused, for it came by a proxy', async () => {
    const { app } = await open();
    const socket = connect(await listen(app), '127.0.0.1').setEncoding('utf8');
    socket.write('GET /_catzilla/ HTTP/1.0\r\nHost: localhost\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toContain('CATZ_MONITOR_FORBIDDEN');
  });

  it('a request without a host is refused', async () => {
    const app = Fastify({ http: { requireHostHeader: false } } as object);
    await open({ app: app as never });
    const port = await listen(app as never);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/_catzilla/', setHost: false })
        .on('response', (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe('pages of other sites', () => {
  it.each([
    ['cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['same-site', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://localhost:4000' }],
    ['no origin to tell', { origin: 'null' }],
  ])('%s get no data: CATZ_MONITOR_CROSS_SITE', async (_what, headers) => {
    const { app } = await open({
      // As an application that is open to all sites.
      prepare: (app) =>
        app.addHook('onRequest', async (_request, reply) => {
          void reply.header('access-control-allow-origin', '*');
        }),
    });
    for (const url of ['hello', 'routes', 'feed']) {
      const reply = await app.inject({
        url: `/_catzilla/data/${url}`,
        headers: { ...local, ...headers },
      });
      expect(reply.statusCode).toBe(403);
      expect(reply.json().code).toBe('CATZ_MONITOR_CROSS_SITE');
    }
  });

  it('may link to the page', async () => {
    const { app } = await open();
    const headers = { ...local, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await app.inject({ url: '/_catzilla/', headers })).statusCode).toBe(200);
  });

  it.each([{ 'sec-fetch-site': 'same-origin' }, { origin: 'http://localhost:3000' }, {}])(
    'the page itself is answered: %j',
    async (headers) => {
      const { app } = await open();
      const url = '/_catzilla/data/hello';
      const reply = await app.inject({ url, headers: { ...local, ...headers } });
      expect(reply.statusCode).toBe(200);
    },
  );

  it('a feed is not opened for them', async () => {
    const { app } = await open();
    const stream = await watch(await listen(app), { 'sec-fetch-site': 'cross-site' });
    expect(stream.response.statusCode).toBe(403);
  });
});
