// Engines in the place of a router's find: put in, taken out, and out of the way when routes change.
import FindMyWay from 'find-my-way';
import { expect, it } from 'vitest';
import { accelerate } from '../../src/engine/accelerate.ts';
import type { Router } from '../../src/find-my-way/router.ts';
import { addRoute, manyPaths, routerOf, thrownBy } from '../support/tables.ts';

interface FullRouter extends Router {
  lookup(request: object, response?: object): unknown;
  compile(): this;
  off(method: string, path: string): void;
  reset(): void;
  addConstraintStrategy(strategy: object): void;
  get(path: string, handler: () => unknown): void;
}

function router(paths: readonly string[] = ['/a', '/:x/b']): FullRouter {
  return routerOf(paths) as FullRouter;
}

function own(of: object): string[] {
  return ['find', 'lookup', 'on', 'off', 'reset', 'addConstraintStrategy'].filter((name) =>
    Object.hasOwn(of, name),
  );
}

it('says which engine each method has', () => {
  const it = router(manyPaths(10));
  it.on('POST', '/a', {}, () => 1);
  const { engines } = accelerate(it, { nativeThreshold: 10 });
  expect(engines.map(({ method, name }) => [method, name])).toEqual([
    ['GET', 'native'],
    ['POST', 'compile'],
  ]);
});

it('answers find and lookup by the engine', () => {
  const it = router();
  const { engines } = accelerate(it, { engine: 'native' });
  expect(it.find('GET', '/7/b')?.params['x']).toBe('7');
  expect(it.lookup({ method: 'GET', url: '/a', headers: {} })).toBe('/a');
  expect(it.find('PUT', '/a')).toBeNull();
  expect(it.find('__proto__', '/a')).toBeNull();
  expect(engines[0]!.native?.counts.hits).toBe(2);
});

it('gives the router its own find back', () => {
  const it = router();
  const { restore, engines } = accelerate(it, { engine: 'native' });
  restore();
  restore();
  expect(own(it)).toEqual([]);
  expect(it.find('GET', '/a')?.store).toEqual({ path: '/a' });
  expect(engines[0]!.native?.counts.hits).toBe(0);
});

for (const [name, change, expected] of [
  ['on', (it: FullRouter) => addRoute(it, '/new'), '/new'],
  ['get', (it: FullRouter) => it.get('/new', () => '/new'), '/new'],
  ['off', (it: FullRouter) => it.off('GET', '/a'), undefined],
  ['reset', (it: FullRouter) => it.reset(), undefined],
] as const) {
  it(`finds by the router itself once ${name} has changed its routes`, () => {
    const it = router();
    accelerate(it, { engine: 'native' });
    change(it);
    expect(own(it)).toEqual([]);
    expect(it.find('GET', '/new')?.handler()).toBe(expected);
    if (expected === undefined) expect(it.find('GET', '/a')).toBeNull();
  });
}

it('finds by the router itself once a constraint strategy was added', () => {
  const it = router();
  accelerate(it, { engine: 'native' });
  it.addConstraintStrategy({
    name: 'secret',
    mustMatchWhenDerived: true,
    storage: () => new Map(),
    deriveConstraint: () => 'x',
  });
  expect(own(it)).toEqual([]);
  expect(it.find('GET', '/a', { secret: 'x' })).toBeNull();
});

it('takes the engines out even when the change is refused', () => {
  const it = router();
  accelerate(it, { engine: 'native' });
  expect(() => addRoute(it, '/a')).toThrow('already declared');
  expect(own(it)).toEqual([]);
  expect(it.find('GET', '/a')?.handler()).toBe('/a');
});

it('puts the lookup of a compiled router aside, and back', () => {
  const it = router().compile();
  expect(own(it)).toEqual(['find', 'lookup']);
  const { find, lookup } = it;
  const { restore } = accelerate(it, { engine: 'native' });
  expect(own(it)).not.toContain('lookup');
  expect(it.find).not.toBe(find);
  expect(it.lookup({ method: 'GET', url: '/a', headers: {} })).toBe('/a');
  restore();
  expect([it.find, it.lookup]).toEqual([find, lookup]);
  expect(it.lookup({ method: 'GET', url: '/a', headers: {} })).toBe('/a');
});

it('leaves a compiled router able to take new routes', () => {
  const it = router().compile();
  accelerate(it, { engine: 'native' });
  addRoute(it, '/new');
  expect(it.lookup({ method: 'GET', url: '/new', headers: {} })).toBe('/new');
});

it('gives wrapped methods back as they were wrapped', () => {
  const it = router();
  const added: string[] = [];
  const { on } = it;
  it.on = function wrapped(...args) {
    added.push(args[1]);
    return on.apply(this, args);
  };
  const wrapped = it.on;
  accelerate(it, { engine: 'native' }).restore();
  expect(it.on).toBe(wrapped);
  accelerate(it, { engine: 'native' });
  addRoute(it, '/new');
  expect(it.on).toBe(wrapped);
  expect(added).toEqual(['/new']);
});

it('lets a second acceleration take the place of the first', () => {
  const it = router();
  const first = accelerate(it, { engine: 'walk' });
  const second = accelerate(it, { engine: 'native' });
  it.find('GET', '/a');
  expect(second.engines[0]!.native?.counts.hits).toBe(1);
  first.restore();
  it.find('GET', '/a');
  expect(second.engines[0]!.native?.counts.hits).toBe(2);
  second.restore();
  expect(own(it)).toEqual([]);
  first.restore();
  expect(own(it)).toEqual([]);
});

it('notices new routes after a second acceleration was undone', () => {
  const it = router();
  const first = accelerate(it, { engine: 'native' });
  const second = accelerate(it, { engine: 'native' });
  first.restore();
  second.restore();
  addRoute(it, '/new');
  expect(it.find('GET', '/new')?.handler()).toBe('/new');
});

it('keeps two routers apart', () => {
  const one = router(['/one']);
  const two = router(['/two']);
  const { restore } = accelerate(one, { engine: 'native' });
  accelerate(two, { engine: 'native' });
  restore();
  expect(own(two)).toContain('find');
  expect([one.find('GET', '/two'), two.find('GET', '/two')?.handler()]).toEqual([null, '/two']);
});

it('refuses what is no router of find-my-way', () => {
  const whole = { ...FindMyWay(), find: () => null };
  for (const [fault, value] of [
    ['it is no object', null],
    ['it is no object', 'router'],
    ['it has no list of routes', { ...whole, routes: undefined }],
    ['it has no trees', { ...whole, trees: null }],
    ['it has no find', { ...whole, find: undefined }],
    ['it has no querystringParser', { ...whole, querystringParser: undefined }],
    ['it has no maxParamLength', { ...whole, maxParamLength: undefined }],
    ['it has no constraint strategies', { ...whole, constrainer: undefined }],
    ['it has no constraint strategies', { ...whole, constrainer: {} }],
  ] as const) {
    const error = thrownBy(() => accelerate(value as never));
    expect(error.code, fault).toBe('CATZ_ROUTER_CAPTURE_FAILED');
    expect(error.message).toContain(fault);
  }
});

it('refuses an unknown option', () => {
  const error = thrownBy(() => accelerate(router(), { engin: 'walk' } as never));
  expect(error.code).toBe('CATZ_ROUTER_OPTIONS');
});
