// An addon that refuses every image, as one of another version does.
import { expect, it, vi } from 'vitest';
import { accelerate } from '../../src/engine/accelerate.ts';
import { RouteTable } from '../../src/table/route-table.ts';
import { routerOf, thrownBy } from '../support/tables.ts';

vi.mock('../../src/native/load.ts', () => ({
  loadAddon: () => ({ exports: { loadTrie: () => null, openSlot: () => null } }),
}));

it('makes engine native unavailable', () => {
  const error = thrownBy(() => accelerate(routerOf(['/a']), { engine: 'native' }));
  expect(error.code).toBe('CATZ_ROUTER_NATIVE_UNAVAILABLE');
  expect(error.message).toContain('the addon refused the image');
});

it('leaves engine auto to JavaScript', () => {
  const built = new RouteTable<number>({ nativeThreshold: 1 }).add('GET', '/a', 1).build();
  expect(built.stats()).toMatchObject({
    backend: 'js',
    nativeFailure: undefined,
    methods: { GET: { engine: 'compile', reason: 'not native: the addon refused the image' } },
  });
  expect(built.find('GET', '/a')?.value).toBe(1);
});
