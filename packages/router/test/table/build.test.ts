// Tables that were built: generations, that they never change, and what they know of themselves.
import { expect, it } from 'vitest';
import { RouteTable } from '../../src/table/route-table.ts';
import { loadTrie } from '../../src/native/addon.ts';
import { thrownBy } from '../support/tables.ts';

for (const engine of ['walk', 'compile', 'native'] as const) {
  it(`leaves older tables as they were, with engine ${engine}`, () => {
    const table = new RouteTable<string>({ engine }).add('GET', '/a', 'a');
    const built = table.build();
    const image = built.image('GET');
    table.add('GET', '/b', 'b').add('GET', '/%61', 'c').add('PUT', '/a', 'd').build();
    expect([built.find('GET', '/b'), built.find('GET', '/%2561'), built.find('PUT', '/a')]).toEqual(
      [null, null, null],
    );
    expect(built.allowedMethods('/a')).toEqual(['GET']);
    expect(built.image('GET')).toEqual(image);
    expect(built.image('PUT')).toBeUndefined();
  });
}

it('counts generations, and keeps what is in each', () => {
  const table = new RouteTable<string>();
  const first = table.add('GET', '/a', 'a').build();
  const second = table.add('GET', '/b', 'b').build();
  const third = table.build();
  expect([first, second, third].map(({ generation }) => generation)).toEqual([1, 2, 3]);
  expect([first, second, third].map(({ routes }) => routes.length)).toEqual([1, 2, 2]);
  expect(first.find('GET', '/b')).toBeNull();
  expect(second.find('GET', '/b')).toMatchObject({ id: 1, value: 'b' });
  expect(third.find('GET', '/a')).toMatchObject({ id: 0, value: 'a' });
});

it('keeps ids through generations', () => {
  const table = new RouteTable<string>({ engine: 'native' });
  table.add('GET', '/z', 'z').add('GET', '/:x', 'x').add('POST', '/z', 'p');
  const first = table.build();
  const second = table.add('GET', '/a', 'a').build();
  for (const built of [first, second]) {
    expect(built.find('GET', '/z')?.id).toBe(0);
    expect(built.find('GET', '/q')?.id).toBe(1);
    expect(built.find('POST', '/z')?.id).toBe(2);
  }
  expect(first.find('GET', '/a')?.id).toBe(1);
  expect(second.find('GET', '/a')?.id).toBe(3);
});

it('leaves an older table alone when a route is refused', () => {
  const table = new RouteTable<number>();
  const built = table.add('GET', '/a', 1).build();
  expect(thrownBy(() => table.add('GET', '/a', 2)).code).toBe('CATZ_ROUTER_DUPLICATE');
  expect(built.find('GET', '/a')?.value).toBe(1);
  expect(table.add('GET', '/b', 3).build().find('GET', '/b')?.value).toBe(3);
});

it('can be built again after a build that failed', () => {
  const table = new RouteTable<number>({ engine: 'compile' }).add('GET', '/:id(?:a|b)', 1);
  for (let i = 0; i < 2; i++) {
    expect(thrownBy(() => table.build()).code).toBe('CATZ_ROUTER_COMPILE_UNAVAILABLE');
  }
});

it('builds a table without routes', () => {
  const built = new RouteTable<number>().build();
  expect(built.find('GET', '/')).toBeNull();
  expect(built.image('GET')).toBeUndefined();
  expect(built.stats()).toEqual({
    backend: 'js',
    routes: 0,
    generation: 1,
    nativeFailure: undefined,
    methods: {},
  });
});

it('lists its routes as they were added', () => {
  const table = new RouteTable<string>();
  table.add('GET', '/a', 'one').add('POST', '/b', 'two', { constraints: { host: 'h' } });
  expect(table.build().routes).toEqual([
    { id: 0, method: 'GET', pattern: '/a', value: 'one', constraints: undefined },
    { id: 1, method: 'POST', pattern: '/b', value: 'two', constraints: { host: 'h' } },
  ]);
});

it('refuses changes of its list of routes', () => {
  const built = new RouteTable<number>().add('GET', '/a', 1).build();
  expect(() => (built.routes as unknown[]).push(1)).toThrow(TypeError);
});

it('gives back values of any kind by identity', () => {
  const values = [undefined, null, 0, '', NaN, false, Symbol('s'), () => 1, {}, [], 7n];
  const table = new RouteTable<unknown>();
  for (const [i, value] of values.entries()) table.add('GET', `/${i}`, value);
  const built = table.build();
  for (const [i, value] of values.entries()) {
    const found = built.find('GET', `/${i}`);
    expect(found?.id).toBe(i);
    expect(Object.is(found?.value, value), String(i)).toBe(true);
  }
});

it('describes each method, and counts what native code did', () => {
  const table = new RouteTable<number>({ engine: 'native' });
  table.add('GET', '/a', 1).add('GET', '/b/:x(\\d+)', 2).add('PUT', '/a', 3);
  const built = table.build();
  for (const url of ['/a', '/a?x', '/c', '/b/1', '/b/2', '/%61', '/\u0161']) built.find('GET', url);
  const { methods, ...rest } = built.stats();
  expect(rest).toEqual({ backend: 'native', routes: 3, generation: 1, nativeFailure: undefined });
  expect(Object.keys(methods)).toEqual(['GET', 'PUT']);
  expect(methods['GET']).toEqual({
    engine: 'native',
    routes: 2,
    buildMs: expect.any(Number),
    imageBytes: built.image('GET')?.length,
    reason: undefined,
    hits: 2,
    misses: 1,
    deferred: { regex: 2, encoded: 1, nonAscii: 1 },
  });
  expect(methods['PUT']).toMatchObject({ hits: 0, misses: 0, deferred: {} });
});

it('gives images that load, from any engine, and none for a method without routes', () => {
  for (const engine of ['walk', 'compile', 'native'] as const) {
    const built = new RouteTable<number>({ engine }).add('GET', '/a/:x', 1).build();
    expect(loadTrie(built.image('GET')!)?.find('/a/7'), engine).toBe(0);
    expect(built.image('POST'), engine).toBeUndefined();
  }
});

it('gives images that are the caller’s own', () => {
  for (const engine of ['walk', 'native'] as const) {
    const built = new RouteTable<number>({ engine }).add('GET', '/a', 1).build();
    const image = built.image('GET')!;
    const before = Buffer.from(image).toString('hex');
    expect(image.buffer.byteLength).toBe(image.length);
    image.fill(0);
    expect(Buffer.from(built.image('GET')!).toString('hex'), engine).toBe(before);
    expect(built.find('GET', '/a')?.value, engine).toBe(1);
  }
});
