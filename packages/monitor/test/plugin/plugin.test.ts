import Fastify from 'fastify';
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import { errors, monitor, watchFirst } from '../../src/index.ts';
import type { MonitorOptions, Snapshot } from '../../src/index.ts';

async function open(options: MonitorOptions = {}) {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(monitor, options);
  return app;
}

const OFF: MonitorOptions = {
  health: false,
  metrics: false,
  dashboard: false,
  serverTiming: false,
};

describe('the plugin', () => {
  it('has health, metrics and, in development, the dashboard, and tells where', async () => {
    const app = await open();
    expect(app.monitor.paths).toStrictEqual({
      live: '/healthz',
      ready: '/readyz',
      metrics: '/metrics',
      dashboard: '/_catzilla/',
    });
    for (const path of ['/healthz', '/readyz', '/metrics', '/_catzilla/']) {
      expect((await app.inject(path)).statusCode, path).toBe(200);
    }
  });

  it('has none of the routes that are off, and knows all the same', async () => {
    const app = await open(OFF);
    expect(app.monitor.paths).toStrictEqual({
      live: false,
      ready: false,
      metrics: false,
      dashboard: false,
    });
    expect(app.hasDecorator('health')).toBe(false);
    for (const path of ['/healthz', '/readyz', '/metrics', '/_catzilla/']) {
      expect((await app.inject(path)).statusCode, path).toBe(404);
    }
    await app.ready();
    expectTypeOf(app.monitor.snapshot()).toEqualTypeOf<Promise<Snapshot>>();
    expect((await app.monitor.snapshot()).process.pid).toBe(process.pid);
    expect(await app.monitor.metrics()).toContain('# TYPE catzilla_threads gauge');
  });

  it('takes true for the defaults of a part, and paths of your own', async () => {
    const app = await open({
      health: { path: { live: '/live', ready: false } },
      metrics: true,
      dashboard: { path: '/watch' },
    });
    expect(app.monitor.paths).toStrictEqual({
      live: '/live',
      ready: false,
      metrics: '/metrics',
      dashboard: '/watch/',
    });
  });

  it.each(['/ops', '/ops/'])(
    'is below the prefix %s of the scope that it is registered in',
    async (prefix) => {
      const app = Fastify();
      onTestFinished(() => app.close());
      let paths: object = {};
      await app.register(
        async (scope) => {
          await scope.register(monitor, { dashboard: { actions: true } });
          ({ paths } = scope.monitor);
        },
        { prefix },
      );
      expect(paths).toStrictEqual({
        live: '/ops/healthz',
        ready: '/ops/readyz',
        metrics: '/ops/metrics',
        dashboard: '/ops/_catzilla/',
      });
      for (const path of Object.values(paths)) {
        expect([path, (await app.inject(path)).statusCode]).toStrictEqual([path, 200]);
      }
    },
  );

  it('has a page that finds all that it needs below a prefix', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    await app.register(async (scope) => scope.register(monitor), { prefix: '/ops/' });
    const at = 'http://localhost:80/ops/_catzilla/';
    const page = await app.inject(at);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    const files = [...page.body.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, to]) => to!);
    expect(files).not.toHaveLength(0);
    // What its scripts ask for stands in page/feed.js and page/routes.js, relative to the page, too.
    for (const to of [...files, 'data/hello', 'data/routes']) {
      const { pathname } = new URL(to, at);
      expect([pathname, (await app.inject(pathname)).statusCode]).toStrictEqual([pathname, 200]);
    }
    const { links } = (await app.inject('/ops/_catzilla/data/hello')).json();
    for (const { href } of links as { href: string }[]) {
      expect([href, (await app.inject(href)).statusCode]).toStrictEqual([href, 200]);
    }
    expect(links).toHaveLength(2);
  });

  it('is registered once', async () => {
    const app = await open(OFF);
    const again = async () => app.register(monitor, OFF);
    await expect(again()).rejects.toMatchObject({
      code: 'CATZ_MONITOR_OPTION',
      message: 'expected the monitor to be registered once, got it twice',
    });
  });

  it('gives a registry for metrics of your own', async () => {
    const app = await open();
    const { Counter } = await import('prom-client');
    new Counter({ name: 'mine_total', help: 'mine', registers: [app.monitor.registry] }).inc(3);
    expect(await app.monitor.metrics()).toContain('mine_total 3');
  });

  it('counts what hooks refuse that came before it, where requests are watched first', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    watchFirst(app, OFF);
    app.addHook('onRequest', async (_request, reply) => reply.code(403).send());
    await app.register(monitor, OFF);
    app.get('/', async () => 'x');
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    await (await fetch(url)).text();
    await vi.waitFor(async () =>
      expect((await app.monitor.snapshot()).http).toMatchObject({
        requests: 1,
        statuses: { '4xx': 1 },
      }),
    );
  });

  it('refuses wrong options before anything is watched', () => {
    const app = Fastify();
    expect(() => watchFirst(app, { healt: {} } as MonitorOptions)).toThrow(errors.OPTION);
    expect(app.hasReplyDecorator('timing')).toBe(false);
  });
});

describe('the options', () => {
  it.each([
    [{ healt: {} }, 'unknown option options.healt, did you mean health?'],
    [{ health: 1 }, 'expected options.health to be false, true or an object, got 1'],
    [{ metrics: [] }, /^expected options\.metrics to be false, true or an object, got an array/],
    [{ metrics: { path: 'metrics' } }, /^expected options\.metrics\.path to be a path that begins/],
    [{ metrics: { paht: '/m' } }, 'unknown option options.metrics.paht, did you mean path?'],
    [{ dashboard: 'on' }, 'expected options.dashboard to be false, true or an object, got "on"'],
    [
      { otel: 'yes' },
      'expected options.otel to be true, false or a meter of OpenTelemetry, got "yes"',
    ],
    [{ otel: null }, /^expected options\.otel to be true, false or a meter/],
    [{ serverTiming: 1 }, /^expected options\.serverTiming to be true, false or a function that/],
    [{ serverTiming: async () => false }, /^expected options\.serverTiming to be .* at once, got/],
    [{ mode: 'test' }, /^expected options\.mode to be "development" or "production", got "test"/],
  ])('refuse %j (CATZ_MONITOR_OPTION)', async (options, message) => {
    const refused = open(options as never);
    await expect(refused).rejects.toMatchObject({
      code: 'CATZ_MONITOR_OPTION',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    await expect(refused).rejects.toBeInstanceOf(TypeError);
  });

  it.each(['prefix', 'logLevel', 'logSerializers'])(
    'refuse %s, which is that of a scope (CATZ_MONITOR_OPTION)',
    async (name) => {
      await expect(open({ [name]: 'x' } as MonitorOptions)).rejects.toMatchObject({
        code: 'CATZ_MONITOR_OPTION',
        message: expect.stringContaining(`expected options.${name} to be given to a scope around`),
      });
    },
  );

  it.each([
    ['production', false],
    ['test', '/_catzilla/'],
  ])('go by NODE_ENV %s where they name no mode', async (name, dashboard) => {
    vi.stubEnv('NODE_ENV', name);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect((await open()).monitor.paths.dashboard).toBe(dashboard);
  });

  it('want a guard for the dashboard in production (CATZ_MONITOR_NO_GUARD)', async () => {
    await expect(open({ mode: 'production', dashboard: true })).rejects.toMatchObject({
      code: 'CATZ_MONITOR_NO_GUARD',
      message: 'the dashboard at /_catzilla has no guard',
    });
    const guard = () => undefined;
    const app = await open({ mode: 'production', dashboard: { guard } });
    expect(app.monitor.paths.dashboard).toBe('/_catzilla/');
  });
});
