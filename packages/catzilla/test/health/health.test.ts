import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp, openCache } from '../../src/index.ts';
import type { AppOptions, HealthOptions } from '../../src/index.ts';

async function open(health: HealthOptions, options: AppOptions = {}) {
  const app = await createApp({ env: false, health, ...options });
  onTestFinished(() => app.close());
  return app;
}

async function ready(app: Awaited<ReturnType<typeof open>>) {
  const reply = await app.inject('/readyz');
  return { code: reply.statusCode, body: reply.json() as Record<string, unknown> };
}

const NEVER = (): Promise<never> => new Promise(() => undefined);

describe('GET /healthz', () => {
  it('is 200 whatever the checks say, and is not cached', async () => {
    const check = async () => {
      throw new Error('down');
    };
    const app = await open({ checks: { db: { check } } }, { cache: { ttl: 60_000 } });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('failing'));
    const reply = await app.inject('/healthz');
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toStrictEqual({ status: 'ok' });
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['cache-status']).toBeUndefined();
    expect((await app.inject({ method: 'HEAD', url: '/healthz' })).statusCode).toBe(200);
  });

  it('is where the options say, or nowhere', async () => {
    const app = await open({ path: { live: '/live', ready: false } });
    expect((await app.inject('/live')).statusCode).toBe(200);
    expect((await app.inject('/healthz')).statusCode).toBe(404);
    expect((await app.inject('/readyz')).statusCode).toBe(404);
  });
});

describe('GET /readyz', () => {
  it('is 503 until each required check has passed once', async () => {
    let pass!: () => void;
    const app = await open({
      checks: { db: { check: () => new Promise<void>((r) => (pass = r)) } },
    });
    await app.ready();
    expect(await ready(app)).toStrictEqual({ code: 503, body: { status: 'starting' } });
    pass();
    await vi.waitFor(async () =>
      expect(await ready(app)).toStrictEqual({ code: 200, body: { status: 'ready' } }),
    );
  });

  it('gives each check the application, for its services', async () => {
    const given: unknown[] = [];
    const check = async (signal: AbortSignal, app: unknown) => void given.push(signal.aborted, app);
    const app = await open({ checks: { db: { check } } });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('ready'));
    expect(given.slice(0, 2)).toStrictEqual([
      false,
      expect.objectContaining({ health: app.health }),
    ]);
  });

  it('does not wait for checks that are not required', async () => {
    const app = await open({ checks: { extra: { check: NEVER, required: false } } });
    await app.ready();
    expect(await ready(app)).toStrictEqual({ code: 200, body: { status: 'ready' } });
  });

  it('follows a required check down and up again', async () => {
    let isDown = false;
    const check = () => {
      if (isDown) throw new Error('no connection');
    };
    const app = await open({ checks: { db: { check, every: 5 } } });
    await app.ready();
    await vi.waitFor(async () => expect((await ready(app)).code).toBe(200));
    isDown = true;
    await vi.waitFor(async () =>
      expect(await ready(app)).toStrictEqual({ code: 503, body: { status: 'failing' } }),
    );
    isDown = false;
    await vi.waitFor(async () => expect((await ready(app)).code).toBe(200));
  });

  it('is degraded, and 200, while a check that is not required fails', async () => {
    const check = () => Promise.reject(new Error('slow'));
    const app = await open({ checks: { extra: { check, required: false } } });
    await app.ready();
    await vi.waitFor(async () =>
      expect(await ready(app)).toStrictEqual({ code: 200, body: { status: 'degraded' } }),
    );
  });

  it('counts a check that hangs as failed, and aborts its signal (CATZ_APP_CHECK_TIMEOUT)', async () => {
    let signal: AbortSignal | undefined;
    const check = (given: AbortSignal) => {
      signal = given;
      return NEVER();
    };
    const app = await open({ checks: { db: { check, timeout: 10 } } });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('failing'));
    expect(app.health.snapshot().checks['db']).toMatchObject({
      state: 'failed',
      reason: 'the health check db did not answer within 10 ms',
      required: true,
    });
    expect(signal!.aborted).toBe(true);
    expect(signal!.reason).toMatchObject({ code: 'CATZ_APP_CHECK_TIMEOUT' });
  });

  it('runs one check while another hangs', async () => {
    const quick = vi.fn();
    const checks = { hangs: { check: NEVER, timeout: 60_000 }, quick: { check: quick, every: 1 } };
    const app = await open({ checks });
    await app.ready();
    await vi.waitFor(() => expect(quick.mock.calls.length).toBeGreaterThan(3));
  });

  it('aborts and forgets its checks when the application closes', async () => {
    let signal: AbortSignal | undefined;
    let runs = 0;
    const check = (given: AbortSignal) => {
      signal = given;
      runs++;
      return NEVER();
    };
    const app = await open({ checks: { db: { check, every: 1, timeout: 60_000 } } });
    await app.ready();
    await vi.waitFor(() => expect(runs).toBe(1));
    await app.close();
    expect(signal!.aborted).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(runs).toBe(1);
  });

  it('is 503 while draining, and live stays 200', async () => {
    const app = await open({});
    await app.ready();
    expect((await ready(app)).code).toBe(200);
    await app.lifecycle.drain('test');
    expect(await ready(app)).toStrictEqual({ code: 503, body: { status: 'draining' } });
    expect((await app.inject('/healthz')).statusCode).toBe(200);
  });

  it('shows details to those who may see them', async () => {
    const checks = { db: { check: () => Promise.reject(new Error('the password is x')) } };
    const details: HealthOptions['details'] = async ({ headers }) => headers['x-key'] === 'k';
    const app = await open({ checks, details });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('failing'));
    expect((await ready(app)).body).toStrictEqual({ status: 'failing' });
    const shown = await app.inject({ url: '/readyz', headers: { 'x-key': 'k' } });
    expect(shown.json()).toMatchObject({
      status: 'failing',
      checks: { db: { state: 'failed', reason: 'the password is x' } },
      parts: { cache: { state: 'ok' } },
    });
  });
});

describe('the parts of an application', () => {
  it('make it degraded when the cache cannot be read', async () => {
    const engine = openCache({ maxBytes: 2_097_152 });
    const app = await open({}, { cache: { cache: engine } });
    await app.ready();
    expect(app.health.snapshot()).toMatchObject({
      state: 'ready',
      parts: { cache: { state: 'ok' } },
    });
    engine.close();
    expect(app.health.snapshot()).toMatchObject({
      state: 'degraded',
      ready: true,
      parts: { cache: { state: 'degraded', reason: 'responses are not cached' } },
    });
    expect((await ready(app)).code).toBe(200);
  });

  it('make it degraded, and not unready, while Redis is down', async () => {
    const tiers = { name: 'health-test', remote: { url: 'redis://127.0.0.1:1' } };
    const app = await open({}, { tiers });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('degraded'));
    expect(await ready(app)).toStrictEqual({ code: 200, body: { status: 'degraded' } });
    expect(app.health.snapshot().checks['tiers']).toMatchObject({ required: false });
  });
});
