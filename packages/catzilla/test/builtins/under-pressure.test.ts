import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/index.ts';
import type { AppOptions } from '../../src/index.ts';

/** Blocks the event loop until the plugin has seen it. */
async function overload(app: { isUnderPressure(): boolean }) {
  while (!app.isUnderPressure()) {
    const end = performance.now() + 30;
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function open(options: AppOptions = {}) {
  const app = await createApp({
    env: false,
    // One look at the event loop holds until the next.
    builtins: { underPressure: { maxEventLoopDelay: 5, sampleInterval: 400, retryAfter: 7 } },
    cache: {},
    ...options,
  });
  onTestFinished(() => app.close());
  const runs = { short: 0, other: 0 };
  app.get('/short', { config: { cache: { ttl: 100 } } }, async () => ({
    runs: ++runs.short,
  }));
  app.get('/other', { config: { cache: false } }, async () => ({ runs: ++runs.other }));
  app.get('/unknown', { config: { cache: { ttl: 60_000 } } }, async () => ({ runs: ++runs.other }));
  app.post('/other', async () => ({ runs: ++runs.other }));
  app.get('/exempt', { config: { pressureHandler: () => undefined } }, async () => ({
    exempt: true,
  }));
  app.constant('/constant', { body: { constant: true } });
  await app.ready();
  return { app, runs };
}

describe('under pressure', () => {
  it('answers stale what the cache has, and refuses the rest (CATZ_APP_OVERLOADED)', async () => {
    const { app, runs } = await open();
    expect((await app.inject('/short')).json()).toStrictEqual({ runs: 1 });
    await overload(app);
    const stale = await app.inject('/short');
    expect(stale.statusCode).toBe(200);
    expect(stale.json()).toStrictEqual({ runs: 1 });
    for (const [method, url] of [
      ['GET', '/other'],
      ['GET', '/unknown'],
      ['POST', '/other'],
      ['GET', '/nowhere'],
    ] as const) {
      const reply = await app.inject({ method, url });
      expect(reply.statusCode, `${method} ${url}`).toBe(503);
      expect(reply.json()).toMatchObject({ code: 'CATZ_APP_OVERLOADED' });
      expect(reply.headers['retry-after']).toBe('7');
    }
    expect(runs).toStrictEqual({ short: 1, other: 0 });
  });

  it('lets health, constant and exempt routes through, and tells of it', async () => {
    const { app } = await open();
    await overload(app);
    for (const url of ['/healthz', '/readyz', '/exempt', '/constant']) {
      expect((await app.inject(url)).statusCode, url).toBe(200);
    }
    expect((await app.inject('/readyz')).json()).toStrictEqual({ status: 'degraded' });
    expect(app.health.snapshot().parts['underPressure']).toMatchObject({ state: 'degraded' });
  });

  it('runs guards before it answers stale', async () => {
    const { app } = await open({
      builtins: {
        underPressure: { maxEventLoopDelay: 5, sampleInterval: 400 },
        rateLimit: { max: 1 },
      },
    });
    await app.inject('/short');
    await overload(app);
    expect((await app.inject('/short')).statusCode).toBe(429);
  });

  it('refuses everything without a cache', async () => {
    const { app } = await open({ cache: false });
    await overload(app);
    const reply = await app.inject('/unknown');
    expect(reply.statusCode).toBe(503);
    expect(reply.json()).toMatchObject({ code: 'FST_UNDER_PRESSURE' });
    expect(reply.headers['retry-after']).toBe('7');
    expect((await app.inject('/healthz')).statusCode).toBe(200);
  });

  it('leaves the decision to a handler of the application', async () => {
    const seen: string[] = [];
    const { app } = await open({
      builtins: {
        underPressure: {
          maxEventLoopDelay: 5,
          sampleInterval: 400,
          pressureHandler: (_request, _reply, type) => void seen.push(type),
        },
      },
    });
    await overload(app);
    expect((await app.inject('/other')).statusCode).toBe(200);
    expect(seen).toStrictEqual(['eventLoopDelay']);
  });

  it('has limits of its own with true, and takes those that are given', async () => {
    const app = await createApp({ env: false, builtins: { underPressure: true } });
    onTestFinished(() => app.close());
    app.get('/', async () => 'x');
    expect((await app.inject('/')).statusCode).toBe(200);
    expect(app.isUnderPressure()).toBe(false);
    expect(app.memoryUsage().heapUsed).toBeGreaterThanOrEqual(0);
  });
});
