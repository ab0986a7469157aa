// The folder never takes more than maxBytes, whatever is written.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';

afterEach(closeStores);
afterAll(removeFolders);

/** Bytes of everything in a folder, by length or by blocks, whichever is more. */
function usageOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return Math.max(stats.size, stats.blocks * 512);
  try {
    return readdirSync(path).reduce((sum, name) => sum + usageOf(join(path, name)), stats.size);
  } catch {
    // Dropped meanwhile.
    return 0;
  }
}

const kinds = {
  'small records in order': (i: number) => ({ id: `key ${String(i).padStart(9, '0')}`, size: 10 }),
  'records of 1 KB in no order': (i: number) => ({ id: `${(i * 7919) % 100_003}`, size: 1024 }),
  'the same keys again and again': (i: number) => ({ id: `key ${i % 97}`, size: (i * 31) % 4000 }),
  'records of all sizes': (i: number) => ({
    id: `${'k'.repeat((i * 13) % 3000)}${i}`,
    size: (i * i * 7919) % [50, 9000, 17_000, 250_000][i % 4]!,
  }),
};

describe.each([
  ['lmdb', 2],
  ['lmdb', 4],
  ['fs', 4],
] as const)('with backend %s and %i generations', (backend, generations) => {
  it.each(Object.entries(kinds))('%s never take more than the bound', async (_, make) => {
    const maxBytes = 4 * 2 ** 20;
    const dir = temporaryFolder();
    const options = { dir, backend, maxBytes, generations, durability: 'process' } as const;
    const { store } = await openStore(options);
    let most = 0;
    const sample = () => (most = Math.max(most, usageOf(dir)));
    const sampling = setInterval(sample, 10);
    const until = Date.now() + 600;
    let bytes = 0;
    let i = 0;
    while (bytes < 2.5 * maxBytes && Date.now() < until) {
      const batch = Array.from({ length: 100 }, () => {
        const { id, size } = make(i++);
        bytes += id.length + size;
        return { id, bytes: Buffer.alloc(size, i) };
      });
      await store.putMany(batch);
      sample();
      expect(store.bytes()).toBeLessThanOrEqual(maxBytes);
      const last = batch.at(-1)!;
      expect((await store.get(last.id))?.length).toBe(last.bytes.length);
    }
    clearInterval(sampling);
    await store.close();
    sample();
    expect(most).toBeLessThanOrEqual(maxBytes);
    expect(most).toBeGreaterThan(maxBytes / 10);
  });
});
