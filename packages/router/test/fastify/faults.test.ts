// What happens when an engine is wrong: planted faults must be seen, at start and at run time, and fail no request.
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import type * as dispatching from '../../src/engine/accelerate.ts';
import type * as conflicting from '../../src/introspect/conflicts.ts';
import { catzillaRouter } from '../../src/fastify/plugin.ts';
import type { CatzillaRouterOptions } from '../../src/fastify/options.ts';
import type { FindResult, RouterFind } from '../../src/find-my-way/router.ts';

const opened: FastifyInstance[] = [];
let spoil:
  ((found: FindResult | null, method: string, url: string) => FindResult | null) | undefined;
let conflictsFault: Error | undefined;

vi.mock('../../src/engine/accelerate.ts', async (original) => {
  const real = await original<typeof dispatching>();
  return {
    ...real,
    dispatch: (engines: Parameters<typeof real.dispatch>[0]): RouterFind => {
      const find = real.dispatch(engines);
      return (method, url, derived) => {
        const found = find(method, url, derived);
        return spoil === undefined ? found : spoil(found, method, url);
      };
    },
  };
});

vi.mock('../../src/introspect/conflicts.ts', async (original) => {
  const real = await original<typeof conflicting>();
  return {
    ...real,
    findConflicts: (...args: Parameters<typeof real.findConflicts>) => {
      if (conflictsFault !== undefined) throw conflictsFault;
      return real.findConflicts(...args);
    },
  };
});

afterEach(async () => {
  spoil = undefined;
  conflictsFault = undefined;
  await Promise.all(opened.splice(0).map((app) => app.close()));
});

async function app(options: CatzillaRouterOptions): Promise<FastifyInstance> {
  const router = catzillaRouter(options);
  const made = Fastify({ routerOptions: router.options() });
  opened.push(made);
  await made.register(router);
  made.get('/a/:x', async (request) => ({ a: request.params }));
  made.get('/b/:x', async (request) => ({ b: request.params }));
  return made;
}

const FAULTS: readonly (readonly [string, NonNullable<typeof spoil>])[] = [
  ['a route is missed', (found, _method, url) => (url.startsWith('/a/') ? null : found)],
  ['a parameter is wrong', (found) => found && { ...found, params: { x: 'wrong' } }],
  ['a parameter is missing', (found) => found && { ...found, params: {} }],
  ['a handler is wrong', (found) => found && { ...found, handler: () => 'wrong' }],
];

test.each(FAULTS)(
  'when %s, the check at start sees it and Fastify finds the routes',
  async (_name, fault) => {
    spoil = fault;
    const reasons: string[] = [];
    const made = await app({ onFallback: (reason) => void reasons.push(reason) });
    await made.ready();
    expect(reasons).toEqual([expect.stringContaining('differs from the router of Fastify')]);
    expect(made.routerStats()).toMatchObject({ backend: 'js', fallback: reasons[0] });
    expect((await made.inject('/a/1')).json()).toEqual({ a: { x: '1' } });
  },
);

test('with strict the start fails with the difference', async () => {
  spoil = FAULTS[0]![1];
  const made = await app({ strict: true });
  await expect(made.ready()).rejects.toMatchObject({ code: 'CATZ_ROUTER_SELF_CHECK' });
});

test("with verify 'always' a fault that begins later costs no request, and ends the engine", async () => {
  const onFallback = vi.fn();
  const made = await app({ verify: 'always', onFallback });
  await made.ready();
  expect((await made.inject('/a/1')).json()).toEqual({ a: { x: '1' } });
  expect(onFallback).not.toHaveBeenCalled();
  spoil = FAULTS[1]![1];
  expect((await made.inject('/a/2')).json()).toEqual({ a: { x: '2' } });
  expect((await made.inject('/a/3')).json()).toEqual({ a: { x: '3' } });
  expect(onFallback).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('GET /a/2'));
});

test("with verify 'sample' one request in a thousand is compared", async () => {
  const made = await app({ verify: 'sample' });
  await made.ready();
  const { compared } = made.routerStats();
  for (let i = 0; i < 2_000; i++) made.findRoute({ method: 'GET', url: '/a/:x' });
  expect(made.routerStats().compared).toBe(compared + 2);
});

test("with verify 'off' nothing is compared", async () => {
  const made = await app({ verify: 'off' });
  await made.ready();
  expect(made.routerStats()).toMatchObject({ compared: 0, fallback: undefined });
});

test('verifyMax bounds the routes that are compared, spread over all', async () => {
  const router = catzillaRouter({ verifyMax: 3, nativeThreshold: 1 });
  const made = Fastify({ routerOptions: router.options() });
  opened.push(made);
  await made.register(router);
  for (let i = 0; i < 300; i++) made.post(`/r${i}`, async () => i);
  await made.ready();
  const { compared } = made.routerStats();
  expect(compared).toBeGreaterThan(2);
  expect(compared).toBeLessThan(30);
});

test('a table that changes after the start gives the router back to Fastify', async () => {
  const onFallback = vi.fn();
  const made = await app({ onFallback });
  // Fastify takes no routes any more by then, but rebuilds its tree for a strategy.
  made.addHook('onReady', async () => {
    made.addConstraintStrategy({
      name: 'late',
      storage: () => ({ get: () => null, set: () => {}, del: () => {}, empty: () => {} }),
      validate: () => {},
      deriveConstraint: () => undefined,
    } as never);
  });
  await made.ready();
  expect(onFallback).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('after the start'));
  expect((await made.inject('/a/1')).json()).toEqual({ a: { x: '1' } });
});

test('while Fastify finds the routes, no engine is told of', async () => {
  spoil = FAULTS[0]![1];
  const made = await app({ nativeThreshold: 1, onFallback: () => {} });
  await made.ready();
  expect(made.routerStats().methods).toEqual({});
  expect(made.routes().every(({ engine }) => engine === 'walk')).toBe(true);
});

test('an application that has closed says so, and gives native code nothing', async () => {
  const router = catzillaRouter({ nativeThreshold: 1 });
  const made = Fastify({ routerOptions: router.options() });
  await made.register(router);
  made.get('/a', async () => 'a');
  await made.ready();
  await made.close();
  expect(made.routerStats()).toMatchObject({
    backend: 'js',
    fallback: 'the application is closed',
  });
  expect(router.abi).toBeUndefined();
});

test('a fault in looking for conflicts is logged, and the application starts', async () => {
  const logged: string[] = [];
  const router = catzillaRouter();
  const made = Fastify({
    routerOptions: router.options(),
    logger: { level: 'error', stream: { write: (line: string) => void logged.push(line) } },
  });
  opened.push(made);
  await made.register(router);
  made.get('/a', async () => 'a');
  conflictsFault = new Error('ours');
  await made.ready();
  expect(logged.join('')).toContain('conflicts of routes could not be looked for');
  expect((await made.inject('/a')).body).toBe('a');
});
