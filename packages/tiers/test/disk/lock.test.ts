// One opener per folder: the next one waits its turn, takes another slot, or takes over from one that is gone.
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { claim, isGone, SILENCE, thisThread } from '@catzilla/cache-core/os';
import type { Holder } from '@catzilla/cache-core/os';
import { endChildren, startChild } from './support/child.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';
import { until } from './support/until.ts';

const dist = new URL('../../dist/index.js', import.meta.url).href;
const one = [{ id: 'a', bytes: Buffer.from('1') }];

afterEach(async () => {
  await endChildren();
  await closeStores();
});
afterAll(removeFolders);

describe.each(['lmdb', 'fs'] as const)('a second opener, with backend %s,', (backend) => {
  it('of the same thread is busy: it reads as empty, and writes nothing', async () => {
    const options = { dir: temporaryFolder(), backend };
    const first = await openStore(options);
    await first.store.putMany(one);
    const { store, states } = await openStore(options);
    expect(states).toEqual(['busy']);
    expect(store.state).toBe('busy');
    expect(await store.get('a')).toBeUndefined();
    expect(store.bytes()).toBe(0);
    expect(await store.verify()).toEqual({ records: 0, bytes: 0, damaged: 0 });
    for await (const id of store.scan('')) throw new Error(id);
    await expect(store.putMany(one)).rejects.toMatchObject({ code: 'CATZ_TIERS_DISK_WRITE' });
    await first.store.close();
    await until(() =>
      store.putMany([{ id: 'b', bytes: Buffer.from('2') }]).then(
        () => true,
        () => false,
      ),
    );
    expect(states).toEqual(['busy', 'ready']);
    expect((await store.get('a'))?.toString()).toBe('1');
  });

  it('of another process takes over once the first is killed', async () => {
    const options = { dir: temporaryFolder(), backend, minFree: 0 };
    const child = startChild(
      `const store = diskTier(data.options).open({ name: 'test', onState() {} });
       await store.putMany([{ id: 'a', bytes: Buffer.from('1') }]);
       await send('written');
       await received();`,
      { options },
    );
    await child.next();
    const { store } = await openStore(options);
    expect(store.state).toBe('busy');
    await child.kill();
    const { store: next } = await openStore(options);
    expect(next.state).toBe('ready');
    expect((await next.get('a'))?.toString()).toBe('1');
  });

  it('takes the next slot, with its share of the bytes', async () => {
    const options = { dir: temporaryFolder(), backend, slots: 2, maxBytes: 16 * 2 ** 20 };
    const [first, second, third] = [
      await openStore(options),
      await openStore(options),
      await openStore(options),
    ];
    expect([first, second, third].map(({ store }) => store.state)).toEqual([
      'ready',
      'ready',
      'busy',
    ]);
    await first.store.putMany(one);
    expect(await second.store.get('a')).toBeUndefined();
    const bytes = Buffer.alloc(100_000, 1);
    for (let i = 0; i < 100; i += 10) {
      await second.store.putMany(Array.from({ length: 10 }, (_, j) => ({ id: `${i + j}`, bytes })));
    }
    expect(second.store.bytes()).toBeLessThanOrEqual(8 * 2 ** 20);
    expect(await second.store.get('0')).toBeUndefined();
    await closeStores();
    await openStore({ ...options, slots: 1 });
    expect(readdirSync(join(options.dir, 'test'))).toEqual(['0']);
  });
});

it('a worker thread that ends without closing lets the next one in', async () => {
  const options = { dir: temporaryFolder() };
  const worker = new Worker(
    `import(${JSON.stringify(dist)}).then(async ({ diskTier }) => {
       const store = diskTier(${JSON.stringify(options)}).open({ name: 'test', onState() {} });
       await store.putMany([{ id: 'a', bytes: Buffer.from('1') }]);
       require('node:worker_threads').parentPort.postMessage(store.state);
       setInterval(() => {}, 1000);
     });`,
    { eval: true },
  );
  const state = await new Promise((resolve) => worker.once('message', resolve));
  expect(state).toBe('ready');
  expect((await openStore(options)).store.state).toBe('busy');
  await worker.terminate();
  await until(async () => {
    const { store } = await openStore(options);
    return store.state === 'ready' && (await store.get('a'))?.toString() === '1';
  });
});

describe('a claim', () => {
  it('is held by one at a time, whoever comes, goes and is killed', async () => {
    const folder = temporaryFolder();
    const body = `
      const { claim } = await import(data.claim);
      const { closeSync, openSync, rmSync, readFileSync, writeFileSync } = await import('node:fs');
      const inside = data.folder + '/inside';
      let held = 0;
      for (const end = Date.now() + 1200; Date.now() < end || held < 10; ) {
        const claimed = claim(data.folder);
        if (claimed === undefined) { await new Promise((resolve) => setTimeout(resolve, 1)); continue; }
        held++;
        // Nobody else writes here until it is let go.
        const mark = process.pid + '.' + held;
        writeFileSync(inside, mark);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        if (readFileSync(inside, 'utf8') !== mark) throw new Error('two at once');
        if (data.dies && held === 20) process.kill(process.pid, 'SIGKILL');
        claimed.release();
        claimed.release();
      }
      await send(held);`;
    const url = import.meta.resolve('@catzilla/cache-core/os');
    const children = [false, false, false, true, true].map((dies) =>
      startChild(body, { folder, claim: url, dies }),
    );
    const ends = await Promise.all(children.map(({ ended }) => ended));
    for (const [i, end] of ends.entries()) {
      expect(end).toMatchObject(end.signal === 'SIGKILL' && i > 2 ? {} : { code: 0, output: '' });
    }
    const held = children.flatMap(({ messages }) => messages as number[]);
    expect(held.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(30);
    expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toHaveLength(1);
  });

  it('is refused while its holder runs, and given when the lock is damaged', () => {
    const folder = temporaryFolder();
    const first = claim(folder);
    expect(first).toBeDefined();
    expect(claim(folder)).toBeUndefined();
    writeFileSync(join(folder, 'lock.1'), 'not JSON');
    const second = claim(folder);
    expect(readdirSync(folder)).toEqual(['lock.2']);
    second?.release();
    first?.release();
  });

  it('of another pid namespace counts until it has long been silent', () => {
    const folder = temporaryFolder();
    const holder: Holder = { ...thisThread(), space: 'pid:[1]', pid: 999_999 };
    const path = join(folder, 'lock.1');
    writeFileSync(path, JSON.stringify(holder));
    expect(claim(folder)).toBeUndefined();
    const then = new Date(Date.now() - SILENCE - 1000);
    utimesSync(path, then, then);
    const claimed = claim(folder);
    expect(JSON.parse(readFileSync(join(folder, 'lock.2'), 'utf8'))).toEqual(thisThread());
    claimed?.release();
  });

  it('whose folder is gone is let go without complaint', () => {
    const folder = temporaryFolder();
    const claimed = claim(folder);
    removeFolders();
    claimed?.release();
    expect(() => claim(folder)).toThrow('ENOENT');
  });
});

describe('a holder', () => {
  const here = thisThread();

  it('that runs is not gone, however silent', () => {
    expect(isGone(here, 10 * SILENCE)).toBe(false);
  });
  it('of an earlier start of the machine is gone', () => {
    expect(isGone({ ...here, boot: 'earlier' }, 0)).toBe(true);
  });
  it.runIf(process.platform === 'linux')('whose numbers now belong to another is gone', () => {
    expect(isGone({ ...here, started: '1' }, 0)).toBe(true);
    expect(isGone({ ...here, thread: 4_000_000 }, 0)).toBe(true);
  });
  it('whose start is not known is gone when it is silent', () => {
    expect(isGone({ ...here, started: '' }, 0)).toBe(false);
    expect(isGone({ ...here, started: '' }, SILENCE + 1)).toBe(true);
  });
});
