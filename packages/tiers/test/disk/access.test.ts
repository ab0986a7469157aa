// The folder belongs to this user alone.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { diskTier, errors } from '../../src/index.ts';
import { escapeName } from '../../src/disk/folder.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';

afterEach(closeStores);
afterAll(removeFolders);

function open(dir: string, name = 'test'): unknown {
  return diskTier({ dir }).open({ name, onState: () => undefined });
}

describe.runIf(process.platform !== 'win32')('a folder of a disk tier', () => {
  it.each(['lmdb', 'fs'] as const)(
    'is made for this user alone, with backend %s',
    async (backend) => {
      const dir = join(temporaryFolder(), 'a', 'b');
      const { store } = await openStore({ dir, backend });
      await store.putMany([{ id: 'a', bytes: Buffer.alloc(10) }]);
      await store.close();
      const paths = readdirSync(dir, { recursive: true }).map((name) => join(dir, String(name)));
      expect(paths.length).toBeGreaterThan(3);
      for (const path of [dir, ...paths]) {
        const stats = statSync(path);
        const mode = (stats.mode & 0o777).toString(8);
        expect([path, mode]).toEqual([path, stats.isDirectory() ? '700' : '600']);
      }
    },
  );
  it('is refused when everybody may write there', () => {
    const dir = temporaryFolder();
    chmodSync(dir, 0o777);
    expect(() => open(dir)).toThrow(errors.DISK_ACCESS);
    expect(() => open(dir)).toThrow('closed to other users (mode 0700), got mode 0777');
  });
  it('is closed to others when only they could read', async () => {
    const dir = temporaryFolder();
    mkdirSync(join(dir, 'test'));
    chmodSync(join(dir, 'test'), 0o755);
    await openStore({ dir });
    expect(statSync(join(dir, 'test')).mode & 0o777).toBe(0o700);
  });
  it('is refused when it is a file, or a link', () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'file'), '');
    symlinkSync(temporaryFolder(), join(dir, 'link'));
    expect(() => open(join(dir, 'file'))).toThrow('a folder that can be made, got EEXIST');
    expect(() => open(join(dir, 'file', 'below'))).toThrow('got ENOTDIR');
    expect(() => open(dir, 'file')).toThrow('a folder, got something else');
    expect(() => open(dir, 'link')).toThrow('a folder, got something else');
  });
  it.runIf(process.geteuid?.() === 0)('is refused when it is somebody else’s', () => {
    const dir = temporaryFolder();
    chownSync(dir, 12_345, 12_345);
    expect(() => open(dir)).toThrow('a folder of user 0, got one of user 12345');
  });
});

it('each cache has a folder of its own, whatever its name', async () => {
  const dir = temporaryFolder();
  const names = ['a', 'A.b', '../a', '', 'é', 'x'.repeat(300), `${'x'.repeat(300)}y`, '%'];
  for (const name of names) {
    const { store } = await openStore({ dir, backend: 'fs' }, name);
    await store.putMany([{ id: 'a', bytes: Buffer.from(name) }]);
  }
  await closeStores();
  expect(readdirSync(dir)).toHaveLength(names.length);
  for (const name of names) {
    const { store } = await openStore({ dir, backend: 'fs' }, name);
    expect((await store.get('a'))?.toString()).toBe(name);
  }
  expect(new Set(names.map(escapeName)).size).toBe(names.length);
  expect(escapeName('a.b')).toBe('a%2eb');
});
