// Errors of the file system and of files damaged while they are open: reads that cannot be answered say so, and what keeps
// failing is dropped.
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { errorWindow } from '../../src/disk/error-window.ts';
import { FileStore } from '../../src/disk/file-store.ts';
import type { Format, Generation } from '../../src/disk/generation.ts';
import { fsFormat } from '../../src/disk/fs/fs-format.ts';
import { settleDisk } from '../../src/disk/disk-options.ts';
import { claimSlot } from '../../src/disk/slots.ts';
import { ownFolder } from '../../src/disk/folder.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';
import { until } from './support/until.ts';

afterEach(closeStores);
afterAll(removeFolders);

const ids = Array.from({ length: 40 }, (_, i) => `id ${i}`);
const batch = ids.map((id) => ({ id, bytes: Buffer.from(id) }));

/** Files of records, of all generations. */
function recordsOf(dir: string): string[] {
  const folder = join(dir, 'test', '0');
  return readdirSync(folder)
    .filter((name) => name.startsWith('g-'))
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)));
}

describe('records damaged while they are open', () => {
  it('are errors, not values, and are dropped after the 16th', async () => {
    const dir = temporaryFolder();
    const { store } = await openStore({ dir, backend: 'fs' });
    await store.putMany(batch);
    for (const path of recordsOf(dir)) truncateSync(path, 9);
    expect(await store.verify()).toMatchObject({ records: 40, damaged: 40 });
    for (const id of ids.slice(0, 16)) {
      await expect(store.get(id)).rejects.toMatchObject({ code: 'CATZ_TIERS_DISK_READ' });
    }
    await until(async () => (await store.get('id 20')) === undefined);
    expect(store.lastError).toContain('not the whole of a record');
    await store.putMany(batch);
    expect(recordsOf(dir)).toHaveLength(40);
    expect(await store.verify()).toMatchObject({ records: 40, damaged: 0 });
    expect((await store.get('id 20'))?.toString()).toBe('id 20');
    expect(store.state).toBe('ready');
  });

  it('of another id are none of this id’s', async () => {
    const dir = temporaryFolder();
    const { store } = await openStore({ dir, backend: 'fs' });
    await store.putMany(batch.slice(0, 1));
    const [path = ''] = recordsOf(dir);
    const other = await openStore({ dir: temporaryFolder(), backend: 'fs' });
    await other.store.putMany([{ id: 'another', bytes: Buffer.from('1') }]);
    const record = Buffer.concat([Buffer.from([1, 1, 7, 0, 1, 0, 0, 0]), Buffer.from('another1')]);
    writeFileSync(path, record);
    expect(await store.get('id 0')).toBeUndefined();
    expect(await store.verify()).toMatchObject({ records: 1, damaged: 1 });
    writeFileSync(path, Buffer.from([9, 1, 7, 0, 1, 0, 0, 0]));
    await expect(store.get('id 0')).rejects.toThrow('not the whole');
  });
});

describe('files that are taken away while they are open', () => {
  it('are misses, and writes beside them fail', async () => {
    const dir = temporaryFolder();
    const { store } = await openStore({ dir, backend: 'fs' });
    await store.putMany(batch);
    const [path = ''] = recordsOf(dir);
    rmSync(path);
    const found = await Promise.all(ids.map(async (id) => (await store.get(id)) !== undefined));
    expect(found.filter((isThere) => !isThere)).toHaveLength(1);
    rmSync(join(dir, 'test', '0', 'g-00000001'), { recursive: true });
    await expect(store.putMany(batch)).rejects.toThrow('ENOENT');
    expect(store.state).toBe('ready');
  });

  it('are errors when something else is in their place', async () => {
    const dir = temporaryFolder();
    const { store } = await openStore({ dir, backend: 'fs' });
    await store.putMany(batch.slice(0, 1));
    const [path = ''] = recordsOf(dir);
    rmSync(path);
    mkdirSync(path);
    await expect(store.get('id 0')).rejects.toThrow('EISDIR');
    expect(await store.verify()).toMatchObject({ records: 1, damaged: 1 });
  });
});

describe('a folder that is removed while it is open', () => {
  it.each(['lmdb', 'fs'] as const)(
    'fails after 16 writes, and then is empty, with backend %s',
    async (backend) => {
      const dir = temporaryFolder();
      const { store, states } = await openStore({ dir, backend });
      await store.putMany(batch);
      rmSync(join(dir, 'test'), { recursive: true });
      for (let i = 0; i < 16; i++) {
        await expect(store.putMany(batch)).rejects.toMatchObject({ code: 'CATZ_TIERS_DISK_WRITE' });
      }
      expect(states).toEqual(['ready', 'failed']);
      expect(store.lastError).toContain('ENOENT');
      expect(await store.get('id 1')).toBeUndefined();
      await expect(store.putMany(batch)).rejects.toThrow('ENOENT');
      await store.close();
      expect(store.state).toBe('closed');
    },
  );
});

/** A store over generations some of whose methods fail. */
function faulty(change: (format: Format) => Format, claim?: () => never) {
  const settings = settleDisk({
    dir: temporaryFolder(),
    backend: 'fs',
    minFree: 0,
    maxBytes: 4 * 2 ** 20,
  });
  const states: string[] = [];
  const store = new FileStore({
    name: 'test',
    backend: 'fs',
    settings,
    makeFormat: (context) => change(fsFormat(context)),
    onState: (state) => states.push(state),
    claim: claim ?? (() => claimSlot(ownFolder(settings.dir, 'test'), 1)),
  });
  return { store, states };
}

const noSpace = () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
const broken = () => Promise.reject(new Error('broken'));

describe('a store', () => {
  it('is full when it cannot even be claimed for want of room, and opens when it can', async () => {
    let room = false;
    const settings = settleDisk({ dir: temporaryFolder(), minFree: 0 });
    const states: string[] = [];
    const store = new FileStore({
      name: 'test',
      backend: 'fs',
      settings,
      makeFormat: fsFormat,
      onState: (state) => states.push(state),
      claim: () => {
        if (!room) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        return claimSlot(ownFolder(settings.dir, 'test'), 1);
      },
    });
    await store.ready;
    await expect(store.putMany(batch)).rejects.toThrow('ENOSPC');
    await store.clear();
    room = true;
    await until(() =>
      store.putMany(batch).then(
        () => true,
        () => false,
      ),
    );
    expect(states).toEqual(['full', 'ready']);
    await store.close();
  });

  it('has failed when it cannot be claimed for another reason', async () => {
    const { store, states } = faulty(
      (format) => format,
      () => {
        throw new Error('EROFS');
      },
    );
    await store.ready;
    expect(states).toEqual(['failed']);
    await expect(store.putMany(batch)).rejects.toThrow('EROFS');
    await store.close();
  });

  it('says why a generation could not be sealed, and closes all the same', async () => {
    const { store } = faulty((format) => ({
      ...format,
      create: async (number) => withMethods(await format.create(number), { seal: broken }),
    }));
    const large = Buffer.alloc(200_000);
    await store.putMany(Array.from({ length: 12 }, (_, i) => ({ id: `${i}`, bytes: large })));
    await until(() => store.lastError === 'broken');
    expect(store.state).toBe('ready');
    await store.close();
    expect(store.state).toBe('closed');
  });

  it('says when it could not be cleared', async () => {
    const { store } = faulty((format) => ({ ...format, remove: broken }));
    await store.putMany(batch);
    await expect(store.clear()).rejects.toMatchObject({ code: 'CATZ_TIERS_DISK_WRITE' });
    expect(await store.get('id 1')).toBeUndefined();
    await store.close();
  });

  it('is full when a new generation finds no room, and keeps what it has', async () => {
    let room = true;
    const { store, states } = faulty((format) => ({
      ...format,
      create: (number) => (room ? format.create(number) : noSpace()),
    }));
    await store.putMany(batch);
    room = false;
    const large = Array.from({ length: 8 }, (_, i) => ({
      id: `${i}`,
      bytes: Buffer.alloc(200_000),
    }));
    await expect(store.putMany(large)).rejects.toThrow('ENOSPC');
    expect(states).toEqual(['ready', 'full']);
    expect((await store.get('id 1'))?.toString()).toBe('id 1');
    await store.close();
  });

  it('gives the error of a read that fails at once, and of a search', async () => {
    const fail = () => {
      throw new Error('a bad page');
    };
    const { store } = faulty((format) => ({
      ...format,
      create: async (number) => withMethods(await format.create(number), { get: fail, ids: fail }),
    }));
    await store.putMany(batch);
    for (let i = 0; i < 16; i++) expect(() => store.get('a')).toThrow('a bad page');
    const search = (async () => {
      for await (const id of store.scan('')) throw new Error(id);
    })();
    await expect(search).rejects.toMatchObject({ code: 'CATZ_TIERS_DISK_READ' });
    await until(() => {
      try {
        return store.get('a') === undefined;
      } catch {
        return false;
      }
    });
    await store.close();
  });

  it('starts empty when a generation cannot be opened, unless for want of room', async () => {
    const dir = temporaryFolder();
    const first = await openStore({ dir, backend: 'fs' });
    await first.store.putMany(batch);
    await first.store.close();
    const open = vi.fn<Format['open']>().mockImplementationOnce(noSpace).mockImplementation(broken);
    const settings = settleDisk({ dir, backend: 'fs', minFree: 0 });
    const store = new FileStore({
      name: 'test',
      backend: 'fs',
      settings,
      makeFormat: (context) => ({ ...fsFormat(context), open }),
      onState: () => undefined,
      claim: () => claimSlot(ownFolder(dir, 'test'), 1),
    });
    await store.ready;
    expect(store.state).toBe('full');
    expect(recordsOf(dir)).toHaveLength(40);
    await until(() =>
      store.putMany(batch.slice(0, 1)).then(
        () => true,
        () => false,
      ),
    );
    expect(recordsOf(dir)).toHaveLength(1);
    await store.close();
  });
});

it('16 errors in 60 s are too many, and fewer are not', () => {
  const slow = errorWindow();
  for (let i = 0; i < 100; i++) expect(slow(i * 4001)).toBe(false);
  const fast = errorWindow();
  for (let i = 0; i < 15; i++) expect(fast(i * 4000)).toBe(false);
  expect(fast(60_000)).toBe(true);
});

function withMethods(generation: Generation, methods: Partial<Generation>): Generation {
  return new Proxy(generation, {
    get(target, name) {
      const own = (methods as Record<string | symbol, unknown>)[name];
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
