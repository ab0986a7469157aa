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

interface Kind {
  readonly make: (i: number) => { id: string; size: number };
  /** Batches of 100 for lmdb; a quarter of them for files, which take a block each. */
  readonly batches: number;
  /** Whether the first of them must have made room. */
  readonly overflows: boolean;
}

const kinds: Record<string, Kind> = {
  'small records in order': {
    make: (i) => ({ id: `key ${String(i).padStart(9, '0')}`, size: 10 }),
    batches: 36,
    overflows: false,
  },
  'records of 1 KB in no order': {
    make: (i) => ({ id: `${(i * 7919) % 100_003}`, size: 1024 }),
    batches: 80,
    overflows: true,
  },
  'the same keys again and again': {
    make: (i) => ({ id: `key ${i % 97}`, size: (i * 31) % 4000 }),
    batches: 60,
    overflows: false,
  },
  'records of all sizes': {
    make: (i) => ({
      id: `${'k'.repeat((i * 13) % 3000)}${i}`,
      size: (i * i * 7919) % [50, 9000, 17_000, 250_000][i % 4]!,
    }),
    batches: 8,
    overflows: true,
  },
};

describe.each([
  ['lmdb', 2],
  ['lmdb', 4],
  ['fs', 4],
] as const)('with backend %s and %i generations', (backend, generations) => {
  it.each(Object.entries(kinds))('%s never take more than the bound', async (_, kind) => {
    const maxBytes = 4 * 2 ** 20;
    const dir = temporaryFolder();
    const options = { dir, backend, maxBytes, generations, durability: 'process' } as const;
    const { store } = await openStore(options);
    let most = 0;
    const sample = () => (most = Math.max(most, usageOf(dir)));
    const sampling = setInterval(sample, 10);
    const count = Math.ceil(kind.batches / (backend === 'fs' ? 4 : 1)) * 100;
    for (let i = 0; i < count; i += 100) {
      const batch = Array.from({ length: 100 }, (_, j) => {
        const { id, size } = kind.make(i + j);
        return { id, bytes: Buffer.alloc(size, i) };
      });
      await store.putMany(batch);
      sample();
      expect(store.bytes()).toBeLessThanOrEqual(maxBytes);
      const last = batch.at(-1)!;
      expect((await store.get(last.id))?.length).toBe(last.bytes.length);
    }
    clearInterval(sampling);
    expect((await store.get(kind.make(0).id)) === undefined).toBe(kind.overflows);
    await store.close();
    sample();
    expect(most).toBeLessThanOrEqual(maxBytes);
  });
});
