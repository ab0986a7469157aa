// Adding routes: what is refused, that a refusal changes nothing, and that tables which were built stay as they are.
import { expect, it } from 'vitest';
import { RouteTable } from '../../src/table/route-table.ts';
import { strategy } from '../support/routers.ts';
import { thrownBy } from '../support/tables.ts';

const BAD = 'CATZ_ROUTER_BAD_PATTERN';
const DUPLICATE = 'CATZ_ROUTER_DUPLICATE';

/** Code and message of what adding throws. */
function refusal(
  table: RouteTable<number>,
  method: unknown,
  pattern: unknown,
  constraints?: unknown,
): [string | undefined, string] {
  const add = (): unknown =>
    table.add(method as string, pattern as string, 9, { constraints } as object);
  const { code, message } = thrownBy(add);
  return [code, message];
}

it('refuses what is no pattern', () => {
  for (const pattern of [
    '',
    'a',
    'users/:id',
    '/a*b',
    '/*/a',
    '/:a?/b',
    '/:a(',
    '/:a([)',
    '/:a(\\d',
    7,
    null,
    undefined,
  ]) {
    const [code, message] = refusal(new RouteTable(), 'GET', pattern);
    expect(code, String(pattern)).toBe(BAD);
    expect(message).toMatch(/^route "GET" .* cannot be added: /);
  }
});

it('refuses what is no method', () => {
  for (const method of ['get', 'FETCH', '', '__proto__', 7, null, undefined]) {
    expect(refusal(new RouteTable(), method, '/a')[0], String(method)).toBe(BAD);
  }
});

it('refuses constraints that no strategy knows or takes', () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ tenant: 'a' }, 'No strategy registered'],
    [{ host: 7 }, 'Host should be'],
    [{ host: undefined }, 'undefined'],
    [{ version: 1 }, 'Version should be'],
    [{ version: 'one' }, 'Major version'],
  ];
  for (const [constraints, reason] of cases) {
    const [code, message] = refusal(new RouteTable(), 'GET', '/a', constraints);
    expect([code, message], JSON.stringify(constraints)).toEqual([
      BAD,
      expect.stringContaining(reason),
    ]);
  }
});

it('refuses the 32nd constrained route of one path', () => {
  const table = new RouteTable<number>();
  for (let i = 0; i < 31; i++) table.add('GET', '/a', i, { constraints: { host: `h${i}` } });
  expect(refusal(table, 'GET', '/a', { host: 'h31' })).toEqual([
    BAD,
    expect.stringContaining('31'),
  ]);
  const built = table.build();
  expect(built.find('GET', '/a', { host: 'h30' })?.value).toBe(30);
  expect(built.find('GET', '/a', { host: 'h31' })).toBeNull();
});

it('refuses a route that is there already, under any name of its parameters', () => {
  const table = new RouteTable<number>({ caseSensitive: false, ignoreTrailingSlash: true });
  table.add('GET', '/a/:id', 1).add('GET', '/*', 2).add('GET', '/r/:id(\\d+)', 3);
  for (const pattern of ['/a/:id', '/a/:name', '/A/:id', '/a/:id/', '*', '/r/:n(\\d+)']) {
    const [code, message] = refusal(table, 'GET', pattern);
    expect(code, pattern).toBe(DUPLICATE);
    expect(message).toContain(`"GET" ${JSON.stringify(pattern)} is there already`);
  }
  expect(table.size).toBe(3);
});

it('takes one pattern for each method, and for each set of constraints', () => {
  const table = new RouteTable<number>();
  table.add('GET', '/a', 0).add('POST', '/a', 1);
  table.add('GET', '/a', 2, { constraints: { host: 'a.example' } });
  table.add('GET', '/a', 3, { constraints: { host: 'a.example', version: '1.0.0' } });
  expect(refusal(table, 'GET', '/a', { host: 'a.example' })[0]).toBe(DUPLICATE);
  expect(refusal(table, 'GET', '/a', {})[0]).toBe(DUPLICATE);
  expect(table.size).toBe(4);
});

it('takes a pattern for what it is, whatever words it has', () => {
  expect(refusal(new RouteTable(), 'GET', '/:a(already declared')[0]).toBe(BAD);
});

it('keeps the reason of find-my-way as the cause', () => {
  const table = new RouteTable<number>().add('GET', '/a', 1);
  const error = thrownBy(() => table.add('GET', '/a', 2));
  expect(error.cause).toBeInstanceOf(Error);
  expect(error.message).toContain((error.cause as Error).message);
});

it('leaves nothing of a refused route in the table', () => {
  const table = new RouteTable<number>({ engine: 'walk' });
  const untouched = new RouteTable<number>({ engine: 'walk' });
  for (const it of [table, untouched]) it.add('GET', '/a/b', 1).add('GET', '/x', 2);
  // Each has changed find-my-way's tree by the time it is refused.
  for (const pattern of ['/c/*/d', '/a/:z([ab)', '*a', '/x/:q?', '/ay/:z([ab)']) {
    expect(refusal(table, 'GET', pattern)[0], pattern).toMatch(/BAD_PATTERN|DUPLICATE/);
    expect(table.build().image('GET'), pattern).toEqual(untouched.build().image('GET'));
  }
  for (const it of [table, untouched]) it.add('GET', '/later', 3);
  expect(table.build().image('GET')).toEqual(untouched.build().image('GET'));
  expect(table.size).toBe(3);
});

it('adds neither half of a route with an optional parameter when one half is there already', () => {
  const table = new RouteTable<number>().add('GET', '/a', 1);
  expect(refusal(table, 'GET', '/a/:x?')[0]).toBe(DUPLICATE);
  const built = table.build();
  expect(built.find('GET', '/a/7')).toBeNull();
  expect([table.size, built.routes.length]).toEqual([1, 1]);
});

it('counts a route with an optional parameter as one', () => {
  const table = new RouteTable<number>().add('GET', '/a/:x?', 1);
  const built = table.build();
  expect([table.size, built.stats().routes, built.stats().methods['GET']?.routes]).toEqual([
    1, 1, 2,
  ]);
  expect(built.find('GET', '/a')).toMatchObject({ id: 0, value: 1, params: {} });
  expect(built.find('GET', '/a/7')).toMatchObject({ id: 0, value: 1, params: { x: '7' } });
});

it('keeps a copy of the constraints', () => {
  const constraints = { host: 'a.example' };
  const table = new RouteTable<number>().add('GET', '/a', 1, { constraints });
  constraints.host = 'b.example';
  const built = table.build();
  expect(built.find('GET', '/a', { host: 'a.example' })?.value).toBe(1);
  expect(built.find('GET', '/a', { host: 'b.example' })).toBeNull();
  expect(Object.isFrozen(built.routes[0]?.constraints)).toBe(true);
});

it('knows the custom strategies of its options', () => {
  const constraints = { tenant: strategy('tenant'), secret: strategy('secret') };
  const table = new RouteTable<number>({ constraints });
  table.add('GET', '/a', 1, { constraints: { tenant: 'one' } }).add('GET', '/b', 2);
  const built = table.build();
  expect(built.find('GET', '/a', { tenant: 'one' })?.value).toBe(1);
  expect(built.find('GET', '/a', { tenant: 'two' })).toBeNull();
  expect(built.find('GET', '/a')).toBeNull();
  expect(built.find('GET', '/b', { secret: 'x' })).toBeNull();
});
