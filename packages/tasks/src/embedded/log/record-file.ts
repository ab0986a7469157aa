// Whole files of records, read and written piece by piece: snapshots, which may be larger than memory should hold at once.
// Invariant: a file that was written is complete under its name, or is not there under it: it is made as `<name>.tmp`, flushed, and
// renamed. Only for threads that may wait for a disk.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { findRecord, readRecord, RecordBuffer } from './record.ts';
import type { LogFiles } from './files.ts';
import type { LogRecord, RecordType } from './record.ts';

const PIECE = 4_194_304;

/** The records of a file, which are numbered from 1.
 * @param skip  go on behind what cannot be read
 * @param onGap  told where something cannot be read: the offset in bytes. Without `skip`, reading ends there
 * @throws what the file system says */
export function* readRecords(
  path: string,
  skip: boolean,
  onGap: (offset: number) => void,
): Generator<LogRecord, void, undefined> {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    let window = Buffer.alloc(0);
    let offset = 0; // of the window in the file
    let at = 0; // in the window
    let sequence = 0;
    while (offset + at < size) {
      let record = readRecord(window, at);
      if (record === undefined && offset + window.length < size) {
        // Perhaps it is only not whole yet.
        const rest = window.subarray(at);
        const more = Math.min(Math.max(PIECE, rest.length), size - offset - window.length);
        offset += at;
        at = 0;
        window = Buffer.concat([rest, readPiece(fd, offset + rest.length, more)]);
        continue;
      }
      if (record?.sequence !== sequence + 1) {
        onGap(offset + at);
        if (!skip) return;
        record = findRecord(window, at, sequence);
        if (record === undefined) return;
      }
      yield record;
      ({ sequence, end: at } = record);
    }
  } finally {
    closeSync(fd);
  }
}

/** Writes a file of records, numbered from 1, under its name once it is whole and flushed.
 * @param flushFolder  makes the name last
 * @param check  looks at the file before it gets its name, and throws when it must not have it
 * @returns bytes
 * @throws what the file system says, and what `check` throws */
export function writeRecords(
  path: string,
  records: Iterable<readonly [RecordType, string]>,
  flushFolder: LogFiles['flushFolder'],
  folder: string,
  check?: (draft: string) => void,
): number {
  const draft = `${path}.tmp`;
  let size: number;
  try {
    size = writeDraft(draft, records);
    check?.(draft);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  renameSync(draft, path);
  flushFolder(folder);
  return size;
}

function writeDraft(path: string, records: Iterable<readonly [RecordType, string]>): number {
  const fd = openSync(path, 'w', 0o600);
  let size = 0;
  try {
    const buffer = new RecordBuffer();
    let sequence = 0;
    for (const [type, body] of records) {
      buffer.add(type, ++sequence, body);
      if (buffer.length < PIECE) continue;
      size += writeAll(fd, buffer.bytes);
      buffer.clear();
    }
    size += writeAll(fd, buffer.bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return size;
}

function readPiece(fd: number, offset: number, length: number): Buffer {
  const piece = Buffer.allocUnsafe(length);
  const read = readSync(fd, piece, 0, length, offset);
  return piece.subarray(0, read);
}

function writeAll(fd: number, bytes: Buffer): number {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  return bytes.length;
}
