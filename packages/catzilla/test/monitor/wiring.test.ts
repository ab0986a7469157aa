// The monitor as a part of an application: where it stands among the others, and what it says when they are in trouble.
import type { AddressInfo } from 'node:net';
import { redisSkipReason, startRedis } from '@catzilla/bus/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp, openCache } from '../../src/index.ts';
import type { AppOptions, MonitorOptions } from '../../src/index.ts';

async function open(options: AppOptions = {}) {
  const app = await createApp({ env: false, ...options });
  onTestFinished(() => app.close());
  return app;
}

async function listen(app: Awaited<ReturnType<typeof open>>): Promise<string> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

async function readyOf(url: string) {
  const reply = await fetch(`${url}/readyz`);
  return { code: reply.status, ...((await reply.json()) as object) };
}

/** Tells details to everybody, and looks often. */
const TELLING: MonitorOptions = { health: { details: () => true } };

describe('createApp', () => {
  it('has health, metrics and the dashboard in development, and tells where', async () => {
    const app = await open();
    expect(app.monitor.paths).toStrictEqual({
      live: '/healthz',
      ready: '/readyz',
      metrics: '/metrics',
      dashboard: '/_catzilla/',
    });
    const url = await listen(app);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await readyOf(url)).toStrictEqual({ code: 200, status: 'ready' });
  });

  it('has no dashboard in production, and replies that say nothing of their time', async () => {
    const app = await open({ mode: 'production' });
    app.get('/', async () => 'x');
    expect(app.monitor.paths.dashboard).toBe(false);
    expect((await app.inject('/')).headers['server-timing']).toBeUndefined();
    expect((await app.inject('/_catzilla/')).statusCode).toBe(404);
  });

  it('has a mode of its own for the monitor, where that says so', async () => {
    const app = await open({ mode: 'production', monitor: { mode: 'development' } });
    expect(app.monitor.paths.dashboard).toBe('/_catzilla/');
  });

  it('goes by the mode of the application where that of the monitor is undefined', async () => {
    const app = await open({ mode: 'production', monitor: { mode: undefined } });
    expect(app.monitor.paths.dashboard).toBe(false);
    const stranger = { url: '/metrics', remoteAddress: '203.0.113.1' };
    expect((await app.inject(stranger)).statusCode).toBe(403);
  });

  it('takes its options from the environment', async () => {
    const app = await open({ env: { CATZILLA__MONITOR__HEALTH__PATH__LIVE: '/alive' } });
    expect((await app.inject('/alive')).statusCode).toBe(200);
    const wrong = createApp({ env: { CATZILLA__MONITOR__METRICS__PATH: 'metrics' } });
    await expect(wrong).rejects.toMatchObject({
      code: 'CATZ_APP_ENV',
      message: expect.stringContaining('CATZILLA__MONITOR__METRICS__PATH') as string,
    });
  });

  it('never caches, limits, documents or sheds its routes', async () => {
    const app = await open({
      cache: { ttl: 60_000 },
      openapi: true,
      builtins: { rateLimit: { max: 1 } },
    });
    for (const path of ['/healthz', '/readyz']) {
      for (let i = 0; i < 3; i++) {
        const { statusCode, headers } = await app.inject(path);
        expect(statusCode).toBe(200);
        expect(headers['cache-control']).toBe('no-store');
        expect(headers['cache-status']).toBeUndefined();
      }
    }
    const { paths } = (await app.inject('/openapi.json')).json<{ paths: object }>();
    expect(Object.keys(paths)).toStrictEqual([]);
  });
});

describe('requests', () => {
  it('count where a plugin refuses them that comes before the monitor, and probes do not', async () => {
    const app = await open({ builtins: { rateLimit: { max: 1 } } });
    app.get('/', async () => 'x');
    const url = await listen(app);
    for (let i = 0; i < 3; i++) await (await fetch(url)).text();
    await readyOf(url);
    await (await fetch(`${url}/metrics`)).text();
    await vi.waitFor(async () =>
      expect((await app.monitor.snapshot()).http).toMatchObject({
        requests: 3,
        statuses: { '2xx': 1, '4xx': 2 },
      }),
    );
  });
});

describe('Server-Timing with the response cache', () => {
  it('is made anew for each reply, and is not stored with one', async () => {
    const app = await open({ cache: { ttl: 60_000 } });
    app.get('/', async (_request, reply) => {
      reply.timing('db', 1);
      return { a: 1 };
    });
    const url = await listen(app);
    const [miss, hit] = [await fetch(url), await fetch(url)];
    expect(hit.headers.get('cache-status')).toMatch(/^catzilla; hit/);
    expect(await hit.text()).toBe(await miss.text());
    expect(miss.headers.get('server-timing')).toMatch(
      /^total;dur=[\d.]+, cache;desc="uri-miss", handler;dur=[\d.]+, db;dur=1$/,
    );
    expect(hit.headers.get('server-timing')).toMatch(/^total;dur=[\d.]+, cache;desc="hit"$/);
  });

  it('leaves hits their shortest way where it is off', async () => {
    const app = await open({ cache: { ttl: 60_000 }, monitor: { serverTiming: false } });
    app.get('/', async () => ({ a: 1 }));
    const url = await listen(app);
    for (let i = 0; i < 3; i++) await (await fetch(url)).text();
    expect(app.cache.stats()).toMatchObject({ hits: 2, answers: { raw: 2 } });
  });
});

describe('health', () => {
  it('is 503 while an application drains, with all else served, and then it closes', async () => {
    const app = await open({ shutdown: { shutdownDelay: 60_000 } });
    app.get('/', async () => 'x');
    const url = await listen(app);
    expect(await readyOf(url)).toStrictEqual({ code: 200, status: 'ready' });
    const stopped = app.lifecycle.stop('test');
    await vi.waitFor(() => expect(app.lifecycle.state).toBe('draining'));
    for (let i = 0; i < 5; i++) {
      expect(await readyOf(url)).toStrictEqual({ code: 503, status: 'draining' });
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect(await (await fetch(url)).text()).toBe('x');
    }
    app.lifecycle.hurry();
    expect(await stopped).toMatchObject({ ok: true, left: [] });
    expect(app.health.snapshot()).toMatchObject({ state: 'closing', ready: false });
    await expect(fetch(`${url}/readyz`)).rejects.toThrow('fetch failed');
  });

  it('answers at once while a check hangs, and fails when its time is over', async () => {
    let give!: (signal: AbortSignal) => void;
    const given = new Promise<AbortSignal>((resolve) => (give = resolve));
    const check = (signal: AbortSignal) => {
      give(signal);
      return new Promise(() => undefined);
    };
    const app = await open({ monitor: { health: { checks: { db: { check, timeout: 200 } } } } });
    const url = await listen(app);
    const signal = await given;
    expect(await readyOf(url)).toStrictEqual({ code: 503, status: 'starting' });
    await vi.waitFor(() => expect(signal.aborted).toBe(true));
    await vi.waitFor(async () =>
      expect(await readyOf(url)).toStrictEqual({ code: 503, status: 'failing' }),
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('is degraded when the cache cannot be read', async () => {
    const engine = openCache({ maxBytes: 2_097_152 });
    const app = await open({ cache: { cache: engine }, monitor: TELLING });
    const url = await listen(app);
    expect(await readyOf(url)).toMatchObject({
      status: 'ready',
      parts: { cache: { state: 'ok' } },
    });
    engine.close();
    expect(await readyOf(url)).toMatchObject({
      code: 200,
      status: 'degraded',
      parts: { cache: { state: 'degraded', reason: 'responses are not cached' } },
    });
  });

  it('is degraded, and not unready, where Redis never came', async () => {
    const tiers = { name: 'wiring-none', remote: { url: 'redis://127.0.0.1:1' } };
    const app = await open({ tiers });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('degraded'));
    expect((await app.inject('/readyz')).statusCode).toBe(200);
    await vi.waitFor(() =>
      expect(app.health.snapshot().checks['tiers']).toMatchObject({ required: false }),
    );
  });

  it('is degraded while Redis is down under load, with its reason, loses no request, and comes back', async (context) => {
    const reason = redisSkipReason();
    if (reason !== undefined) context.skip(reason);
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const app = await open({
      tiers: {
        name: 'wiring-redis',
        remote: { url: `redis://127.0.0.1:${redis.port}` },
        // Refused at once where nobody is there; else as long as a busy machine may need.
        deadline: { remote: 5000 },
      },
      cache: { ttl: 60_000 },
      monitor: TELLING,
    });
    app.get('/items/:id', async (request) => ({ id: (request.params as { id: string }).id }));
    const url = await listen(app);
    const statuses = new Map<number, number>();
    let isOver = false;
    const load = Array.from({ length: 4 }, async (_, client) => {
      for (let i = 0; !isOver; i++) {
        const { status } = await fetch(`${url}/items/${client}-${i % 50}`);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    const codes = new Set<number>();
    const reads = async (expected: object): Promise<void> => {
      await vi.waitFor(
        async () => {
          const told = await readyOf(url);
          codes.add(told.code);
          expect(told).toMatchObject(expected);
        },
        // A breaker that has opened asks again after 1, 2, 4, 8 and 16 s.
        { timeout: 60_000 },
      );
    };
    await reads({ status: 'ready', parts: { cache: { state: 'ok' } } });
    await redis.kill();
    await reads({
      status: 'degraded',
      parts: { cache: { state: 'degraded', reason: 'remote is down' } },
    });
    await reads({
      checks: { tiers: { state: 'failed', reason: 'the tiers are degraded: remote is down' } },
    });
    const whileDown = [...statuses.values()][0]!;
    await redis.restart();
    await reads({
      status: 'ready',
      parts: { cache: { state: 'ok' } },
      checks: { tiers: { state: 'ok' } },
    });
    isOver = true;
    await Promise.all(load);
    expect([...statuses.keys()]).toStrictEqual([200]);
    expect(statuses.get(200)).toBeGreaterThan(whileDown);
    expect([...codes]).toStrictEqual([200]);
  });
});
