// A generation in a file of lmdb: written by the writer's thread, read here, both through one environment of the process.
// Invariant: after a write resolved, the next read sees it; after `close` nothing touches the map.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sizeBound, readId, readRecord, writeRecord } from '../record.ts';
import type { DiskVerdict } from '../disk-store.ts';
import type { Generation, Item } from '../generation.ts';
import type { Seal } from '../manifest.ts';
import { HASHED } from './key.ts';
import type { Lmdb } from './load.ts';
import { bytesOf } from './writer.ts';
import type { WriterClient } from './writer-client.ts';

const FIRST = Buffer.from([0]);
/** Ids per page of `ids`, and records between two breaths of `verify`: some ms of the event loop. */
const PAGE = 512;
/** Bytes that are packed, or looked at, in one turn. */
const PART = 2 ** 22;

type Key = string | Buffer;

interface Seen {
  readonly key: Key;
  readonly found: ReturnType<typeof readId>;
}

export class LmdbGeneration implements Generation {
  readonly number: number;
  readonly #path: string;
  readonly #writer: WriterClient;
  #db: Lmdb | undefined;
  #bytes: number;

  /** @param db  for reading, opened after the writer has opened the file, if it has */
  constructor(number: number, path: string, db: Lmdb, writer: WriterClient) {
    this.number = number;
    this.#path = path;
    this.#db = db;
    this.#writer = writer;
    this.#bytes = bytesOf(path);
  }

  bytes(): number {
    return this.#bytes;
  }

  // HOT: each generation, newest first, until one has it.
  get(id: string): Buffer | null | undefined {
    const found = this.#db?.getBinaryFast(id);
    if (found === undefined) return undefined;
    const bytes = readRecord(found, found.length, id);
    if (bytes === undefined) throw new Error('what is stored under its key is not this record');
    return bytes;
  }

  has(id: string): boolean {
    return this.#db?.doesExist(id) ?? false;
  }

  async write(batch: readonly Item[], from: number): Promise<number> {
    for (let next = from; next < batch.length;) {
      const { end, written } = await this.#writePart(batch, next);
      next += written;
      if (next < end) return next;
    }
    return batch.length;
  }

  // Some megabytes at a time: other work of the event loop comes between, and what a full generation leaves over has
  // not been packed in vain.
  async #writePart(
    batch: readonly Item[],
    from: number,
  ): Promise<{ end: number; written: number }> {
    let end = from;
    let size = 0;
    while (end < batch.length && (end === from || size < PART))
      size += sizeBound(batch[end++] as Item);
    // Not of Buffer's pool: it is given away.
    const buffer = Buffer.allocUnsafeSlow(size);
    let length = 0;
    for (let i = from; i < end; i++) length = writeRecord(batch[i] as Item, buffer, length);
    // A reader of an older state keeps every page of it from being used again: the file would grow.
    this.#db?.resetReadTxn();
    try {
      const request = { op: 'write', buffer: buffer.buffer, end: length } as const;
      const { written } = await this.#writer.ask(request, [buffer.buffer]);
      return { end, written };
    } finally {
      this.#db?.resetReadTxn();
      // Also what a failed transaction left behind the end.
      this.#bytes = bytesOf(this.#path);
    }
  }

  async *ids(prefix: string): AsyncIterable<string[]> {
    const isNamed = (key: Key): boolean => typeof key === 'string' && key.startsWith(prefix);
    // Ids whose keys are hashes are in no order.
    const isHashed = (key: Key): boolean => typeof key !== 'string';
    for (const pages of [
      this.#pages(prefix === '' ? FIRST : prefix, isNamed),
      this.#pages(HASHED, isHashed),
    ]) {
      for await (const page of pages) {
        yield page.flatMap(({ found }) =>
          found !== undefined && !found.hides && found.id.startsWith(prefix) ? [found.id] : [],
        );
      }
    }
  }

  async verify(): Promise<DiskVerdict> {
    let records = 0;
    let damaged = 0;
    try {
      for await (const page of this.#pages(FIRST, () => true)) {
        records += page.length;
        for (const { key, found } of page) {
          if (found === undefined || (typeof key === 'string' && found.id !== key)) damaged++;
        }
      }
    } catch {
      // What comes after a page that cannot be read cannot be reached.
      damaged++;
    }
    return { records, bytes: this.#bytes, damaged };
  }

  // Records in the order of their keys, by pages. A cursor kept over a turn of the event loop would keep pages from being
  // used again, and must not outlive the map: each page looks its beginning up.
  async *#pages(start: Key, isWithin: (key: Key) => boolean): AsyncGenerator<Seen[]> {
    for (let from = start, overlap = 0; this.#db !== undefined; overlap = 1) {
      const keys = [...this.#db.getKeys({ start: from, limit: PAGE + overlap })].slice(overlap);
      let page: Seen[] = [];
      let size = 0;
      for (const key of keys) {
        if (!isWithin(key) || this.#db === undefined) {
          yield page;
          return;
        }
        const value = this.#db.getBinaryFast(key);
        page.push({ key, found: value === undefined ? undefined : readId(value, value.length) });
        size += value?.length ?? 0;
        if (size < PART) continue;
        yield page;
        page = [];
        size = 0;
        await nextTurn();
      }
      yield page;
      if (keys.length < PAGE) return;
      from = keys.at(-1) ?? from;
      await nextTurn();
    }
  }

  async finish(): Promise<void> {
    await this.#writer.ask({ op: 'shut' });
  }

  async seal(): Promise<Seal> {
    const { bytes, crc } = await this.#writer.ask({ op: 'checksum', path: this.#path });
    return { bytes, crc };
  }

  async close(): Promise<void> {
    const db = this.#db;
    this.#db = undefined;
    await db?.close();
  }
}
