// Options of diskTier: checked once, completed, frozen. Sizes are bytes.
// Invariant: what comes out gives each generation at least MIN_GENERATION bytes.
import { isAbsolute } from 'node:path';
import { bytes, checkOptions, custom, int, oneOf, optional } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';

const MiB = 1024 * 1024;
/** Smallest generation: it must hold the fixed parts of a file and a few records. */
const MIN_GENERATION = MiB;

/** Options of diskTier. */
export interface DiskOptions {
  /** The folder, an absolute path; made with mode 0700 when missing. A cache lives in a folder of its own within. There is
   * no default: a folder for temporary files is shared with others. On a local file system. */
  readonly dir: string;
  /** Bound on all files of a cache, at any moment; at least 1 MiB per generation and slot. Opening reads all of it once
   * to prove it whole. Default: 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** Parts the files are split into, 2 to 64. Room is made by dropping the oldest part. Default: 4. */
  readonly generations?: number | undefined;
  /** 'lmdb': the package lmdb. 'fs': a file per record, many times slower. 'auto': lmdb if it loads, else fs.
   * Default: 'auto'. */
  readonly backend?: 'auto' | 'lmdb' | 'fs' | undefined;
  /** What a write that resolved survives. 'system': the end of the machine; each batch is flushed. 'process': the end of
   * the process; after that of the machine all is dropped, but what backend 'lmdb' had closed. Default: 'system'. */
  readonly durability?: 'system' | 'process' | undefined;
  /** How many openers (processes, worker threads) may have a cache at the same time, 1 to 256. Each has files of its own,
   * bounded by its share of maxBytes. Default: 1. */
  readonly slots?: number | undefined;
  /** Room on the file system below which nothing is written. Default: 5 % of it or 256 MiB, whichever is less. */
  readonly minFree?: number | undefined;
}

/** Options, complete. */
export interface DiskSettings {
  readonly dir: string;
  readonly maxBytes: number;
  readonly generations: number;
  readonly backend: 'auto' | 'lmdb' | 'fs';
  readonly durability: 'system' | 'process';
  readonly slots: number;
  readonly minFree: number | undefined;
}

const specs: OptionSpecs<DiskSettings> = {
  dir: custom(
    'an absolute path',
    (value): value is string =>
      typeof value === 'string' && isAbsolute(value) && !value.includes('\0'),
  ),
  maxBytes: bytes({ min: 2 * MIN_GENERATION, max: 2 ** 46, default: 1024 * MiB }),
  generations: int({ min: 2, max: 64, default: 4 }),
  backend: oneOf(['auto', 'lmdb', 'fs'], 'auto'),
  durability: oneOf(['system', 'process'], 'system'),
  slots: int({ min: 1, max: 256, default: 1 }),
  minFree: optional(bytes({ max: 2 ** 50 })),
};

/** Checks and completes the options of diskTier.
 * @throws CATZ_TIERS_OPTION */
export function settleDisk(input: unknown): DiskSettings {
  const error = (message: string): Error => new errors.OPTION(message);
  const settings = checkOptions<DiskSettings>(input, specs, { path: 'options', error });
  const least = settings.generations * settings.slots * MIN_GENERATION;
  if (settings.maxBytes < least) {
    throw error(
      `expected options.maxBytes to be at least ${least}, 1 MiB for each of ${settings.generations} generations and ${settings.slots} slots, got ${settings.maxBytes}`,
    );
  }
  return settings;
}
