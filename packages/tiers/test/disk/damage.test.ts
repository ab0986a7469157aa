// Files damaged while nobody has them open. A map of a damaged file can end the process, so the reader is a child, and
// must come to its end: with values that are whole, or without.
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endChildren, startChild } from './support/child.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';
import { makeValue } from './support/values.mjs';

const COUNT = 400;
const ids = Array.from({ length: COUNT }, (_, i) => `id:${i}`);
const sizeOf = (i: number) => 64 + ((i * 7919) % 9000);
const options = { backend: 'lmdb', maxBytes: 8 * 2 ** 20, minFree: 0 } as const;
const clean = temporaryFolder();
const unclean = temporaryFolder();

beforeAll(async () => {
  const { store } = await openStore({ ...options, dir: clean });
  await fill((batch) => store.putMany(batch));
  await store.close();
  const child = startChild(
    `const store = diskTier(data.options).open({ name: 'test', onState() {} });
     for (let i = 0; i < data.ids.length; i += 50) await store.putMany(data.ids.slice(i, i + 50).map((id, j) =>
       ({ id, bytes: makeValue(id, 1, 64 + ((i + j) * 7919) % 9000) })));
     await send('written');
     await received();`,
    { options: { ...options, dir: unclean }, ids },
  );
  await child.next();
  await child.kill();
});
afterEach(async () => {
  await endChildren();
  await closeStores();
});
afterAll(removeFolders);

async function fill(put: (batch: { id: string; bytes: Buffer }[]) => Promise<void>): Promise<void> {
  for (let i = 0; i < COUNT; i += 50) {
    await put(
      ids.slice(i, i + 50).map((id, j) => ({ id, bytes: makeValue(id, 1, sizeOf(i + j)) })),
    );
  }
}

interface Found {
  readonly state: string;
  readonly whole: number;
  readonly damaged: number;
  readonly errors: number;
  readonly newest: boolean;
}

/** What a process finds in folders, one after the other: it reads all, writes, and reads again.
 * @throws when it ends before it is through */
async function read(dirs: readonly string[]): Promise<Found[]> {
  const child = startChild(
    `for (const dir of data.dirs) {
       const store = diskTier({ ...data.options, dir }).open({ name: 'test', onState() {} });
       await store.ready;
       const found = { state: store.state, whole: 0, damaged: 0, errors: 0, newest: false };
       for (const id of data.ids) {
         let bytes;
         try { bytes = await store.get(id); } catch { found.errors++; }
         if (bytes !== undefined) found[versionOf(id, bytes) === 1 ? 'whole' : 'damaged']++;
       }
       found.newest = await store.get(data.ids.at(-1)) !== undefined;
       await store.verify();
       await store.putMany([{ id: 'more', bytes: makeValue('more', 2, 100) }]);
       if (versionOf('more', await store.get('more')) !== 2) throw new Error('not written');
       await store.close();
       await send(found);
     }`,
    { options, dirs, ids },
  );
  const end = await child.ended;
  expect(end).toMatchObject({ code: 0, output: '' });
  return child.messages as Found[];
}

/** Newest first. */
function filesOf(dir: string): string[] {
  const folder = join(dir, 'test', '0');
  const names = readdirSync(folder).filter((name) => /^g-\d+$/.test(name));
  return names
    .toSorted()
    .toReversed()
    .map((name) => join(folder, name));
}

function damaged(source: string, damage: (files: string[]) => void): string {
  const dir = temporaryFolder();
  cpSync(source, dir, { recursive: true, preserveTimestamps: true });
  damage(filesOf(dir));
  return dir;
}

function edit(path: string, change: (bytes: Uint8Array) => Uint8Array | undefined): void {
  const bytes = readFileSync(path);
  writeFileSync(path, change(bytes) ?? bytes);
}

const zero = (bytes: Uint8Array, page: number) =>
  void bytes.fill(0, page * 16_384, (page + 1) * 16_384);
const damages: [string, (path: string) => void][] = [
  [
    'a bit of a value turned',
    (path) => edit(path, (bytes) => void (bytes[bytes.length - 5000]! ^= 4)),
  ],
  ['a page of zeros', (path) => edit(path, (bytes) => zero(bytes, 3))],
  ['its first meta page of zeros', (path) => edit(path, (bytes) => zero(bytes, 0))],
  ['its second meta page of zeros', (path) => edit(path, (bytes) => zero(bytes, 1))],
  ['its end cut off', (path) => edit(path, (bytes) => bytes.subarray(0, bytes.length - 16_384))],
  [
    'half of a page cut off',
    (path) => edit(path, (bytes) => bytes.subarray(0, bytes.length - 5000)),
  ],
  ['all of it cut off', (path) => truncateSync(path, 0)],
  ['something else in its place', (path) => writeFileSync(path, 'hello '.repeat(20_000))],
];

describe('a file that was closed, with', () => {
  let intact: Found;
  let oldest: Found[];
  let newest: Found[];
  let random: Found;
  let missing: Found;
  beforeAll(async () => {
    const atRandom = damaged(clean, (files) => {
      for (const path of files) {
        edit(path, (bytes) => void (bytes[Math.floor(Math.random() * bytes.length)]! ^= 0x10));
      }
    });
    const found = await read([
      damaged(clean, () => undefined),
      atRandom,
      damaged(clean, (files) => rmSync(files[0] ?? '')),
      ...damages.map(([, damage]) => damaged(clean, (files) => damage(files.at(-1) ?? ''))),
      ...damages.map(([, damage]) => damaged(clean, (files) => damage(files[0] ?? ''))),
    ]);
    [intact, random, missing] = found as [Found, Found, Found];
    oldest = found.slice(3, 3 + damages.length);
    newest = found.slice(3 + damages.length);
  });

  it('no damage, gives everything', () => {
    const whole = { state: 'ready', whole: COUNT, damaged: 0, errors: 0, newest: true };
    expect(intact).toEqual(whole);
  });
  it.each(damages)('%s, is dropped, and those before it', (title) => {
    const index = damages.findIndex(([other]) => other === title);
    expect(oldest[index]).toMatchObject({ state: 'ready', damaged: 0, errors: 0, newest: true });
    expect(oldest[index]?.whole).toBeGreaterThan(0);
    expect(oldest[index]?.whole).toBeLessThan(COUNT);
    // What the newest hid must not come back.
    expect(newest[index]).toMatchObject({ state: 'ready', whole: 0, damaged: 0, errors: 0 });
  });
  it('bits turned at random, never gives a damaged value', () => {
    expect(random).toMatchObject({ state: 'ready', whole: 0, damaged: 0, errors: 0 });
  });
  it('no file at all, is dropped, and those before it', () => {
    expect(missing).toMatchObject({ state: 'ready', whole: 0, damaged: 0, errors: 0 });
  });
});

describe('a file that was not closed, with', () => {
  it('no damage, gives everything', async () => {
    const [found] = await read([damaged(unclean, () => undefined)]);
    expect(found).toMatchObject({ state: 'ready', whole: COUNT });
  });
  it('part of it damaged, gives what is whole, or is dropped', async () => {
    const dirs = damages
      .slice(1)
      .map(([, damage]) => damaged(unclean, (files) => damage(files[0] ?? '')));
    for (const found of await read(dirs)) {
      expect(found).toMatchObject({ state: 'ready', whole: 0, damaged: 0 });
    }
  });
  it('bits turned in the headers of its pages, ends no process that uses it', async () => {
    const dir = damaged(unclean, ([path = '']) => {
      edit(path, (bytes) => {
        for (let page = 2; (page + 1) * 16_384 <= bytes.length; page += 3) {
          const at = page * 16_384 + Math.floor(Math.random() * 64);
          bytes[at]! ^= 1 << Math.floor(Math.random() * 8);
        }
      });
    });
    expect((await read([dir]))[0]?.state).toBe('ready');
  });
});
