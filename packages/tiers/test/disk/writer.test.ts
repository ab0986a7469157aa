// The writer's thread and the inspecting process, run here: what they do with files of lmdb.
import {
  closeSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { inspectFile, inspectInChild } from '../../src/disk/lmdb/inspect.ts';
import { encodeKey, MAX_KEY } from '../../src/disk/lmdb/key.ts';
import { loadLmdb, openFile, PAGE_SIZE } from '../../src/disk/lmdb/load.ts';
import type { LmdbPackage } from '../../src/disk/lmdb/load.ts';
import { hasSoundMeta } from '../../src/disk/lmdb/meta.ts';
import { createWriter } from '../../src/disk/lmdb/writer.ts';
import { startWriter } from '../../src/disk/lmdb/writer-client.ts';
import { measure, readId, readRecord, sizeBound, writeRecord } from '../../src/disk/record.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';

afterAll(removeFolders);

const lmdb = loadLmdb();
const cap = 2 ** 20;

function pack(records: readonly { id: string; bytes: Uint8Array | null }[]) {
  const size = records.reduce((sum, record) => sum + sizeBound(record as never), 0);
  const buffer = Buffer.allocUnsafeSlow(size);
  let end = 0;
  for (const record of records) end = writeRecord(record as never, buffer, end);
  return { op: 'write', buffer: buffer.buffer, end } as const;
}

describe('the writer', () => {
  it('writes as many records of a batch as surely fit, and says how many', () => {
    const path = join(temporaryFolder(), 'g');
    const write = createWriter(lmdb);
    expect(write({ op: 'open', path, cap, flushed: false }).bytes).toBeGreaterThan(0);
    const records = Array.from({ length: 1000 }, (_, i) => ({
      id: `${(i * 7919) % 1009}`,
      bytes: Buffer.alloc(2000, i),
    }));
    const { written, bytes } = write(pack(records));
    expect(written).toBeGreaterThan(100);
    expect(written).toBeLessThan(1000);
    expect(bytes).toBe(statSync(path).size);
    expect(bytes).toBeLessThanOrEqual(cap);
    expect(write(pack(records)).written).toBe(0);
    const content = readFileSync(path);
    expect(write({ op: 'checksum', path })).toEqual({
      bytes: content.length,
      written: 0,
      crc: crc32(content),
    });
    write({ op: 'shut' });
    expect(() => write(pack(records))).toThrow('no file is open');
    expect(inspectFile(lmdb, path)).toBe(true);
  });

  it('fills a file with few large records', () => {
    const path = join(temporaryFolder(), 'g');
    const write = createWriter(lmdb);
    write({ op: 'open', path, cap: 20 * cap, flushed: false });
    const bytes = Buffer.alloc(5 * cap);
    expect(write(pack(['a', 'b', 'c', 'd'].map((id) => ({ id, bytes })))).written).toBe(3);
    write({ op: 'shut' });
  });

  it('goes on with another file, and refuses what is no batch', () => {
    const dir = temporaryFolder();
    const write = createWriter(lmdb);
    for (const name of ['a', 'b']) {
      write({ op: 'open', path: join(dir, name), cap, flushed: false });
      expect(write(pack([{ id: 'x', bytes: Buffer.from(name) }])).written).toBe(1);
    }
    const nonsense = { op: 'write', buffer: new ArrayBuffer(64), end: 64 } as const;
    expect(() => write(nonsense)).toThrow('no batch');
    write({ op: 'shut' });
  });

  it('rejects what is under way when its thread ends, and passes on codes', async () => {
    const writer = startWriter();
    const missing = join(temporaryFolder(), 'missing');
    await expect(writer.ask({ op: 'checksum', path: missing })).rejects.toMatchObject({
      code: 'ENOENT',
    });
    const ended = writer.end();
    await expect(writer.ask({ op: 'shut' })).rejects.toThrow('has ended');
    await Promise.all([ended, writer.end()]);
    await expect(writer.ask({ op: 'shut' })).rejects.toThrow('has ended with code 0');
  });
});

describe('an inspection', () => {
  function fileOf(records: readonly (readonly [string, Buffer])[]): string {
    const path = join(temporaryFolder(), 'g');
    const db = openFile(lmdb, { path, cap, flushed: false, readOnly: false });
    db.transactionSync(() => {
      for (const [key, value] of records) db.putSync(Buffer.from(key), value);
    });
    void db.close();
    return path;
  }
  const recordOf = (id: string) => {
    const { buffer, end } = pack([{ id, bytes: Buffer.from('1') }]);
    return Buffer.from(buffer, 0, end);
  };

  it('is content with records', async () => {
    const path = fileOf([['a', recordOf('a')]]);
    expect(inspectFile(lmdb, path)).toBe(true);
    expect(await inspectInChild(path)).toBe(true);
  });
  it('is not with what is none, or is under another’s key', () => {
    expect(inspectFile(lmdb, fileOf([['a', Buffer.from('x')]]))).toBe(false);
    expect(inspectFile(lmdb, fileOf([['a', recordOf('b')]]))).toBe(false);
  });
  it('is not with fewer than there should be', () => {
    const path = fileOf([['a', recordOf('a')]]);
    const forgetful: LmdbPackage = {
      ...lmdb,
      open: (options) => Object.assign(lmdb.open(options), { getRange: () => [] }),
    };
    expect(inspectFile(forgetful, path)).toBe(false);
    expect(inspectFile(lmdb, path)).toBe(true);
  });
  it('outlives a file whose end is missing', async () => {
    const path = fileOf(Array.from({ length: 20 }, (_, i) => [`${i}`, Buffer.alloc(10_000)]));
    truncateSync(path, 3 * PAGE_SIZE);
    expect(await inspectInChild(path)).toBe(false);
  });
});

describe('the meta pages', () => {
  it('are sound in a new file, and not when anything about them is off', () => {
    const path = join(temporaryFolder(), 'g');
    expect(hasSoundMeta(path, PAGE_SIZE)).toBe(false);
    void openFile(lmdb, { path, cap, flushed: false, readOnly: false }).close();
    expect(hasSoundMeta(path, PAGE_SIZE)).toBe(true);
    expect(hasSoundMeta(path, PAGE_SIZE / 2)).toBe(false);
    // Flags, magic, version, page size, last page: of either.
    for (const at of [18, 24, 28, 49, 148]) {
      for (const page of [0, PAGE_SIZE]) {
        const content = readFileSync(path);
        const file = openSync(path, 'r+');
        writeSync(file, Buffer.from([content[page + at]! ^ 0xff]), 0, 1, page + at);
        expect([at, hasSoundMeta(path, PAGE_SIZE)]).toEqual([at, false]);
        writeSync(file, content, page + at, 1, page + at);
        closeSync(file);
      }
    }
    expect(hasSoundMeta(path, PAGE_SIZE)).toBe(true);
    writeFileSync(path, '');
    expect(hasSoundMeta(path, PAGE_SIZE)).toBe(false);
    expect(hasSoundMeta(temporaryFolder(), PAGE_SIZE)).toBe(false);
  });
});

describe('a record', () => {
  const bytes = Buffer.from('bytes');

  it('is read as what was written, and as nothing for another id', () => {
    for (const id of ['a', 'é', 'x'.repeat(9000)]) {
      const target = Buffer.alloc(sizeBound({ id, bytes }));
      const end = writeRecord({ id, bytes }, target, 0);
      expect(readRecord(target, end, id)).toEqual(bytes);
      expect(readRecord(target, end, `${id.slice(1)}b`)).toBeUndefined();
      expect(readRecord(target, end - 1, id)).toBeUndefined();
      expect(readId(target, end)).toEqual({ id, hides: false });
      expect(readId(target, end - 1)).toBeUndefined();
      expect(measure(target, 0, end)?.length).toBe(end);
    }
  });
  it('of no bytes hides, and one of another kind or format is none', () => {
    const target = Buffer.alloc(100);
    const end = writeRecord({ id: 'a', bytes: null }, target, 0);
    expect(readRecord(target, end, 'a')).toBeNull();
    expect(readId(target, end)).toEqual({ id: 'a', hides: true });
    target[0] = 3;
    expect(readRecord(target, end, 'a')).toBeUndefined();
    expect(readId(target, end)).toBeUndefined();
    target[1] = 2;
    expect(readRecord(target, end, 'a')).toBeUndefined();
    expect(measure(target, 0, end)).toBeUndefined();
    expect(readRecord(target, 3, 'a')).toBeUndefined();
  });
});

it('a key is the id, and a hash when that is too long', () => {
  const target = Buffer.alloc(2048);
  const keyOf = (id: string) => {
    const end = encodeKey.writeKey(id, target, 3);
    return encodeKey.readKey(target, 3, end);
  };
  expect(keyOf('é')).toBe('é');
  expect(keyOf('x'.repeat(MAX_KEY))).toBe('x'.repeat(MAX_KEY));
  const hashed = keyOf('x'.repeat(MAX_KEY + 1));
  expect(hashed).toHaveLength(33);
  expect(hashed[0]).toBe(0xff);
  expect(keyOf('é'.repeat(MAX_KEY / 2))).toBe('é'.repeat(MAX_KEY / 2));
  expect(keyOf('é'.repeat(MAX_KEY / 2 + 1))).toHaveLength(33);
});
