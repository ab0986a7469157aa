// Without an addon: what asks for it by name fails, and everything else works in JavaScript and says so.
import { expect, it, vi } from 'vitest';
import { accelerate } from '../../src/engine/accelerate.ts';
import { loadTrie, nativeFailure } from '../../src/native/addon.ts';
import { Slot } from '../../src/native/slot.ts';
import { RouteTable } from '../../src/table/route-table.ts';
import { manyPaths, routerOf, thrownBy } from '../support/tables.ts';

vi.mock('../../src/native/load.ts', async (load) => {
  const { loadAddon } = await load<{ loadAddon(folder: string): unknown }>();
  const nowhere = new URL('nowhere/', import.meta.url).pathname;
  return { loadAddon: () => loadAddon(nowhere) };
});

it('tells why', () => {
  expect(nativeFailure()).toContain('no such file');
  expect(loadTrie(new Uint8Array(64))).toBeUndefined();
});

it('refuses engine native, and says which file is missing', () => {
  const error = thrownBy(() => accelerate(routerOf(['/a']), { engine: 'native' }));
  expect(error.code).toBe('CATZ_ROUTER_NATIVE_UNAVAILABLE');
  expect(error.message).toContain('no such file');
  const table = new RouteTable<number>({ engine: 'native' }).add('GET', '/a', 1);
  expect(thrownBy(() => table.build()).code).toBe('CATZ_ROUTER_NATIVE_UNAVAILABLE');
});

it('compiles or walks a table that would be native', () => {
  const engineOf = (options: object): unknown[] => {
    const { engines } = accelerate(routerOf(manyPaths(10)), options);
    return [engines[0]!.name, engines[0]!.reason];
  };
  const why = expect.stringMatching(/^not native: .*no such file/);
  expect(engineOf({ nativeThreshold: 10 })).toEqual(['compile', why]);
  expect(engineOf({ nativeThreshold: 10, compileLimit: 9 })).toEqual(['walk', why]);
  expect(engineOf({ nativeThreshold: 11 })).toEqual(['compile', undefined]);
});

it('finds, finds batches and makes images in JavaScript', () => {
  const table = new RouteTable<string>({ nativeThreshold: 1 });
  const built = table.add('GET', '/a/:x', 'one').build();
  expect(built.stats()).toMatchObject({
    backend: 'js',
    nativeFailure: expect.stringContaining('no such file'),
    methods: { GET: { engine: 'compile', hits: 0, imageBytes: 0, deferred: {} } },
  });
  expect(built.find('GET', '/a/7?b')).toMatchObject({ value: 'one', params: { x: '7' } });
  const out = new Int32Array(2);
  const ends = Uint32Array.of(4, 6);
  for (const raw of [false, true]) {
    expect(built.findBatch('GET', Buffer.from('/a/7/b'), ends, out, { raw })).toBe(1);
    expect([...out]).toEqual([0, -1]);
  }
  expect(built.image('GET')?.length).toBeGreaterThan(40);
});

it('has no slot for other addons, and publishes to nobody', () => {
  const slot = new Slot();
  slot.publish([{ method: 'GET', image: new Uint8Array(1) }], []);
  expect([slot.abi, slot.generation]).toEqual([undefined, 0]);
});
