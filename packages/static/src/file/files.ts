// The files that were asked for, by path: found, read, hashed, and known until they change.
// Invariant: a record is handed out only if its stamp was just compared (or `revalidate` says that this may wait). A file that moved
// while it was read, or was changed a moment before, is answered but not remembered.
import type { BigIntStats } from 'node:fs';
import { computeEtag } from '@catzilla/http';
import { errors } from '../errors.ts';
import { REVALIDATE } from '../answer/cache-control.ts';
import type { Segments } from '../path/decode-path.ts';
import { urlPath } from '../path/target-path.ts';
import { identityOf } from '../variant/variants.ts';
import type { Variants } from '../variant/variants.ts';
import { mediaType, shrinks } from '../variant/media-type.ts';
import { realPath } from './inside.ts';
import type { LinkRule } from './inside.ts';
import { locate } from './locate.ts';
import type { Location } from './locate.ts';
import { readFile } from './read-file.ts';
import type { FileRecord } from './record.ts';
import { isSame, isSettled } from './stamp.ts';
import type { Stamp } from './stamp.ts';

/** What is done with a file. 'stream': too large to be kept; its real path. */
export type Filled =
  | {
      readonly kind: 'bytes';
      readonly record: FileRecord;
      readonly bytes: Buffer;
      /** It did not change while it was read. */
      readonly isStill: boolean;
    }
  | { readonly kind: 'stream'; readonly path: string }
  | { readonly kind: 'none'; readonly path?: string; readonly cause?: unknown };

export interface FilesOptions {
  /** Real, absolute. */
  readonly roots: readonly string[];
  readonly index: readonly string[];
  readonly symlinks: LinkRule;
  readonly maxFileBytes: number;
  readonly minCompressBytes: number;
  readonly revalidate: number | false;
  /** Asked by the path below the root, with slashes. */
  readonly noCompress: ((path: string) => boolean) | undefined;
  readonly cacheControl: (path: string, root: string) => string;
}

type FileLocation = Extract<Location, { kind: 'file' }>;

// Some hundred bytes each; beyond it the oldest are read anew.
const MAX_RECORDS = 10_000;
// A file that is gone, or may not be read.
const IS_ABSENT = new Set([
  'ENOENT',
  'ENOTDIR',
  'EACCES',
  'EPERM',
  'ELOOP',
  'ENAMETOOLONG',
  'ENXIO',
]);

export class Files {
  readonly #options: FilesOptions;
  readonly #variants: Variants;
  readonly #records = new Map<string, FileRecord>();
  readonly #filling = new Map<string, Promise<Filled>>();
  /** How often a file was read. */
  reads = 0;

  constructor(options: FilesOptions, variants: Variants) {
    this.#options = options;
    this.#variants = variants;
  }

  get size(): number {
    return this.#records.size;
  }

  /** The record of a path whose stamp needs no look now; undefined: ask `locate`. */
  fresh(key: string, now: number): FileRecord | undefined {
    const { revalidate } = this.#options;
    if (revalidate === 0) return undefined;
    const record = this.#records.get(key);
    if (record === undefined || revalidate === false) return record;
    const age = now - record.checkedAt;
    return age >= 0 && age < revalidate ? record : undefined;
  }

  locate(segments: Segments): Location {
    return locate(this.#options.roots, segments, this.#options.index);
  }

  /** The record of a file as it is now; undefined: `fill` it. */
  known(key: string, location: FileLocation, now: number): FileRecord | undefined {
    const record = this.#records.get(key);
    if (record === undefined || record.path !== location.path) return undefined;
    if (!isSame(record.stamp, location.stats)) return undefined;
    record.checkedAt = now;
    return record;
  }

  /** Reads a file, once for all who ask meanwhile.
   * @throws CATZ_STATIC_UNREADABLE, but for a file that is gone or may not be read; what a function of the options throws */
  fill(key: string, location: FileLocation): Promise<Filled> {
    const running = this.#filling.get(location.path);
    if (running === undefined) return this.#begin(key, location);
    // Those who came after a change must not be given what was read before it; a read that begins now is theirs, whatever it finds.
    return running.then((filled) =>
      filled.kind !== 'bytes' || (filled.isStill && isSame(filled.record.stamp, location.stats))
        ? filled
        : (this.#filling.get(location.path) ?? this.#begin(key, location)),
    );
  }

  #begin(key: string, location: FileLocation): Promise<Filled> {
    const filling = this.#fill(key, location).finally(() => this.#filling.delete(location.path));
    this.#filling.set(location.path, filling);
    return filling;
  }

  /** Forgets one. */
  drop(key: string): void {
    this.#records.delete(key);
  }

  /** Forgets what begins with a path.
   * @returns how many records */
  forget(prefix: string): number {
    let count = 0;
    for (const [key, { root, path }] of this.#records) {
      // An index is known by its folder, too.
      const isMeant = key.startsWith(prefix) || urlPath(root, path).startsWith(prefix);
      if (isMeant && this.#records.delete(key)) count++;
    }
    return count;
  }

  async #fill(key: string, location: FileLocation): Promise<Filled> {
    const { maxFileBytes, symlinks } = this.#options;
    const { path, root, stats } = location;
    try {
      const real = realPath(path, root, symlinks);
      if (real === undefined) return { kind: 'none' };
      if (stats.size > maxFileBytes) return { kind: 'stream', path: real };
      const startedAt = Date.now();
      const read = await readFile(real, maxFileBytes);
      if (read.kind === 'gone') return { kind: 'none' };
      if (read.kind !== 'bytes') return { kind: 'stream', path: real };
      this.reads++;
      const isKept = read.isStill && isSettled(read.stamp, startedAt);
      const record = this.#record(location, read.stamp, read.bytes, isKept);
      if (isKept) this.#remember(key, record);
      return { kind: 'bytes', record, bytes: read.bytes, isStill: read.isStill };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // What is out of order for a while (EMFILE, EIO), or a mistake in a function of the options, is no 404.
      if (code === undefined) throw error;
      if (!IS_ABSENT.has(code)) throw new errors.UNREADABLE({ cause: error });
      return { kind: 'none', path, cause: error };
    }
  }

  #record({ path, root }: FileLocation, stamp: Stamp, bytes: Buffer, isKept: boolean): FileRecord {
    const { cacheControl, minCompressBytes, noCompress } = this.#options;
    const hash = computeEtag(bytes).slice(1, -1);
    const type = mediaType(path);
    return {
      path,
      root,
      stamp: stampOf(stamp),
      size: bytes.length,
      hash,
      type,
      // Half of a file that is being written is not what its name promises for a year.
      cacheControl: isKept ? cacheControl(path, root) : REVALIDATE,
      lastModified: Number(stamp.mtimeNs / 1_000_000_000n) * 1000,
      isEncodable:
        isKept &&
        bytes.length >= minCompressBytes &&
        shrinks(type) &&
        noCompress?.(urlPath(root, path)) !== true,
      identity: isKept ? this.#variants.keep(hash, bytes) : identityOf(hash, bytes),
      variants: new Map(),
      checkedAt: Date.now(),
    };
  }

  #remember(key: string, record: FileRecord): void {
    this.#records.delete(key);
    this.#records.set(key, record);
    if (this.#records.size <= MAX_RECORDS) return;
    for (const oldest of this.#records.keys()) {
      this.#records.delete(oldest);
      break;
    }
  }
}

// Of a large object only what is compared.
function stampOf({ size, mtimeNs, ctimeNs, ino, dev }: Stamp | BigIntStats): Stamp {
  return { size, mtimeNs, ctimeNs, ino, dev };
}
