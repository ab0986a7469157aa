import { describe, expect, test, vi } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { dynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import { coded, get, makeApp, makeTable } from './apps.ts';

const route = (url: string, text = url) => ({ method: 'GET', url, handler: async () => text });
// A regular expression of its own takes the group of a parameter, which engine 'compile' refuses.
const UNCOMPILABLE = '/b/:x(?:a)';

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  test("'auto' commits all changes of a tick as one generation, behind it", async () => {
    const { app, table } = await makeTable(make);
    table.add(route('/a'));
    table.add(route('/b'));
    table.remove('GET', '/b');
    table.replace(route('/a', 'new'));
    expect(table.generation).toBe(0);
    await Promise.resolve();
    expect(table.generation).toBe(1);
    expect(await get(app, '/t/a')).toBe('new');
    table.add(route('/c'));
    await Promise.resolve();
    table.add(route('/d'));
    await Promise.resolve();
    expect(table.generation).toBe(3);
  });

  test("commit() of 'auto' does not wait, and nothing is committed twice", async () => {
    const { app, table } = await makeTable(make);
    table.add(route('/a'));
    expect(table.commit()).toBe(1);
    expect(table.commit()).toBe(1);
    await Promise.resolve();
    expect(table.generation).toBe(1);
    expect(await get(app, '/t/a')).toBe('/a');
  });

  test("'manual' shows nothing before commit()", async () => {
    const { app, table } = await makeTable(make, { commit: 'manual' });
    table.add(route('/a'));
    expect((await app.inject('/t/a')).statusCode).toBe(404);
    expect(table.commit()).toBe(1);
    expect(await get(app, '/t/a')).toBe('/a');
    table.replace(route('/a', 'new'));
    table.add(route('/b'));
    expect(await get(app, '/t/a')).toBe('/a');
    expect((await app.inject('/t/b')).statusCode).toBe(404);
    table.remove('GET', '/a');
    expect(await get(app, '/t/a')).toBe('/a');
    expect(table.commit()).toBe(2);
    expect((await app.inject('/t/a')).statusCode).toBe(404);
    expect(await get(app, '/t/b')).toBe('/b');
  });

  test('what was committed before the table was registered is served from the start, and nothing else', async () => {
    const table = dynamicRoutes({ name: 'early', prefix: '/t', commit: 'manual' });
    table.add(route('/a'));
    table.add(route('/gone'));
    expect(table.commit()).toBe(1);
    table.add(route('/b'));
    table.remove('GET', '/gone');
    const app = makeApp(make);
    app.register(table.plugin);
    expect(await get(app, '/t/a')).toBe('/a');
    expect(await get(app, '/t/gone')).toBe('/gone');
    expect((await app.inject('/t/b')).statusCode).toBe(404);
    expect(table.commit()).toBe(2);
    expect((await app.inject('/t/gone')).statusCode).toBe(404);
    expect(await get(app, '/t/b')).toBe('/b');
  });

  test('a table that is registered a second time is refused', async () => {
    const { table } = await makeTable(make);
    const other = make();
    other.register(table.plugin);
    await expect(other.ready()).rejects.toThrow(
      coded('CATZ_ROUTER_OPTIONS', /"test" to be registered once/) as Error,
    );
  });
});

const [, make] = VERSIONS.at(-1)!;

test('a commit that fails throws, and the routes of the last one stay', async () => {
  const { app, table } = await makeTable(make, { commit: 'manual', table: { engine: 'compile' } });
  table.add(route('/a'));
  table.commit();
  table.add(route(UNCOMPILABLE));
  expect(() => table.commit()).toThrow(coded('CATZ_ROUTER_COMPILE_UNAVAILABLE') as Error);
  expect(table.stats()).toMatchObject({ generation: 1, hasChanges: true });
  expect(await get(app, '/t/a')).toBe('/a');
  table.remove('GET', UNCOMPILABLE);
  expect(table.commit()).toBe(2);
});

test('one that fails behind a tick is logged and told by stats', async () => {
  const { app, table } = await makeTable(make, { table: { engine: 'compile' } });
  table.add(route('/a'));
  table.commit();
  const logged = vi.spyOn(app.log, 'error');
  table.add(route(UNCOMPILABLE));
  await Promise.resolve();
  expect(logged).toHaveBeenCalledWith(
    expect.objectContaining({ table: 'test' }),
    'commit of a dynamic table failed',
  );
  expect(table.stats()).toMatchObject({
    generation: 1,
    failure: expect.stringContaining('compile'),
  });
  expect(await get(app, '/t/a')).toBe('/a');
  table.remove('GET', UNCOMPILABLE);
  await Promise.resolve();
  expect(table.stats()).toMatchObject({ generation: 2, failure: undefined });
});

test('many removals of one commit are one rebuild', async () => {
  const { table } = await makeTable(make, { commit: 'manual' });
  for (let i = 0; i < 3000; i++) table.add(route(`/r${i}/:id`));
  table.commit();
  for (let i = 0; i < 3000; i += 2) table.remove('GET', `/r${i}/:id`);
  expect(table.commit()).toBe(2);
  // Each off() of find-my-way builds its router anew: 1500 of them would be 3 million insertions.
  expect(table.stats().table).toMatchObject({ generation: 1, routes: 1500 });
});

test('many changes of one tick wait for it once', async () => {
  const { table } = await makeTable(make);
  const queued = vi.spyOn(globalThis, 'queueMicrotask');
  try {
    for (let i = 0; i < 100; i++) table.add(route(`/r${i}`));
    expect(queued).toHaveBeenCalledTimes(1);
  } finally {
    queued.mockRestore();
  }
});
