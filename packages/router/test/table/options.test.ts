// Options of a table: each does what it says, and what is wrong is refused at once.
import { expect, it } from 'vitest';
import { RouteTable } from '../../src/table/route-table.ts';
import type { RouteTableOptions } from '../../src/table/options.ts';
import { thrownBy } from '../support/tables.ts';

function finds(pattern: string, url: string, options: RouteTableOptions): boolean {
  return new RouteTable<number>(options).add('GET', pattern, 1).build().find('GET', url) !== null;
}

for (const [name, value, pattern, url] of [
  ['caseSensitive', false, '/a', '/A'],
  ['ignoreTrailingSlash', true, '/a', '/a/'],
  ['ignoreDuplicateSlashes', true, '/a/b', '/a//b'],
  ['useSemicolonDelimiter', true, '/a', '/a;b'],
  ['maxParamLength', 101, '/:x', `/${'x'.repeat(101)}`],
] as const) {
  it(`finds ${url.slice(0, 8)} only with ${name} ${value}, in every engine`, () => {
    for (const engine of ['walk', 'compile', 'native'] as const) {
      expect(finds(pattern, url, { engine }), engine).toBe(false);
      expect(finds(pattern, url, { engine, [name]: value }), engine).toBe(true);
    }
  });
}

it('splits path and query at a semicolon only where it is told to', () => {
  const find = (useSemicolonDelimiter: boolean) =>
    new RouteTable<number>({ useSemicolonDelimiter })
      .add('GET', '/*', 1)
      .build()
      .find('GET', '/a;b');
  expect(find(true)).toMatchObject({ path: '/a', query: 'b', params: { '*': 'a' } });
  expect(find(false)).toMatchObject({ path: '/a;b', query: '', params: { '*': 'a;b' } });
});

it('takes the engine, its threshold and the limit of compile', () => {
  const engineOf = (options: RouteTableOptions): string | undefined => {
    const table = new RouteTable<number>(options);
    for (let i = 0; i < 10; i++) table.add('GET', `/${i}`, i);
    return table.build().stats().methods['GET']?.engine;
  };
  expect(engineOf({})).toBe('compile');
  expect(engineOf({ nativeThreshold: 10 })).toBe('native');
  expect(engineOf({ compileLimit: 9 })).toBe('walk');
  expect(engineOf({ engine: 'walk' })).toBe('walk');
});

it('takes any limit of parameters, as large as it may be', () => {
  for (const engine of ['walk', 'native'] as const) {
    const maxParamLength = Number.MAX_SAFE_INTEGER;
    expect(finds('/:x', `/${'x'.repeat(8000)}`, { engine, maxParamLength }), engine).toBe(true);
  }
});

it('refuses options that are not of their kind', () => {
  for (const options of [
    { caseSensitive: 1 },
    { ignoreTrailingSlash: 'yes' },
    { ignoreDuplicateSlashes: null },
    { useSemicolonDelimiter: 0 },
    { maxParamLength: 0 },
    { maxParamLength: Infinity },
    { allowUnsafeRegex: 1 },
    { constraints: 7 },
    { constraints: null },
    { constraints: { tenant: 'a' } },
    { engine: 'wasm' },
  ]) {
    const error = thrownBy(() => new RouteTable(options as never));
    expect(error.code, JSON.stringify(options)).toBe('CATZ_ROUTER_OPTIONS');
    expect(error.message).toContain(`options.${Object.keys(options)[0]}`);
  }
});

it('refuses strategies that find-my-way refuses, when the table is made', () => {
  for (const strategy of [{}, { name: '' }, { name: 'tenant', storage: () => ({}) }]) {
    const error = thrownBy(() => new RouteTable({ constraints: { tenant: strategy } }));
    expect(error.code).toBe('CATZ_ROUTER_OPTIONS');
    expect(error.message).toContain('options.constraints');
    expect(error.cause).toBeInstanceOf(Error);
  }
});

it('refuses an unknown option and names the nearest', () => {
  const error = thrownBy(() => new RouteTable({ caseSensitve: false } as never));
  expect(error.code).toBe('CATZ_ROUTER_OPTIONS');
  expect(error.message).toContain('did you mean caseSensitive?');
});

it('options of a route are checked, too', () => {
  const table = new RouteTable<number>();
  for (const options of [{ constraint: {} }, { constraints: 5 }, { constraints: null }]) {
    expect(() => table.add('GET', '/a', 1, options as never)).toThrow(
      expect.objectContaining({ code: 'CATZ_ROUTER_OPTIONS' }),
    );
  }
  expect(table.size).toBe(0);
});
