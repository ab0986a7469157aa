// What find gives, for one of each thing that tables hold; the random tables of differential/ go further.
import { expect, it } from 'vitest';
import type { EngineChoice } from '../../src/engine/engine.ts';
import { RouteTable } from '../../src/table/route-table.ts';
import type { RouteTableOptions } from '../../src/table/options.ts';

const ENGINES: readonly EngineChoice[] = ['walk', 'compile', 'native', 'auto'];

function build(patterns: readonly string[], options: RouteTableOptions = {}) {
  const table = new RouteTable<string>(options);
  for (const pattern of patterns) table.add('GET', pattern, pattern);
  return table.build();
}

for (const engine of ENGINES) {
  it(`prefers static text to expressions, those to parameters, those to wildcards, with engine ${engine}`, () => {
    const built = build(['/a/*', '/a/:x', '/a/:n(^\\d+$)', '/a/b', '/a/:x/c', '/a/b/d'], {
      engine,
    });
    const winner = (url: string): string | undefined => built.find('GET', url)?.value;
    expect(winner('/a/b')).toBe('/a/b');
    expect(winner('/a/7')).toBe('/a/:n(^\\d+$)');
    expect(winner('/a/x')).toBe('/a/:x');
    expect(winner('/a/x/y')).toBe('/a/*');
    expect(winner('/a/b/c')).toBe('/a/:x/c');
    expect(winner('/a/')).toBe('/a/:x');
    expect(winner('/a')).toBeUndefined();
  });

  it(`gives parameters decoded, path and query as they came, with engine ${engine}`, () => {
    const built = build(['/u/:name/*', '/:a-:b'], { engine });
    expect(built.find('GET', '/u/J%C3%A9%2F/x/y?q=%41#z')).toEqual({
      id: 0,
      value: '/u/:name/*',
      params: { name: 'Jé/', '*': 'x/y' },
      path: '/u/J%C3%A9%2F/x/y',
      query: 'q=%41#z',
    });
    expect(built.find('GET', '/1-2')?.params).toEqual({ a: '1', b: '2' });
    expect(built.find('GET', 'http://a.example/1-2?x')).toMatchObject({ path: '/1-2', query: 'x' });
  });

  it(`finds nothing for a malformed URL, an over-long parameter, another method, with engine ${engine}`, () => {
    const built = build(['/u/:name'], { engine, maxParamLength: 3 });
    for (const url of ['/u/%zz', '/u/abcd', 'http://', '/v']) {
      expect(built.find('GET', url), url).toBeNull();
    }
    expect(built.find('POST', '/u/abc')).toBeNull();
    expect(built.find('GET', '/u/abc')?.params).toEqual({ name: 'abc' });
  });

  it(`never takes a character for the one that its low byte is, with engine ${engine}`, () => {
    const built = build(['/A', '/?', '/a', '/a/b'], { engine });
    for (const url of ['/\u0141', '/\u0241', '/a\u013f', '/a\u012fb', '/a\u0123']) {
      expect(built.find('GET', url), JSON.stringify(url)).toBeNull();
    }
  });

  it(`matches constraints by the derived values that it is given, with engine ${engine}`, () => {
    const table = new RouteTable<string>({ engine });
    table.add('GET', '/a', 'any').add('GET', '/a', 'host', { constraints: { host: 'a.example' } });
    table.add('GET', '/a', 'version', { constraints: { version: '1.2.0' } });
    table.add('GET', '/b', 'regex', { constraints: { host: /\.example$/ } });
    table.add('GET', '/:x', 'other');
    const built = table.build();
    const values = [
      built.find('GET', '/a'),
      built.find('GET', '/a', {}),
      built.find('GET', '/a', { host: 'a.example' }),
      built.find('GET', '/a', { host: 'b.example' }),
      built.find('GET', '/a', { version: '1.x' }),
      built.find('GET', '/a', { version: '2.x' }),
      built.find('GET', '/b', { host: 'x.example' }),
      built.find('GET', '/b', { host: 'x.test' }),
      built.find('GET', '/b'),
    ].map((found) => found?.value);
    expect(values).toEqual([
      'any',
      'any',
      'host',
      'any',
      'version',
      undefined,
      'regex',
      'other',
      'other',
    ]);
  });
}

it('serves a bare * for every target, and * itself', () => {
  const built = build(['*', '/a']);
  expect(built.find('GET', '*')).toMatchObject({ value: '*', params: { '*': '*' }, path: '*' });
  expect(built.find('GET', '/b')?.params).toEqual({ '*': '/b' });
  expect(built.find('GET', '/a')?.value).toBe('/a');
});

it('takes __proto__ for a name like any other', () => {
  for (const engine of ENGINES) {
    const params = build(['/:__proto__/:constructor'], { engine }).find('GET', '/x/y')!.params;
    expect(Object.entries(params)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(params['toString']).toBeUndefined();
  }
});
