import { describe, expect, test } from 'vitest';
import { dynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import { VERSIONS } from '../fastify/versions.ts';
import { coded, get, makeApp } from './apps.ts';

describe('options of a dynamic table', () => {
  const bad: readonly (readonly [object, RegExp])[] = [
    [{ nme: 'a' }, /unknown option options\.nme, did you mean name\?/],
    [{}, /options\.name/],
    [{ name: '' }, /options\.name/],
    [{ name: 7 }, /options\.name/],
    [{ name: 'a', maxRoutes: 0 }, /options\.maxRoutes/],
    [{ name: 'a', commit: 'never' }, /options\.commit/],
    [{ name: 'a', table: 'fast' }, /options\.table/],
    [{ name: 'a', table: [] }, /options\.table/],
    [{ name: 'a', table: { engin: 'walk' } }, /did you mean engine\?/],
    [{ name: 'a', table: { maxParamLength: -1 } }, /maxParamLength/],
    ...['a', 'a/', '/a/', '//', '/a*', '/*', 7].map(
      (prefix) => [{ name: 'a', prefix }, /options\.prefix to be a path/] as const,
    ),
  ];

  test.each(bad)('%o is refused, and the message names it', (options, message) => {
    expect(() => dynamicRoutes(options as never)).toThrow(
      coded('CATZ_ROUTER_OPTIONS', message) as Error,
    );
  });

  test.each([undefined, '', '/', '/a', '/a/b', '/:tenant', '/a/:b'])(
    'prefix %o is taken',
    (prefix) => {
      const options = prefix === undefined ? {} : { prefix };
      expect(dynamicRoutes({ name: 'a', ...options }).stats()).toMatchObject({ name: 'a' });
    },
  );

  test('maxRoutes may be Infinity', () => {
    expect(dynamicRoutes({ name: 'a', maxRoutes: Infinity }).generation).toBe(0);
  });

  test('what the caller changes afterwards has no effect', async () => {
    const table = { caseSensitive: false };
    const routes = dynamicRoutes({ name: 'a', table });
    table.caseSensitive = 'never' as never;
    const app = makeApp(VERSIONS.at(-1)![1]);
    app.register(routes.plugin);
    routes.add({ method: 'GET', url: '/a', handler: async () => 'a' });
    expect(await get(app, '/A')).toBe('a');
  });

  test('an engine asked for by name is there, or the table is refused at once', () => {
    expect(dynamicRoutes({ name: 'a', table: { engine: 'native' } }).generation).toBe(0);
    expect(dynamicRoutes({ name: 'a', table: { engine: 'compile' } }).generation).toBe(0);
  });
});
