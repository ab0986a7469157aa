// A look at a file of lmdb before it is mapped: what lies beyond its end, or behind a meta page of zeros, ends the process
// (SIGBUS, SIGSEGV) as soon as it is touched.
// Layout of data version 2 with the page header of lmdb-js 3.5 (24 bytes): flags at 18, then the meta at 24: magic u32,
// version u32, address u64, map size u64, two trees of 48 bytes (the first begins with the page size), last page u64.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MAGIC = 0xbeefc0de;
const VERSION = 2;
const META_PAGE = 0x08;
const SIZE = 160;

/** Whether both meta pages are whole, and the file as long as they say. */
export function hasSoundMeta(path: string, pageSize: number): boolean {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const { size } = fstatSync(file);
    return [0, pageSize].every((offset) => isSound(read(file, offset), size, pageSize));
  } catch {
    return false;
  } finally {
    closeSync(file);
  }
}

function isSound(meta: Buffer, size: number, pageSize: number): boolean {
  return (
    meta.length === SIZE &&
    (meta.readUInt16LE(18) & META_PAGE) !== 0 &&
    meta.readUInt32LE(24) === MAGIC &&
    (meta.readUInt32LE(28) & 0xffff) === VERSION &&
    meta.readUInt32LE(48) === pageSize &&
    (meta.readBigUInt64LE(144) + 1n) * BigInt(pageSize) <= BigInt(size)
  );
}

function read(file: number, offset: number): Buffer {
  const buffer = Buffer.alloc(SIZE);
  return buffer.subarray(0, readSync(file, buffer, 0, SIZE, offset));
}
