import { expect, it, vi } from 'vitest';
import { byStore } from '../../src/compile/by-store.ts';

it('builds once for stores that hold the same schemas, and anew for others', () => {
  const build = vi.fn((added: object) => Object.keys(added).join());
  const of = byStore(build);
  const [a, b] = [{ $id: 'a' }, { $id: 'b' }];
  expect([of({ a }), of({ a }), of({ a, b }), of({}), of({})]).toEqual(['a', 'a', 'a,b', '', '']);
  expect(build).toHaveBeenCalledTimes(3);
  of({ a: { $id: 'a' } });
  expect(build).toHaveBeenCalledTimes(4);
});
