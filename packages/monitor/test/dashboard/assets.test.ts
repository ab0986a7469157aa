import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import Fastify from 'fastify';
import { addDashboard } from '../../src/dashboard/add-dashboard.ts';
import { dashboardSpec } from '../../src/dashboard/options.ts';
import { open, pageFolder, snapshotOf } from './support.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

describe('the page', () => {
  it('is at its path with a slash, and the path without one leads there, relatively', async () => {
    const { app } = await open();
    const page = await app.inject('/_catzilla/');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('<title>page</title>');
    const bare = await app.inject('/_catzilla?x=1');
    expect(bare.statusCode).toBe(302);
    expect(bare.headers.location).toBe('./_catzilla/');
  });

  it.each([{ ignoreTrailingSlash: true }, { ignoreDuplicateSlashes: true }])(
    'is there with a router that has %j',
    async (routerOptions) => {
      const app = Fastify({ routerOptions });
      await open({ app });
      expect((await app.inject('/_catzilla/')).statusCode).toBe(200);
      expect((await app.inject('/_catzilla')).statusCode).toBe(302);
    },
  );

  it('is below the prefix of its registration', async () => {
    const app = Fastify();
    const error = (message: string): Error => new TypeError(message);
    const spec = { path: 'options.dashboard', error };
    const dashboard = dashboardSpec(true).check({ path: '/board' }, spec);
    const settings = {
      mode: 'development',
      dashboard,
      metrics: { path: '/metrics' },
      health: { path: { ready: '/readyz' } },
    } as const;
    await app.register(
      async (scope) => {
        await addDashboard(scope, settings, { snapshot: async () => snapshotOf() }, pageFolder());
      },
      { prefix: '/admin' },
    );
    expect((await app.inject('/admin/board/')).statusCode).toBe(200);
    expect((await app.inject('/admin/board')).headers.location).toBe('./board/');
    expect((await app.inject('/admin/board/data/hello')).json().links).toStrictEqual([
      { title: 'Metrics', href: '/admin/metrics' },
      { title: 'Readiness', href: '/admin/readyz' },
    ]);
    await app.close();
  });

  it('says of everything what a browser may do with it, whatever other plugins say', async () => {
    const { app } = await open({
      prepare: (app) => {
        // As helmet does: on the raw response, or by the reply.
        app.addHook('onRequest', async (_request, reply) => {
          reply.raw.setHeader(
            'Content-Security-Policy',
            "default-src *; script-src 'unsafe-inline'",
          );
          void reply.header('content-security-policy', 'upgrade-insecure-requests');
          void reply.header('x-frame-options', 'SAMEORIGIN');
        });
      },
    });
    for (const url of ['', 'assets/main.js', 'data/hello', 'data/routes']) {
      const { headers } = await app.inject(`/_catzilla/${url}`);
      expect([url, headers]).toMatchObject([
        url,
        {
          'content-security-policy': POLICY,
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'cross-origin-resource-policy': 'same-origin',
          'referrer-policy': 'no-referrer',
          'cache-control': url.startsWith('data/') ? 'no-store' : 'private, no-cache',
        },
      ]);
    }
  });

  it('is asked for anew and not sent again while it is the same', async () => {
    const { app } = await open();
    const { headers } = await app.inject('/_catzilla/assets/main.js');
    const again = await app.inject({
      url: '/_catzilla/assets/main.js',
      headers: { 'if-none-match': String(headers.etag) },
    });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe('');
    expect(again.headers.etag).toBe(headers.etag);
    const other = await app.inject({
      url: '/_catzilla/assets/main.js',
      headers: { 'if-none-match': '"other"' },
    });
    expect(other.statusCode).toBe(200);
  });

  it('has uPlot from its package', async () => {
    const { app } = await open();
    const script = await app.inject('/_catzilla/assets/uplot.js');
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(script.body).toContain('export { uPlot as default }');
    const style = await app.inject('/_catzilla/assets/uplot.css');
    expect(style.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(style.body).toContain('.uplot');
  });

  it.each([
    'assets/notes.md',
    'assets/index.html',
    'assets/none.js',
    'assets/../index.html',
    'assets/..%2findex.html',
    'assets/%2e%2e/package.json',
    'assets/..%5cpackage.json',
    'assets//etc/passwd',
    'assets/constructor',
    'assets/main.js%00',
    'assets/',
  ])('gives no file for %s', async (path) => {
    const { app } = await open();
    const { statusCode } = await app.inject(`/_catzilla/${path}`);
    expect([400, 404]).toContain(statusCode);
  });

  it('is there once it can be read, also when it could not be at first', async () => {
    const folder = pageFolder();
    const away = new URL(`${folder.href.slice(0, -1)}-away/`);
    const app = Fastify();
    const error = (message: string): Error => new TypeError(message);
    const dashboard = dashboardSpec(true).check(true, { path: 'options.dashboard', error });
    const metering = { snapshot: async () => snapshotOf() };
    await addDashboard(app, { mode: 'development', dashboard }, metering, folder);
    renameSync(folder, away);
    expect((await app.inject('/_catzilla/')).statusCode).toBe(500);
    renameSync(away, folder);
    expect((await app.inject('/_catzilla/')).statusCode).toBe(200);
    await app.close();
  });

  it('is the one of this package where nothing else is said', async () => {
    const app = Fastify();
    const error = (message: string): Error => new TypeError(message);
    const dashboard = dashboardSpec(true).check(true, { path: 'options.dashboard', error });
    const metering = { snapshot: async () => snapshotOf() };
    await addDashboard(app, { mode: 'development', dashboard }, metering);
    const page = await app.inject('/_catzilla/');
    expect(page.statusCode).toBe(200);
    // Every file that it names is there.
    for (const [, name] of page.body.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)) {
      expect([name, (await app.inject(`/_catzilla/${name}`)).statusCode]).toStrictEqual([
        name,
        200,
      ]);
    }
    await app.close();
  });
});

describe('options', () => {
  const check = (value: unknown): unknown =>
    dashboardSpec(true).check(value, {
      path: 'options.dashboard',
      error: (message) => new TypeError(message),
    });

  it('have defaults', () => {
    expect(check(undefined)).toStrictEqual({
      path: '/_catzilla',
      guard: undefined,
      actions: false,
      showKeys: false,
      title: 'Catzilla',
      maxViewers: 20,
      links: [],
    });
    expect(dashboardSpec(false).check(undefined, { path: '', error: () => new Error() })).toBe(
      false,
    );
  });

  it.each([
    [{ path: '/' }, 'expected options.dashboard.path to be a path of its own'],
    [{ path: '/a/' }, 'expected options.dashboard.path'],
    [{ path: '//a' }, 'expected options.dashboard.path'],
    [{ path: '/:tenant' }, 'expected options.dashboard.path'],
    [{ path: '/a*' }, 'expected options.dashboard.path'],
    [{ guard: 'me' }, 'expected options.dashboard.guard to be a function'],
    [{ actions: 1 }, 'expected options.dashboard.actions'],
    [{ showKeys: 'all' }, 'expected options.dashboard.showKeys'],
    [{ title: '' }, 'expected options.dashboard.title'],
    [{ maxViewers: 0 }, 'expected options.dashboard.maxViewers'],
    [
      { links: [{ title: 'x', href: 'javascript:alert(1)' }] },
      'expected options.dashboard.links[0].href to be a path, or an http(s) URL',
    ],
    [{ links: [{ title: 'x', href: '//evil.example' }] }, 'links[0].href'],
    [{ links: [{ title: 'x', href: '/\\evil.example' }] }, 'links[0].href'],
    [{ links: [{ title: 'x', href: 'http://' }] }, 'links[0].href'],
    [
      { guard: async (_request: unknown, _reply: unknown, _done: unknown) => undefined },
      'expected options.dashboard.guard to be a function, async or with `done`, not both',
    ],
    [{ pth: '/x' }, 'unknown option options.dashboard.pth, did you mean path?'],
  ])('%j is refused', (options, message) => {
    expect(() => check(options)).toThrow(message);
  });
});
