// 100,000 routes: every engine builds and serves, but for find-my-way's generated code, which exceeds what one function
// may be given.
import { expect, it } from 'vitest';
import type { EngineChoice } from '../../src/engine/engine.ts';
import { RouteTable } from '../../src/table/route-table.ts';
import { thrownBy } from '../support/tables.ts';

const COUNT = 100_000;

function tableOf(engine: EngineChoice): RouteTable<number> {
  const table = new RouteTable<number>({ engine });
  for (let i = 0; i < COUNT; i++) table.add('GET', `/route/${i}`, i);
  return table;
}

for (const [engine, name] of [
  ['auto', 'native'],
  ['native', 'native'],
  ['walk', 'walk'],
] as const) {
  it(`builds and serves 100,000 routes with engine ${engine}`, () => {
    const built = tableOf(engine).build();
    for (let i = 0; i < COUNT; i += 997) {
      expect(built.find('GET', `/route/${i}`)?.value).toBe(i);
      expect(built.find('GET', `/route/${i}x`)).toBeNull();
    }
    expect(built.stats()).toMatchObject({ routes: COUNT, methods: { GET: { engine: name } } });
  });
}

it('refuses engine compile for 100,000 routes, and can still be built otherwise', () => {
  const error = thrownBy(() => tableOf('compile').build());
  expect(error.code).toBe('CATZ_ROUTER_COMPILE_UNAVAILABLE');
  expect(error.cause).toBeInstanceOf(RangeError);
});
