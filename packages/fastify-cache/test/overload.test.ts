// Stale answers while the application has no room for more work, as @fastify/under-pressure says.
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { get, makeApp, until } from './helpers.ts';

const START = 1_700_000_000_000;
const FRESH = 10_000;
/** The default of staleIfOverloaded. */
const WINDOW = 60_000;
const STALE = START + FRESH + 5_000;

afterEach(() => vi.useRealTimers());

interface Origin {
  app: FastifyInstance;
  runs: number;
  isOverloaded: boolean;
  fields: Record<string, string>;
}

/** An application that is overloaded whenever it is said to be. */
async function makeOrigin(options: FastifyCacheOptions = {}): Promise<Origin> {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const origin = { runs: 0, isOverloaded: false, fields: {} } as Origin;
  origin.app = await makeApp(
    { ttl: FRESH, ...options },
    { before: (app) => app.decorate('isUnderPressure', () => origin.isOverloaded) },
  );
  origin.app.get('/a', (_, reply) => reply.headers(origin.fields).send(`${++origin.runs}`));
  return origin;
}

describe.each(['auto', 'send'] as const)("under overload, in mode '%s',", (mode) => {
  it('a stale response is answered, and nothing refreshes it', async () => {
    const origin = await makeOrigin({ mode });
    await get(origin.app, '/a');
    vi.setSystemTime(STALE);
    origin.isOverloaded = true;
    for (let i = 0; i < 3; i++) {
      expect(await get(origin.app, '/a')).toMatchObject({
        body: '1',
        cache: 'catzilla; hit; ttl=-5',
      });
    }
    expect(origin.app.cache.stats()).toMatchObject({ stale: 3, refreshes: 0 });
    origin.isOverloaded = false;
    expect((await get(origin.app, '/a')).body).toBe('2');
    expect(origin.runs).toBe(2);
  });

  it('a fresh response is answered as ever, and a miss runs its handler', async () => {
    const origin = await makeOrigin({ mode });
    origin.isOverloaded = true;
    expect((await get(origin.app, '/a')).cache).toContain('uri-miss; stored');
    expect((await get(origin.app, '/a')).cache).toBe('catzilla; hit; ttl=10');
    expect(origin.app.cache.stats().stale).toBe(0);
  });
});

it.each([
  ['until the last ms of its window', WINDOW - 1, undefined, '1'],
  ['not after its window', WINDOW, undefined, '2'],
  ['for as long as the policy says', 5_000, 5_001, '1'],
  ['no longer than the policy says', 5_000, 5_000, '2'],
  ['never, where the policy says 0', 0, 0, '2'],
])('a stale response is answered %s', async (_, staleFor, staleIfOverloaded, body) => {
  const origin = await makeOrigin({
    staleIfError: 600_000,
    ...(staleIfOverloaded === undefined ? {} : { staleIfOverloaded }),
  });
  await get(origin.app, '/a');
  vi.setSystemTime(START + FRESH + staleFor);
  origin.isOverloaded = true;
  expect((await get(origin.app, '/a')).body).toBe(body);
});

it.each(['max-age=10, must-revalidate', 'max-age=10, proxy-revalidate', 's-maxage=10', 'no-cache'])(
  'a response with %s is not answered stale',
  async (value) => {
    const origin = await makeOrigin();
    origin.fields = { 'cache-control': value, etag: '"v1"' };
    await get(origin.app, '/a');
    vi.setSystemTime(STALE);
    origin.isOverloaded = true;
    expect((await get(origin.app, '/a')).body).toBe('2');
  },
);

it('a response inside its stale-while-revalidate window is answered and refreshed, as ever', async () => {
  const origin = await makeOrigin({ staleWhileRevalidate: 30_000 });
  await get(origin.app, '/a');
  vi.setSystemTime(STALE);
  origin.isOverloaded = true;
  expect((await get(origin.app, '/a')).body).toBe('1');
  expect(origin.app.cache.stats().refreshes).toBe(1);
});

it('an isUnderPressure that throws is a fault, and the handler runs', async () => {
  const origin = await makeOrigin();
  await get(origin.app, '/a');
  vi.setSystemTime(STALE);
  Object.defineProperty(origin, 'isOverloaded', {
    get() {
      throw new Error('broken gauge');
    },
  });
  expect((await get(origin.app, '/a')).body).toBe('2');
  expect(origin.app.cache.stats().faults).toBe(1);
});

it('an instance without the decorator is never overloaded', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp({ ttl: FRESH });
  let runs = 0;
  app.get('/a', () => `${++runs}`);
  await get(app, '/a');
  vi.setSystemTime(STALE);
  expect((await get(app, '/a')).body).toBe('2');
});

describe('@fastify/under-pressure', () => {
  /** A heap of more than a byte is too much for it, from its first sample on. */
  async function makeLimited(pressureHandler?: () => void): Promise<FastifyInstance> {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    const limits = { maxHeapUsedBytes: 1, sampleInterval: 10 };
    const options = pressureHandler === undefined ? limits : { ...limits, pressureHandler };
    const app = await makeApp(
      { ttl: FRESH },
      { before: (app) => app.register(underPressure, options) },
    );
    let runs = 0;
    app.get('/a', () => `${++runs}`);
    await app.ready();
    await get(app, '/a');
    vi.setSystemTime(STALE);
    await until(() => app.isUnderPressure());
    return app;
  }

  it('lets stale responses be answered, where its pressureHandler lets requests through', async () => {
    const app = await makeLimited(() => {});
    expect(await get(app, '/a')).toMatchObject({ body: '1', cache: 'catzilla; hit; ttl=-5' });
  });

  it('refuses requests itself, before any cache, where it has no pressureHandler', async () => {
    const app = await makeLimited();
    expect((await get(app, '/a')).status).toBe(503);
    expect(app.cache.stats().hits).toBe(0);
  });
});
