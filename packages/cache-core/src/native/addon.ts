// The native addon: its functions, and the numbers both sides agree on. The other side of each name is
// in binding/functions.h, handle.h and admin.cc.
// Invariant: an addon function never throws; it gives one integer (or a Buffer), and leaves what does
// not fit into it in the words.
import type { Key, Value } from '../cache.ts';

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
export const NO_SCRATCH = -10;
export const COPY_LEASE = -11;

/** Indices into the 32-bit words, which begin at byte 8 of the buffer; the double before them is the expiry. */
export const WORD_SIZE = 0;
export const WORD_SLOT = 1;
export const WORD_GENERATION = 2;
export const WORD_FREQUENCY = 3;
export const WORD_NEAR_OFFSET = 4;
/** Of a batch: how many entries were done, and what became of the next one (0: all were done). */
export const WORD_POSITION = 5;
export const WORD_MORE = 6;
/** Written by the near-cache, counted down by native code: hot reads to pass over before one is admitted. */
export const WORD_PASS_OVER = 7;
export const WORD_TAGGED = 8;
export const WORD_TAG_EPOCH = 9;
export const WORD_LEASE = 10;
/** Part of the arena that the lease lies in; the double before the words is its place there. */
export const WORD_REGION = 11;

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
  'refusedLockTimeout',
  'refusedSince',
  'refusedVersion',
  'invalidated',
  'leaseCopies',
  'leaseLeaks',
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
  'quarantined',
  'processes',
  'leases',
  'recoveries',
  'corrupt',
  'ringMax',
  'ringBytes',
  'ringWaiting',
  'ringKept',
  'ringDropped',
  'ringOutdated',
  'ringTooLarge',
] as const;

/** What the caller gives `open`; sizes in bytes, times in ms. */
export type OpenArguments = readonly [
  name: string,
  scope: number,
  maxBytes: number,
  reserveBytes: number,
  maxKeyBytes: number,
  maxValueBytes: number,
  policy: number,
  ttl: number,
  leaseLimit: number,
  given: number,
  lockTimeout: number,
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
  readonly leaseLimit: number;
  readonly opened: number;
  readonly openedReason?: string;
  /** Whether this handle is the first of the process. */
  readonly announce: boolean;
  /** Generation words, then the tag epoch in two of them. */
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
  /** With the default ttl for NaN, no tags for undefined, no condition for a `since` or `version` below 0. */
  setTagged(
    key: Key,
    value: Value | undefined,
    ttl: number,
    tags: readonly string[] | undefined,
    since: number,
    version: number,
  ): number;
  getMany(keys: readonly Key[], first: number, results: Int32Array): number;
  setMany(keys: readonly Key[], values: readonly (Value | undefined)[], ttls: Float64Array): number;
  deleteMany(keys: readonly Key[]): number;
  lease(key: Key): number;
  release(id: number): number;
  region(number: number): ArrayBuffer | number;
  leaseCopy(): number;
  leak(id: number): number;
  invalidateTags(tags: readonly string[]): number;
  epoch(): number;
  version(key: Key): number;
  delete(key: Key): number;
  touch(key: Key, ttl?: number): number;
  clear(): number;
  sweep(intervalMs: number, budgetMicroseconds: number): number;
  resize(maxBytes: number): number;
  keys(prefix: string, limit: number): Buffer | number;
  stats(target: Uint8Array): number;
  keepEvicted(maxBytes: number, minReads: number): number;
  drainEvicted(maxBytes: number): Buffer | number;
  resetStats(): number;
  now(): number;
  setClock(now: number): number;
  setReadChunk(chunk: Uint8Array): number;
  setNearChunk(chunk: Uint8Array, largest: number): number;
  unlink(): number;
  abi(): object | number;
  close(): number;
}

/** Why an engine could not be opened; the numbers of `failure` are in open-engine.ts. */
export interface OpenFailure {
  readonly failure: number;
  readonly errno: number;
  readonly wanted: number;
  readonly available: number;
}

/** The addon itself. */
export interface Addon {
  readonly layoutVersion: number;
  /** Where memory outside the arena comes from. */
  readonly allocator: 'malloc' | 'jemalloc';
  open(...args: OpenArguments): NativeHandle | OpenFailure;
  /** Of listening sockets, in binding/os.cc: each gives a number of 0 or more, or -errno. */
  listenReusePort(host: string, port: number, backlog: number, ipv6Only: boolean): number;
  portOf(fd: number): number;
  dupListening(fd: number): number;
  closeListening(fd: number): number;
}
