// Each option of diskTier is checked, and heeded.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { diskTier, errors } from '../../src/index.ts';
import type { DiskOptions } from '../../src/index.ts';
import { loadLmdb } from '../../src/disk/lmdb/load.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';

vi.mock(import('../../src/disk/lmdb/load.ts'), async (original) => {
  const module = await original();
  return { ...module, loadLmdb: vi.fn(module.loadLmdb) };
});

const MiB = 2 ** 20;

afterEach(closeStores);
afterAll(removeFolders);

describe('diskTier refuses', () => {
  it.each([
    [{}, 'expected options.dir to be an absolute path, got undefined'],
    [{ dir: 'cache' }, 'expected options.dir to be an absolute path, got "cache"'],
    [{ dir: '/a\0b' }, 'expected options.dir to be an absolute path'],
    [{ dir: '/c', path: '/c' }, 'unknown option options.path'],
    [{ dir: '/c', maxByte: 1 }, 'did you mean maxBytes?'],
    [{ dir: '/c', maxBytes: MiB }, 'expected options.maxBytes to be an integer'],
    [{ dir: '/c', maxBytes: 4 * MiB - 1 }, `at least ${4 * MiB}, 1 MiB for each of 4 generations`],
    [{ dir: '/c', maxBytes: 8 * MiB, slots: 3 }, `and 3 slots, got ${8 * MiB}`],
    [{ dir: '/c', generations: 1 }, 'expected options.generations'],
    [{ dir: '/c', slots: 0 }, 'expected options.slots'],
    [{ dir: '/c', backend: 'leveldb' }, 'expected options.backend'],
    [{ dir: '/c', durability: 'none' }, 'expected options.durability'],
    [{ dir: '/c', minFree: -1 }, 'expected options.minFree'],
  ])('%j', (options, message) => {
    const make = () => diskTier(options as DiskOptions);
    expect(make).toThrow(errors.OPTION);
    expect(make).toThrow(message);
  });

  it("backend 'lmdb' where lmdb cannot be loaded, and 'auto' then takes files", async () => {
    const dir = temporaryFolder();
    const missing = () => {
      throw new errors.DEPENDENCY("backend 'lmdb'", 'lmdb');
    };
    vi.mocked(loadLmdb).mockImplementationOnce(missing);
    expect(() => diskTier({ dir, backend: 'lmdb' })).toThrow(
      expect.objectContaining({ code: 'CATZ_TIERS_DEPENDENCY' }),
    );
    vi.mocked(loadLmdb).mockImplementationOnce(missing);
    const { store } = await openStore({ dir });
    expect(store.backend).toBe('fs');
  });
});

describe('diskTier heeds', () => {
  it('backend', async () => {
    expect((await openStore({ dir: temporaryFolder() })).store.backend).toBe('lmdb');
    const { store } = await openStore({ dir: temporaryFolder(), backend: 'fs' });
    expect(store.backend).toBe('fs');
  });

  it('generations', async () => {
    const dir = temporaryFolder();
    const { store } = await openStore({ dir, backend: 'lmdb', maxBytes: 8 * MiB, generations: 3 });
    const most = await fill(store, dir, 16 * MiB);
    expect(most).toBe(3);
  });

  it('a smaller maxBytes than the last time', async () => {
    const dir = temporaryFolder();
    const wide = await openStore({ dir, backend: 'lmdb', maxBytes: 16 * MiB });
    await fill(wide.store, dir, 14 * MiB);
    expect(wide.store.bytes()).toBeGreaterThan(8 * MiB);
    await wide.store.close();
    const { store } = await openStore({ dir, backend: 'lmdb', maxBytes: 8 * MiB });
    expect(store.bytes()).toBeLessThanOrEqual(8 * MiB);
    await fill(store, dir, 10 * MiB);
    expect(store.bytes()).toBeLessThanOrEqual(8 * MiB);
  });
});

/** Writes so many bytes. @returns the most files of generations seen at a time */
async function fill(
  store: Awaited<ReturnType<typeof openStore>>['store'],
  dir: string,
  bytes: number,
): Promise<number> {
  let most = 0;
  for (let written = 0; written < bytes; written += 100_000) {
    const batch = Array.from({ length: 10 }, (_, i) => ({
      id: `${written}:${i}`,
      bytes: Buffer.alloc(10_000, 1),
    }));
    await store.putMany(batch);
    const names = readdirSync(join(dir, 'test', '0')).filter((name) => /^g-\d+$/.test(name));
    most = Math.max(most, names.length);
  }
  return most;
}
