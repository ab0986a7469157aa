// What a later opener makes of what it finds.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { endChildren, startChild } from './support/child.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';
import type { DiskOptions } from '../../src/index.ts';

type Manifest = Record<string, unknown>;

afterEach(async () => {
  await endChildren();
  await closeStores();
});
afterAll(removeFolders);

const record = [{ id: 'a', bytes: Buffer.from('1') }];

async function written(options: DiskOptions): Promise<void> {
  const { store } = await openStore(options);
  await store.putMany(record);
  await store.close();
}

async function killed(options: DiskOptions): Promise<void> {
  const child = startChild(
    `const store = diskTier(data.options).open({ name: 'test', onState() {} });
     await store.putMany([{ id: 'a', bytes: Buffer.from('1') }]);
     await send('written');
     await received();`,
    { options: { ...options, minFree: 0 } },
  );
  await child.next();
  await child.kill();
}

function edit(dir: string, change: (manifest: Manifest) => unknown): void {
  const path = join(dir, 'test', '0', 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  const changed = change(manifest);
  writeFileSync(path, typeof changed === 'string' ? changed : JSON.stringify(manifest));
}

describe.each(['lmdb', 'fs'] as const)('a folder of backend %s', (backend) => {
  const changes: [string, (manifest: Manifest) => unknown][] = [
    ['of another format', (manifest) => void (manifest['format'] = 2)],
    ['of another cache', (manifest) => void (manifest['name'] = 'other')],
    ['of another backend', (manifest) => void (manifest['backend'] = 'other')],
    ['that is no JSON', () => '{"format":1'],
    ['that is no object', () => 'null'],
    ['without generations', (manifest) => void (manifest['generations'] = null)],
    ['with generations of another kind', (manifest) => void (manifest['generations'] = [null])],
    [
      'with seals of another kind',
      (manifest) => (manifest['generations'] = [{ number: 1, seal: 1 }]),
    ],
  ];
  it.each(changes)('starts empty with a manifest %s, and works', async (_, change) => {
    const dir = temporaryFolder();
    await written({ dir, backend });
    edit(dir, change);
    const { store } = await openStore({ dir, backend });
    expect(store.state).toBe('ready');
    expect(await store.get('a')).toBeUndefined();
    expect(readdirSync(join(dir, 'test', '0')).filter((name) => name.startsWith('g-'))).toEqual([]);
    await store.putMany(record);
    expect((await store.get('a'))?.toString()).toBe('1');
  });

  it('removes files that the manifest does not name', async () => {
    const dir = temporaryFolder();
    await written({ dir, backend });
    const stray = join(dir, 'test', '0', 'g-00000099');
    writeFileSync(stray, 'stray');
    const { store } = await openStore({ dir, backend });
    expect((await store.get('a'))?.toString()).toBe('1');
    expect(existsSync(stray)).toBe(false);
  });

  it('is kept after the end of the machine when writes were flushed', async () => {
    const options = { dir: temporaryFolder(), backend, durability: 'system' } as const;
    await killed(options);
    edit(options.dir, (manifest) => void (manifest['boot'] = 'earlier'));
    expect((await (await openStore(options)).store.get('a'))?.toString()).toBe('1');
  });

  it('is dropped after the end of the machine when writes were not, unless it was closed', async () => {
    const options = { dir: temporaryFolder(), backend, durability: 'process' } as const;
    await killed(options);
    const same = await openStore(options);
    expect((await same.store.get('a'))?.toString()).toBe('1');
    await same.store.close();
    edit(options.dir, (manifest) => void (manifest['boot'] = 'earlier'));
    const closed = await openStore(options);
    // Only a checksum tells whether files that were never flushed are there.
    const kept = backend === 'lmdb' ? '1' : undefined;
    expect((await closed.store.get('a'))?.toString()).toBe(kept);
    await closed.store.close();
    await killed(options);
    edit(options.dir, (manifest) => void (manifest['boot'] = 'earlier'));
    expect(await (await openStore(options)).store.get('a')).toBeUndefined();
  });
});

it('a folder of one backend starts empty with the other', async () => {
  const dir = temporaryFolder();
  await written({ dir, backend: 'fs' });
  const { store } = await openStore({ dir, backend: 'lmdb' });
  expect(await store.get('a')).toBeUndefined();
  await store.putMany(record);
  await store.close();
  const back = await openStore({ dir, backend: 'fs' });
  expect(await back.store.get('a')).toBeUndefined();
  expect(back.store.state).toBe('ready');
});

describe('a file of lmdb that cannot be proved whole', () => {
  const fileOf = (dir: string) => join(dir, 'test', '0', 'g-00000001');
  const zeroPage = (path: string) => {
    const content = readFileSync(path);
    writeFileSync(path, content.fill(0, 2 * 16_384));
  };

  it('is dropped: by its checksum when it was closed', async () => {
    const dir = temporaryFolder();
    await written({ dir, backend: 'lmdb' });
    zeroPage(fileOf(dir));
    expect(await (await openStore({ dir, backend: 'lmdb' })).store.get('a')).toBeUndefined();
  });

  it('is dropped: by a process that reads it when it was not', async () => {
    const dir = temporaryFolder();
    await killed({ dir, backend: 'lmdb' });
    zeroPage(fileOf(dir));
    const { store } = await openStore({ dir, backend: 'lmdb' });
    expect(store.state).toBe('ready');
    expect(await store.get('a')).toBeUndefined();
    expect(existsSync(fileOf(dir))).toBe(false);
  });
});
