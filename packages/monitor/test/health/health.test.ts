import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Fastify from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { errors, health } from '../../src/index.ts';
import type { HealthOptions } from '../../src/index.ts';

/** An application with health alone, and with what it is decorated with before. */
async function open(options: HealthOptions = {}, parts: Readonly<Record<string, unknown>> = {}) {
  const app = Fastify({ return503OnClosing: false });
  onTestFinished(() => app.close());
  for (const [name, part] of Object.entries(parts)) app.decorate(name, part);
  await app.register(health, options);
  return app;
}

async function ready(app: Awaited<ReturnType<typeof open>>) {
  const reply = await app.inject('/readyz');
  return { code: reply.statusCode, body: reply.json() as Record<string, unknown> };
}

const NEVER = (): Promise<never> => new Promise(() => undefined);

describe('GET /healthz', () => {
  it('is 200 whatever the checks say, and is not to be stored', async () => {
    const check = async () => {
      throw new Error('down');
    };
    const app = await open({ checks: { db: { check } } });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('failing'));
    const reply = await app.inject('/healthz');
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toStrictEqual({ status: 'ok' });
    expect(reply.headers['cache-control']).toBe('no-store');
    expect((await app.inject({ method: 'HEAD', url: '/healthz' })).statusCode).toBe(200);
  });

  it('is where the options say, or nowhere', async () => {
    const app = await open({ path: { live: '/live', ready: false } });
    expect((await app.inject('/live')).statusCode).toBe(200);
    expect((await app.inject('/healthz')).statusCode).toBe(404);
    expect((await app.inject('/readyz')).statusCode).toBe(404);
  });
});

describe('the options', () => {
  it.each([
    [{ checks: { db: {} } }, /^expected options\.checks\.db\.check to be a function/],
    [{ checks: [] }, /^expected options\.checks to be an object of checks by name, got an array/],
    [{ paths: {} }, /^unknown option options\.paths, did you mean path\?/],
    [{ prefix: '/x' }, /^expected options\.prefix to be given to a scope around health, got "\/x"/],
    [{ path: { live: 'healthz' } }, /path\.live to be false or a path that begins with \/, got/],
    [{ checks: { db: { check: NEVER, every: 0 } } }, /every to be a duration in ms above 0, got 0/],
  ])('refuse %j (CATZ_MONITOR_OPTION)', async (options, message) => {
    const app = Fastify();
    onTestFinished(() => app.close());
    const refused = async () => app.register(health, options as never);
    await expect(refused()).rejects.toMatchObject({
      code: 'CATZ_MONITOR_OPTION',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('GET /readyz', () => {
  it('is 503 until each required check has passed once', async () => {
    let pass!: () => void;
    const check = () => new Promise<void>((resolve) => (pass = resolve));
    const app = await open({ checks: { db: { check } } });
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

  it('counts a check that hangs as failed, and aborts its signal (CATZ_MONITOR_CHECK_TIMEOUT)', async () => {
    let signal: AbortSignal | undefined;
    const check = (given: AbortSignal) => {
      signal = given;
      return NEVER();
    };
    const app = await open({ checks: { db: { check, timeout: 10, every: 60_000 } } });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('failing'));
    expect(app.health.snapshot().checks['db']).toMatchObject({
      state: 'failed',
      reason: 'the check db gave no answer within 10 ms',
      required: true,
    });
    expect(signal!.aborted).toBe(true);
    expect(signal!.reason).toMatchObject({ code: 'CATZ_MONITOR_CHECK_TIMEOUT' });
    expect(signal!.reason).toBeInstanceOf(errors.CHECK_TIMEOUT);
  });

  it('answers at once, and runs other checks, while one hangs', async () => {
    const quick = vi.fn();
    const checks = { hangs: { check: NEVER, timeout: 60_000 }, quick: { check: quick, every: 1 } };
    const app = await open({ checks });
    await app.ready();
    await vi.waitFor(() => expect(quick.mock.calls.length).toBeGreaterThan(3));
    expect(await ready(app)).toStrictEqual({ code: 503, body: { status: 'starting' } });
  });

  it('says so when what a check threw is no error', async () => {
    const check = () => Promise.reject('x');
    const app = await open({ checks: { db: { check } } });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('failing'));
    expect(app.health.snapshot().checks['db']).toMatchObject({
      reason: 'it threw what is no error',
    });
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

  it('keeps nothing of runs that have ended', async () => {
    const kept: WeakRef<AbortSignal>[] = [];
    const check = (signal: AbortSignal) => void kept.push(new WeakRef(signal));
    const app = await open({ checks: { db: { check, every: 1 } } });
    await app.ready();
    await vi.waitFor(() => expect(kept.length).toBeGreaterThan(20));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await vi.waitFor(() => {
      collect();
      expect(kept.slice(0, 20).filter((signal) => signal.deref() !== undefined)).toStrictEqual([]);
    });
  });

  it('says the one word where the question of who sees details throws', async () => {
    const details = () => {
      throw new Error('no token');
    };
    const app = await open({ details });
    await app.ready();
    expect(await ready(app)).toStrictEqual({ code: 200, body: { status: 'ready' } });
  });

  it('shows details to those who may see them', async () => {
    const checks = { db: { check: () => Promise.reject(new Error('the password is x')) } };
    const details: HealthOptions['details'] = async ({ headers }) => headers['x-key'] === 'k';
    const app = await open({ checks, details }, { static: { stats: () => ({}) } });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('failing'));
    expect((await ready(app)).body).toStrictEqual({ status: 'failing' });
    const shown = await app.inject({ url: '/readyz', headers: { 'x-key': 'k' } });
    expect(shown.json()).toMatchObject({
      status: 'failing',
      checks: { db: { state: 'failed', reason: 'the password is x' } },
      parts: { static: { state: 'ok' } },
    });
  });
});

describe('the life of an application', () => {
  it('is starting before it is ready', async () => {
    const app = await open();
    expect(app.health.snapshot()).toMatchObject({ state: 'starting', ready: false });
    await app.ready();
    expect(app.health.snapshot()).toMatchObject({ state: 'ready', ready: true });
  });

  it('is draining for good from drain() on, and live stays 200', async () => {
    const app = await open();
    await app.ready();
    expect((await ready(app)).code).toBe(200);
    app.health.drain();
    expect(await ready(app)).toStrictEqual({ code: 503, body: { status: 'draining' } });
    expect((await app.inject('/healthz')).statusCode).toBe(200);
  });

  it('is draining when it was told so before it was ready', async () => {
    const app = await open();
    app.health.drain();
    await app.ready();
    expect(app.health.snapshot().state).toBe('draining');
  });

  it('is closing from the first preClose hook on', async () => {
    const app = await open();
    const seen: string[] = [];
    app.addHook('preClose', async () => void seen.push(app.health.snapshot().state));
    app.addHook('onClose', async () => void seen.push(app.health.snapshot().state));
    await app.ready();
    await app.close();
    app.health.drain();
    expect([...seen, app.health.snapshot().state]).toStrictEqual(['closing', 'closing', 'closing']);
  });

  it.each([
    ['starting', 'ready', 200],
    ['ready', 'ready', 200],
    ['draining', 'draining', 503],
    ['closing', 'closing', 503],
    ['closed', 'closing', 503],
  ])('follows an application that says it is %s', async (state, status, code) => {
    const app = await open({}, { lifecycle: { state } });
    await app.ready();
    expect(await ready(app)).toStrictEqual({ code, body: { status } });
  });
});
