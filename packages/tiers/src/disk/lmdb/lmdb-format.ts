// Generations as files of lmdb in a folder: `g-<n>`, with lmdb's own `g-<n>-lock` beside it.
// Invariant: no file is mapped here before it was checked: a sealed one against its checksum, another one's meta pages and
// then the whole of it in a process of its own.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { generationName } from '../generation.ts';
import type { Format, FormatContext, Generation } from '../generation.ts';
import { inspectInChild } from './inspect.ts';
import { LmdbGeneration } from './lmdb-generation.ts';
import { MAX_RECORD, openFile, PAGE_SIZE } from './load.ts';
import type { LmdbPackage } from './load.ts';
import { hasSoundMeta } from './meta.ts';
import { startWriter } from './writer-client.ts';

const EIO = 5;
/** lmdb's own lock file with 16 readers, 1232 bytes, in blocks of a file system. */
const LOCK_BYTES = 4096;

/** @throws when a thread cannot be started */
export function lmdbFormat(lmdb: LmdbPackage, { folder, cap, flushed }: FormatContext): Format {
  const writer = startWriter();
  const dataCap = cap - LOCK_BYTES;

  async function openGeneration(number: number, isWritten: boolean): Promise<Generation> {
    const path = join(folder, generationName(number));
    // First: the flags of the first opener hold for all in the process.
    if (isWritten) await writer.ask({ op: 'open', path, cap: dataCap, flushed });
    const db = openFile(lmdb, { path, cap: dataCap, flushed, readOnly: true });
    return new LmdbGeneration(number, path, db, writer);
  }

  return {
    backend: 'lmdb',
    provesSeals: true,
    maxRecordBytes: Math.min(Math.floor(cap / 4), MAX_RECORD),
    async create(number) {
      // What a process that ended left half made.
      await remove(folder, number);
      return openGeneration(number, true);
    },
    async open({ number, seal }, isNewest) {
      const path = join(folder, generationName(number));
      if (!hasSoundMeta(path, PAGE_SIZE)) return undefined;
      // Nobody else has it open: whoever is named there is gone.
      await rm(`${path}-lock`, { force: true });
      if (seal === undefined) {
        if (!(await inspectInChild(path))) return undefined;
      } else {
        const found = await writer.ask({ op: 'checksum', path });
        if (found.bytes !== seal.bytes || found.crc !== seal.crc) return undefined;
      }
      return openGeneration(number, isNewest);
    },
    remove: (number) => remove(folder, number),
    // What lmdb makes of a write of which only the first part found room; no other sign of it comes.
    saysFull: (error) => (error as { code?: unknown }).code === EIO,
    close: () => writer.end(),
  };
}

async function remove(folder: string, number: number): Promise<void> {
  const path = join(folder, generationName(number));
  await rm(path, { force: true });
  await rm(`${path}-lock`, { force: true });
}
