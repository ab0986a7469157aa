// A file system without room: the store says so, goes on reading, and comes back by itself.
import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { endChildren, startChild } from './support/child.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';

afterEach(async () => {
  await endChildren();
  await closeStores();
});
afterAll(removeFolders);

// A limit on the size of files refuses writes as a full disk does: in part, then not at all.
describe.runIf(process.platform === 'linux').each(['lmdb', 'fs'])('backend %s', (backend) => {
  it('is full where files may not grow, reads on, and writes when they may again', async () => {
    const options = { dir: temporaryFolder(), backend, maxBytes: 32 * 2 ** 20, minFree: 0 };
    const child = startChild(
      `const states = [];
       const store = diskTier(data.options).open({ name: 'test', onState: (state) => states.push(state) });
       await store.ready;
       const [size, count] = data.options.backend === 'lmdb' ? [4000, 50] : [1_100_000, 5];
       let written = 0;
       let code;
       const put = async () => {
         const length = written < 100 ? 50 : count;
         await store.putMany(Array.from({ length }, (_, i) =>
           ({ id: 'id ' + (written + i), bytes: makeValue('id ' + (written + i), 1, written < 100 ? 4000 : size) })));
         written += length;
       };
       for (;;) {
         try { await put(); } catch (error) { code = error.code; break; }
       }
       const readAll = async () => {
         for (let i = 0; i < written; i++) {
           if (versionOf('id ' + i, await store.get('id ' + i)) !== 1) throw new Error('lost ' + i);
         }
       };
       // As of now: after half a second it tries again, and smaller records may fit.
       const { state, lastError } = store;
       await readAll();
       await send({ state, code, written, lastError });
       await received();
       while (store.state !== 'ready') {
         await put().catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
       }
       await readAll();
       await send({ states, written, damaged: (await store.verify()).damaged });
       await store.close();`,
      { options },
      'ulimit -S -f 1000;',
    );
    const full = (await child.next()) as { written: number };
    expect(full).toMatchObject({ state: 'full', code: 'CATZ_TIERS_DISK_WRITE' });
    expect(full.written).toBeGreaterThan(0);
    execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:']);
    child.send({});
    const back = (await child.next()) as { states: string[]; written: number; damaged: number };
    expect(back.states.slice(0, 3)).toEqual(['ready', 'full', 'ready']);
    expect(back.written).toBeGreaterThan(full.written);
    expect(back.damaged).toBe(0);
    expect(await child.ended).toMatchObject({ code: 0, output: '' });
  });

  it('is full with less than minFree left, and writes nothing', async () => {
    const dir = temporaryFolder();
    const before = await openStore({ dir, backend: backend as 'lmdb' });
    await before.store.putMany([{ id: 'a', bytes: Buffer.from('1') }]);
    await before.store.close();
    const { store, states } = await openStore({
      dir,
      backend: backend as 'lmdb',
      minFree: 2 ** 49,
    });
    const write = store.putMany([{ id: 'a', bytes: Buffer.from('2') }]);
    await expect(write).rejects.toMatchObject({
      code: 'CATZ_TIERS_DISK_WRITE',
      message: expect.stringContaining('minFree') as string,
    });
    expect(states).toEqual(['ready', 'full']);
    expect((await store.get('a'))?.toString()).toBe('1');
    await expect(store.putMany([])).rejects.toThrow('minFree');
  });
});
