// Reads between writes and while generations are dropped: never a damaged value, never an older one than was acknowledged.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';
import { makeValue, versionOf } from './support/values.mjs';

afterEach(closeStores);
afterAll(removeFolders);

const KEYS = 60;
const idOf = (key: number) => `key ${key} ${'é'.repeat(key * 20)}`;

describe.each([
  ['lmdb', 80],
  ['fs', 40],
] as const)('with backend %s', (backend, batches) => {
  it('a read gives what was acknowledged last, or later, or nothing', async () => {
    const { store } = await openStore({
      dir: temporaryFolder(),
      backend,
      maxBytes: 2 * 2 ** 20,
      generations: 2,
      durability: 'process',
    });
    const acknowledged = Array.from({ length: KEYS }, () => 0);
    let isDone = false;
    let reads = 0;
    let misses = 0;
    const read = async () => {
      while (!isDone) {
        for (let key = 0; key < KEYS; key++) {
          const atLeast = acknowledged[key]!;
          const bytes = await store.get(idOf(key));
          reads++;
          if (bytes === undefined) misses++;
          else expect(versionOf(idOf(key), bytes)).toBeGreaterThanOrEqual(atLeast);
        }
        await nextTurn();
      }
    };
    const write = async () => {
      for (let version = 1; version <= batches; version++) {
        const keys = Array.from({ length: 20 }, (_, i) => (version * 13 + i * 7) % KEYS);
        const batch = keys.map((key) => ({
          id: idOf(key),
          bytes: makeValue(idOf(key), version, 1200 + ((version * key * 7919) % 9000)),
        }));
        await store.putMany(batch);
        for (const key of keys) acknowledged[key] = version;
      }
      isDone = true;
    };
    await Promise.all([read(), write()]);
    expect(reads).toBeGreaterThan(KEYS);
    expect(misses).toBeLessThan(reads);
    expect(await store.verify()).toMatchObject({ damaged: 0 });
  });
});
