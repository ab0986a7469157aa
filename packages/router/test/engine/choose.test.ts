// Which engine a method gets, and why not another.
import { expect, it } from 'vitest';
import { makeEngines } from '../../src/engine/choose.ts';
import type { EngineSettings } from '../../src/engine/choose.ts';
import { errors } from '../../src/errors.ts';
import type { Router } from '../../src/find-my-way/router.ts';
import { addRoute, manyPaths, routerOf, thrownBy } from '../support/tables.ts';

const auto: EngineSettings = { engine: 'auto', nativeThreshold: 10, compileLimit: 20 };

/** Name and reason of the engine for GET. */
function chosen(router: Router, settings: EngineSettings): (string | undefined)[] {
  const { name, reason } = makeEngines(router, settings).get('GET')!;
  return [name, reason];
}

function withoutCompiler(router: Router): Router {
  return Object.assign(router, { _compileTree: undefined });
}

it('compiles below the threshold of native, and takes native from there on', () => {
  expect(chosen(routerOf(manyPaths(9)), auto)).toEqual(['compile', undefined]);
  expect(chosen(routerOf(manyPaths(10)), auto)).toEqual(['native', undefined]);
});

it('counts the routes of each method by themselves', () => {
  const router = routerOf(manyPaths(10));
  router.on('POST', '/only', {}, () => 1);
  const engines = makeEngines(router, auto);
  expect([...engines].map(([method, { name, routes }]) => [method, name, routes])).toEqual([
    ['GET', 'native', 10],
    ['POST', 'compile', 1],
  ]);
});

it('walks above the limit of compile where native is not reached', () => {
  const settings = { ...auto, nativeThreshold: 100 };
  expect(chosen(routerOf(manyPaths(20)), settings)).toEqual(['compile', undefined]);
  expect(chosen(routerOf(manyPaths(21)), settings)).toEqual(['walk', undefined]);
  expect(chosen(routerOf(manyPaths(1)), { ...settings, compileLimit: 0 })[0]).toBe('walk');
});

it('stays off native where more than a quarter of the routes would be left to find-my-way', () => {
  const plain = manyPaths(12);
  const regexes = (count: number): string[] => manyPaths(count, '/x/:id(\\d+)');
  expect(chosen(routerOf([...plain, ...regexes(4)]), auto)).toEqual(['native', undefined]);
  expect(chosen(routerOf([...plain, ...regexes(5)]), auto)).toEqual([
    'compile',
    'not native: too many routes need JavaScript',
  ]);
});

it('counts routes behind text that no plain path holds as left to find-my-way', () => {
  const odd = manyPaths(5, '/\u00e9/x');
  expect(chosen(routerOf([...manyPaths(12), ...odd]), auto)[1]).toMatch(/^not native/);
});

it('counts constrained routes as left to find-my-way', () => {
  const router = routerOf(manyPaths(12));
  for (const path of manyPaths(5, '/x')) addRoute(router, path, { host: 'a.example' });
  expect(chosen(router, auto)[1]).toMatch(/^not native/);
});

it('walks with both reasons where it can neither take native nor compile', () => {
  const router = withoutCompiler(routerOf(manyPaths(12, '/:id(\\d+)')));
  expect(chosen(router, auto)).toEqual([
    'walk',
    'not native: too many routes need JavaScript; not compiled: the installed find-my-way cannot compile',
  ]);
});

it('walks a small table where find-my-way cannot compile', () => {
  const router = withoutCompiler(routerOf(['/a']));
  expect(chosen(router, auto)).toEqual([
    'walk',
    'not compiled: the installed find-my-way cannot compile',
  ]);
});

it('walks where compiling throws', () => {
  const router = Object.assign(routerOf(['/a']), {
    _compileTree() {
      throw new RangeError('too much of it');
    },
  });
  expect(chosen(router, auto)).toEqual(['walk', 'not compiled: too much of it']);
});

it('refuses engine compile where find-my-way cannot compile', () => {
  const settings: EngineSettings = { ...auto, engine: 'compile' };
  const error = thrownBy(() => makeEngines(withoutCompiler(routerOf(['/a'])), settings));
  expect(error.code).toBe('CATZ_ROUTER_COMPILE_UNAVAILABLE');
  expect(error.message).toContain('the installed find-my-way cannot compile');
});

it('refuses engine compile where compiling throws, and says what was thrown', () => {
  const settings: EngineSettings = { ...auto, engine: 'compile' };
  const cause = new RangeError('too much of it');
  const throwing = (thrown: unknown): Router =>
    Object.assign(routerOf(['/a']), {
      _compileTree() {
        throw thrown;
      },
    });
  const error = thrownBy(() => makeEngines(throwing(cause), settings));
  expect(error).toBeInstanceOf(errors.COMPILE_UNAVAILABLE);
  expect(error.cause).toBe(cause);
  expect(thrownBy(() => makeEngines(throwing('a string'), settings)).message).toContain('a string');
});

it('refuses engine compile where find-my-way compiles to something else', () => {
  const settings: EngineSettings = { ...auto, engine: 'compile' };
  for (const compiled of [null, {}]) {
    const router = Object.assign(routerOf(['/a']), { _compileTree: () => compiled });
    expect(thrownBy(() => makeEngines(router, settings)).message).toContain('something unknown');
  }
});

it('does not compile a table whose regular expression has no group for its parameter', () => {
  const router = routerOf(['/:id(?:a|b)']);
  expect(chosen(router, auto)).toEqual([
    'walk',
    'not compiled: a regular expression has fewer groups than parameters',
  ]);
  expect(chosen(routerOf(['/:id((?:a|b))']), auto)[0]).toBe('compile');
  expect(chosen(routerOf(['/x/:a-:b(?:a|b)/y']), auto)[0]).toBe('walk');
});

it('has no engine for a method without routes', () => {
  const engines = makeEngines(routerOf(['/a']), auto);
  expect([...engines.keys()]).toEqual(['GET']);
  expect(makeEngines(routerOf([]), auto).size).toBe(0);
});

it('takes the engine that is asked for by name, whatever the number of routes', () => {
  const router = routerOf(['/a']);
  for (const engine of ['walk', 'compile', 'native'] as const) {
    const made = makeEngines(router, { ...auto, engine }).get('GET')!;
    expect([made.name, made.routes, made.reason]).toEqual([engine, 1, undefined]);
    expect(made.find('/a', undefined)?.store).toEqual({ path: '/a' });
    expect(made.find('/b', undefined)).toBeNull();
  }
});
