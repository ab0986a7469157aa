import Fastify from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { health } from '../../src/index.ts';

async function open(parts: Readonly<Record<string, unknown>>) {
  const app = Fastify();
  onTestFinished(() => app.close());
  for (const [name, part] of Object.entries(parts)) app.decorate(name, part);
  await app.register(health);
  await app.ready();
  return app;
}

const throws = () => {
  throw new Error('gone');
};

const cacheOf = (ok: boolean, tiers: Record<string, string>) => ({
  cache: { health: () => ({ ok, tiers }) },
});
const sayOf = (name: string, state: string, reasons: string[]) => ({
  [name]: { health: () => ({ state, reasons }) },
});

describe('the parts of an application', () => {
  it('are none where there are none', async () => {
    const app = await open({});
    expect(app.health.snapshot()).toMatchObject({ state: 'ready', parts: {} });
  });

  it.each([
    [cacheOf(true, { memory: 'ok', remote: 'off', disk: 'ready' }), 'cache', 'ok', undefined],
    [
      cacheOf(true, { memory: 'ok', remote: 'down', disk: 'failed' }),
      'cache',
      'degraded',
      'remote is down, disk is failed',
    ],
    [cacheOf(false, { memory: 'down' }), 'cache', 'degraded', 'responses are not cached'],
    [sayOf('tasks', 'ok', []), 'tasks', 'ok', undefined],
    [sayOf('tasks', 'degraded', ['a', 'b']), 'tasks', 'degraded', 'a; b'],
    [sayOf('realtime', 'ok', []), 'realtime', 'ok', undefined],
    [sayOf('realtime', 'degraded', ['the bus is down']), 'realtime', 'degraded', 'the bus is down'],
    [sayOf('realtime', 'closed', []), 'realtime', 'degraded', 'it is closed'],
    [{ static: { stats: () => ({}) } }, 'static', 'ok', undefined],
    [{ static: { stats: throws } }, 'static', 'degraded', 'it does not tell: gone'],
    [{ cache: { health: throws } }, 'cache', 'degraded', 'it does not tell: gone'],
    [{ isUnderPressure: () => false }, 'underPressure', 'ok', undefined],
    [
      { isUnderPressure: () => true },
      'underPressure',
      'degraded',
      'there is no room for more work',
    ],
  ])('make it degraded and never unready: %#', async (parts, name, state, reason) => {
    const app = await open(parts);
    expect(app.health.snapshot()).toStrictEqual({
      state: state === 'ok' ? 'ready' : 'degraded',
      ready: true,
      checks: {},
      parts: { [name]: { state, reason } },
    });
  });

  it('make it fail where only a restart helps', async () => {
    const app = await open(sayOf('tasks', 'failed', ['the log is damaged']));
    expect(app.health.snapshot()).toMatchObject({ state: 'failing', ready: false });
  });

  it('say that they do not tell, where what they threw is no error', async () => {
    const health = () => {
      throw 'x' as unknown as Error;
    };
    const app = await open({ realtime: { health } });
    expect(app.health.snapshot().parts).toStrictEqual({
      realtime: { state: 'degraded', reason: 'it does not tell' },
    });
  });
});

it('what merely has the name of a part is none', async () => {
  // As the cache of @fastify/caching.
  const other = { get: () => undefined };
  const names = ['cache', 'tasks', 'realtime', 'static', 'tiers', 'isUnderPressure'];
  const app = await open(Object.fromEntries(names.map((name) => [name, other])));
  expect(app.health.snapshot()).toStrictEqual({
    state: 'ready',
    ready: true,
    checks: {},
    parts: {},
  });
});

describe('the tiers of an application', () => {
  const tier = (state: string) => ({ state });

  it('are a check that is not required, and names what is lacking', async () => {
    let told: Record<string, unknown> = {
      status: 'degraded',
      memory: tier('ok'),
      remote: tier('down'),
      disk: tier('off'),
      bus: tier('down'),
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const app = await open({ tiers: { health: async () => told } });
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('degraded'));
    expect(app.health.snapshot()).toMatchObject({
      ready: true,
      checks: {
        tiers: {
          state: 'failed',
          required: false,
          reason: 'the tiers are degraded: remote is down',
        },
      },
    });
    told = { status: 'ok' };
    await vi.advanceTimersByTimeAsync(5000);
    expect(app.health.snapshot()).toMatchObject({
      state: 'ready',
      checks: { tiers: { state: 'ok' } },
    });
  });

  it('say what they are where they name no tier', async () => {
    const app = await open({ tiers: { health: async () => ({ status: 'down' }) } });
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('degraded'));
    expect(app.health.snapshot().checks['tiers']).toMatchObject({ reason: 'the tiers are down' });
  });

  it('are looked for when the application is ready, so that they may come later', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    await app.register(health);
    app.decorate('tiers', { health: async () => ({ status: 'ok' }) });
    await app.ready();
    expect(Object.keys(app.health.snapshot().checks)).toStrictEqual(['tiers']);
  });

  it('leave their name to a check of the application', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    app.decorate('tiers', { health: throws });
    await app.register(health, { checks: { tiers: { check: () => undefined } } });
    await app.ready();
    await vi.waitFor(() => expect(app.health.snapshot().state).toBe('ready'));
    expect(app.health.snapshot().checks['tiers']).toMatchObject({ state: 'ok', required: true });
  });
});
