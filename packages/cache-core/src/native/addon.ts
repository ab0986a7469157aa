// The native addon: loading it, and the numbers both sides agree on. The other side of each name is
// in binding/functions.h, handle.h and admin.cc.
// Invariant: an addon function never throws; it gives one integer (or a Buffer), and leaves what does
// not fit into it in the words.
import { fileURLToPath } from 'node:url';
import { loadNative } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { Key } from '../cache.ts';

/** Results below zero. */
export const MISS = -1;
export const TOO_SMALL = -2;
export const NEAR = -3;
export const NEAR_FULL = -4;
export const BAD_KEY = -5;
export const LONG_KEY = -6;
export const CLOSED = -7;
export const BAD_VALUE = -8;
export const BAD_TARGET = -9;

/** Indices into the 32-bit words, which begin at byte 8 of the buffer; the double before them is the expiry. */
export const WORD_SIZE = 0;
export const WORD_SLOT = 1;
export const WORD_GENERATION = 2;
export const WORD_FREQUENCY = 3;
export const WORD_NEAR_OFFSET = 4;
export const WORD_SHARD = 5;
export const WORD_POSITION = 6;
export const WORD_MORE = 7;
/** Written by the near-cache, counted down by native code: hot reads to pass over before one is admitted. */
export const WORD_PASS_OVER = 8;

/** What a native call leaves beside its result: the expiry (ms, Infinity: never), and the words above. */
export interface Words {
  readonly memory: ArrayBuffer;
  readonly expiresAt: Float64Array;
  readonly ints: Int32Array;
}

/** Memory for one handle's words. Never handed out: native code writes to it without asking. */
export function makeWords(): Words {
  const memory = new ArrayBuffer(64);
  return {
    memory,
    expiresAt: new Float64Array(memory, 0, 1),
    ints: new Int32Array(memory, 8),
  };
}

/** Order of the numbers that `stats` writes: the engine's counters, then its sizes. */
export const STATS_WORDS = [
  'hits',
  'misses',
  'sets',
  'updatesInPlace',
  'deletes',
  'evictions',
  'evictedUnread',
  'expiredOnRead',
  'expiredSwept',
  'refusedTooLarge',
  'refusedNoRoom',
  'cleanedSegments',
  'cleanedBytes',
  'nearHits',
  'entries',
  'max',
  'used',
  'live',
  'index',
  'meta',
  'large',
  'segments',
  'freeSegments',
  'segmentBytes',
  'shards',
  'isolates',
] as const;

/** What the caller gave `open`; sizes in bytes, ttl in ms. */
export type OpenArguments = readonly [
  name: string,
  maxBytes: number,
  reserveBytes: number,
  maxKeyBytes: number,
  maxValueBytes: number,
  policy: number,
  ttl: number,
  words: ArrayBuffer,
];

/** An opened engine: its options as the first opener decided them, its functions, and views of its memory,
 * which are absent where the runtime forbids external buffers. */
export interface NativeHandle {
  readonly maxBytes: number;
  readonly reserveBytes: number;
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number;
  readonly policy: number;
  readonly ttl: number;
  readonly generations?: ArrayBuffer;
  readonly visited?: ArrayBuffer;
  readonly nearHits?: ArrayBuffer;
  get(key: Key): number;
  getRecord(key: Key): number;
  getInto(key: Key, target: Uint8Array): number;
  peek(key: Key): number;
  peekInto(key: Key, target: Uint8Array): number;
  has(key: Key): number;
  ttlLeft(key: Key): number;
  /** Values by kind: a function that tries both pays for the one that fails. No other typed array may be passed as
   * bytes; undefined gives BAD_VALUE. */
  setBytes(key: Key, value: Uint8Array | undefined, ttl?: number): number;
  setText(key: Key, value: string, ttl?: number): number;
  delete(key: Key): number;
  touch(key: Key, ttl?: number): number;
  clear(): number;
  sweep(intervalMs: number, budgetMicroseconds: number): number;
  resize(maxBytes: number): number;
  keys(prefix: string): Buffer | number;
  stats(target: Uint8Array): number;
  resetStats(): number;
  now(): number;
  setClock(now: number): number;
  setReadChunk(chunk: Uint8Array): number;
  setNearChunk(chunk: Uint8Array, largest: number): number;
  close(): number;
}

interface Addon {
  open(...args: OpenArguments): NativeHandle | number;
}

const OPEN_BAD_OPTIONS = 1;

let addon: Addon | undefined;

/** Opens an engine: the one of that name, or a private one for the empty name.
 * @throws CATZ_CACHE_NATIVE_UNAVAILABLE, CATZ_CACHE_NO_MEMORY, CATZ_CACHE_OPTION */
export function openEngine(...args: OpenArguments): NativeHandle {
  addon ??= loadAddon(fileURLToPath(new URL('../..', import.meta.url)));
  const handle = addon.open(...args);
  // A copy: what native code fills property by property becomes a hash table, and each call would look it up there.
  if (typeof handle === 'object') return { ...handle };
  const [, maxBytes, reserveBytes] = args;
  if (handle === OPEN_BAD_OPTIONS) {
    throw new errors.OPTION(
      `expected options.reserveBytes to be small enough for its bookkeeping to fit into maxBytes (${maxBytes}), got ${reserveBytes}`,
    );
  }
  throw new errors.NO_MEMORY(`${reserveBytes} bytes of address space`);
}

/** Loads the addon of a package folder.
 * @throws CATZ_CACHE_NATIVE_UNAVAILABLE with platform, arch, the files tried and the loader's words */
export function loadAddon(packageDir: string): Addon {
  const loaded = loadNative({
    packageDir,
    name: '@catzilla/cache-core',
    error: ({ summary, cause }) =>
      new errors.NATIVE_UNAVAILABLE(`Node ${process.version}, ${summary}`, { cause }),
  });
  return loaded as Addon;
}
