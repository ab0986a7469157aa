// A store holds no process, leaves no thread, and closes at any moment.
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { diskTier } from '../../src/index.ts';
import { endChildren, startChild } from './support/child.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';

afterEach(async () => {
  await endChildren();
  await closeStores();
});
afterAll(removeFolders);

describe.each(['lmdb', 'fs'] as const)('a store of backend %s', (backend) => {
  const options = () => ({
    dir: temporaryFolder(),
    backend,
    minFree: 0,
    durability: 'process' as const,
  });

  it('lets its process end without being closed', async () => {
    const child = startChild(
      `const store = diskTier(data.options).open({ name: 'test', onState() {} });
       await store.putMany([{ id: 'a', bytes: Buffer.alloc(1000) }]);
       await store.get('a');`,
      { options: options() },
    );
    expect(await child.ended).toEqual({ code: 0, signal: null, output: '' });
  });

  it('lets its process end once it is closed, with no thread left', async () => {
    const child = startChild(
      `const store = diskTier(data.options).open({ name: 'test', onState() {} });
       await store.putMany([{ id: 'a', bytes: Buffer.alloc(1000) }]);
       await store.close();
       await send(process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker' || name === 'Timeout'));`,
      { options: options() },
    );
    expect(await child.next()).toEqual([]);
    expect(await child.ended).toEqual({ code: 0, signal: null, output: '' });
  });

  it('closes while it opens', async () => {
    const tier = diskTier(options());
    const states: string[] = [];
    const store = tier.open({ name: 'test', onState: (state) => states.push(state) });
    expect(store.state).toBe('opening');
    expect(store.get('a')).toBeUndefined();
    await store.close();
    await store.ready;
    expect(states).toEqual(['ready', 'closed']);
  });

  it('closes while it is written, cleared and searched', async () => {
    const settings = options();
    const { store } = await openStore(settings);
    const batch = (n: number) =>
      Array.from({ length: 700 }, (_, i) => ({ id: `${n}:${i}`, bytes: Buffer.alloc(100, n) }));
    await store.putMany(batch(0));
    const search = (async () => {
      let found = 0;
      for await (const _ of store.scan('')) found++;
      return found;
    })();
    const writes = [store.putMany(batch(1)), store.clear(), store.putMany(batch(2))];
    const close = store.close();
    await expect(store.putMany(batch(3))).rejects.toMatchObject({ code: 'CATZ_TIERS_DISK_WRITE' });
    await expect(store.clear()).rejects.toMatchObject({ code: 'CATZ_TIERS_DISK_WRITE' });
    await Promise.all([...writes, close]);
    expect(await search).toBeLessThanOrEqual(1400);
    const again = await openStore(settings);
    expect(await again.store.get('1:0')).toBeUndefined();
    expect(await again.store.get('2:699')).toEqual(Buffer.alloc(100, 2));
  });

  it('is opened again in one process as often as one likes', async () => {
    const settings = options();
    for (let i = 0; i < 10; i++) {
      const { store } = await openStore(settings);
      expect((await store.get('n'))?.toString()).toBe(i === 0 ? undefined : String(i - 1));
      await store.putMany([{ id: 'n', bytes: Buffer.from(String(i)) }]);
      await store.close();
    }
  });

  it('goes on when its listener throws', async () => {
    const store = diskTier(options()).open({
      name: 'test',
      onState: () => {
        throw new Error('a fault of the listener');
      },
    });
    await store.ready;
    expect(store.state).toBe('ready');
    expect(store.lastError).toBe('a fault of the listener');
    await store.close();
  });

  it('hides an id whose new record is too large, and says so', async () => {
    const { store } = await openStore({ ...options(), maxBytes: 4 * 2 ** 20 });
    const small = Buffer.from('1');
    await store.putMany([{ id: 'a', bytes: small }]);
    const write = store.putMany([
      { id: 'a', bytes: Buffer.alloc(400_000) },
      { id: 'b', bytes: small },
    ]);
    await expect(write).rejects.toThrow('a record is larger than a quarter of a generation');
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('b')).toEqual(small);
    const ids: string[] = [];
    for await (const id of store.scan('')) ids.push(id);
    expect(ids).toEqual(['b']);
    expect(store.state).toBe('ready');
  });

  it('takes records as large as they may be, a batch of them over all generations', async () => {
    const { store } = await openStore({ ...options(), maxBytes: 4 * 2 ** 20 });
    const bytes = Buffer.alloc(250_000, 1);
    await store.putMany(Array.from({ length: 40 }, (_, i) => ({ id: `${i}`, bytes })));
    expect(await store.get('39')).toEqual(bytes);
    expect(await store.get('0')).toBeUndefined();
  });

  it('searches and verifies large records in many turns of the loop', async () => {
    const { store } = await openStore({ ...options(), maxBytes: 64 * 2 ** 20 });
    const bytes = Buffer.alloc(2 ** 20, 1);
    await store.putMany(Array.from({ length: 12 }, (_, i) => ({ id: `${i}`, bytes })));
    let turns = 0;
    const turn = setInterval(() => turns++, 0);
    const ids: string[] = [];
    for await (const id of store.scan('')) ids.push(id);
    expect(ids).toHaveLength(12);
    expect(await store.verify()).toMatchObject({ records: 12, damaged: 0 });
    clearInterval(turn);
    expect(turns).toBeGreaterThan(0);
  });
});
