// Where the runtime forbids buffers over native memory (Electron), there is no near-cache; everything else works.
import { expect, it, vi } from 'vitest';
import { openCache } from '../src/index.ts';
import type * as OpenEngine from '../src/native/open-engine.ts';

vi.mock('../src/native/open-engine.ts', async (importOriginal) => {
  const original = await importOriginal<typeof OpenEngine>();
  return {
    ...original,
    openEngine: (...args: Parameters<typeof original.openEngine>) => {
      const {
        generations: _,
        visited: __,
        nearHits: ___,
        ...handle
      } = original.openEngine(...args);
      return handle;
    },
  };
});

it('goes without a near-cache where external buffers are refused, and says so', () => {
  const cache = openCache({ maxBytes: 2 ** 20 });
  cache.set('a', 'value');
  for (let i = 0; i < 10; i++) expect(cache.get('a')!.toString()).toBe('value');
  for (let i = 0; i < 10; i++) expect(cache.getRecord('a')!.bytes.toString()).toBe('value');
  cache.set('a', 'other');
  expect(cache.get('a')!.toString()).toBe('other');
  cache.clear();
  expect(cache.get('a')).toBeUndefined();
  expect(cache.stats()).toMatchObject({
    hits: 21,
    nearHits: 0,
    near: { enabled: false, entries: 0, bytes: 0 },
  });
  cache.close();
});
