import { expect, test } from 'vitest';
import { WeighedMap } from '../../../src/embedded/collections/weighed-map.ts';

test('what it tells adds up to what its entries take', () => {
  let bytes = 0;
  const map = new WeighedMap<string>(
    (value) => value.length,
    (more) => {
      bytes += more;
    },
  );
  map.set('key', 'value');
  expect(bytes).toBe(108);
  map.set('key', 'longer value');
  expect(bytes).toBe(115);
  map.set('other', '');
  expect(bytes).toBe(220);
  expect([map.delete('none'), map.delete('key')]).toEqual([false, true]);
  expect(bytes).toBe(105);
  map.set('third', '');
  map.clear();
  expect([bytes, map.size]).toEqual([0, 0]);
});
