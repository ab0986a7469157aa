// The optional package lmdb, and the part of it that is used: written down here, so that no public type needs it.
// Facts about 3.5.6 that all of this folder stands on: an asynchronous `put` on a full disk leaves a rejection that nobody
// can handle, so only `transactionSync` is used; damaged pages end the process, so files are checked before they are
// opened; one file opened twice in a process is one environment, with the flags of its first opener.
import { createRequire } from 'node:module';
import { encodeKey } from './key.ts';
import { errors } from '../../errors.ts';

/** An open database. */
export interface Lmdb {
  /** The bytes lie in a buffer that the next call overwrites; its `length` is theirs. */
  getBinaryFast(key: string | Buffer): Buffer | undefined;
  doesExist(key: string): boolean;
  getKeys(options: { start?: string | Buffer; limit?: number }): Iterable<string | Buffer>;
  getRange(options: {
    start?: string | Buffer;
    limit?: number;
  }): Iterable<{ key: string | Buffer; value: Buffer }>;
  putSync(key: Buffer, value: Buffer): boolean;
  transactionSync<T>(work: () => T): T;
  /** The next read sees what was committed until then. */
  resetReadTxn(): void;
  close(): Promise<void>;
  readonly env: { info(): { lastPageNumber: number } };
  readonly db: { stat(): { treeDepth: number; entryCount: number } };
}

/** The package. */
export interface LmdbPackage {
  /** Returned from within a transaction: nothing of it is written. */
  readonly ABORT: number;
  open(options: Record<string, unknown>): Lmdb;
}

/** More than the usual 4 KiB, of which records of a kilobyte or two leave much empty. */
export const PAGE_SIZE: number = 16_384;
/** Largest record: lmdb-js hands out larger ones as views of the file, which outlive it. */
export const MAX_RECORD: number = 15 * 1024 * 1024;

/** Loads the package.
 * @throws CATZ_TIERS_DEPENDENCY */
export function loadLmdb(): LmdbPackage {
  try {
    return createRequire(import.meta.url)('lmdb') as LmdbPackage;
  } catch (cause) {
    throw new errors.DEPENDENCY("backend 'lmdb'", 'lmdb', { cause });
  }
}

/** Opens the database of a file.
 * @param path      its file
 * @param cap       bytes that the file shall not pass: the map has room for them, and is then never moved
 * @param flushed   whether each commit is
 * @param readOnly  nothing is written
 * @throws what lmdb says */
export function openFile(lmdb: LmdbPackage, { path, cap, flushed, readOnly }: FileOptions): Lmdb {
  return lmdb.open({
    path,
    readOnly,
    name: null,
    maxDbs: 1,
    maxReaders: 16,
    noSubdir: true,
    pageSize: PAGE_SIZE,
    mapSize: Math.ceil((cap * 1.25) / PAGE_SIZE) * PAGE_SIZE + 2 ** 20,
    permissionsMode: 0o600,
    encoding: 'binary',
    keyEncoder: encodeKey,
    // Both would write after the commit, where nobody hears of errors.
    overlappingSync: false,
    noSync: !flushed,
  });
}

export interface FileOptions {
  readonly path: string;
  readonly cap: number;
  readonly flushed: boolean;
  readonly readOnly: boolean;
}
