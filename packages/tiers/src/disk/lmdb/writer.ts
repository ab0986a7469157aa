// Writes one file of lmdb at a time, by transactions that never let it pass its cap. Runs in the writer's thread.
// Invariant: before a transaction the file has room for the worst that it can do; what does not surely fit is not begun.
// lmdb itself has no bound that holds (its map grows on demand) and its files never shrink.
import { fstatSync, openSync, closeSync, statSync } from 'node:fs';
import { hashKey, MAX_KEY } from './key.ts';
import { checksum } from './checksum.ts';
import { openFile, PAGE_SIZE } from './load.ts';
import type { FileOptions, Lmdb, LmdbPackage } from './load.ts';
import { idStart, measure } from '../record.ts';

/** What the writer is asked. Records of `write` lie one after the other in the buffer. */
export type WriterRequest =
  | { readonly op: 'open'; readonly path: string; readonly cap: number; readonly flushed: boolean }
  | { readonly op: 'write'; readonly buffer: ArrayBuffer; readonly end: number }
  | { readonly op: 'shut' }
  | { readonly op: 'checksum'; readonly path: string };

/** What it answers. */
export interface WriterReply {
  /** Of the file. */
  readonly bytes: number;
  /** Records that were written. */
  readonly written: number;
  readonly crc: number;
}

/** Pages that a transaction may take besides those of its records: the free list and its tree. */
const SLACK = 8;
/** @returns what answers requests, one after the other; throws what lmdb or the file system says */
export function createWriter(lmdb: LmdbPackage): (request: WriterRequest) => WriterReply {
  let file: OpenFile | undefined;
  return (request) => {
    switch (request.op) {
      case 'open':
        file?.close();
        file = new OpenFile(lmdb, { ...request, readOnly: false });
        return reply({ bytes: file.bytes });
      case 'write':
        if (file === undefined) throw new Error('no file is open');
        return file.write(Buffer.from(request.buffer), request.end);
      case 'shut':
        file?.close();
        file = undefined;
        return reply({});
      case 'checksum':
        return reply(checksum(request.path));
    }
  };
}

interface Fitting {
  /** Behind the last of them. */
  readonly at: number;
  readonly count: number;
  /** Pages, before they are written. */
  readonly room: number;
}

class OpenFile {
  readonly #db: Lmdb;
  readonly #descriptor: number;
  readonly #pages: number;
  #depth: number;

  constructor(lmdb: LmdbPackage, options: FileOptions) {
    this.#db = openFile(lmdb, options);
    this.#descriptor = openSync(options.path, 'r');
    this.#pages = Math.floor(options.cap / PAGE_SIZE);
    this.#depth = this.#db.transactionSync(() => this.#db.db.stat().treeDepth);
  }

  get bytes(): number {
    return fstatSync(this.#descriptor).size;
  }

  write(buffer: Buffer, end: number): WriterReply {
    let at = 0;
    let written = 0;
    while (at < end) {
      const part = this.#fitting(buffer, at, end);
      if (part.count === 0) break;
      // What little room is left is not worth a flush for every few records: rather a new file.
      if (part.at < end && part.room < this.#pages / 64) break;
      const from = at;
      this.#depth = this.#db.transactionSync(() => {
        this.#put(buffer, from, part.at);
        return this.#db.db.stat().treeDepth;
      });
      at = part.at;
      written += part.count;
    }
    return reply({ bytes: this.bytes, written });
  }

  /** Ends its use. What was written is in the file: nothing is asynchronous here. */
  close(): void {
    closeSync(this.#descriptor);
    void this.#db.close();
  }

  // How many records from here on surely fit. Each may copy, and split, every page on its way down.
  #fitting(buffer: Buffer, start: number, end: number): Fitting {
    const used = Math.max(
      this.#db.env.info().lastPageNumber + 1,
      Math.ceil(this.bytes / PAGE_SIZE),
    );
    const perRecord = 2 * (this.#depth + 1);
    const room = this.#pages - used - SLACK;
    let left = room;
    let at = start;
    let count = 0;
    while (at < end) {
      const length = measure(buffer, at, end)?.length ?? 0;
      if (length === 0) throw new Error('a batch that is no batch');
      left -= perRecord + (length > PAGE_SIZE / 4 ? Math.ceil((length + 32) / PAGE_SIZE) : 0);
      if (left < 0) break;
      at += length;
      count++;
    }
    return { at, count, room };
  }

  #put(buffer: Buffer, start: number, end: number): void {
    for (let at = start; at < end;) {
      const { length, idLength } = measure(buffer, at, end) ?? { length: end - at, idLength: 0 };
      const id = buffer.subarray(idStart(at), idStart(at) + idLength);
      const key = idLength <= MAX_KEY ? id : hashKey(id);
      this.#db.putSync(key, buffer.subarray(at, at + length));
      at += length;
    }
  }
}

/** What one file takes, its lock included. */
export function bytesOf(path: string): number {
  return sizeOf(path) + sizeOf(`${path}-lock`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function reply(part: Partial<WriterReply>): WriterReply {
  return { bytes: 0, written: 0, crc: 0, ...part };
}
